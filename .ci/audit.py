"""Looks the pinned versions up in a database of known vulnerabilities: fails on one that a newer version mends.

Where no database can be reached, or none knows the packages, it says so in one line and fails nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

PINS = Path(__file__).parents[1] / "constraints.txt"
SERVICES = ("pypi", "osv")
SKIPPED = "audit skipped: no database of vulnerabilities can be reached from here"


def main() -> int:
    """Audit the pins, and give the exit code."""
    service = next((each for each in SERVICES if _knows(each)), None)
    found = _audit(PINS, service) if service is not None else None
    if found is None:
        _say([SKIPPED])
        return 0
    _say(report(found))
    return int(any(_mended(each) for each in found))


def report(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Say what was found on each package that is vulnerable, and how many were looked at and how many could not be."""
    for each in found:
        for wrong in each.get("vulns", ()):
            mended = ", ".join(wrong["fix_versions"]) or "no version yet"
            yield f"{each['name']} {each['version']}: {wrong['id']}, mended by {mended}"
    unknown = sum("skip_reason" in each for each in found)
    yield f"audit: {len(found) - unknown} packages looked at, {unknown} not known to the database"


def _mended(package: Mapping[str, Any]) -> bool:
    return any(each["fix_versions"] for each in package.get("vulns", ()))


def _knows(service: str) -> bool:
    """Whether a database answers for the first of the pins."""
    first = next(line for line in PINS.read_text(encoding="utf-8").splitlines() if "==" in line)
    with tempfile.TemporaryDirectory() as folder:
        alone = Path(folder) / "first.txt"
        alone.write_text(first, encoding="utf-8")
        found = _audit(alone, service)
    return found is not None and not any("skip_reason" in each for each in found)


def _audit(pins: Path, service: str) -> Sequence[Mapping[str, Any]] | None:
    """Ask a database about every pin; None where it does not answer."""
    words = [sys.executable, "-m", "pip_audit", "--disable-pip", "--no-deps", "-r", str(pins), "-s", service]
    words += ["-f", "json", "--progress-spinner", "off", "--timeout", "10"]
    try:
        ended = subprocess.run(words, capture_output=True, text=True, check=False, timeout=600)  # noqa: S603 - our own
        packages: Sequence[Mapping[str, Any]] = json.loads(ended.stdout)["dependencies"]
    except (ValueError, KeyError, OSError, subprocess.TimeoutExpired):
        return None
    return packages


def _say(lines: Iterator[str] | Sequence[str]) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
