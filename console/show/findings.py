"""One finding on a terminal: how strictly it holds, what is asked, what was seen, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from console.show.page import indented, status, words
from engine.judge.verdicts import Finding, State

STRICTEST = ("hard", "soft", "advise", "observe")


def by_weight(findings: Iterable[Finding]) -> list[Finding]:
    """Sort findings: open before upcoming before waived, strictest first, then by key."""
    return sorted(findings, key=_weight)


def finding_blocks(findings: Iterable[Finding], required: dict[str, str] | None = None) -> RenderableType:
    """Lay findings out in full; `required` says by criterion what is asked, where the finding's own words do not."""
    return Group(*(_block(each, (required or {}).get(each.criterion, "")) for each in by_weight(findings)))


def mark(finding: Finding) -> Text:
    """Say how a finding stands: its strictness, or that it waits, is unknown or excepted."""
    if finding.waiver:
        return status("waived")
    return status(finding.enforce.value) if finding.state is State.UNMET else status(finding.state.value)


def _block(finding: Finding, required: str) -> RenderableType:
    title = Text.assemble(mark(finding), "  ", words(finding.says, "bold"), "  ", words(finding.criterion, "dim"))
    lines = Table.grid(padding=(0, 2, 0, 0))
    for name, text in _lines(finding, required):
        lines.add_row(words(name, "dim"), words(text))
    return Group(title, indented(lines, 4))


def _lines(finding: Finding, required: str) -> Iterator[tuple[str, str]]:
    every = (
        ("asks", required if required.casefold() != finding.says.casefold() else ""),
        ("seen", finding.because),
        ("do", finding.do),
        ("coach", finding.coach),
        ("due", finding.due.strftime("%a %-d %b %Y") if finding.due else ""),
        ("task", finding.task.title if finding.task else ""),
        ("flag", finding.flag),
        ("waiver", finding.waiver),
    )
    yield from ((name, text) for name, text in every if text)


def _weight(finding: Finding) -> tuple[bool, bool, int, str]:
    upcoming = finding.state is State.UPCOMING
    return bool(finding.waiver), upcoming, STRICTEST.index(finding.enforce.value), finding.key
