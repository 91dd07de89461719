"""Judges one pipeline in a process of its own: `python -m bench.scale.judging ENGINE FOLDER [URL]`, or `growth FOLDER`.

An engine is told by what it took until the first and the last verdict, with a digest of all of them, so that engines
are compared by what they said; growth by the parts of the time and the most memory the process held.
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
from time import perf_counter, process_time

from bench.scale.pipeline import AS_OF
from connectors.secret import Secret
from connectors.warehouse.opening import connect
from connectors.warehouse.settings import Engine, WarehouseSettings
from engine.judge.evaluate import Evaluator
from engine.judge.verdict_making import verdicts_of
from engine.judge.verdicts import Verdict
from engine.runs.check import Question
from engine.runs.check_in_place import check_of
from rules.load import load_playbook
from rules.playbook import Playbook

PLAYBOOK = Path(__file__).parent.parent.parent / "playbooks" / "enterprise.yaml"
MASTER = "local[2]"


@dataclass(frozen=True)
class Judged:
    """What one engine took, in seconds; `opened` is until a session stood, `first` until the first verdicts."""

    engine: str
    deals: int
    opened: float
    first: float
    seconds: float
    digest: str


@dataclass(frozen=True)
class Grown:
    """What a size took on DuckDB, in seconds, seconds of all processors together, and MiB at most."""

    deals: int
    rows: int
    reading: float
    query: float
    verdicts: float
    seconds: float
    processor: float
    memory: float


def judged(engine: Engine, folder: Path, url: str = "") -> Judged:
    """Judge a pipeline on an engine, in a new process."""
    return Judged(**_asked(engine.value, str(folder), *([url] if url else [])))


def grown(folder: Path) -> Grown:
    """Judge a pipeline on DuckDB part by part, in a new process."""
    return Grown(**_asked("growth", str(folder)))


def _asked(*words: str) -> dict[str, object]:
    command = [sys.executable, "-m", "bench.scale.judging", *words]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own
    found: dict[str, object] = json.loads(answer.stdout.splitlines()[-1])
    return found


def _judge(engine: Engine, folder: Path, url: str) -> Judged:
    began, digest, deals, first = perf_counter(), sha256(), 0, 0.0
    with connect(_settings(engine, folder, url)) as warehouse:
        opened = perf_counter() - began
        with check_of(warehouse, [_playbook()], Question(AS_OF, words=False)) as check:
            for batch in check.batches():
                first = first or perf_counter() - began
                for verdict in batch.verdicts:
                    digest.update(_line(verdict))
                    deals += 1
    return Judged(engine.value, deals, opened, first, perf_counter() - began, digest.hexdigest())


def _grow(folder: Path) -> Grown:
    """Read, ask and make verdicts as `Check` does, with a clock between."""
    playbook, began, deals, rows, query, verdicts = _playbook(), perf_counter(), 0, 0, 0.0, 0.0
    with connect(_settings(Engine.DUCKDB, folder, "")) as warehouse:
        batches = warehouse.read([playbook])
        first = next(batches)
        texts = warehouse.shared_texts(["pain"], ["Closed Won", "Closed Lost"], [playbook])
        with Evaluator(playbook, delivered=first.delivered, tracked=first.tracked) as evaluator:
            for tables in chain([first], batches):
                start = perf_counter()
                answer = evaluator.evaluate(tables, AS_OF, texts=texts)
                asked = perf_counter()
                deals += len(verdicts_of(answer, tables))
                query, verdicts = query + asked - start, verdicts + perf_counter() - asked
                rows += sum(
                    table.num_rows for name, table in tables.tables.items() if name not in {"owners", "accounts"}
                )
    seconds = perf_counter() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Grown(deals, rows, seconds - query - verdicts, query, verdicts, seconds, process_time(), memory)


def _playbook() -> Playbook:
    playbook, _ = load_playbook(PLAYBOOK.read_bytes(), PLAYBOOK.name)
    assert playbook is not None
    return playbook


def _settings(engine: Engine, folder: Path, url: str) -> WarehouseSettings:
    if url:
        return WarehouseSettings("bench", engine, url=Secret(url))
    return WarehouseSettings("bench", engine, master=MASTER, parquet=folder)


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
    if sys.argv[1] == "growth":
        sys.stdout.write(json.dumps(asdict(_grow(Path(sys.argv[2])))))
    else:
        sys.stdout.write(json.dumps(asdict(_judge(Engine(sys.argv[1]), Path(sys.argv[2]), "".join(sys.argv[3:4])))))
