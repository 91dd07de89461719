"""The example pipeline as canonical rows; what of it a CRM cannot hold is taken out, by name and count."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from connectors.local import connect
from connectors.local.importing import import_csv, load_mapping
from examples.generate import PIPELINE
from rules.load import load_playbook
from rules.playbook import Playbook

Row = dict[str, Any]
Rows = Mapping[str, Sequence[Row]]
Step = Callable[[Rows], tuple[Rows, int]]

NAMES = ("enterprise", "small-business", "services", "renewals")
RATES = (("EUR", 5), ("GBP", 7))
"""Currencies that every so-many-th deal is in, so that rates are asked for."""


@dataclass(frozen=True)
class Source:
    """Rows by canonical table; `taken_out` says in words what a CRM cannot hold, and how many rows that touched."""

    rows: Rows
    taken_out: Mapping[str, int]

    def without(self, steps: Mapping[str, Step]) -> Source:
        """Take out what a CRM cannot hold, step by step."""
        source = self
        for says, step in steps.items():
            rows, count = step(source.rows)
            source = Source(rows, {**source.taken_out, says: count})
        return source


@cache
def shipped_playbooks() -> tuple[Playbook, ...]:
    """Load the four playbooks we ship."""
    loaded = [load_playbook(Path(f"playbooks/{name}.yaml").read_bytes(), name)[0] for name in NAMES]
    return tuple(playbook for playbook in loaded if playbook is not None)


@cache
def example_pipeline() -> Source:
    """Import the example pipeline and read it whole; some deals are put into other currencies."""
    mapping, problems = load_mapping((PIPELINE / "mapping.yaml").read_bytes(), "mapping.yaml")
    assert mapping is not None
    assert problems == ()
    with TemporaryDirectory() as folder:
        path = Path(folder)
        import_csv(sorted(PIPELINE.glob("*.csv")), mapping, path / "crm.db", path / "rejects.csv")
        with connect(path / "crm.db") as crm:
            (tables,) = crm.read(shipped_playbooks())
    rows = {name: table.to_pylist() for name, table in tables.tables.items() if name != "tasks"}
    rows["deals"] = [row | {"currency": _currency(number)} for number, row in enumerate(rows["deals"])]
    return Source(rows, {})


def _currency(number: int) -> str:
    return next((name for name, every in RATES if number % every == 0), "USD")


# what more than one CRM cannot hold


def meetings_that_were_not(rows: Rows) -> tuple[Rows, int]:
    return _only(rows, "activities", lambda row: row["status"] not in {"missed", "cancelled"})


def direction_of_meetings(rows: Rows) -> tuple[Rows, int]:
    return _changed(rows, "activities", lambda row: {"direction": None} if row["kind"] == "meeting" else {})


def emails_without_a_status(rows: Rows) -> tuple[Rows, int]:
    return _changed(rows, "activities", lambda row: {"status": "held"} if row["kind"] == "email" else {})


def endings_that_nobody_named(rows: Rows) -> tuple[Rows, int]:
    """A closed deal is won or lost in a CRM; what a playbook calls the ending follows from the stage."""
    return _changed(rows, "deals", lambda row: {"outcome": row["outcome"] or "lost"})


def changes_before_a_deal_was_made(rows: Rows) -> tuple[Rows, int]:
    made = {row["id"]: row["created_at"] for row in rows["deals"]}
    return _only(rows, "field_changes", lambda row: row["changed_at"] > made[row["deal_id"]])


def changes_of_fields_nobody_asks_about(asked: frozenset[str]) -> Step:
    """An org records the changes of twenty fields; a step for those that are worth it."""
    return lambda rows: _only(rows, "field_changes", lambda row: row["field"] in asked)


def changes_out_of_order(rows: Rows) -> tuple[Rows, int]:
    """A history is what the saves left: each change begins where the last ended, the last at what stands there now."""
    deals = {row["id"]: row for row in rows["deals"]}
    kept, touched = list[Row](), 0
    for (deal, name), some in groupby(sorted(rows["field_changes"], key=_place), key=lambda row: _place(row)[:2]):
        history = list(some)
        chained = _chained(history, _text(deals[deal][name]))
        kept += chained
        touched += chained != history
    return {**rows, "field_changes": kept}, touched


def moves_out_of_order(rows: Rows) -> tuple[Rows, int]:
    """A deal leaves the stage it stands in: the moves of a deal, in that order, take the moments there are."""
    kept, touched = list[Row](), 0
    for _, some in groupby(sorted(rows["stage_changes"], key=_moment), key=lambda row: row["deal_id"]):
        moves = list(some)
        moments, follow = [row["changed_at"] for row in moves], _followed(moves)
        lived = [row | {"changed_at": at} for row, at in zip(follow, moments, strict=True)]
        kept += lived
        touched += lived != moves
    return {**rows, "stage_changes": kept}, touched


def blank_checkboxes(fields: Mapping[str, Iterable[str]]) -> Step:
    """A checkbox is ticked or not; a step for the fields of a table that are checkboxes."""

    def step(rows: Rows) -> tuple[Rows, int]:
        touched = 0
        for table, names in fields.items():
            listed = tuple(names)
            rows, count = _changed(rows, table, lambda row, ns=listed: {each: bool(row[each]) for each in ns})
            touched += count
        return rows, touched

    return step


def proposals_beside_quotes(rows: Rows) -> tuple[Rows, int]:
    """Where an offer is one record, each proposal is a quote too; the primary one where their amounts are the same."""
    quotes = list(rows["quotes"])
    offered = [(row["deal_id"], row["amount"]) for row in rows["proposals"]]
    missing = [each for each in offered if each not in {(row["deal_id"], row["total"]) for row in quotes}]
    quotes += [{"deal_id": deal, "primary": False, "total": total} for deal, total in missing]
    return {**rows, "quotes": quotes}, len(missing)


def hours_of_expiring(rows: Rows) -> tuple[Rows, int]:
    """A proposal expires when its last day is over, in UTC."""
    return _changed(rows, "proposals", lambda row: {"expires_at": _day_after(row["expires_at"])})


def _day_after(moment: datetime) -> datetime:
    return datetime.combine(moment.date() + timedelta(days=1), time(), UTC)


def _only(rows: Rows, table: str, keep: Callable[[Row], bool]) -> tuple[Rows, int]:
    kept = [row for row in rows[table] if keep(row)]
    return {**rows, table: kept}, len(rows[table]) - len(kept)


def _changed(rows: Rows, table: str, change: Callable[[Row], Row]) -> tuple[Rows, int]:
    made = [row | change(row) for row in rows[table]]
    return {**rows, table: made}, sum(new != old for new, old in zip(made, rows[table], strict=True))


def _place(row: Row) -> tuple[Any, ...]:
    return row["deal_id"], row["field"], row["changed_at"]


def _moment(row: Row) -> tuple[Any, ...]:
    return row["deal_id"], row["changed_at"]


def _followed(moves: Sequence[Row]) -> list[Row]:
    left, stage, found = list(moves), None, list[Row]()
    while left:
        found.append(next(row for row in left if row["from_stage"] == stage))
        left.remove(found[-1])
        stage = found[-1]["to_stage"]
    return found


def _chained(history: Sequence[Row], now: str | None) -> list[Row]:
    """Begin at the one value that no change led to."""
    led_to = {row["new"] for row in history}
    before = next((row["old"] for row in history if row["old"] not in led_to), None)
    steps: list[Row] = []
    for row in history:
        after = now if row is history[-1] else row["new"]
        if after != before:
            steps.append(row | {"old": before, "new": after})
            before = after
    return steps


def _text(value: Any) -> str | None:
    """Write a value as a history does."""
    match value:
        case None:
            return None
        case bool():
            return str(value).lower()
        case list():
            return ";".join(value)
        case date():
            return value.isoformat()
    return str(value)
