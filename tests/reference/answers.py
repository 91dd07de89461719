"""The answers of all evaluators in one comparable form, and how a disagreement is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pprint import pformat
from typing import Any

from engine.judge.evaluate import Evaluator
from engine.judge.tables import Tables
from engine.judge.verdict_making import verdicts_of
from engine.judge.verdicts import ScoreResult, Verdict
from engine.judge.waivers import Waiver
from rules.playbook import Playbook
from tests.reference.reference import Expected, reference
from tests.reference.reference_clocks import Found
from tests.reference.reference_world import Card

NEAR_ENOUGH = 0.06
"""Percents are shown rounded to a tenth."""


@dataclass(frozen=True)
class Mark:
    """What is compared of a finding."""

    state: str
    kind: str
    enforce: str
    due: date | None
    waived: bool
    occurrence: str


@dataclass(frozen=True)
class Answer:
    """What is compared of a deal; findings by `criterion` or `criterion:person`."""

    deal_id: str
    applies: bool | None
    stage: str
    segment: str
    gate: tuple[str, str, tuple[str, ...]] | None
    cards: Mapping[str, tuple[int, float, str, Mapping[str, int]]]
    findings: Mapping[str, Sequence[Mark]]
    flags: frozenset[str]


def engine_answers(
    playbook: Playbook,
    tables: Tables,
    as_of: datetime,
    crm: str = "local",
    waivers: Sequence[Waiver] = (),
    *,
    words: bool = False,
) -> list[Answer]:
    """Let the engine judge a batch that is a whole pipeline; with `words` it explains, which is another query."""
    with Evaluator(playbook, crm, delivered=tables.delivered, tracked=tables.tracked) as evaluator:
        return answers_of(evaluator, tables, as_of, waivers, words=words)


def answers_of(
    evaluator: Evaluator, tables: Tables, as_of: datetime, waivers: Sequence[Waiver] = (), *, words: bool = False
) -> list[Answer]:
    """Let an engine that is ready judge one batch more."""
    judged = evaluator.evaluate(tables, as_of, waivers, observing=words)
    numbers = zip(judged.deals["id"].to_pylist(), judged.deals["_applies"].to_pylist(), strict=True)
    applies = {deal: {1: True, 0: False}.get(number) for deal, number in numbers}
    return [_of_verdict(each, applies[each.deal_id]) for each in verdicts_of(judged, tables, waivers)]


def reference_answers(
    playbook: Playbook, tables: Tables, as_of: datetime, crm: str = "local", waivers: Sequence[Waiver] = ()
) -> list[Answer]:
    """Let the reference judge the same."""
    return [_of_expected(each) for each in reference(playbook, tables, as_of, crm, waivers)]


def differences(expected: Sequence[Answer], got: Sequence[Answer]) -> Iterator[tuple[str, str, Any, Any]]:
    """Yield what two evaluators do not agree on: deal, part, both answers."""
    first, second = ({answer.deal_id: answer for answer in answers} for answers in (expected, got))
    for deal in sorted(first.keys() | second.keys()):
        if deal not in first or deal not in second:
            yield deal, "judged at all", deal in first, deal in second
            continue
        one, other = first[deal], second[deal]
        for part in ("applies", "stage", "segment", "gate", "flags"):
            if getattr(one, part) != getattr(other, part):
                yield deal, part, getattr(one, part), getattr(other, part)
        if not _same_cards(one, other):
            yield deal, "scorecards", one.cards, other.cards
        for name in sorted(one.findings.keys() | other.findings.keys()):
            if one.findings.get(name) != other.findings.get(name):
                yield deal, f"finding {name}", one.findings.get(name), other.findings.get(name)


def report(playbook: Playbook, tables: Tables, as_of: datetime, deal: str, part: str) -> str:
    """Tell all that one answer rests on: the criterion, the deal's rows, the moment."""
    name = part.removeprefix("finding ").split(":")[0]
    asked = [each for each in (*playbook.criteria(), *playbook.rules, *playbook.clocks) if _is_asked(each, name)]
    lines = [f"as of {as_of.isoformat()}, calendar {playbook.calendar}", f"asked: {pformat(asked, width=150)}"]
    lines += [f"tracked: {tables.tracked}"]
    if not part.startswith("finding"):
        lines += [f"playbook: {pformat(playbook, width=150)}"]
    for table, rows in tables.tables.items():
        own = [row for row in rows.to_pylist() if row.get("deal_id", row["id"] if table == "deals" else deal) == deal]
        lines += [f"{table}: {pformat(own, width=150)}"]
    return "\n".join(lines)


def _of_expected(expected: Expected) -> Answer:
    cards = {name: _card(card) for name, card in expected.cards.items()}
    findings: dict[str, list[Mark]] = {}
    for found in expected.findings:
        findings.setdefault(_name(found.criterion, found.person), []).append(_mark(found))
    return Answer(
        expected.deal_id,
        expected.applies,
        expected.stage or "",
        expected.segment,
        expected.gate,
        cards,
        findings,
        expected.flags,
    )


def _of_verdict(verdict: Verdict, applies: bool | None) -> Answer:  # noqa: FBT001 three values
    gate = verdict.gate and (verdict.gate.status.value, verdict.gate.allowed_stage, verdict.gate.unmet)
    results = {"ideal_client": verdict.ideal_client, "qualification": verdict.qualification}
    cards = {name: _result(result) for name, result in results.items() if result is not None}
    findings: dict[str, list[Mark]] = {}
    for each in verdict.findings:
        mark = Mark(each.state.value, each.kind.value, each.enforce.value, each.due, bool(each.waiver), each.occurrence)
        findings.setdefault(_name(each.criterion, each.person_id), []).append(mark)
    flags = frozenset(each.flag for each in verdict.findings if each.flag and each.open)
    return Answer(verdict.deal_id, applies, verdict.stage, verdict.segment, gate or None, cards, findings, flags)


def _is_asked(each: Any, name: str) -> bool:
    return getattr(each, "id", "") == name or (not hasattr(each, "id") and name in _built_in(each))


def _built_in(clock: Any) -> tuple[str, ...]:
    names = {
        "ProposalClock": ("proposal.follow_up", "proposal.silence"),
        "NextStepClock": ("next_step",),
        "StageAgeClock": ("stage_age",),
        "SilenceClock": ("buyer_silence", "seller_silence"),
        "CloseDateClock": ("close_date",),
    }
    return names.get(type(clock).__name__, ())


def _name(criterion: str, person: str) -> str:
    return f"{criterion}:{person}" if person else criterion


def _mark(found: Found) -> Mark:
    return Mark(found.state, found.kind.value, found.enforce.value, found.due, found.waived, found.occurrence)


def _card(card: Card) -> tuple[int, float, str, Mapping[str, int]]:
    points = {name: each for name, (each, _) in card.dimensions.items()}
    return card.points, float(card.percent), card.band, points


def _result(result: ScoreResult) -> tuple[int, float, str, Mapping[str, int]]:
    return result.points, float(result.percent), result.band, dict(result.dimensions)


def _same_cards(one: Answer, other: Answer) -> bool:
    if one.cards.keys() != other.cards.keys():
        return False
    pairs = [(one.cards[name], other.cards[name]) for name in one.cards]
    return all((a[0], a[2], a[3]) == (b[0], b[2], b[3]) and abs(a[1] - b[1]) < NEAR_ENOUGH for a, b in pairs)
