"""Judges one pipeline on one engine in a process of its own: `python -m bench.scale.judging ENGINE FOLDER [URL]`.

Prints what it took until the first answer and until the last one, the most memory the process held, and a digest of all
verdicts, so that engines are compared by what they said.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from dataclasses import asdict, dataclass
from hashlib import sha256
from itertools import chain
from pathlib import Path
from time import perf_counter

from bench.scale.pipeline import AS_OF
from connectors.secret import Secret
from connectors.warehouse.opening import connect
from connectors.warehouse.settings import Engine, WarehouseSettings
from engine.judge.evaluate import Evaluator
from engine.judge.verdicts import Verdict
from engine.runs.check import Question
from engine.runs.check_in_place import check_of
from rules.load import load_playbook
from rules.playbook import Playbook

PLAYBOOK = Path(__file__).parent.parent.parent / "playbooks" / "enterprise.yaml"
MASTER = "local[2]"


@dataclass(frozen=True)
class Judged:
    """What one run took, in seconds and MiB; `opened` is until a session stood, `first` until the first verdicts."""

    engine: str
    deals: int
    opened: float
    first: float
    seconds: float
    memory: float
    findings: int
    digest: str


def judged(engine: Engine, folder: Path, url: str = "") -> Judged:
    """Judge a pipeline in a new process."""
    command = [sys.executable, "-m", "bench.scale.judging", engine.value, str(folder), *([url] if url else [])]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own
    return Judged(**json.loads(answer.stdout.splitlines()[-1]))


def read_and_evaluated(folder: Path) -> tuple[float, float]:
    """Give the seconds it takes to read a pipeline, and to have the query's answer on it, without verdicts."""
    playbook, began = _playbook(), perf_counter()
    with connect(_settings(Engine.DUCKDB, folder, "")) as warehouse:
        batches = warehouse.read([playbook])
        first = next(batches)
        texts = warehouse.shared_texts(["pain"], ["Closed Won", "Closed Lost"], [playbook])
        evaluating = 0.0
        with Evaluator(playbook, delivered=first.delivered, tracked=first.tracked) as evaluator:
            for tables in chain([first], batches):
                start = perf_counter()
                evaluator.evaluate(tables, AS_OF, texts=texts)
                evaluating += perf_counter() - start
    whole = perf_counter() - began
    return whole - evaluating, evaluating


def _playbook() -> Playbook:
    playbook, _ = load_playbook(PLAYBOOK.read_bytes(), PLAYBOOK.name)
    assert playbook is not None
    return playbook


def _settings(engine: Engine, folder: Path, url: str) -> WarehouseSettings:
    if url:
        return WarehouseSettings("bench", engine, url=Secret(url))
    return WarehouseSettings("bench", engine, master=MASTER, parquet=folder)


def _run(engine: Engine, folder: Path, url: str) -> Judged:
    began = perf_counter()
    digest, deals, findings, first = sha256(), 0, 0, 0.0
    with connect(_settings(engine, folder, url)) as warehouse:
        warehouse.backend.columns("SELECT 1 AS one")
        opened = perf_counter() - began
        with check_of(warehouse, [_playbook()], Question(AS_OF, words=False)) as check:
            for batch in check.batches():
                first = first or perf_counter() - began
                for verdict in batch.verdicts:
                    digest.update(_line(verdict))
                    deals += 1
                    findings += len(verdict.findings)
    seconds = perf_counter() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Judged(engine.value, deals, opened, first, seconds, memory, findings, digest.hexdigest())


def _line(verdict: Verdict) -> bytes:
    """Give all that a verdict decided, in a few bytes."""
    gate = verdict.gate
    told = [verdict.deal_id, verdict.owner, verdict.stage, verdict.outcome, str(verdict.qualification)]
    told += [gate.status.value, gate.allowed_stage] if gate else []
    told += [
        f"{each.key}{each.state.value}{each.enforce.value}{each.due}{each.occurrence}" for each in verdict.findings
    ]
    return "\n".join(told).encode()


if __name__ == "__main__":
    if sys.argv[1] == "parts":
        sys.stdout.write(json.dumps(read_and_evaluated(Path(sys.argv[2]))))
    else:
        sys.stdout.write(json.dumps(asdict(_run(Engine(sys.argv[1]), Path(sys.argv[2]), "".join(sys.argv[3:4])))))
