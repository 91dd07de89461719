"""The reference evaluator: a playbook judged row by row in plain Python, written from the language's definition alone.

It is slow and naive on purpose. Property tests hold the table engine against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction

from engine.judge.tables import Tables
from engine.judge.waivers import Waiver
from rules.playbook import Criterion, Dimension, Enforce, Kind, Playbook, Rule, Scorecard, Stage
from tests.reference.reference_clocks import Found, clock_findings
from tests.reference.reference_conditions import holds, resolve
from tests.reference.reference_delivered import judgeable
from tests.reference.reference_world import Card, Here, Row, World

ASKED_AFTER_CLOSING = timedelta(days=30)


@dataclass(frozen=True)
class Expected:
    """What the reference says about one deal; `gate` is status, allowed stage and unmet criteria."""

    deal_id: str
    applies: bool | None
    stage: str | None
    segment: str
    gate: tuple[str, str, tuple[str, ...]] | None
    cards: Mapping[str, Card]
    findings: tuple[Found, ...]

    @property
    def flags(self) -> frozenset[str]:
        """The flags raised on the deal."""
        return frozenset(found.flag for found in self.findings if found.flag and found.open)


def reference(
    playbook: Playbook, tables: Tables, as_of: datetime, crm: str = "local", waivers: Sequence[Waiver] = ()
) -> list[Expected]:
    """Judge every deal, sorted by id; whether the playbook applies is told, not acted on."""
    world = World.of(playbook, tables, as_of, crm, waivers)
    deals = sorted(world.rows["deals"], key=lambda deal: str(deal["id"]))
    return [_deal(Here(world, deal, as_of)) for deal in deals]


def _deal(here: Here) -> Expected:
    playbook, world = here.world.playbook, here.world
    here = replace(here, segment=_segment(here))
    applies = holds(playbook.applies_to, here) if judgeable(world, playbook.applies_to) else None
    for card in playbook.scorecards:
        here = replace(here, cards={**here.cards, card.id: _card(card, here)})
    stage, ids = world.stage(here.deal["stage"]), [each.id for each in playbook.stages]
    ended = _ended_in(here)
    told = applies is not None or ended is not None
    found = [] if told else [Found("applies_to", Kind.RULE, Enforce.ADVISE, "unknown")]
    if ended is not None:
        found += _after_closing(ended, here)
    elif stage not in ids:
        found += [Found("unmapped", Kind.UNMAPPED, Enforce.ADVISE, "unknown" if stage is None else "unmet")]
    else:
        found += _open_deal(ids.index(stage), here)
    found = _with_waivers(found, here)
    if ended is None and stage in ids:
        found = _with_rules(found, here)
    gate = None if ended is not None or stage not in ids else _gate(ids.index(stage), found, playbook)
    return Expected(
        here.deal["id"],
        applies,
        ended or (stage if stage in ids else here.deal["stage"]),
        here.segment,
        gate,
        here.cards,
        tuple(found),
    )


def _segment(here: Here) -> str:
    segments = here.world.playbook.segments
    return next((each.id for each in segments if judgeable(here.world, each.when) and holds(each.when, here)), "")


def _ended_in(here: Here) -> str | None:
    """Give the outcome a deal ended in; None for an open one."""
    stage = here.world.stage(here.deal["stage"])
    if stage in {outcome.id for outcome in here.world.playbook.outcomes} and stage not in _stage_ids(here):
        return stage
    outcome: str | None = here.deal.get("outcome")
    return outcome if outcome in {"won", "lost"} else None


def _stage_ids(here: Here) -> set[str]:
    return {stage.id for stage in here.world.playbook.stages}


# scorecards (rule 9)


def _card(card: Scorecard, here: Here) -> Card:
    dimensions = {each.id: _points(each, here) for each in card.dimensions}
    points = sum(each.weight * dimensions[each.id] for each in card.dimensions)
    percent = _percent(points, card.most)
    band = next((name for name, least in card.bands if percent >= least), "")
    by_dimension = {
        each.id: (dimensions[each.id], _percent(dimensions[each.id], each.most)) for each in card.dimensions
    }
    return Card(points, percent, band, by_dimension)


def _points(dimension: Dimension, here: Here) -> int:
    levels = [level for level in dimension.levels if judgeable(here.world, level.when) and holds(level.when, here)]
    return max((level.points for level in levels), default=0)


def _percent(points: int, most: int) -> Fraction:
    return Fraction(100 * points, most) if most else Fraction(0)


# criteria (rules 3 to 5)


def _criteria(criteria: Iterable[Criterion], kind: Kind, stage: str | None, here: Here) -> list[Found]:
    found = [(each, person, state) for each in criteria for person, state in _judged(each, here, stage)]
    return [Found(each.id, kind, each.enforce, state, person, stage=stage) for each, person, state in found]


def _judged(criterion: Criterion, here: Here, stage: str | None) -> list[tuple[str, str]]:
    """Give the persons ("" for the deal) and states of a criterion's findings; none where it is met."""
    here = _until_left(here, stage) if criterion.until_left and stage is not None else here
    if not judgeable(here.world, criterion.when, criterion.require):
        return []
    if criterion.for_each is not None and not here.world.has("contacts", "role"):
        return []
    applies = holds(criterion.when, here)
    if applies is not True:
        return [("", "unknown")] if applies is None else []
    if criterion.for_each is not None:
        return _per_person(criterion, here)
    return _state("", holds(criterion.require, here))


def _state(person: str, truth: bool | None) -> list[tuple[str, str]]:  # noqa: FBT001
    return [] if truth else [(person, "unknown" if truth is None else "unmet")]


def _per_person(criterion: Criterion, here: Here) -> list[tuple[str, str]]:
    each = criterion.for_each
    assert each is not None
    people: dict[str, list[tuple[Row, bool | None]]] = {}
    for row in here.related("contacts"):
        role = here.world.role(row["role"])
        people.setdefault(row["id"], []).append((row, None if role is None else role in each.roles))
    asked = {name: [row for row, fits in rows if fits] for name, rows in people.items()}
    found = [state for name, rows in asked.items() if rows for state in _state(name, _met(rows, criterion, here))]
    known = sum(bool(rows) for rows in asked.values())
    possible = known + sum(not asked[name] and None in [fits for _, fits in rows] for name, rows in people.items())
    least = resolve(each.at_least, here)
    if least is None or known < least:
        return [*found, ("", "unknown" if least is None or possible >= least else "unmet")]
    return found


def _met(rows: Sequence[Row], criterion: Criterion, here: Here) -> bool | None:
    """Say whether a person meets what is asked in any of the rows that show them in the role."""
    states = [holds(criterion.require, here.at("contacts", row)) for row in rows]
    return True if True in states else None if None in states else False


def _until_left(here: Here, stage: str) -> Here:
    """Look at a deal as it was when it last left a stage, where that is behind it and known (rule 4)."""
    ids = [each.id for each in here.world.playbook.stages]
    present = here.world.stage(here.deal["stage"])
    behind = _ended_in(here) is not None or (present in ids and ids.index(present) > ids.index(stage))
    left = [each.at for each in here.world.stage_changes(here.deal["id"]) if each.start == stage]
    return replace(here, now=max(left), cut=max(left)) if behind and left else here


# a deal in a stage


def _open_deal(present: int, here: Here) -> list[Found]:
    playbook = here.world.playbook
    stages = playbook.stages
    asked = [stage for stage in stages[:present] if not stage.optional or _visited(stage, here)]
    found = _criteria(playbook.every_stage, Kind.EXIT_CRITERION, None, here)
    for stage in (*asked, stages[present]):
        found += _criteria(stage.exit_criteria, Kind.EXIT_CRITERION, stage.id, here)
    following = _next_stage(present, playbook)
    if following is not None:
        found += _criteria(following.entry_criteria, Kind.ENTRY_CRITERION, following.id, here)
    for clock in playbook.clocks:
        found += clock_findings(clock, stages[present].id, here)
    return found + _moves(present, here)


def _visited(stage: Stage, here: Here) -> bool:
    return any(stage.id in {each.start, each.to} for each in here.world.stage_changes(here.deal["id"]))


def _next_stage(present: int, playbook: Playbook) -> Stage | None:
    return next((stage for stage in playbook.stages[present + 1 :] if not stage.optional), None)


def _moves(present: int, here: Here) -> list[Found]:
    stages, moves = here.world.playbook.stages, here.world.playbook.moves
    ids = [stage.id for stage in stages]
    changes = here.world.stage_changes(here.deal["id"])
    named = [(ids.index(each.start), ids.index(each.to)) for each in changes if each.start in ids and each.to in ids]
    start, to = named[-1] if named else (present, None)
    if to != present:
        return []
    if moves.skip and any(not stage.optional for stage in stages[start + 1 : to]):
        return [Found("moves.skip", Kind.BYPASS, moves.skip, "unmet")]
    return [Found("moves.back", Kind.BYPASS, moves.back, "unmet")] if moves.back and to < start else []


# rules (rule 15) and waivers (rule 6)


def _with_rules(found: list[Found], here: Here) -> list[Found]:
    rules = here.world.playbook.rules
    for layer in sorted({rule.layer for rule in rules}):
        seen = replace(
            here,
            findings=tuple(_as_row(each) for each in found if each.open),
            flags=frozenset(each.flag for each in found if each.flag and each.open),
        )
        fired = [each for rule in rules if rule.layer == layer for each in _rule(rule, seen)]
        found = found + _with_waivers(fired, here)
    return found


def _rule(rule: Rule, here: Here) -> list[Found]:
    if not judgeable(here.world, rule.when, rule.require) or holds(rule.when, here) is not True:
        return []
    states = _state("", False if rule.require is None else holds(rule.require, here))
    return [Found(rule.id, Kind.RULE, rule.enforce, state, flag=rule.flag) for _, state in states]


def _as_row(found: Found) -> Row:
    words = {"kind": found.kind.value, "criterion": found.criterion, "state": found.state}
    return {**words, "enforce": found.enforce.value, "stage": found.stage or ""}


def _with_waivers(found: list[Found], here: Here) -> list[Found]:
    held = {each.criterion for each in here.world.waivers if each.deal_id == here.deal["id"] and each.holds(here.now)}
    return [replace(each, waived=bool({each.criterion, f"{each.criterion}:{each.person}"} & held)) for each in found]


# the gate (rule 7) and closed deals


def _gate(present: int, found: list[Found], playbook: Playbook) -> tuple[str, str, tuple[str, ...]]:
    stages = playbook.stages
    ids, following = [stage.id for stage in stages], _next_stage(present, playbook)
    blocking = [each for each in found if each.open and each.enforce.blocks]
    unmet = tuple(sorted({each.criterion for each in blocking}))
    exits = [ids.index(each.stage or ids[present]) for each in blocking if each.kind is Kind.EXIT_CRITERION]
    if exits and min(exits) < present:
        return "blocked", ids[min(exits)], unmet
    if blocking:
        return "not_yet", ids[present], unmet
    advised = any(each.open and each.enforce is Enforce.ADVISE for each in found)
    return "advise" if advised else "clear", following.id if following else "won", unmet


def _after_closing(ended: str, here: Here) -> list[Found]:
    closed = here.deal.get("closed_at")
    if closed is None or not here.now - ASKED_AFTER_CLOSING <= closed <= here.now:
        return []
    outcome = next((each for each in here.world.playbook.outcomes if each.id == ended), None)
    found = _criteria(outcome.criteria if outcome else (), Kind.OUTCOME_CRITERION, None, here)
    won = outcome.counts_as == "won" if outcome else ended == "won"
    too_early = won and (_passed_a_gate(here) or (outcome is not None and _won_before(outcome.from_stage, here)))
    return [*found, Found("won_too_early", Kind.BYPASS, Enforce.ADVISE, "unmet")] if too_early else found


def _passed_a_gate(here: Here) -> bool:
    stages = [stage for stage in here.world.playbook.stages if not stage.optional]
    found = [each for stage in stages for each in _criteria(stage.exit_criteria, Kind.EXIT_CRITERION, stage.id, here)]
    return any(each.open and each.enforce.blocks for each in _with_waivers(found, here))


def _won_before(stage: str, here: Here) -> bool:
    ids = [each.id for each in here.world.playbook.stages]
    changes = here.world.stage_changes(here.deal["id"])
    start = changes[-1].start if changes else None
    return bool(stage) and start in ids and ids.index(start) < ids.index(stage)
