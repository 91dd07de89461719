"""Criteria: when each applies, its three-valued state, and one finding per person where the playbook asks so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import ibis
from ibis.expr import types as ir

from engine.judge.query.judgement import Judgement, Judgements, waived
from engine.judge.query.observe import leaf_columns, leaves
from engine.judge.query.readers import DealReader, RowReader
from engine.judge.query.rows import rows_of
from engine.judge.query.scope import NOW, Build, Scope
from engine.judge.query.truth import MAYBE, TRUE, surely, threshold, truth
from rules.condition import MET, Compare, Condition, Literal, Operator, Reference, Related
from rules.playbook import Criterion, ForEach, Kind
from rules.table import UNKNOWN, expression, state_number
from rules.table_values import value_expression
from rules.types import FieldType

NOTHING = ibis.null("int8")
Applies = Callable[[ir.Table], ir.BooleanValue]
"""Says of the deals as they stand to which a criterion applies."""


@dataclass(frozen=True)
class Asked:
    """A criterion as it is asked in one place; `applies` is written over the deals as they stand."""

    criterion: Criterion
    kind: Kind
    stage: str
    applies: Applies

    @property
    def scope(self) -> Scope:
        """The moment it is judged at."""
        left = self.criterion.until_left and self.kind is Kind.EXIT_CRITERION and self.stage
        return Scope(self.stage) if left else NOW


def add_criteria(build: Build, judgements: Judgements, asked: Sequence[Asked]) -> None:
    """Judge criteria on the deals each applies to; unjudged where the CRM does not deliver what one reads."""
    columns = {id(each): build.name("criterion") for each in asked}
    judged = [each for each in asked if not _unjudged(build, judgements, each)]
    for each in judged:
        if each.criterion.for_each is not None:
            _join_people(build, columns[id(each)], each, each.criterion.for_each)
    for each in judged:
        _queue(build, judgements, each, columns[id(each)])
    judgements.settle(build)


def _unjudged(build: Build, judgements: Judgements, asked: Asked) -> bool:
    criterion = asked.criterion
    missing = [*build.missing(criterion.require), *build.missing(criterion.when)]
    if criterion.for_each is not None and not build.delivers("contacts", "role"):
        missing.append("contacts.role" if "contacts" in build.delivered else "contacts")
    if missing:
        judgements.unjudged[criterion.id] = tuple(dict.fromkeys(missing))
    return bool(missing)


def _queue(build: Build, judgements: Judgements, asked: Asked, column: str) -> None:
    criterion, reader = asked.criterion, DealReader(build, asked.scope)
    applies = asked.applies(build.frame.table)
    if criterion.for_each is None:
        state, columns = state_number(expression(criterion.require, reader)), dict[str, ir.Value]()
    else:
        state, columns = _people_states(build, asked, criterion.for_each, column)
    extras = (*(name.removeprefix(f"{column}.") for name in columns), "open")
    judgement = Judgement(
        criterion.id, asked.kind, column, criterion.enforce, asked.stage, asked.scope, criterion, bool(columns), extras
    )
    judgements.add(judgement, {column: _told(criterion.when, reader, applies, state), **columns})


def _told(when: Condition, reader: DealReader, applies: ir.BooleanValue, state: ir.IntegerValue) -> ir.IntegerValue:
    """Give the state where the criterion applies: unknown where its `when` is (rule 3), null where it is unmet."""
    if when == MET:
        return ibis.ifelse(applies, state, NOTHING)
    asked = state_number(expression(when, reader))
    told = ibis.cases((asked == 1, state), (asked == UNKNOWN, ibis.literal(UNKNOWN, "int8")), else_=NOTHING)
    return ibis.ifelse(applies, told, NOTHING)


def _people_states(
    build: Build, asked: Asked, for_each: ForEach, column: str
) -> tuple[ir.IntegerValue, dict[str, ir.Value]]:
    deals, reader = build.frame.table, DealReader(build, asked.scope)
    least = value_expression(for_each.at_least, reader, FieldType.NUMBER)
    enough = threshold(deals[f"{column}.known"].fill_null(0), deals[f"{column}.possible"].fill_null(0), least)
    applies = asked.applies(deals)
    if asked.criterion.when != MET:
        applies = applies & surely(expression(asked.criterion.when, reader))
    listed = deals[f"{column}.listed"]
    return state_number(enough), {
        f"{column}.people": ibis.ifelse(applies, listed, ibis.null(listed.type())),
        f"{column}.count": ibis.ifelse(applies, deals[f"{column}.counted"], 0),
        f"{column}.untold": ibis.ifelse(applies, deals[f"{column}.doubtful"], 0),
        f"{column}.in_role": deals[f"{column}.known"],
    }


def _join_people(build: Build, column: str, asked: Asked, for_each: ForEach) -> None:
    """Judge every person of the roles, and put beside each deal who is open and how many are known."""
    criterion = asked.criterion
    roles = Compare(Reference("contacts", "role", FieldType.CHOICE), Operator.ONE_OF, Literal(for_each.roles))
    rows, people = rows_of(build, asked.scope, "contacts", [roles, criterion.require], waivers=True)
    reader = RowReader(build, asked.scope, rows, people)
    seen = _person_seen(build, criterion.require, reader)
    judged = rows.select(
        "deal_id",
        "id",
        **seen,
        _in_role=truth(expression(roles, reader)),
        _met=truth(expression(criterion.require, reader)),
        _excepted=waived(rows, criterion.id) | waived(rows, ibis.literal(f"{criterion.id}:") + rows.id),
    )
    judged = build.frame.side(judged)
    person = judged.group_by(["deal_id", "id"]).agg(
        _in_role=judged["_in_role"].max(),
        _met=judged["_met"].max(where=judged["_in_role"] == TRUE),
        _excepted=judged["_excepted"].max(),
        **{name: _least(judged[name]) for name in seen},
    )
    person = build.frame.side(person)
    found = (person["_in_role"] == TRUE) & (person["_met"] != TRUE)
    told = {name: person[name] for name in seen}
    entry = ibis.struct({"person": person.id, "unknown": person["_met"] == MAYBE, **told})
    totals = {
        f"{column}.known": person.count(where=person["_in_role"] == TRUE),
        f"{column}.possible": person.count(where=person["_in_role"] >= MAYBE),
        f"{column}.listed": entry.collect(where=found),
        f"{column}.counted": person.count(where=found & ~person["_excepted"]),
        f"{column}.doubtful": person.count(where=found & (person["_met"] == MAYBE) & ~person["_excepted"]),
    }
    build.frame.join(build.frame.side(person.group_by("deal_id").agg(**totals)))


def _least(seen: ir.Value) -> ir.Value:
    """Give the same one of several values each time, whatever order a person's rows come in."""
    return seen.cast("int8").min() == 1 if seen.type().is_boolean() else seen.min()


def _person_seen(build: Build, require: Condition, reader: RowReader) -> dict[str, ir.Value]:
    """Give what each leaf of a person's criterion saw, numbered in order, where explanations are asked for."""
    if not build.counting:
        return {}
    return {
        f"{number}.{name}": value
        for number, leaf in enumerate(leaves(require))
        if not isinstance(leaf, Related)
        for name, value in leaf_columns(leaf, reader).items()
    }
