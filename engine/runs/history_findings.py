"""Entries of a history that tell of findings: opened, changed, waived and cleared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import RowMapping

from engine.ledger.deal_history import RunSeen
from engine.runs.history_entries import Entry, What


def of_findings(rows: Sequence[RowMapping], runs: Mapping[int, RunSeen]) -> Iterator[Entry]:
    """Tell what each transition of a finding changed, and where it ended for good."""
    last: dict[tuple[str, str], RowMapping] = {}
    begun = {(row["key"], row["occurrence"], row["since"]) for row in rows}
    for row in rows:
        name = row["key"], row["occurrence"]
        before = last.get(name)
        follows = before is not None and before["until"] == row["since"]
        says, details = _turn(before if follows else None, row)
        yield Entry(row["since"], What.FINDING, says, details, runs[row["run_id"]])
        if row["until"] is not None and (*name, row["until"]) not in begun:
            yield Entry(row["until"], What.FINDING, f"cleared: {_named(row)}", (), runs.get(row["until_run"]))
        last[name] = row


def _turn(before: RowMapping | None, row: RowMapping) -> tuple[str, tuple[str, ...]]:
    why = (row["because"],) if row["because"] else ()
    if before is None:
        return f"{'waived' if row['waiver'] else _opened(row)}: {_named(row)}", (*why, *_waiver(row))
    if row["waiver"] != before["waiver"]:
        if row["waiver"]:
            return f"waived: {_named(row)}", _waiver(row)
        return f"no longer waived: {_named(row)}", why
    parts = [f"was {before[key]}, is {row[key]}" for key in ("state", "enforce") if before[key] != row[key]]
    return f"changed: {_named(row)}", (*parts, *why)


def _opened(row: RowMapping) -> str:
    return "upcoming" if row["state"] == "upcoming" else f"opened, {row['enforce']}"


def _named(row: RowMapping) -> str:
    """Say a finding in its own words, and by the name that a waiver calls it."""
    name = row["key"].removeprefix(f"{row['deal_id']}:")
    return f"{row['says']} ({name})" if row["says"] else name


def _waiver(row: RowMapping) -> tuple[str, ...]:
    return (row["waiver"],) if row["waiver"] else ()
