"""`history` and `replay`: what was decided when and why, and a past verdict again, from the store alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from console.desk import configured, store_to_read
from console.exits import FoundError
from console.options import As, ConfigFile, Format, Store
from console.show import check as show
from console.show.history import timeline
from console.show.page import count, page, words
from console.stream import DealStream, print_json
from engine.judge.verdicts import Verdict
from engine.judge.waiver_file import beginning
from engine.runs.document import deal_document, moment, summary_document
from engine.runs.history import history_of
from engine.runs.mistakes import Mistake
from engine.runs.pipeline import utc_now
from engine.runs.replay import Replay
from engine.runs.stored_deals import stored_deal
from rules.literals import NotAValueError

NAMED = 10
"""How many deals that are judged otherwise are named."""


def history(
    *,
    deal: Annotated[str, typer.Option("--deal", "-d", metavar="ID", help="The deal.")],
    since: Annotated[str, typer.Option(metavar="DATE", help="Only from then on, such as 2026-11-02.")] = "",
    output: As = Format.TABLE,
    config: ConfigFile = None,
    store: Store = "",
) -> None:
    """Tell what was decided on a deal, when and why, and what was written to the CRM; the newest comes last."""
    with store_to_read(store or configured(config).store) as ledger:
        told = history_of(ledger, stored_deal(ledger, deal), utc_now())
        if since:
            told = told.since(_moment(since, told.zone))
        if output is Format.JSON:
            print_json({"deal": told.deal_id, "entries": [each.to_json() for each in told.entries]})
        else:
            page().print(timeline(told))


def replay(
    *,
    run: Annotated[int, typer.Argument(metavar="RUN", min=1, help="The run, by its number.", show_default=False)],
    deal: Annotated[str, typer.Option("--deal", "-d", metavar="ID", help="Only this deal.")] = "",
    output: As = Format.TABLE,
    config: ConfigFile = None,
    store: Store = "",
) -> None:
    """Judge again what a run judged, from the store alone, and say whether every verdict is the same to the byte."""
    with store_to_read(store or configured(config).store) as ledger:
        deal_id = stored_deal(ledger, deal) if deal else ""
        with Replay(ledger, run, deal_id) as again:
            if output is Format.JSON:
                _print_json(again)
            else:
                _print_table(again, deal_id)
            sheet = page(stderr=output is Format.JSON)
            for line in _told(again):
                sheet.print(words(line), soft_wrap=True)
            if again.otherwise:
                raise FoundError


def _moment(since: str, zone: ZoneInfo) -> datetime:
    try:
        return beginning(since.strip(), zone)
    except (NotAValueError, OverflowError):
        raise Mistake(f"`--since {since}` is not a date", "write it as 2026-11-02, or 2026-11-02T15:00:00Z") from None


def _print_json(again: Replay) -> None:
    """Print the document that `check --format json` would have printed."""
    named = ", ".join(playbook.name for playbook in again.playbooks)
    several = len(again.playbooks) > 1
    with DealStream({"playbook": named, "as_of": moment(again.run.as_of)}) as stream:
        for verdict in again.verdicts():
            stream.add(deal_document(verdict, naming_playbook=several))
        stream.print({"summary": summary_document(again.summary)})


def _print_table(again: Replay, deal_id: str) -> None:
    shown: list[Verdict] = [verdict for verdict in again.verdicts() if deal_id]
    summary, sheet = again.summary, page()
    sheet.print(show.header(again.playbooks, again.run.as_of, summary))
    sheet.print(show.gates(summary))
    if deal_id:
        sheet.print(show.Deals(again.playbooks).in_full(shown))
    sheet.print()


def _told(again: Replay) -> Iterator[str]:
    """Say how what is judged now compares with what was judged then."""
    run, wrong = again.run, len(again.otherwise)
    yield f"run {run.id} ({run.kind}) of {run.crm}, {run.state.value}: {_compared(again.compared, wrong)}"
    if not wrong:
        return
    if run.engine == again.engine:
        yield f"  both were judged by engine {run.engine}, which should give the same"
    else:
        yield f"  engine {run.engine} judged then, engine {again.engine} judges now"
    yield from (f"  {each.words}" for each in again.otherwise[:NAMED])
    if wrong > NAMED:
        yield f"  and {count(wrong - NAMED, 'other deal')}"


def _compared(compared: int, wrong: int) -> str:
    if wrong:
        return f"{wrong:,} of {count(compared, 'verdict')} {'is' if wrong == 1 else 'are'} not the same"
    return f"{count(compared, 'verdict')} {'is' if compared == 1 else 'are'} the same to the byte"
