"""Measures how CRMs are read and written: `python -m bench.crms.run` prints the tables, `--write` keeps them.

Each step runs in a process of its own, against a simulated CRM in another one, over HTTPS on this machine. The run
fails where a CRM had to refuse a call since a limit was reached.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.crms.hubspot import SimulatedHubSpot
from bench.crms.salesforce import SimulatedSalesforce
from bench.crms.steps import Figures, run_step
from bench.page import machine, write_into

PAGE = Path(__file__).parent.parent.parent / "docs" / "benchmarks.md"
SIZE, OTHER_SIZES = 100_000, (25_000, 300_000)
CHANGED_PERCENT = 2
WRITTEN = 1_000
CRMS = {"salesforce": SimulatedSalesforce, "hubspot": SimulatedHubSpot}

Crm = SimulatedSalesforce | SimulatedHubSpot


@dataclass(frozen=True)
class Calls:
    """The API calls of a step, and the fewest it could have taken."""

    step: str
    found: int
    fewest: int


def main() -> None:
    """Run every step for every CRM, or for those that are named."""
    parser = argparse.ArgumentParser(prog="python -m bench.crms.run", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the tables into docs/benchmarks.md")
    parser.add_argument("--size", type=int, default=SIZE, help="how many deals the CRM has in which all steps are run")
    parser.add_argument("--others", type=int, nargs="*", default=OTHER_SIZES, help="further sizes, of a first sweep")
    parser.add_argument("crms", nargs="*", metavar="CRM", help="which CRMs; all if none is named")
    arguments = parser.parse_args()
    print(machine())
    for name in arguments.crms or CRMS:
        text = "\n\n".join([machine(), *measured(name, arguments.size, arguments.others)])
        print(f"\n{name}\n\n{text.partition(chr(10))[2].strip()}", flush=True)
        if arguments.write:
            write_into(PAGE, name, text)


def measured(name: str, size: int, others: Sequence[int]) -> list[str]:
    """Sweep CRMs of each size for the first time; one of them again by night, and write to it."""
    first = {deals: _sweep_of(name, deals) for deals in others}
    with tempfile.TemporaryDirectory() as folder, CRMS[name](size) as crm:
        where = _ready(crm, folder)
        _say(f"{name}: the first sweep of {size:,} deals")
        first[size] = run_step("sweep", where)
        calls = [Calls(f"first sweep, {size:,} deals", first[size]["calls"], crm.fewest_first())]
        changed = size * CHANGED_PERCENT // 100
        crm.change(changed)
        crm.pass_time(days=1)
        crm.forget(Path(where["mirror"]))
        _say(f"{name}: a night in which {CHANGED_PERCENT} percent changed")
        night = run_step("sweep", where)
        calls.append(Calls(f"a night, {changed:,} deals changed", night["calls"], crm.fewest_night(changed)))
        crm.pass_time(hours=1)
        _say(f"{name}: flags and a task for {WRITTEN:,} deals")
        written = run_step("write", where)
        calls.append(
            Calls(f"flags and a task for {WRITTEN:,} deals", written["write_calls"], crm.fewest_written(WRITTEN))
        )
        crm.pass_time(hours=1)
        _say(f"{name}: whose time it is, under a profiler")
        shares = run_step("profiled", where | {"mirror": f"{folder}/another.duckdb"})["shares"]
        limits = crm.limits_kept()
    assert written["written"] == 2 * WRITTEN, written
    return [_calls(calls), _sweeps(first, night), *limits, _shares(shares)]


def _sweep_of(name: str, deals: int) -> Figures:
    with tempfile.TemporaryDirectory() as folder, CRMS[name](deals) as crm:
        where = _ready(crm, folder)
        _say(f"{name}: the first sweep of {deals:,} deals")
        found = run_step("sweep", where)
        crm.limits_kept()
    return found


def _ready(crm: Crm, folder: str) -> dict[str, str]:
    """Have the CRM made ready, and say where it is and where its mirror will be."""
    mirror = Path(folder) / "mirror.duckdb"
    where = crm.where | {"mirror": str(mirror)}
    crm.install(lambda step: run_step(step, where))
    crm.pass_time(hours=1)
    crm.forget(mirror)
    return where


def _calls(listed: list[Calls]) -> str:
    head = "| step | API calls | fewest possible | times |\n|---|---:|---:|---:|"
    rows = [f"| {each.step} | {each.found:,} | {each.fewest:,} | {each.found / each.fewest:.2f} |" for each in listed]
    return "\n".join([head, *rows])


def _sweeps(first: Mapping[int, Figures], night: Figures) -> str:
    """List the sweeps; where limits were waited for, with the time that the account makes a sweep take."""
    named = [*((f"first, {deals:,} deals", found) for deals, found in sorted(first.items())), ("a night later", night)]
    columns = ["sweep", "deals judged", "seconds", "deals a second", "peak memory", "with waiting for limits"]
    shown = columns if any(found["waited"] for _, found in named) else columns[:-1]
    rows = [[name, *_sweep(found)][: len(shown)] for name, found in named]
    lines = [shown, ["---", *["---:"] * (len(shown) - 1)], *rows]
    return "\n".join(
        f"| {' | '.join(each)} |".replace("| --- |", "|---|").replace(" ---: |", "---:|") for each in lines
    )


def _sweep(found: Figures) -> list[str]:
    seconds, whole = found["seconds"], found["seconds"] + found["waited"]
    rate, memory = f"{found['deals'] / seconds:,.0f}", f"{found['peak_mib']:,.0f} MiB"
    return [f"{found['deals']:,}", f"{seconds:.1f}", rate, memory, f"{whole / 60:.1f} minutes"]


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
    print(f"{what} ...", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
