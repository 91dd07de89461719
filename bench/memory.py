"""Measures the peak memory of judging deals streamed in batches, each size in a process of its own."""

from __future__ import annotations

import resource
import subprocess
import sys

from bench.deals import batches
from bench.engines.dealgate import Dealgate


def peak_memory(deals: int) -> float:
    """Judge so many deals in a fresh process and give its peak resident memory in MiB."""
    command = [sys.executable, "-m", "bench.memory", str(deals)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603 (our own)


def _stream(deals: int) -> float:
    """Judge batch after batch, keeping none."""
    engine = Dealgate()
    for each in batches(deals):
        engine.judge([each])
    engine.close()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(_stream(int(sys.argv[1])))
