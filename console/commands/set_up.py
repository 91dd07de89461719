"""`init` and `import`: a folder to work in, and a local CRM of a CRM's exports."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from connectors.local.importing import ImportReport, Progress, import_csv, load_mapping
from console.desk import shipped_playbooks
from console.exits import Code, FoundError
from console.options import As, Format
from console.progress import Fill, filling
from console.show.page import count, grid, page, words
from console.stream import print_json
from engine.runs.files import read_file
from engine.runs.init import start
from engine.runs.mistakes import Mistake, ProblemsFound
from rules.problems import did_you_mean


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder; it is made where there is none.")] = Path(),
    playbook: Annotated[
        str, typer.Option("--playbook", "-p", metavar="NAME", help="enterprise, small-business, services or renewals.")
    ] = "enterprise",
) -> None:
    """Start a folder: `dealgate.yaml`, a starter playbook with its cases, waivers, and a CRM of empty CSV files."""
    shipped = shipped_playbooks()
    if playbook not in shipped:
        raise Mistake(f"no shipped playbook is called `{playbook}`", did_you_mean(playbook, shipped))
    made = start(folder, shipped[playbook])
    sheet = page()
    for path, what in made:
        sheet.print(words(f"{path}  {what}"), soft_wrap=True)
    sheet.print()
    sheet.print(words(f"fill `{folder / 'crm'}` or name your CRM in `dealgate.yaml`, then run `dealgate check`", "dim"))


def import_(
    csv: Annotated[list[Path], typer.Argument(metavar="CSV...", help="The exported files.")],
    mapping: Annotated[Path, typer.Option("--mapping", "-m", metavar="FILE", help="What their columns mean.")],
    into: Annotated[Path, typer.Option(metavar="FILE", help="The local CRM, made where there is none.")],
    rejects: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where rejected rows go; usually beside the local CRM.")
    ] = None,
    output: As = Format.TABLE,
) -> None:
    """Load CSV exports of any CRM into a local CRM; a row that does not fit is rejected with its reason."""
    loaded, problems = load_mapping(read_file(mapping), str(mapping))
    if loaded is None:
        raise ProblemsFound(problems)
    rejected = rejects or into.with_suffix(".rejects.csv")
    with filling("reading") as fill:
        report = import_csv(csv, loaded, into, rejected, lambda done: _tell(done, fill))
    _print(report, output)
    if report.problems:
        raise FoundError(Code.MISTAKE)


def _tell(done: Progress, fill: Fill) -> None:
    fill(done.done, done.size)


def _print(report: ImportReport, output: Format) -> None:
    if output is Format.JSON:
        print_json(_document(report))
        return
    sheet = page()
    table = grid("file", ">rows", ">taken", ">rejected", "skipped")
    for each in report.files:
        skipped = "; ".join(f"{number:,} {reason}" for reason, number in each.skipped.items())
        numbers = (f"{number:,}" for number in (each.rows, each.taken, each.rejected))
        table.add_row(words(each.path), *numbers, words(skipped))
    if report.files:
        sheet.print(table)
    for problem in report.problems:
        sheet.print(words(str(problem)), soft_wrap=True)
    tables = ", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in report.tables.items())
    sheet.print(words(f"put in: {tables or 'nothing'}"))
    if report.rejected:
        sheet.print(words(f"{count(report.rejected, 'row')} rejected, each with its reason in {report.rejects}"))


def _document(report: ImportReport) -> dict[str, Any]:
    files = [
        {
            "file": str(each.path),
            "rows": each.rows,
            "taken": each.taken,
            "rejected": each.rejected,
            "skipped": dict(each.skipped),
        }
        for each in report.files
    ]
    return {
        "files": files,
        "tables": dict(report.tables),
        "problems": [str(each) for each in report.problems],
        "rejects": str(report.rejects) if report.rejected else None,
    }
