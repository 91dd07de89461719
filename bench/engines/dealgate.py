"""This engine: the workload as a playbook, compiled and prepared once, fed batch after batch as a sweep feeds it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from bench.deals import batch
from bench.engines.protocol import columns_as_states
from bench.workload import AS_OF, CRITERIA, playbook_text
from engine.judge.evaluate import Evaluator
from engine.judge.tables import Tables
from rules.load import load_playbook


class Dealgate:
    """One evaluator; it judges each deal's gate along with its criteria."""

    name = "**Dealgate**"
    distribution = ""

    def __init__(self) -> None:
        playbook, problems = load_playbook(playbook_text(), "benchmark.yaml")
        if playbook is None:
            raise SystemExit("\n".join(str(each) for each in problems))
        self._evaluator = Evaluator(playbook, delivered=batch(0, 0, 1).delivered)
        columns = {each.id: each.column for each in self._evaluator.compiled.judgements}
        self._columns = [columns[each.id] for each in CRITERIA]

    def load(self, batches: Sequence[Tables]) -> Sequence[Tables]:
        """Give the batches as they are: they are what connectors deliver."""
        return batches

    def judge(self, loaded: Sequence[Tables]) -> list[pa.Table]:
        """Judge one batch after the other."""
        return [self._evaluator.evaluate(each, AS_OF).deals for each in loaded]

    def states(self, answer: list[pa.Table]) -> np.ndarray:
        """Stack the columns of the criteria; rows come sorted by id, as the batches do."""
        return columns_as_states(pa.concat_tables(answer).select(self._columns))

    def close(self) -> None:
        """Close the evaluator's connections."""
        self._evaluator.close()
