"""The workload in the Common Expression Language: one compiled list of all criteria, executed once a deal."""

from __future__ import annotations

from collections.abc import Sequence

import cel
import numpy as np

from bench.engines.expressions import Dialect, expression
from bench.engines.protocol import Row, number_rows, rows_as_states
from bench.workload import CRITERIA
from engine.judge.tables import Tables

_CEL = Dialect(" && ", " || ", "each.", lambda holds: f"contacts.exists(each, {holds})")


class CelExpressions:
    """One program whose result is the list of states; one call a deal costs less than thirty-eight."""

    name = "common-expression-language"
    distribution = "common-expression-language"

    def __init__(self) -> None:
        self._program = cel.compile(f"[{', '.join(expression(each, _CEL) for each in CRITERIA)}]")

    def load(self, batches: Sequence[Tables]) -> list[Row]:
        """Give dict rows of numbers, texts and truths."""
        return number_rows(batches)

    def judge(self, loaded: list[Row]) -> list[list[int]]:
        """Execute the program on each row."""
        execute = self._program.execute
        return [execute(deal) for deal in loaded]

    def states(self, answer: list[list[int]]) -> np.ndarray:
        """Stack the rows."""
        return rows_as_states(answer)

    def close(self) -> None:
        """Hold nothing."""
