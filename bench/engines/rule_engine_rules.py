"""The workload in rule-engine's language: one rule whose value is the list of all states, evaluated once a deal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import rule_engine

from bench.engines.expressions import Dialect, expression
from bench.engines.protocol import Row, number_rows, rows_as_states
from bench.workload import CRITERIA
from engine.judge.tables import Tables

_RULE_ENGINE = Dialect(" and ", " or ", "each.", lambda holds: f"$any([each for each in contacts if {holds}])")


class RuleEngineRules:
    """One rule for all criteria; its numbers are decimals throughout."""

    name = "rule-engine"
    distribution = "rule-engine"

    def __init__(self) -> None:
        self._rule = rule_engine.Rule(f"[{', '.join(expression(each, _RULE_ENGINE) for each in CRITERIA)}]")

    def load(self, batches: Sequence[Tables]) -> list[Row]:
        """Give dict rows of numbers, texts and truths."""
        return number_rows(batches)

    def judge(self, loaded: list[Row]) -> list[Any]:
        """Evaluate the rule on each row."""
        evaluate = self._rule.evaluate
        return [evaluate(deal) for deal in loaded]

    def states(self, answer: list[Any]) -> np.ndarray:
        """Stack the rows."""
        return rows_as_states(answer)

    def close(self) -> None:
        """Hold nothing."""
