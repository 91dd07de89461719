"""One step of the CRM benchmark in a process of its own, so that its peak memory is its own: prints one JSON line.

`python -m bench.crms.worker STEP WHERE`, where WHERE is the JSON that a simulated CRM printed when it started.
"""

from __future__ import annotations

import cProfile
import json
import pstats
import resource
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.crms.opening import open_crm
from connectors.protocol import Connector
from engine.judge.changes import Change, ChangeKind, CrmTask, Flags
from engine.runs.check import Check, Question
from rules.load import load_playbook
from rules.playbook import Playbook

ROOT = Path(__file__).parent.parent.parent
ROOMS = {str(ROOT / room): whose for room, whose in
         {"connectors": "reading", "engine": "judging", "rules": "judging"}.items()}  # fmt: skip
WAITING = ("'_ssl._SSLSocket'", "'_socket.socket'", "time.sleep")
WRITTEN = 1_000

Figures = dict[str, Any]


def playbook() -> Playbook:
    """Load what the benchmark judges by."""
    path = Path(__file__).with_name("playbook.yaml")
    loaded, problems = load_playbook(path.read_bytes(), str(path))
    assert loaded is not None, problems
    return loaded


def sweep(crm: Connector) -> Figures:
    """Read every deal through the mirror and judge it, as a sweep does."""
    judged = 0
    with Check(crm, [playbook()], Question(datetime.now(UTC))) as check:
        for batch in check.batches():
            judged += len(batch.verdicts)
    return {"deals": judged}


def profiled(crm: Connector) -> Figures:
    """Sweep under a profiler, and tell whose time it was."""
    profile = cProfile.Profile()
    found = profile.runcall(sweep, crm)
    shares = {"reading": 0.0, "judging": 0.0, "waiting": 0.0, "libraries": 0.0}
    for (file, _, name), (_, _, own, *_rest) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        shares[_whose(file, name)] += own
    return found | {"shares": shares}


def install(crm: Connector) -> Figures:
    """Make in the CRM what Dealgate writes to."""
    done = crm.install([playbook()])  # type: ignore[attr-defined] # both connectors can
    assert not done.refused, done.refused
    return {"made": len(done.made)}


def write(crm: Connector) -> Figures:
    """Write flags and one new task for a thousand deals."""
    ids = [id_ for tables in crm.read([playbook()]) for id_ in tables.deal_ids][:WRITTEN]
    before = crm.client.calls.total  # type: ignore[attr-defined] # both connectors have one
    receipts = crm.write([change for id_ in ids for change in _changes(id_)])
    done = sum(each.outcome.value == "done" for each in receipts)
    return {"written": done, "write_calls": crm.client.calls.total - before}  # type: ignore[attr-defined]


def _changes(deal: str) -> Iterable[Change]:
    flags = Flags(
        "not yet", None, "", "Discovery", "met: hold a meeting", (), None, "crm-benchmark@1", datetime.now(UTC)
    )
    yield Change(f"flags:{deal}", ChangeKind.SET_FLAGS, deal, flags=flags)
    task = CrmTask(deal, "", f"{deal}:bench", "Hold a meeting", None, "open", None)
    yield Change(f"task:{deal}", ChangeKind.CREATE_TASK, deal, task=task)


def _whose(file: str, name: str) -> str:
    for room, whose in ROOMS.items():
        if file.startswith(room):
            return whose
    return "waiting" if any(each in name for each in WAITING) else "libraries"


STEPS: dict[str, Callable[[Connector], Figures]] = {
    "install": install, "sweep": sweep, "profiled": profiled, "write": write,
}  # fmt: skip


def main() -> None:
    """Run one step."""
    step, where = sys.argv[1], json.loads(sys.argv[2])
    opened = open_crm(where)
    with opened.connector as crm:
        begun = time.perf_counter()
        found = STEPS[step](crm)
        found |= {"seconds": time.perf_counter() - begun, "waited": opened.waited(), "calls": crm.client.calls.total}
    found["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(found))


if __name__ == "__main__":
    main()
