"""`validate`, `lint` and `test`: what a playbook's author asks before anyone is judged by it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from console.desk import configured, playbook_file
from console.exits import Code, FoundError
from console.options import As, ConfigFile, Format
from console.show.cases import case_parts
from console.show.page import count, page, words
from console.stream import print_json
from engine.runs.cases.case_files import load_cases
from engine.runs.cases.document import report_document
from engine.runs.cases.running import run_cases
from engine.runs.mistakes import Mistake, ProblemsFound
from engine.runs.playbooks import PlaybookFile, clashes, load_files
from rules.lint import lint as lint_playbook
from rules.playbook import Playbook
from rules.problems import Problem

Files = Annotated[
    list[str] | None,
    typer.Argument(metavar="[PLAYBOOK]...", help="Playbook files, or names of shipped ones; usually the configured."),
]


def validate(playbook: Files = None, *, output: As = Format.TABLE, config: ConfigFile = None) -> None:
    """Check playbooks: their schema, types and references; every problem is told at once."""
    files = load_files(_paths(playbook, config))
    together = clashes(files)
    if output is Format.JSON:
        print_json({"playbooks": [_document(each, together) for each in files]})
    else:
        _print(files, together)
    if together or any(each.problems for each in files):
        raise FoundError(Code.MISTAKE)


def lint(
    playbook: Files = None,
    *,
    strict: Annotated[bool, typer.Option("--strict", help="End with exit code 1 where there is advice.")] = False,
    output: As = Format.TABLE,
    config: ConfigFile = None,
) -> None:
    """Advise on what a playbook may say but should not; broken playbooks are told as `validate` does."""
    files = _valid(load_files(_paths(playbook, config)))
    advice = {path: lint_playbook(loaded, str(path)) for path, loaded in files}
    if output is Format.JSON:
        print_json({"playbooks": [{"file": str(path), "advice": _problems(each)} for path, each in advice.items()]})
    else:
        for path, each in advice.items():
            page().print(words(f"{path}: {count(len(each), 'piece of advice', 'pieces of advice')}", "bold"))
            for problem in each:
                _print_lines(problem)
    if strict and any(advice.values()):
        raise FoundError


def try_cases(
    playbook: Files = None,
    *,
    cases: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The cases; `NAME.cases.yaml` beside the playbook if left out.")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="List the cases that pass, too.")] = False,
    output: As = Format.TABLE,
    config: ConfigFile = None,
) -> None:
    """Run the cases of playbooks: small deals, and all that must be found on them."""
    files = _valid(load_files(_paths(playbook, config)))
    if cases is not None and len(files) > 1:
        raise Mistake("`--cases` goes with one playbook", "name the playbook these cases belong to")
    loaded = [(each, load_cases(cases or path.with_suffix(".cases.yaml"), each)) for path, each in files]
    reports = [run_cases(each, listed) for each, listed in loaded]
    if output is Format.JSON:
        print_json({"playbooks": [report_document(report) for report in reports]})
    else:
        for report in reports:
            for part in case_parts(report, every=verbose):
                page().print(part)
    if any(report.failed for report in reports):
        raise FoundError


def _paths(named: list[str] | None, config: Path | None) -> list[Path]:
    paths = [playbook_file(name) for name in named or ()] or list(configured(config).playbooks)
    if not paths:
        raise Mistake("no playbook is named", "name a file: `dealgate validate playbooks/enterprise.yaml`")
    return paths


def _valid(files: Sequence[PlaybookFile]) -> list[tuple[Path, Playbook]]:
    problems = [problem for file in files for problem in file.problems]
    if problems:
        raise ProblemsFound(problems)
    return [(file.path, file.playbook) for file in files if file.playbook is not None]


def _print(files: Sequence[PlaybookFile], together: Sequence[Problem]) -> None:
    for file in files:
        playbook = file.playbook
        if playbook is not None:
            parts = (
                count(len(playbook.stages), "stage"),
                count(sum(1 for _ in playbook.criteria()), "criterion", "criteria"),
                count(len(playbook.clocks), "clock"),
                count(len(playbook.rules), "rule"),
            )
            page().print(words(f"{file.path}: {playbook.name} is valid: {', '.join(parts)}"))
        for problem in file.problems:
            _print_lines(problem)
    for problem in together:
        _print_lines(problem)


def _print_lines(problem: Problem) -> None:
    for line in str(problem).splitlines():
        page().print(words(line), soft_wrap=True)


def _document(file: PlaybookFile, together: Sequence[Problem]) -> dict[str, Any]:
    problems = [*file.problems, *(each for each in together if each.where.file == str(file.path))]
    name = file.playbook.name if file.playbook else None
    return {"file": str(file.path), "playbook": name, "valid": not problems, "problems": _problems(problems)}


def _problems(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    return [
        {
            "file": each.where.file,
            "line": each.where.line,
            "column": each.where.column,
            "code": each.code,
            "message": each.message,
            "help": each.help,
        }
        for each in problems
    ]
