"""Times engines on the same deals, in rounds, and only after all of them gave the same verdicts."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.contenders import CONTENDERS, Contender
from bench.deals import BATCH, batch, batches
from bench.engines.handwritten import HandwrittenPython
from bench.engines.protocol import Engine
from bench.workload import CRITERIA
from engine.judge.tables import Tables

ROUNDS = 9
SINGLE_DEALS = 200
WARM_UP = 10


class VerdictsDifferError(Exception):
    """Two engines judged the same deal otherwise; no time counts then."""

    def __init__(self, name: str, expected: np.ndarray, found: np.ndarray) -> None:
        row, column = (int(each[0]) for each in np.nonzero(expected != found))
        super().__init__(
            f"{name} gives other verdicts on {np.sum(np.any(expected != found, axis=1))} of {len(expected)} deals: "
            f"deal {row}, {CRITERIA[column].id} is {expected[row, column]}, not {found[row, column]}"
        )


@dataclass(frozen=True)
class Timing:
    """How fast one engine was: the median seconds for its deals, and of one deal at a time in milliseconds."""

    name: str
    distribution: str
    deals: int
    seconds: float
    one_median: float
    one_95th: float

    @property
    def per_second(self) -> float:
        """Deals judged in a second."""
        return self.deals / self.seconds


def time_engines(say: Callable[[str], None], contenders: Sequence[Contender] = CONTENDERS) -> list[Timing]:
    """Prepare all engines, assert equal verdicts, then time them in turns, so that a busy moment meets all alike."""
    most = list(batches(max(each.deals for each in contenders)))
    engines = [each.make() for each in contenders]
    inputs = [each.load(_first(most, contender.deals)) for each, contender in zip(engines, contenders, strict=True)]
    say(f"checking {len(CRITERIA)} criteria on up to {contenders[0].deals:,} deals")
    _assert_equal(engines, inputs, _expected(most))
    gc.collect()
    gc.freeze()
    taken: list[list[float]] = [[] for _ in engines]
    for number in range(ROUNDS):
        say(f"round {number + 1} of {ROUNDS}")
        for times, engine, loaded in zip(taken, engines, inputs, strict=True):
            times.append(_timed(engine, loaded))
    say("one deal at a time")
    singles = [_one_deal_times(each) for each in engines]
    for each in engines:
        each.close()
    gc.unfreeze()
    return [
        Timing(engine.name, engine.distribution, contender.deals, statistics.median(times), *_middle_and_95th(single))
        for engine, contender, times, single in zip(engines, contenders, taken, singles, strict=True)
    ]


def _first(most: list[Tables], deals: int) -> list[Tables]:
    return most[: deals // BATCH] if deals >= BATCH else [_head(most[0], deals)]


def _head(tables: Tables, deals: int) -> Tables:
    """Keep a batch's first deals and their contacts, which come in the same order."""
    contacts = tables["contacts"].num_rows // tables["deals"].num_rows * deals
    return Tables({"deals": tables["deals"].slice(0, deals), "contacts": tables["contacts"].slice(0, contacts)})


def _expected(most: list[Tables]) -> np.ndarray:
    """Judge everything by plain Python, a batch at a time: the verdicts all must give."""
    python = HandwrittenPython()
    return np.concatenate([python.states(python.judge(python.load([each]))) for each in most])


def _assert_equal(engines: list[Engine[Any, Any]], inputs: list[Any], expected: np.ndarray) -> None:
    for engine, loaded in zip(engines, inputs, strict=True):
        found = engine.states(engine.judge(loaded))
        if not np.array_equal(found, expected[: len(found)]):
            raise VerdictsDifferError(engine.name, expected[: len(found)], found)


def _timed(engine: Engine[Any, Any], loaded: Any) -> float:  # noqa: ANN401 (what an engine is given is its own affair)
    begun = time.perf_counter()
    engine.judge(loaded)
    return time.perf_counter() - begun


def _one_deal_times(engine: Engine[Any, Any]) -> list[float]:
    """Time deals judged one by one, warm: each is a batch of its own."""
    singles = [engine.load([batch(1, each, 1)]) for each in range(SINGLE_DEALS + WARM_UP)]
    return [_timed(engine, each) * 1000 for each in singles][WARM_UP:]


def _middle_and_95th(values: list[float]) -> tuple[float, float]:
    middle, late = np.percentile(values, [50, 95])
    return float(middle), float(late)
