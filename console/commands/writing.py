"""`plan`, `apply` and `waive`: what a run would write, writing it, and exceptions to findings."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from console.desk import Asked, Desk
from console.exits import Code, FoundError
from console.options import As, AsOf, ConfigFile, Crm, Deals, Format, Playbooks, Store, UpgradeStore
from console.running import apply_of, batches_of, plan_of, settings_of
from console.show.page import grid, page, words
from console.stream import print_json
from engine.judge.plan import Plan
from engine.judge.waiver_file import end
from engine.judge.waivers import Waiver
from engine.ledger.receipts import receipts_of
from engine.runs.mistakes import Mistake
from engine.runs.plan_diff import plan_diff
from engine.runs.plan_text import plan_table, summary_line
from engine.runs.write_back import Applied
from rules.literals import NotAValueError


class PlanFormat(StrEnum):
    """How a plan is printed."""

    TABLE = "table"
    JSON = "json"
    DIFF = "diff"


Allow = Annotated[
    list[str] | None,
    typer.Option("--allow", metavar="GUARD[=LIMIT]", help="Let a run go on that a guard would refuse; repeatable."),
]


def plan(
    *,
    crm: Crm = "",
    playbook: Playbooks = None,
    deal: Deals = None,
    as_of: AsOf = "",
    allow: Allow = None,
    output: Annotated[PlanFormat, typer.Option("--format", "-f", help="How to print the plan.")] = PlanFormat.TABLE,
    config: ConfigFile = None,
    store: Store = "",
) -> None:
    """Show the changes a run would make to the CRM; neither the CRM nor the store is written."""
    with Desk(Asked(config, crm, playbook or (), as_of, store)) as desk, batches_of(desk, deal) as batches:
        _print_plan(plan_of(desk, batches, settings_of(desk, allow)), output)


def apply(
    *,
    crm: Crm = "",
    playbook: Playbooks = None,
    deal: Deals = None,
    as_of: AsOf = "",
    allow: Allow = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the plan.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before writing.")] = False,
    output: As = Format.TABLE,
    config: ConfigFile = None,
    store: Store = "",
    upgrade_store: UpgradeStore = False,
) -> None:
    """Write flags, tasks and gates to the CRM, each change exactly once, and give a receipt for each."""
    with Desk(Asked(config, crm, playbook or (), as_of, store, upgrade_store)) as desk:
        settings = settings_of(desk, allow)
        if dry_run or (not yes and sys.stdin.isatty() and output is Format.TABLE):
            with batches_of(desk, deal) as batches:
                planned = plan_of(desk, batches, settings)
            if dry_run:
                _print_plan(planned, PlanFormat(output.value))
                return
            _confirm(planned)
        with batches_of(desk, deal) as batches:
            applied = apply_of(desk, batches, settings, "apply")
        _print_applied(desk, applied, output)


def waive(
    *,
    deal: Annotated[str, typer.Option("--deal", "-d", metavar="ID", help="The deal.")],
    criterion: Annotated[str, typer.Option(metavar="ID", help="The criterion, rule or clock to except.")],
    reason: Annotated[str, typer.Option(help="Why the exception is right for this deal.")],
    approver: Annotated[str, typer.Option(metavar="EMAIL", help="Who grants it.")],
    until: Annotated[str, typer.Option(metavar="DATE", help="The last day it holds.")],
    person: Annotated[str, typer.Option(metavar="ID", help="Only for this person, where each one is asked.")] = "",
    crm: Crm = "",
    playbook: Playbooks = None,
    as_of: AsOf = "",
    config: ConfigFile = None,
    store: Store = "",
) -> None:
    """Record an exception to one finding on one deal, with its reason, approver and expiry."""
    with Desk(Asked(config, crm, playbook or (), as_of, store)) as desk:
        try:
            expires = end(until.strip(), ZoneInfo(desk.playbooks[0].calendar.timezone))
        except (NotAValueError, OverflowError):
            raise Mistake(f"`--until {until}` is not a date", "write it as 2026-12-01") from None
        if expires <= desk.as_of:
            raise Mistake(f"`--until {until}` is over already", "name a day to come")
        name = f"{criterion}:{person}" if person else criterion
        deal_id = desk.deal_id(deal)
        waiver = Waiver(deal_id, name, reason.strip(), approver.strip(), granted_at=desk.as_of, expires_at=expires)
        ledger = desk.ledger()
        desk.waiver_sources().grant(ledger, waiver, desk.as_of)
        page().print(words(f"`{name}` on deal `{deal_id}` is {waiver.words}"))


def _confirm(planned: Plan) -> None:
    sheet = page()
    sheet.print(words(summary_line(planned.totals)))
    for each in planned.refusals:
        sheet.print(words(f"refused: {each}", "red"))
    if planned.entries and not planned.refusals:
        typer.confirm("write this to the CRM?", abort=True)


def _print_plan(planned: Plan, output: PlanFormat) -> None:
    match output:
        case PlanFormat.JSON:
            print_json(planned.to_json())
        case PlanFormat.DIFF:
            sys.stdout.write(plan_diff(planned))
        case PlanFormat.TABLE:
            page().print(plan_table(planned))


def _print_applied(desk: Desk, applied: Applied, output: Format) -> None:
    with desk.ledger().reading() as connection:
        receipts = list(receipts_of(connection, applied.run_id))
    if output is Format.JSON:
        document: dict[str, Any] = {"checksum": applied.checksum, "receipts": [_receipt(each) for each in receipts]}
        print_json(document | ({"refusals": list(applied.refusals)} if applied.refusals else {}))
    else:
        _print_receipts(receipts, applied)
    if applied.refusals:
        page(stderr=True).print(words(applied.words), soft_wrap=True)
        raise FoundError(Code.MISTAKE)
    if any(each["outcome"] != "done" for each in receipts):
        raise FoundError(Code.FAILED)


def _print_receipts(receipts: Sequence[dict[str, Any]], applied: Applied) -> None:
    sheet = page()
    if receipts:
        table = grid("deal", "change", "outcome", "why")
        for each in receipts:
            kind = each["change"].replace("_", " ")
            table.add_row(words(each["deal"]), words(kind), words(each["outcome"]), words(each["reason"] or ""))
        sheet.print(table)
        sheet.print()
    if not applied.refusals:
        sheet.print(words(applied.words))
        sheet.print(words(f"checksum {applied.checksum}", "dim"))


def _receipt(values: dict[str, Any]) -> dict[str, Any]:
    document = {name: values[name] for name in ("key", "change", "outcome", "deal")}
    return document | ({"reason": values["reason"]} if values["reason"] else {})
