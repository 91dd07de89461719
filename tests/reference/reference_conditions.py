"""Conditions judged row by row in plain Python: True is met, False is unmet, None is unknown."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from rules.condition import (
    AllOf,
    AnyOf,
    Compare,
    Condition,
    FieldValue,
    LastChangedBy,
    Literal,
    Moment,
    Not,
    Operator,
    PerSegment,
    Quantifier,
    Reference,
    Related,
    Score,
    Value,
)
from rules.playbook import Calendar
from rules.types import FieldType
from tests.reference.reference_days import in_zone, local_date, moved
from tests.reference.reference_operators import TEXT, in_period, ordered, recent
from tests.reference.reference_world import Here, Row, Truth


def holds(condition: Condition, here: Here) -> Truth:
    """Judge a condition (rules 1 and 2)."""
    match condition:
        case AllOf(parts):
            return all_of(holds(part, here) for part in parts)
        case AnyOf(parts):
            return negated(all_of(negated(holds(part, here)) for part in parts))
        case Not(part):
            return negated(holds(part, here))
        case Compare():
            return _compare(condition, here)
        case Related():
            return _related(condition, here)
        case LastChangedBy(fields, team):
            return _last_changed_by([field.name for field in fields], team, here)


def negated(truth: Truth) -> Truth:
    """Turn met and unmet round; unknown stays."""
    return None if truth is None else not truth


def all_of(truths: Iterable[Truth]) -> Truth:
    """One unmet is unmet, else one unknown is unknown, else met."""
    seen = list(truths)
    return False if False in seen else None if None in seen else True


def resolve(value: Value | None, here: Here) -> Any:
    """Give a right-hand side for the deal at hand; None where there is none."""
    calendar = here.world.playbook.calendar
    match value:
        case Literal(plain):
            return in_zone(plain, calendar) if isinstance(plain, date) else plain
        case Moment(base, plus):
            return moved(here.now if base == "now" else local_date(here.now, calendar), plus, calendar)
        case FieldValue(Reference(table, name, kind), plus):
            found = here.read(table, name, kind)
            return moved(found, plus, calendar) if found is not None and plus is not None else found
        case PerSegment(cases, otherwise):
            return resolve(dict(cases).get(here.segment, otherwise), here)
    return None


def changed_rows(field: str, here: Here) -> list[Row]:
    """Give the changes of a deal field up to now; those of the stage have a table of their own."""
    rows = here.related("stage_changes") if field == "stage" else here.related("field_changes")
    return [
        row
        for row in rows
        if (field == "stage" or row["field"] == field) and row["changed_at"] and row["changed_at"] <= here.now
    ]


def tracked(field: str, here: Here) -> bool:
    """Say whether the CRM records changes of a field."""
    return field == "stage" or here.world.tracked is None or field in here.world.tracked


def _compare(leaf: Compare, here: Here) -> Truth:
    subject, op = leaf.subject, leaf.operator
    right = resolve(leaf.value, here)
    if op is Operator.PRESENT and isinstance(subject, Reference):
        return (here.read(subject.table, subject.name, subject.type, raw=True) not in (None, [])) is right
    if right is None:
        return None
    if isinstance(subject, Score):
        return ordered(op, _score(subject, here), right, here.world.playbook.calendar)
    if op in {Operator.CHANGED_WITHIN, Operator.CHANGED_SINCE}:
        return _changed(subject.name, op, right, here)
    left = here.read(subject.table, subject.name, subject.type)
    if op is Operator.MIN_WORDS:
        return _words(left or "") >= int(right)
    return None if left is None else _known(subject, op, left, right, here)


def _words(text: str) -> int:
    return sum(any(sign.isalnum() for sign in word) for word in text.split())


def _known(subject: Reference, op: Operator, left: Any, right: Any, here: Here) -> Truth:
    calendar = here.world.playbook.calendar
    if op is Operator.COPIED:
        return _copied(subject.name, left, here) is right
    if op in TEXT:
        return TEXT[op](left, right)
    if op in {Operator.WITHIN, Operator.WITHIN_NEXT, Operator.OLDER_THAN}:
        return recent(op, left, right, here.now, calendar)
    if op is Operator.FROM_STAGE:
        ids = [stage.id for stage in here.world.playbook.stages]
        return left in ids and right in ids and ids.index(left) >= ids.index(right)
    if op is Operator.IN and subject.type in {FieldType.DATE, FieldType.TIME}:
        return in_period(right, left, here.now, calendar)
    return ordered(op, left, right, calendar)


def _score(score: Score, here: Here) -> Any:
    card = here.cards[score.card]
    points, percent = card.dimensions[score.dimension] if score.dimension else (card.points, card.percent)
    return percent if score.percent else points


def _copied(name: str, text: str, here: Here) -> bool:
    """Say whether another open deal of another account holds the same text (rule 18).

    Texts are the same whatever their case and outer spaces; a deal without an account is of an account of its own.
    Only open deals are compared.
    """
    others = [
        row["account_id"]
        for row in here.world.rows["deals"]
        if row["id"] != here.deal["id"] and _plain(row[name]) == _plain(text) and is_open(row, here)
    ]
    mine = here.deal["account_id"]
    return is_open(here.deal, here) and any(other is None or other != mine for other in others)


def _plain(text: str | None) -> str:
    return (text or "").strip().lower()


def is_open(row: Row, here: Here) -> bool:
    """Say whether a deal has not ended."""
    outcomes = {outcome.id for outcome in here.world.playbook.outcomes}
    return here.world.stage(row.get("stage")) not in outcomes and row.get("outcome") not in {"won", "lost"}


def _changed(field: str, op: Operator, since: Any, here: Here) -> Truth:
    if not tracked(field, here):
        return None
    times = [row["changed_at"] for row in changed_rows(field, here)]
    calendar = here.world.playbook.calendar
    if op is Operator.CHANGED_WITHIN:
        return any(recent(Operator.WITHIN, each, since, here.now, calendar) for each in times)
    return any(ordered(Operator.ON_OR_AFTER, each, since, calendar) for each in times)


def _last_changed_by(fields: list[str], team: str, here: Here) -> Truth:
    if not all(tracked(field, here) for field in fields):
        return None
    rows = [row for field in fields for row in changed_rows(field, here)]
    if not rows:
        return False
    last = max(rows, key=lambda row: row["changed_at"])
    teams = [owner["team"] for owner in here.world.rows["owners"] if owner["id"] == last["changed_by"]]
    return teams[0] == team if teams and teams[0] is not None else None


def _related(node: Related, here: Here) -> Truth:
    rows = _rows(node, here)
    if rows is None:
        return None
    table = "contacts" if node.table == "with" else node.table
    people = table == "contacts"
    judged = [(row, holds(node.where, at), holds(node.condition, at)) for row in rows for at in [here.at(table, row)]]
    where = _tally([(row["id"] if people else number, w) for number, (row, w, _) in enumerate(judged)])
    both = _tally([(row["id"] if people else number, all_of([w, p])) for number, (row, w, p) in enumerate(judged)])
    least = resolve(node.at_least, here)
    match node.quantifier:
        case Quantifier.COUNT:
            return all_of(
                _count(where, op, resolve(value, here), here.world.playbook.calendar) for op, value in node.count
            )
        case Quantifier.EVERY:
            failing = [all_of([w, negated(p)]) for _, w, p in judged]
            return all_of([*map(negated, failing), _at_least(where, least)])
        case Quantifier.SOME:
            return _at_least(both, least)
    return negated(_at_least(both, least))


def _rows(node: Related, here: Here) -> list[Row] | None:
    if node.table == "findings":
        return list(here.findings)
    if node.table != "with":
        return here.related(node.table)
    ids = here.rows["activities"]["contact_ids"]
    return None if ids is None else [row for row in here.related("contacts") if row["id"] in ids]


def _tally(truths: list[tuple[Any, Truth]]) -> tuple[int, int]:
    """Count those met and those unknown; a person is met where any of their rows is."""
    by_key: dict[Any, list[Truth]] = {}
    for key, truth in truths:
        by_key.setdefault(key, []).append(truth)
    met = sum(True in group for group in by_key.values())
    return met, sum(None in group and True not in group for group in by_key.values())


def _at_least(tally: tuple[int, int], least: int | None) -> Truth:
    met, unknown = tally
    if least is None:
        return None
    return True if met >= least else False if met + unknown < least else None


def _count(tally: tuple[int, int], op: Operator, wanted: Any, calendar: Calendar) -> Truth:
    """Compare every number the count could be: all true is met, all false is unmet."""
    if wanted is None:
        return None
    met, unknown = tally
    answers = {ordered(op, number, wanted, calendar) for number in range(met, met + unknown + 1)}
    return answers.pop() if len(answers) == 1 else None
