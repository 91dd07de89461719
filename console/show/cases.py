"""The results of a playbook's cases on a terminal: what differs, and what no case touches."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from console.show.page import count, grid, indented, words
from engine.runs.cases.running import CaseReport, CaseResult


def case_parts(report: CaseReport, *, every: bool) -> Iterator[RenderableType]:
    """Yield the results that differ, all of them with `every`, then what the cases touch."""
    for result in report.results:
        if every or not result.passed:
            yield _line(result)
            yield from _differences(result)
    failed = len(report.failed)
    passed = count(len(report.results) - failed, "case passes", "cases pass")
    told = f"{passed}, {failed} fail{'s' if failed == 1 else ''}" if failed else passed
    yield Text.assemble(words(report.playbook.name, "bold"), ": ", words(told, "red" if failed else "green"))
    yield from _coverage(report)


def _line(result: CaseResult) -> Text:
    mark = words("pass", "green") if result.passed else words("fail", "bold red")
    return Text.assemble(mark, "  ", words(result.case.name, "bold"), "  ", words(result.case.place, "dim"))


def _differences(result: CaseResult) -> Iterator[RenderableType]:
    table = grid("", "", "", header=False)
    for each in result.differences:
        seen = (
            f"expected {each.expected}, found {each.found}" if each.what == "different" else each.expected or each.found
        )
        told = [words(seen), words(each.why, "dim")]
        table.add_row(
            words(each.what, "yellow"), words(each.subject), Text("\n").join(part for part in told if part.plain)
        )
    if table.row_count:
        yield indented(table, 6)


def _coverage(report: CaseReport) -> Iterator[RenderableType]:
    covered = [each for each in report.coverage if each.total]
    yield indented(words("touched: " + ", ".join(f"{each.touched} of {each.total} {each.what}" for each in covered)))
    for each in covered:
        if each.untouched:
            named = ", ".join(f"`{name}`" for name in each.untouched)
            yield indented(words(f"no case touches {each.what}: {named}", "yellow"))
