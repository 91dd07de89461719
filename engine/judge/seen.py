"""What a condition saw on one deal: the facts from which words and repairs are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rules.condition import Condition


@dataclass(frozen=True, slots=True)
class Seen:
    """What one leaf of a condition saw: True met, False unmet, None unknown.

    For a `Compare`: `value` is what was read and `expected` the right-hand side after segments, fields and moments
    were put in (a tuple for lists and for `between`). For a `Related`: `rows` that its `where` held for, `met` and
    `unknown` among all rows as rule 2 counts them, and `expected` the k asked for.
    """

    state: bool | None
    value: Any = None
    expected: Any = None
    rows: int = 0
    met: int = 0
    unknown: int = 0


Look = Callable[[Condition], Seen]
"""Looks up what a node of a condition (any node outside related rows) saw on the deal at hand."""
