"""Measures the service under load: `python -m bench.service.run` prints the tables, `--write` keeps them.

The service, those who post to it, and the CRMs it writes to are processes of their own on this machine.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from bench.page import machine, write_into
from bench.service import intake, storing
from bench.service.following import Followed, followed
from bench.service.intake import Taken, taken
from tests.postgresql import postgresql

PAGE = Path(__file__).parent.parent.parent / "docs" / "reliability.md"
ASKED = (("hubspot", 100), ("hubspot", 10), ("hubspot", 1), ("salesforce", 100), ("salesforce", 1))
"""What is posted: the CRM it is like, and how many events a request tells."""
CALLED = {"hubspot": "HubSpot batch, signed", "salesforce": "Salesforce outbound message"}
AIMED_EVENTS, AIMED_ANSWER, AIMED_WRITTEN = 500, 100, 5


def main() -> None:
    """Measure intake, verification, storing, and the way from event to write-back."""
    parser = argparse.ArgumentParser(prog="python -m bench.service.run", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the tables into docs/reliability.md")
    arguments = parser.parse_args()
    with ExitStack() as running:
        stores = {"SQLite": "", "PostgreSQL": running.enter_context(postgresql(durable=True))}
        batches = _batches(storing.verified(), {name: storing.stored(server) for name, server in stores.items()})
        took = [_taken(*asked, name, server) for name, server in stores.items() for asked in ASKED]
        written = [each for kind in ("salesforce", "hubspot") for name, server in stores.items()
                   for each in _followed(kind, name, server)]  # fmt: skip
    text = "\n\n".join([machine(), _intake(took), batches, _write_back(written), _goals(took, written)])
    print(text)
    if arguments.write:
        write_into(PAGE, "service", text)


def _taken(kind: str, each: int, store: str, server: str) -> Taken:
    _say(f"{intake.EVENTS:,} events, {each} a request, as {kind} posts them, on {store}")
    return taken(kind, each, server)


def _followed(kind: str, store: str, server: str) -> list[Followed]:
    _say(f"from events to what is written in {kind}, on {store}")
    return followed(kind, server)


def _intake(found: Sequence[Taken]) -> str:
    head = (
        "| what is posted | events a request | store | events a second | requests a second | median answer "
        f"| 99th percentile | the same, {intake.PACE} events a second |\n|---|---:|---|---:|---:|---:|---:|---:|"
    )
    rows = [
        f"| {CALLED[row.kind]} | {row.each} | {row.store} | {row.events_a_second:,.0f} "
        f"| {row.events_a_second / row.each:,.0f} | {row.median:.0f} ms | {row.slowest:.0f} ms | {row.paced:.0f} ms |"
        for row in found
    ]
    return "\n".join([head, *rows])


def _batches(verified: float, stored: dict[str, float]) -> str:
    listed = ", ".join(f"{count:,.0f} on {name}" for name, count in stored.items())
    return (
        f"By themselves, in one thread and without HTTP, {verified:,.0f} signed HubSpot batches of 100 events are "
        f"verified and read a second; stored, a transaction each: {listed}."
    )


def _write_back(found: Sequence[Followed]) -> str:
    head = "| CRM | store | deals changed | median | 95th percentile |\n|---|---|---|---:|---:|"
    names = {"salesforce": "Salesforce", "hubspot": "HubSpot"}
    rows = [
        f"| {names[row.kind]} | {row.store} | {row.load} | {row.median:.1f} s | {row.slower:.1f} s |" for row in found
    ]
    return "\n".join([head, *rows])


def _goals(took: Sequence[Taken], written: Sequence[Followed]) -> str:
    """Set the worst that was found against each aim."""
    fewest = min(each.events_a_second for each in took)
    slowest = max(each.paced for each in took)
    latest = max(each.median for each in written)
    answers = f"99th percentile of answers to {AIMED_EVENTS} events a second, in the slowest row"
    rows = [
        ("events accepted a second, in the slowest row", f"at least {AIMED_EVENTS}", f"{fewest:,.0f}",
         fewest >= AIMED_EVENTS),
        (answers, f"below {AIMED_ANSWER} ms", f"{slowest:.0f} ms", slowest < AIMED_ANSWER),
        ("from event to write-back, the highest median", f"below {AIMED_WRITTEN} s", f"{latest:.1f} s",
         latest < AIMED_WRITTEN),
    ]  # fmt: skip
    lines = [f"| {what} | {aim} | {found} | {'yes' if reached else 'no'} |" for what, aim, found, reached in rows]
    return "\n".join(["| goal | aim | found | reached |\n|---|---:|---:|---|", *lines])


def _say(what: str) -> None:
    print(f"{what} ...", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
