"""`status`: how the work of `serve` and `worker` stands, from the store alone."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from console.desk import configured, store_to_read
from console.options import As, ConfigFile, Format, Store
from console.show.page import heading, page, words
from console.stream import print_json
from engine.runs.pipeline import utc_now
from engine.runs.status import CrmStatus, status_of


def status(
    *,
    crm: Annotated[
        list[str] | None,
        typer.Option("--crm", metavar="NAME", help="A CRM by its name in the store; repeatable. Usually all."),
    ] = None,
    top: Annotated[int, typer.Option("--top", min=1, max=1000, help="How many sweeps of each to tell.")] = 3,
    output: As = Format.TABLE,
    config: ConfigFile = None,
    store: Store = "",
) -> None:
    """Tell how work stands: deals that are due, changes on their way, how far a sweep is, and what the last came to."""
    with store_to_read(store or configured(config).store) as ledger:
        found = status_of(ledger, crm or [], utc_now(), top)
    if output is Format.JSON:
        print_json([_plain(each.to_json()) for each in found])
        return
    for each in found:
        _print(each)
    if not found:
        page().print(words("the store knows of no CRM yet"))


def _print(found: CrmStatus) -> None:
    sheet = page()
    sheet.print(heading(found.crm))
    for line in found.lines:
        sheet.print(words(f"  {line}"), soft_wrap=True)


def _plain(value: Any) -> Any:  # noqa: ANN401 - any value of a status
    """Write moments as JSON can hold them."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, datetime) else value
