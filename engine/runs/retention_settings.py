"""`retention` of `dealgate.yaml`: how long the store keeps what, in days and weeks, or forever."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from engine.ledger.retention import Retention
from rules.durations import parse_duration
from rules.literals import NotAValueError
from rules.node_reading import entries
from rules.problems import Problem
from rules.types import Unit
from rules.yaml_nodes import Node, ScalarNode

FOREVER = "forever"
LEAST: Mapping[str, tuple[timedelta, str]] = {
    "events": (timedelta(days=2), "CRMs tell an event again for a day"),
    "history": (timedelta(days=7), "the last sweeps are known by it"),
}
"""The least that each may be, and why."""


def retention_problems(root: Node) -> Iterator[Problem]:
    """Find durations that are none, or shorter than what must be kept."""
    for name, node in entries(root, "retention"):
        if not isinstance(node, ScalarNode):
            continue
        try:
            kept = _length(node.text)
        except NotAValueError as error:
            yield Problem(node.place, "not-a-duration", error.message, error.help_text)
            continue
        least, why = LEAST.get(name.text, (timedelta(0), ""))
        if kept is not None and kept < least:
            message = f"`{name.text}` is kept for `{node.text}`, which is too short: {why}"
            yield Problem(node.place, "too-short", message, f"write at least `{least.days} days`")


def retention_of(values: Mapping[str, str]) -> Retention:
    """Read `retention`, whose durations were looked at; what it does not name is kept as long as usual."""
    return Retention(**{name: _length(str(text)) for name, text in values.items()})


def _length(text: str) -> timedelta | None:
    if text.strip().lower() == FOREVER:
        return None
    duration = parse_duration(text, zero=True)
    if duration.unit is Unit.BUSINESS_DAYS:
        raise NotAValueError(f"`{text}` follows no calendar here", f"write days or weeks, or `{FOREVER}`")
    return timedelta(hours=duration.hours)
