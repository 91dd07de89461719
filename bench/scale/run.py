"""Measures how judging grows with a pipeline: `python -m bench.scale.run` prints the tables, `--write` keeps them.

`--sizes 5000000` measures other sizes; every run is a process of its own, one after the other.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.page import machine, write_into
from bench.scale.database import load_pipeline
from bench.scale.judging import Grown, Judged, grown, judged
from bench.scale.pipeline import write_pipeline
from connectors.warehouse.settings import Engine
from tests.postgresql import postgresql

PAGE = Path(__file__).parent.parent.parent / "docs" / "scale.md"
SIZES = (100_000, 300_000, 1_000_000)
COMPARED = (5_000, 20_000)
"""The sizes at which engines are compared: of the first every verdict, of both the time."""
MANY, PROCESSORS = 100_000_000, 64
"""The pipeline and the machines of the estimate."""
CALLED = {Engine.DUCKDB: "DuckDB", Engine.POSTGRESQL: "PostgreSQL", Engine.SPARK: "Spark"}


def main() -> None:
    """Measure growth on DuckDB, then the engines beside each other."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale.run", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the tables into docs/scale.md")
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="how many deals")
    parser.add_argument("--only", choices=["growth", "engines"], help="measure one of the two")
    arguments = parser.parse_args()
    if arguments.only != "engines":
        grown_ones = [_grown(size) for size in arguments.sizes]
        _told("scale", growth_table(grown_ones), write=arguments.write)
    if arguments.only != "growth":
        compared = [each for size in COMPARED for each in _compared(size)]
        _told("places", engine_table(compared), write=arguments.write)


def growth_table(found: Sequence[Grown]) -> str:
    """Lay out how time and memory grow."""
    head = (
        "| deals | their rows | reading | query | verdicts | in all | deals a second | processor time | most memory |\n"
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    )
    rows = [
        f"| {each.deals:,} | {each.rows:,} | {each.reading:,.0f} s | {each.query:,.0f} s "
        f"| {each.verdicts:,.0f} s "
        f"| {each.seconds:,.0f} s | {each.deals / each.seconds:,.0f} | {each.processor:,.0f} s "
        f"| {each.memory:,.0f} MiB |"
        for each in found
    ]
    return "\n".join([head, *rows]) + f"\n\n{_estimate(found[-1])}"


def _estimate(largest: Grown) -> str:
    """Say what a hundred million deals would take at the rate of the largest size."""
    hours = largest.processor / largest.deals * MANY / 3600
    return (
        f"At the rate of the last row {MANY:,} deals take {hours:,.1f} hours of one processor: "
        f"{60 * hours / PROCESSORS:,.0f} minutes on {PROCESSORS} of them that share nothing."
    )


def engine_table(found: Sequence[Judged]) -> str:
    """Lay out the engines beside each other; verdicts that differ stop it."""
    _must_agree(found)
    head = (
        "| engine | deals | until a session stands | until the first verdicts | in all | of it per 1,000 deals |"
        "\n|---|---:|---:|---:|---:|---:|"
    )
    rows = [
        f"| {CALLED[Engine(each.engine)]} | {each.deals:,} | {each.opened:,.1f} s | {each.first:,.1f} s "
        f"| {each.seconds:,.1f} s | {_per_thousand(each, found)} |"
        for each in sorted(found, key=lambda each: (each.engine, each.deals))
    ]
    agreed = ", ".join(f"{size:,}" for size in sorted({each.deals for each in found}))
    said = f"All engines gave the same verdicts, every finding of it, on {agreed} deals."
    return "\n".join([head, *rows]) + f"\n\n{said}"


def _per_thousand(each: Judged, found: Sequence[Judged]) -> str:
    """Give what a thousand more deals cost, told from two sizes."""
    smaller = [other for other in found if other.engine == each.engine and other.deals < each.deals]
    if not smaller:
        return ""
    return f"{1000 * (each.seconds - smaller[0].seconds) / (each.deals - smaller[0].deals):,.2f} s"


def _must_agree(found: Sequence[Judged]) -> None:
    for size in {each.deals for each in found}:
        digests = {each.digest for each in found if each.deals == size}
        if len(digests) > 1:
            raise SystemExit(f"the engines do not agree on {size:,} deals")


def _grown(size: int) -> Grown:
    with _pipeline(size) as folder:
        _say(f"judging {size:,} deals on DuckDB")
        return grown(folder)


def _compared(size: int) -> Iterator[Judged]:
    with _pipeline(size) as folder, postgresql() as url:
        for engine in (Engine.DUCKDB, Engine.SPARK):
            _say(f"judging {size:,} deals on {CALLED[engine]}")
            yield judged(engine, folder)
        _say(f"loading {size:,} deals into PostgreSQL")
        load_pipeline(folder, url)
        _say(f"judging {size:,} deals in PostgreSQL")
        yield judged(Engine.POSTGRESQL, folder, url)


@contextmanager
def _pipeline(size: int) -> Iterator[Path]:
    with TemporaryDirectory(prefix="dealgate-scale-") as parent:
        folder = Path(parent) / "pipeline"
        _say(f"writing {size:,} deals")
        write_pipeline(folder, size)
        yield folder


def _told(name: str, table: str, *, write: bool) -> None:
    text = f"{machine()}\n\n{table}"
    print(text, flush=True)
    if write:
        write_into(PAGE, name, text)


def _say(what: str) -> None:
    print(f"{what} ...", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
