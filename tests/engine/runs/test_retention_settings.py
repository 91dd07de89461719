"""How long the store keeps what is read from `dealgate.yaml`, and what is too short is refused by name."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from engine.ledger.retention import Retention
from engine.runs.config import load_config
from engine.runs.mistakes import ProblemsFound


def retention(tmp_path: Path, text: str) -> Retention:
    path = tmp_path / "dealgate.yaml"
    path.write_text(f"{text}\n", encoding="utf-8")
    return load_config(path, {}).retention


def test_what_is_not_named_is_kept_as_long_as_usual(tmp_path: Path) -> None:
    assert retention(tmp_path, "playbooks: [a.yaml]") == Retention()
    assert retention(tmp_path, "retention: {events: 2 weeks}") == Retention(events=timedelta(days=14))


def test_durations_are_read_as_elsewhere_and_forever_is_one(tmp_path: Path) -> None:
    text = "retention: {inputs: 0 days, events: 48 hours, history: Forever}"
    assert retention(tmp_path, text) == Retention(timedelta(0), timedelta(days=2), None)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("events: 1 day", "too-short: `events` is kept for `1 day`, which is too short: CRMs tell an event again"),
        ("history: 6 days", "too-short: `history` is kept for `6 days`, which is too short: the last sweeps are known"),
        ("inputs: 30", "not-a-duration: `30` does not say of what\n  help: did you mean `30 days`?"),
        ("inputs: 3 months", "not-a-duration: `3 months` has no fixed length\n  help: write days or weeks"),
        ("inputs: 3 business days", "not-a-duration: `3 business days` follows no calendar here"),
        ("inputs: -3 days", "not-a-duration: `-3 days` is a negative duration"),
        ("input: 3 days", "unknown-key: "),
    ],
)
def test_what_is_no_duration_or_too_short_is_told_with_its_place(tmp_path: Path, written: str, found: str) -> None:
    with pytest.raises(ProblemsFound) as told:
        retention(tmp_path, f"retention: {{{written}}}")
    place = f"{tmp_path / 'dealgate.yaml'}:1:"
    assert str(told.value).startswith(place)
    assert found in str(told.value)
