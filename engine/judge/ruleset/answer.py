"""The answer in the making: columns of one row per deal, as verdicts are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from engine.judge.query.judgement import Judgement
from engine.judge.ruleset.asking import Truth
from engine.judge.ruleset.sight import Sight
from rules.playbook import ProgressClock, Rule
from rules.table import MET, UNKNOWN, UNMET

PERSON = pa.struct([("person", pa.string()), ("unknown", pa.bool_())])
TYPES: Mapping[str, pa.DataType] = {
    "due": pa.date32(),
    "people": pa.list_(PERSON),
    "open": pa.bool_(),
    "heard": pa.bool_(),
}
"""The types of a judgement's columns behind the last point of their names; others are words or whole numbers."""


@dataclass
class Answer:
    """Columns by name, and which judgements are open so far; `waived` are the criteria excepted on each deal."""

    deals: Sequence[Sight]
    waived: Sequence[frozenset[str]]
    zone: str = "UTC"
    columns: dict[str, list[Any]] = field(default_factory=dict)
    settled: list[Judgement] = field(default_factory=list)

    def put(self, judgement: Judgement, states: Sequence[int | None], **extras: Sequence[Any]) -> None:
        """Put a judgement's states and what stands beside them, and whether each is open."""
        counts = extras.get("count", [0] * len(states))
        opened = [
            (state in {UNMET, UNKNOWN} and judgement.id not in held) or bool(count)
            for state, held, count in zip(states, self.waived, counts, strict=True)
        ]
        self.columns |= {judgement.column: list(states), f"{judgement.column}.open": opened}
        self.columns |= {f"{judgement.column}.{name}": list(values) for name, values in extras.items()}
        self.settled.append(judgement)

    def is_open(self, judgement: Judgement, row: int) -> bool:
        """Say whether a judgement has a finding that counts."""
        return bool(self.columns[f"{judgement.column}.open"][row])

    def flags(self, row: int) -> list[str]:
        """List the flags raised so far."""
        raised = []
        for each in self.settled:
            if not self.is_open(each, row):
                continue
            if isinstance(each.source, Rule) and each.source.flag:
                raised.append(each.source.flag)
            if isinstance(each.source, ProgressClock):
                flag = each.source.steps[self.columns[f"{each.column}.step"][row] - 1].flag
                raised += [flag] if flag else []
        return raised

    def findings(self, row: int) -> list[dict[str, str]]:
        """List what was found and counts, as rows for rules that read it."""
        return [found for each in self.settled if self.is_open(each, row) for found in self._findings(each, row)]

    def table(self) -> pa.Table:
        """Give the columns as a table; moments show the playbook's time zone, as days are told by it."""
        return pa.table({name: pa.array(values, self._type(name, values)) for name, values in self.columns.items()})

    def _type(self, name: str, values: Sequence[Any]) -> pa.DataType:
        ending = name.rpartition(".")[2]
        if ending == "since":
            return pa.timestamp("us", tz=self.zone)
        told = any(isinstance(each, str) for each in values)
        return TYPES.get(ending, pa.string() if told else pa.int64())

    def _findings(self, judgement: Judgement, row: int) -> list[dict[str, str]]:
        fixed = {
            "kind": judgement.kind.value,
            "criterion": judgement.id,
            "enforce": judgement.enforce.value,
            "stage": judgement.stage,
        }
        state = self.columns[judgement.column][row]
        states = [WORDS[state]] if state in WORDS and judgement.id not in self.waived[row] else []
        if judgement.per_person:
            untold = self.columns[f"{judgement.column}.untold"][row]
            states += ["unknown"] * untold + ["unmet"] * (self.columns[f"{judgement.column}.count"][row] - untold)
        return [{**fixed, "state": each} for each in states]


WORDS: Mapping[int, str] = {UNMET: "unmet", UNKNOWN: "unknown"}


def state_of(truth: Truth) -> int:
    """Give a state as the answer holds it."""
    return UNKNOWN if truth is None else MET if truth else UNMET
