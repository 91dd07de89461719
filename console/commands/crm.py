"""`install` and `doctor`: what a CRM needs so that it refuses a closed gate by itself, and whether all is well."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from connectors.protocol import Difference, Examinable, Health, Installable, Installed, Observation
from console.desk import Asked, Desk
from console.exits import Code, FoundError
from console.options import As, ConfigFile, Crm, Format, Playbooks
from console.show.page import grid, page, words
from console.stream import print_json
from engine.runs.mistakes import Mistake

SIGNS = {Health.FINE: ("fine", "green"), Health.UNWISE: ("unwise", "yellow"), Health.WRONG: ("wrong", "bold red")}


def install(
    kind: Annotated[str, typer.Argument(metavar="[CRM]", help="A CRM of `dealgate.yaml`, or its kind.")] = "",
    *,
    crm: Crm = "",
    playbook: Playbooks = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only write the project folder; deploy nothing.")] = False,
    into: Annotated[Path, typer.Option(metavar="DIR", help="The project folder that a dry run writes.")] = Path(
        "dealgate-project"
    ),
    check: Annotated[bool, typer.Option("--check", help="Only compare the CRM with the playbooks.")] = False,
    config: ConfigFile = None,
) -> None:
    """Create in the CRM what closed gates need: fields, permissions, and rules that refuse a move and say why."""
    if dry_run and check:
        raise Mistake("`--dry-run` and `--check` were both given", "choose one of them")
    with Desk(Asked(config, crm or kind, playbook or ())) as desk:
        connector = desk.connector
        if not isinstance(connector, Installable):
            raise Mistake(f"a {connector.name} CRM has no gates of its own", "`dealgate apply` corrects moves there")
        if dry_run:
            _write_project(into, connector.project(desk.playbooks))
            _say_not_prevented(connector.not_prevented(desk.playbooks))
        elif check:
            _say_drift(connector.drift(desk.playbooks))
        else:
            _say_installed(connector.install(desk.playbooks))
            _say_not_prevented(connector.not_prevented(desk.playbooks))


def doctor(*, crm: Crm = "", playbook: Playbooks = None, output: As = Format.TABLE, config: ConfigFile = None) -> None:
    """Look at the CRM: connection, permissions, fields, limits, and stages that no playbook names."""
    with Desk(Asked(config, crm, playbook or ())) as desk:
        connector = desk.connector
        if not isinstance(connector, Examinable):
            raise Mistake(f"a {connector.name} CRM cannot be examined", "`dealgate check` says what it cannot read")
        seen = []
        for each in connector.examine(desk.playbooks):
            seen.append(each)
            if output is Format.TABLE:
                _print_observation(each)
        if output is Format.JSON:
            print_json([_as_json(each) for each in seen])
        else:
            _print_count(seen)
    if any(each.health is Health.WRONG for each in seen):
        raise FoundError(Code.FOUND)


def _write_project(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a project into a folder of its own; what else lies there is left alone."""
    try:
        for name, content in sorted(files.items()):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise Mistake(
            f"the project cannot be written to `{folder}`: {reason}", "name another folder by `--into`"
        ) from None
    page().print(words(f"{len(files)} files written to `{folder}`: read them, then deploy them"), soft_wrap=True)


def _say_installed(done: Installed) -> None:
    sheet = page()
    for each in done.made:
        sheet.print(words(f"made: {each}"), soft_wrap=True)
    for each in done.notes:
        sheet.print(words(f"to do: {each}", "yellow"), soft_wrap=True)
    if not done.made and not done.refused:
        sheet.print(words("everything stands as the playbooks ask"))
    if done.refused:
        _print_differences("not made", done.refused)
        raise FoundError(Code.FAILED)


def _say_drift(found: Sequence[Difference]) -> None:
    if not found:
        page().print(words("no drift: the CRM's own rules are what the playbooks ask for"))
        return
    _print_differences("drift", found)
    raise FoundError(Code.FOUND)


def _say_not_prevented(found: Sequence[Difference]) -> None:
    """Say which criteria the CRM cannot ask by itself; they are judged by Dealgate all the same."""
    if found:
        title = "judged by Dealgate only, and enforced as of the last check"
        _print_differences(title, found)


def _print_differences(title: str, found: Iterable[Difference]) -> None:
    sheet = page()
    table = grid(title, "why", "what to do")
    for each in sorted(found):
        table.add_row(words(each.what), words(each.wrong), words(each.help))
    sheet.print()
    sheet.print(table)


def _print_observation(each: Observation) -> None:
    sheet = page()
    sign, style = SIGNS[each.health]
    line = words(f"{sign:<7}", style)
    sheet.print(line.append_text(words(f" {each.about}: {each.says}")), soft_wrap=True)
    if each.help and each.health is not Health.FINE:
        sheet.print(words(f"        help: {each.help}", "dim"), soft_wrap=True)


def _print_count(seen: Sequence[Observation]) -> None:
    counts = {health: sum(each.health is health for each in seen) for health in Health}
    parts = [f"{counts[health]} {SIGNS[health][0]}" for health in Health]
    page().print()
    page().print(words(", ".join(parts)))


def _as_json(each: Observation) -> dict[str, str]:
    return {"health": each.health.value, "about": each.about, "says": each.says, "help": each.help}
