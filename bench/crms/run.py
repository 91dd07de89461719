"""Measures how CRMs are read and written: `python -m bench.crms.run` prints the tables, `--write` keeps them.

Each step runs in a process of its own, against a simulated CRM in another one, over HTTP on this machine.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.crms.fewest import salesforce_read, salesforce_write
from bench.crms.simulated import Simulated
from bench.page import machine, write_into

PAGE = Path(__file__).parent.parent.parent / "docs" / "benchmarks.md"
SIZE, OTHER_SIZES = 100_000, (25_000, 300_000)
CHANGED_PERCENT = 2
DESCRIBED = 15
WRITTEN = 1_000

Figures = Mapping[str, Any]


@dataclass(frozen=True)
class Calls:
    """The API calls of a step, and the fewest it could have taken."""

    step: str
    found: int
    fewest: int


def main() -> None:
    """Run every step."""
    parser = argparse.ArgumentParser(prog="python -m bench.crms.run", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the tables into docs/benchmarks.md")
    arguments = parser.parse_args()
    text = "\n\n".join([machine(), *salesforce()])
    print(text)
    if arguments.write:
        write_into(PAGE, "salesforce", text)


def salesforce() -> list[str]:
    """Sweep orgs of each size for the first time; one of them again by night, and write to it."""
    first = {deals: _sweep_of(deals) for deals in OTHER_SIZES}
    with tempfile.TemporaryDirectory() as folder, Simulated("salesforce", SIZE) as crm:
        crm.tell(advance={"hours": 1})
        where = crm.where | {"mirror": f"{folder}/mirror.duckdb"}
        rows = crm.tell()["records"]
        _say(f"the first sweep of {SIZE:,} deals")
        first[SIZE] = _step("sweep", where)
        crm.tell(advance={"days": 1}, change={"percent": CHANGED_PERCENT}, forget_calls={})
        _say(f"a night in which {CHANGED_PERCENT} percent changed")
        night = _step("sweep", where)
        _say(f"flags and a task for {WRITTEN:,} deals")
        written = _step("write", where)
        _say("whose time it is, under a profiler")
        shares = _step("profiled", where | {"mirror": f"{folder}/another.duckdb"})["shares"]
    changed = SIZE * CHANGED_PERCENT // 100
    read = {name: rows.get(name, 0) for name in OBJECTS}
    calls = [
        Calls(f"first sweep, {SIZE:,} deals", first[SIZE]["calls"], salesforce_read(read, described=DESCRIBED)),
        Calls(
            f"a night, {changed:,} deals changed",
            night["calls"],
            salesforce_read(dict.fromkeys(OBJECTS, 0) | {"Opportunity": changed}, described=0),
        ),
        Calls(f"flags and a task for {WRITTEN:,} deals", written["write_calls"], 2 * salesforce_write(WRITTEN)),
    ]
    return [_calls(calls), _sweeps(first, night), _shares(shares)]


OBJECTS = (
    "Opportunity", "OpportunityContactRole", "OpportunityHistory", "Task", "Event", "EmailMessage", "EventWhoRelation",
    "TaskWhoRelation", "User",
)  # fmt: skip
"""What is fetched for the benchmark's playbook."""


def _sweep_of(deals: int) -> Figures:
    with tempfile.TemporaryDirectory() as folder, Simulated("salesforce", deals) as crm:
        _say(f"the first sweep of {deals:,} deals")
        return _step("sweep", crm.where | {"mirror": f"{folder}/mirror.duckdb"})


def _step(step: str, where: Mapping[str, str]) -> Figures:
    command = [sys.executable, "-m", "bench.crms.worker", step, json.dumps(where)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own words
    found: Figures = json.loads(done.stdout)
    return found


def _calls(listed: list[Calls]) -> str:
    head = "| step | API calls | fewest possible | times |\n|---|---:|---:|---:|"
    rows = [f"| {each.step} | {each.found} | {each.fewest} | {each.found / each.fewest:.2f} |" for each in listed]
    return "\n".join([head, *rows])


def _sweeps(first: Mapping[int, Figures], night: Figures) -> str:
    head = "| sweep | deals judged | seconds | deals a second | peak memory |\n|---|---:|---:|---:|---:|"
    named = [*((f"first, {deals:,} deals", found) for deals, found in sorted(first.items())), ("a night later", night)]
    rows = [
        f"| {name} | {found['deals']:,} | {found['seconds']:.1f} | {found['deals'] / found['seconds']:,.0f} "
        f"| {found['peak_mib']:,.0f} MiB |"
        for name, found in named
    ]
    return "\n".join([head, *rows])


def _shares(shares: Mapping[str, float]) -> str:
    whole = sum(shares.values())
    reading, judging, waiting, libraries = (
        f"{shares[name] / whole * 100:.0f} %" for name in ("reading", "judging", "waiting", "libraries")
    )
    return (
        "Whose time the first sweep is, under a profiler, which makes Python code look slower than it is: "
        f"{reading} is the connector's own code, {judging} the engine's, most of it words about findings, {waiting} is "
        f"waiting for the CRM, {libraries} is spent in libraries."
    )


def _say(what: str) -> None:
    print(f"{what} ...", file=sys.stderr)


if __name__ == "__main__":
    main()
