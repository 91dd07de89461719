"""Runs the benchmark: `python -m bench.run` prints the tables, `--write` puts them into docs/benchmarks.md too."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from bench.memory import peak_memory
from bench.page import write_into
from bench.report import report
from bench.timing import time_engines

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
SIZES = (100_000, 1_000_000)
BUSY = 0.5


def main() -> None:
    """Run everything once; verdicts that differ stop it."""
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the tables into docs/benchmarks.md")
    arguments = parser.parse_args()
    _say_if_busy()
    timings = time_engines(_say)
    _say("peak memory of streaming " + " and ".join(f"{size:,}" for size in SIZES) + " deals")
    text = report(timings, {size: peak_memory(size) for size in SIZES})
    print(text)
    if arguments.write:
        write_into(PAGE, "engines", text)


def _say_if_busy() -> None:
    """Warn that other work on the machine spoils the figures."""
    if hasattr(os, "getloadavg") and os.getloadavg()[0] > BUSY:
        _say(f"this machine is busy (load {os.getloadavg()[0]:.1f}): run again when it is quiet")


def _say(what: str) -> None:
    print(f"{what} ...", file=sys.stderr)


if __name__ == "__main__":
    main()
