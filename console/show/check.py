"""A check on a terminal: the deals that need someone, what was found by kind and owner, what could not be judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from console.show.findings import by_weight, finding_blocks, mark
from console.show.page import count, grid, heading, indented, joined, status, words
from engine.judge.names import standing
from engine.judge.verdicts import GateStatus, ScoreResult, Verdict
from engine.runs.summary import Summary
from rules.names import stage_name
from rules.playbook import Playbook

FINDINGS_SHOWN = 3
STATUSES = tuple(reversed(GateStatus))
PROBLEMS_SHOWN = 10
WIDEST_MARK = 8


@dataclass(frozen=True)
class Deals:
    """Shows deals; stages are called as the CRM or, where it has no name for them, as their playbook calls them."""

    playbooks: Sequence[Playbook]

    def table(self, verdicts: Sequence[Verdict]) -> RenderableType:
        """List deals, one row each, with what is open on them."""
        table = grid("deal", "gate", "what is open")
        table.padding = (0, 3, 1, 0)
        for verdict in verdicts:
            table.add_row(self._who(verdict), self._how(verdict), _open(verdict))
        return table

    def in_full(self, verdicts: Sequence[Verdict]) -> RenderableType:
        """Tell deals one by one with all findings."""
        parts: list[RenderableType] = []
        for verdict in verdicts:
            parts += [Text(), self.line(verdict)]
            found = finding_blocks(verdict.findings) if verdict.findings else words("nothing is open", "dim")
            parts.append(indented(found))
        return Group(*parts)

    def line(self, verdict: Verdict) -> Text:
        """Name a deal in one line: what it is, whose, where it stands, its gate and score."""
        what = words(f"{verdict.deal_id}  {verdict.name}", "bold")
        how = joined([self.gate(verdict), score(verdict.qualification)], ", ")
        return joined([what, words(verdict.owner), words(standing(verdict, self.playbooks)), how])

    def gate(self, verdict: Verdict) -> Text:
        """Say a deal's gate, and how far it may stand where it stands too far."""
        if verdict.gate is None:
            return words(verdict.outcome if verdict.outcome != "open" else "no gate", "dim")
        text = status(verdict.gate.status.value)
        if verdict.gate.status is not GateStatus.BLOCKED:
            return text
        return Text.assemble(text, ": back to ", words(self.stage(verdict.gate.allowed_stage, verdict)))

    def stage(self, stage: str, verdict: Verdict) -> str:
        """Name a stage of the playbook that judged a deal."""
        playbook = next(each for each in self.playbooks if each.name == verdict.playbook)
        return stage_name(stage, playbook)

    def _who(self, verdict: Verdict) -> Text:
        name = Text.assemble(words(verdict.deal_id, "dim"), " ", words(verdict.name, "bold"))
        return joined([name, joined([words(verdict.owner), words(standing(verdict, self.playbooks))], ", ")], "\n")

    def _how(self, verdict: Verdict) -> Text:
        gate = joined(self.gate(verdict).split(": "), ":\n")
        return joined([gate, score(verdict.qualification)], "\n")


def header(playbooks: Sequence[Playbook], as_of: datetime, summary: Summary) -> Text:
    """Say what was judged by what, as of when."""
    named = ", ".join(playbook.name for playbook in playbooks)
    return Text.assemble(
        words(named, "bold"), f" as of {local(as_of, playbooks[0])}: {count(summary.deals, 'deal')} judged"
    )


def local(as_of: datetime, playbook: Playbook) -> str:
    """Write a moment as the playbook's people do."""
    zone = playbook.calendar.timezone
    return f"{as_of.astimezone(ZoneInfo(zone)):%a %-d %b %Y %H:%M} ({zone})"


def gates(summary: Summary) -> Text:
    """Count deals by gate."""
    counted = [Text.assemble(status(each.value), f" {summary.gates.get(each.value, 0):,}") for each in STATUSES]
    without = summary.deals - sum(summary.gates.values())
    return joined([*counted, words(f"no gate {without:,}" if without else "", "dim")], "   ")


def score(result: ScoreResult | None) -> Text:
    """Write a score as percent and band."""
    return words("" if result is None else f"{result.percent:.0f}% {result.band}".rstrip())


def summary_parts(summary: Summary) -> Iterator[RenderableType]:
    """Yield the counts below the deals."""
    if summary.findings:
        yield heading("Open findings")
        yield indented(_counts(summary.findings))
    if aside := _aside(summary):
        yield indented(words(aside, "dim"))
    if len(summary.owners) > 1:
        yield heading("By owner")
        yield indented(_owners(summary))
    yield from _left_out(summary)


def _open(verdict: Verdict) -> RenderableType:
    findings = [each for each in by_weight(verdict.findings) if not each.waiver]
    lines = Table.grid(padding=(0, 1, 0, 0))
    lines.add_column(min_width=WIDEST_MARK)
    for finding in findings[:FINDINGS_SHOWN]:
        lines.add_row(mark(finding), words(finding.because or finding.says))
    if len(findings) > FINDINGS_SHOWN:
        lines.add_row("", words(f"and {len(findings) - FINDINGS_SHOWN} more", "dim"))
    return lines


def _aside(summary: Summary) -> str:
    counted = (
        (summary.unknown, "of them is unknown: data is missing", "of them are unknown: data is missing"),
        (summary.upcoming, "deadline runs", "deadlines run"),
        (summary.waived, "finding is waived", "findings are waived"),
    )
    return "; ".join(count(number, one, several) for number, one, several in counted if number)


def _counts(counted: Mapping[str, int]) -> RenderableType:
    table = grid(">", "", header=False)
    for name, number in sorted(counted.items(), key=lambda each: (-each[1], each[0])):
        table.add_row(f"{number:,}", words(name.replace("_", " ")))
    return table


def _owners(summary: Summary) -> RenderableType:
    table = grid("owner", ">open deals", *(f">{each.words}" for each in STATUSES), ">findings", "most often")
    for each in sorted(summary.owners, key=lambda owner: (-owner.gates.get("blocked", 0), owner.owner)):
        most = min(each.findings.items(), key=lambda item: (-item[1], item[0]), default=("", 0))[0]
        numbers = [f"{each.gates.get(gate.value, 0):,}" for gate in STATUSES]
        findings = f"{sum(each.findings.values()):,}"
        kind = words(most.replace("_", " "))
        table.add_row(words(each.owner or "nobody"), f"{each.deals:,}", *numbers, findings, kind)
    return table


def _left_out(summary: Summary) -> Iterator[RenderableType]:
    if summary.unjudged:
        yield heading("Not judged")
        yield from (indented(words(each)) for each in summary.unjudged)
    if summary.unmapped:
        yield heading("Stages no playbook names")
        yield indented(_counts({name or "(none)": number for name, number in summary.unmapped.items()}))
    if summary.no_playbook.count:
        yield heading("No playbook applies")
        yield indented(words(f"{count(summary.no_playbook.count, 'deal')}: {_some(summary.no_playbook.ids)}"))
    if summary.problems:
        yield heading("Rows of the CRM that were left out")
        yield from (indented(words(each.replace("\n  help:", "; help:"))) for each in _problems(summary))


def _problems(summary: Summary) -> list[str]:
    shown = [str(problem) for problem in summary.problems[:PROBLEMS_SHOWN]]
    more = len(summary.problems) - len(shown)
    return [*shown, f"and {more:,} more"] if more else shown


def _some(ids: Sequence[str], most: int = 10) -> str:
    return ", ".join(ids[:most]) + (", ..." if len(ids) > most else "")
