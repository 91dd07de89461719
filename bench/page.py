"""Writes what was measured into the page about it, with the machine it was measured on."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import version
from pathlib import Path

BEGIN, END = "<!-- benchmark {name}: written by `make {target}` -->", "<!-- benchmark {name}: end -->"


def write_into(page: Path, name: str, text: str, target: str = "bench") -> None:
    """Replace what stands between the markers of that name, which tell by which target of make, on a page."""
    begin, end = BEGIN.format(name=name, target=target), END.format(name=name)
    present = page.read_text(encoding="utf-8")
    pattern = re.compile(f"{re.escape(begin)}.*{re.escape(end)}", re.DOTALL)
    page.write_text(pattern.sub(lambda _: f"{begin}\n\n{text}\n\n{end}", present), encoding="utf-8")


def machine() -> str:
    """Name the machine and the versions that decide most."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    libraries = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "ibis-framework", "pyarrow"))
    return (
        f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}; "
        f"Python {platform.python_version()}, {libraries}."
    )


def _processor() -> str:
    """Name the processor as Linux does, or as Python can elsewhere."""
    names = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*:\s*(.+)", names.read_text(encoding="utf-8")) if names.exists() else None
    return found[1].strip() if found else platform.processor() or platform.machine()
