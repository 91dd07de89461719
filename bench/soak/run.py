"""Kills the service hundreds of times, then watches one work on: `python -m bench.soak.run` prints, `--write` keeps it.

Ends with 1 where anything was lost, doubled or left undecided.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench.page import machine, write_into
from bench.soak.killed import killed
from bench.soak.watched import CHANGED, DEALS, EVERY, SWEPT, Watched, watched
from tests.kills.counted import AT_RANDOM, Counts
from tests.kills.points import NAMED
from tests.postgresql import postgresql

PAGE = Path(__file__).parent.parent.parent / "docs" / "reliability.md"
KILLS, MINUTES = 200, 10.0
HELD = {"memory_mib": "resident memory, MiB", "files": "open files", "threads": "threads", "store_mib": "store, MiB"}


def main() -> None:
    """Run both, and keep what was found."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak.run", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the tables into docs/reliability.md")
    parser.add_argument("--kills", type=int, default=KILLS, help="how many kills there are at least; 0: none")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="how long a service is watched; 0: not at all")
    asked = parser.parse_args()
    broken = list[str]()
    if asked.kills:
        with postgresql() as server:
            counts, wrong = killed(asked.kills, server, _say)
        broken += wrong
        _keep("kills", _kills(counts), write=asked.write)
    if asked.minutes:
        _say(f"a service works for {asked.minutes:g} minutes")
        found = watched(asked.minutes * 60)
        broken += found.broken
        _keep("soak", _watched(found), write=asked.write)
    for each in broken:
        print(each, file=sys.stderr)
    sys.exit(1 if broken else 0)


def _kills(counts: Counts) -> str:
    areas = {each.says: each.area for each in NAMED.values()} | {AT_RANDOM: "anything"}
    rows = [f"| {area} | {says} | {counts.kills[says]} |" for says, area in areas.items() if counts.kills[says]]
    return "\n".join([counts.words + ".", "", "| in | killed when | times |", "|---|---|---:|", *rows])


def _watched(found: Watched) -> str:
    counts = found.counts
    said = (
        f"{found.seconds / 60:g} minutes, {DEALS:,} deals in HubSpot, {CHANGED / EVERY:g} of them changed a second, "
        f"swept every {SWEPT:g} seconds beside that ({found.sweeps} sweeps): {counts.events:,} events acknowledged, "
        f"{counts.changes:,} changes written; {counts.lost} lost, {counts.doubled} doubled, {counts.undecided} left "
        "undecided."
    )
    rows = [_row(found, name, says) for name, says in HELD.items()]
    return "\n".join(
        [said, "", "| held, on average | first third | last third | growth |", "|---|---:|---:|---:|", *rows]
    )


def _row(found: Watched, name: str, says: str) -> str:
    first, last = found.thirds(name)
    return f"| {says} | {first:,.1f} | {last:,.1f} | {last - first:+,.1f} |"


def _keep(name: str, text: str, *, write: bool) -> None:
    whole = f"{machine()}\n\n{text}"
    print(whole, flush=True)
    if write:
        write_into(PAGE, name, whole, "soak")


def _say(what: str) -> None:
    print(f"{what} ...", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
