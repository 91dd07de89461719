"""The workload in zen-engine (GoRules), three ways, since they differ tenfold: two decisions and one expression."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import zen

from bench.engines.expressions import Dialect, expression
from bench.engines.protocol import Row, number_rows, rows_as_states
from bench.workload import CRITERIA
from engine.judge.tables import Tables

_ZEN = Dialect(" and ", " or ", "#.", lambda holds: f"some(contacts, {holds})")
_KEYS = [each.id.replace("-", "_") for each in CRITERIA]


class _Zen:
    distribution = "zen-engine"

    def load(self, batches: Sequence[Tables]) -> list[Row]:
        """Give dict rows of numbers, texts and truths."""
        return number_rows(batches)

    def states(self, answer: list[list[float]]) -> np.ndarray:
        """Stack the rows."""
        return rows_as_states(answer)

    def close(self) -> None:
        """Hold nothing."""


class ZenDecision(_Zen):
    """A decision as the quick start makes it: `create_decision`, then `evaluate` a deal."""

    name = "zen-engine, `create_decision`"

    def __init__(self) -> None:
        self._decision = zen.ZenEngine().create_decision(json.dumps(_decision()))

    def judge(self, loaded: list[Row]) -> list[list[float]]:
        """Evaluate the decision on each row."""
        return [_in_order(self._decision.evaluate(deal)["result"]) for deal in loaded]


class ZenCompiledDecision(_Zen):
    """The same decision given to the engine by a static loader, which compiles it once."""

    name = "zen-engine, loaded decision"

    def __init__(self) -> None:
        self._engine = zen.ZenEngine({"loader": {"type": "static", "content": {"workload": _decision()}}})

    def judge(self, loaded: list[Row]) -> list[list[float]]:
        """Evaluate the decision on each row."""
        evaluate = self._engine.evaluate
        return [_in_order(evaluate("workload", deal)["result"]) for deal in loaded]


class ZenExpression(_Zen):
    """No decision at all: one compiled expression whose value is the list of states, the least it can be asked."""

    name = "zen-engine, bare expression"

    def __init__(self) -> None:
        self._expression = zen.compile_expression(f"[{', '.join(expression(each, _ZEN) for each in CRITERIA)}]")

    def judge(self, loaded: list[Row]) -> list[list[float]]:
        """Evaluate the expression on each row."""
        evaluate = self._expression.evaluate
        return [evaluate(deal) for deal in loaded]


def _in_order(result: dict[str, float]) -> list[float]:
    return [result[key] for key in _KEYS]


def _decision() -> dict[str, Any]:
    """Write a decision model of one expression node between its input and its output."""
    expressions = [
        {"id": key, "key": key, "value": expression(each, _ZEN)} for key, each in zip(_KEYS, CRITERIA, strict=True)
    ]
    return {
        "nodes": [
            _node("request", "inputNode", {}),
            _node("criteria", "expressionNode", {"content": {"expressions": expressions}}),
            _node("response", "outputNode", {}),
        ],
        "edges": [_edge("request", "criteria"), _edge("criteria", "response")],
    }


def _node(name: str, kind: str, rest: dict[str, Any]) -> dict[str, Any]:
    return {"id": name, "name": name, "type": kind, "position": {"x": 0, "y": 0}, **rest}


def _edge(source: str, target: str) -> dict[str, str]:
    return {"id": f"{source}-{target}", "sourceId": source, "targetId": target, "type": "edge"}
