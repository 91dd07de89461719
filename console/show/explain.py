"""One deal in full on a terminal: journey, gate, scores, findings, the cheapest way out, and what a what-if changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from console.show.check import Deals, local
from console.show.findings import finding_blocks, mark
from console.show.page import count, grid, heading, indented, status, words
from engine.judge.verdicts import GateStatus, ScoreResult, Verdict
from engine.runs.explain import Explanation, next_levels, turn
from rules.names import stage_name
from rules.playbook import Scorecard, Stage

GATE_WORDS = {
    GateStatus.CLEAR: "it may go on to",
    GateStatus.ADVISE: "it may go on, with something advised, to",
    GateStatus.NOT_YET: "it stands rightly in",
    GateStatus.BLOCKED: "it stands past its gate; it may stand in",
}


def explanation(told: Explanation) -> RenderableType:
    """Lay a deal out in full."""
    return Group(*_parts(told))


def _parts(told: Explanation) -> Iterator[RenderableType]:
    verdict = told.verdict
    yield Deals([told.playbook]).line(verdict)
    yield words(f"judged by {verdict.playbook} as of {local(verdict.as_of, told.playbook)}", "dim")
    if verdict.segment:
        yield words(f"segment {verdict.segment.replace('_', ' ')}", "dim")
    yield from _journey(told)
    yield from _gate(told)
    for card in told.playbook.scorecards:
        result = verdict.qualification if card.id == "qualification" else verdict.ideal_client
        if result is not None:
            yield from _card(card, result, told)
    yield heading("Findings")
    shown = finding_blocks(verdict.findings, dict(told.required))
    yield indented(shown if verdict.findings else words("nothing is open", "dim"))
    yield from _way(told)
    if told.after is not None:
        yield from _what_if(told, told.after)


def _journey(told: Explanation) -> Iterator[RenderableType]:
    yield heading("The journey")
    yield indented(Text("  >  ", style="dim").join(_steps(told)))
    stage = told.stage
    if stage is None:
        return
    table = grid("", "", header=False)
    for name, lines in _about(stage):
        table.add_row(words(name, "dim"), words("; ".join(lines)))
    if table.row_count:
        yield indented(table)


def _steps(told: Explanation) -> list[Text]:
    here = told.verdict.stage
    return [
        words(f"[{stage.title}]" if stage.id == here else stage.title, "bold" if stage.id == here else "dim")
        for stage in told.playbook.stages
    ]


def _about(stage: Stage) -> Iterator[tuple[str, Sequence[str]]]:
    every = (
        ("the buyer", [stage.buyer_journey] if stage.buyer_journey else []),
        ("objectives", stage.objectives),
        ("buyer does", stage.buyer_tasks),
        ("we do", stage.seller_tasks),
        ("to use", [f"{each.title} <{each.url}>" for each in stage.content]),
    )
    yield from ((name, lines) for name, lines in every if lines)


def _gate(told: Explanation) -> Iterator[RenderableType]:
    gate = told.verdict.gate
    yield heading("The gate")
    if gate is None:
        why = "the deal is closed" if told.verdict.outcome != "open" else "no stage of the playbook is called so"
        yield indented(words(f"none: {why}"))
        return
    allowed = words(stage_name(gate.allowed_stage, told.playbook), "bold")
    yield indented(Text.assemble(status(gate.status.value), f": {GATE_WORDS[gate.status]} ", allowed))
    if gate.unmet:
        yield indented(words(f"closed by {', '.join(gate.unmet)}"))


def _card(card: Scorecard, result: ScoreResult, told: Explanation) -> Iterator[RenderableType]:
    title = card.title or card.id.replace("_", " ")
    yield heading(f"{title}: {result.points} of {card.most} points, {result.percent:.0f}% {result.band}".rstrip())
    following = next_levels(card, result.dimensions, told.playbook)
    table = grid("", ">", "", header=False)
    for dimension in card.dimensions:
        earned = f"{result.dimensions.get(dimension.id, 0)} of {dimension.most}"
        weight = f" x {dimension.weight}" if dimension.weight != 1 else ""
        points, words_ = following.get(dimension.id, (0, ""))
        table.add_row(words(dimension.title), f"{earned}{weight}", words(f"{points} when {words_}" if words_ else ""))
    yield indented(table)


def _way(told: Explanation) -> Iterator[RenderableType]:
    gate = told.verdict.gate
    if gate is None or gate.status in {GateStatus.CLEAR, GateStatus.ADVISE}:
        return
    yield heading("The cheapest way out")
    if told.way is None:
        yield indented(words("none was found: what is open cannot be cleared by filling in, naming or doing something"))
        return
    table = grid(">", "", header=False)
    for number, action in enumerate(told.way.words, 1):
        table.add_row(f"{number}.", words(action))
    yield indented(table)
    after = told.way.verdict_after.gate
    if after is not None:
        reached = stage_name(after.allowed_stage, told.playbook)
        steps = count(len(told.way.words), "action")
        yield indented(Text.assemble(f"after {steps}: ", status(after.status.value), f", it may go on to {reached}"))


def _what_if(told: Explanation, after: Verdict) -> Iterator[RenderableType]:
    yield heading(f"If {', '.join(told.wishes)}")
    before = told.verdict
    table = grid("", "", header=False)
    table.add_row(words("gate", "dim"), _turned(_standing(before, told), _standing(after, told)))
    if before.qualification and after.qualification:
        old, new = (f"{each.percent:.0f}% {each.band}".rstrip() for each in (before.qualification, after.qualification))
        table.add_row(words("score", "dim"), _turned(old, new))
    changes = turn(before, after)
    for finding in changes.gone:
        table.add_row(
            words("cleared", "green"), Text.assemble(words(finding.says), "  ", words(finding.criterion, "dim"))
        )
    for finding in changes.new:
        table.add_row(words("new", "red"), Text.assemble(mark(finding), "  ", words(finding.because or finding.says)))
    for _, finding in changes.other:
        table.add_row(words("still", "yellow"), Text.assemble(mark(finding), "  ", words(finding.because)))
    yield indented(table)


def _standing(verdict: Verdict, told: Explanation) -> str:
    if verdict.gate is None:
        return "none"
    return f"{verdict.gate.status.words}, as far as {stage_name(verdict.gate.allowed_stage, told.playbook)}"


def _turned(old: str, new: str) -> Text:
    return words(f"{old}, as before" if old == new else f"{old}  ->  {new}")
