"""Writes a pipeline of any size as Parquet, quickly and the same each time: canonical tables made by DuckDB alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb

AS_OF = datetime(2026, 6, 15, 12, tzinfo=UTC)
CONTACTS, ACTIVITIES, CHANGES = 3, 8, 2
"""Rows a deal."""
STAGES = ("Discovery", "Evaluation", "Security Review", "Proposal", "Negotiation", "Closed Won", "Closed Lost")
ROLES = ("Economic Buyer", "Champion", "Evaluator", "Legal", "Other")
TEXTS = (
    "tbd", "Orders are keyed twice and {} of them are wrong each month, says their head of operations",
    "Close takes 9 days and costs {} hours", "They lose {} customers a quarter to late deliveries and know it", "n/a",
    "Audits fail since nobody can tell who changed what in {} systems",
)  # fmt: skip
Columns = Mapping[str, str]


def write_pipeline(folder: Path, deals: int) -> None:
    """Write a pipeline of so many deals, with what belongs to them, sorted by deal."""
    folder.mkdir(parents=True)
    with duckdb.connect() as db:
        db.execute("SET preserve_insertion_order = true")
        db.execute(f"SET temp_directory = '{folder / 'spilt'}'")
        db.execute("SET memory_limit = '2GB'")
        db.execute("SET TimeZone = 'UTC'")
        for name, (each, columns) in _tables(deals).items():
            _write(db, folder / f"{name}.parquet", deals if each else _few(deals, name), max(each, 1), columns)


def _write(db: duckdb.DuckDBPyConnection, path: Path, count: int, each: int, columns: Columns) -> None:
    listed = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
    rows = f"(SELECT i // {each} AS d, i AS i FROM range({count * each}) r(i))"  # noqa: S608 - our own words
    db.sql(f"SELECT {listed} FROM {rows}").write_parquet(str(path), row_group_size=100_000)  # noqa: S608 - likewise


def _few(deals: int, table: str) -> int:
    """Say how many accounts or owners there are."""
    return max(deals // 4, 1) if table == "accounts" else max(deals // 500, 20)


def _tables(deals: int) -> dict[str, tuple[int, Columns]]:
    """Give each table's rows a deal (0: a table of its own) and columns; `d` is the deal's number and `i` the row's."""
    return {
        "deals": (1, _deals(deals)),
        "accounts": (0, {"id": _id("A", "i"), "name": "'Account ' || i", "employees": _number(1, 5000)}),
        "owners": (0, {"id": _id("U", "i"), "name": "'Owner ' || i", "manager_id": _id("U", "i // 10")}),
        "contacts": (CONTACTS, _contacts()),
        "activities": (ACTIVITIES, _activities()),
        "stage_changes": (CHANGES, _stage_changes()),
        "proposals": (1, _proposals()),
        "tasks": (1, {"deal_id": _id("D", "d"), "id": _id("T", "i"), "status": "'open'", "title": "'Call'"}),
        "field_changes": (CHANGES, _field_changes()),
        "quotes": (1, {"deal_id": _id("D", "d"), "primary": _maybe(40, 0.7), "total": _money(41)}),
    }


def _deals(deals: int) -> Columns:
    owners, accounts = _few(deals, "owners"), _few(deals, "accounts")
    stage = _one_of(3, STAGES)
    texts = {
        name: _text(50 + number)
        for number, name in enumerate(
            ("pain", "success_metrics", "decision_criteria", "decision_process", "paper_process", "why_us")
        )
    }
    return {
        "id": _id("D", "d"), "name": "'Deal ' || d", "pipeline": "'New Business'", "stage": stage,
        "amount": _money(2), "currency": "'USD'", "owner_id": _id("U", _below(4, owners)),
        "account_id": _id("A", _below(5, accounts)), "created_at": _time(6, 400), "close_date": _day(7, -20, 120),
        "closed_at": f"CASE WHEN {stage} LIKE 'Closed%' THEN {_time(17, 60)} END",
        "outcome": f"CASE {stage} WHEN 'Closed Won' THEN 'won' WHEN 'Closed Lost' THEN 'lost' ELSE 'open' END",
        "next_step": _null(8, 0.3, "'Send the plan'"), "next_step_date": _day(9, -10, 30),
        "lost_reason": _null(18, 0.5, "'Price'"), **texts, "needed_by": _day(10, -30, 90),
        "competitors": _null(11, 0.5, "['Acme', 'Globex']"), "terms_sent": _day(12, -30, 0),
        "close_plan": _null(13, 0.5, "'https://example.com/plan'"), "security_cleared": _maybe(14, 0.5),
        "discount": _number(15, 40), "discount_approved": _maybe(16, 0.5),
    }  # fmt: skip


def _contacts() -> Columns:
    return {
        "deal_id": _id("D", "d"), "id": _id("P", "i"), "name": "'Person ' || i", "title": "'Head of Operations'",
        "role": _one_of(20, ROLES), "wants": _text(21),
    }  # fmt: skip


def _activities() -> Columns:
    return {
        "deal_id": _id("D", "d"), "id": _id("E", "i"),
        "kind": _one_of(22, ("meeting", "call", "email", "email", "note")),
        "direction": _one_of(23, ("inbound", "outbound")), "happened_at": _time(24, 120, 10),
        "contact_ids": f"[{_id('P', f'd * {CONTACTS} + {_below(25, CONTACTS)}')}]",
        "status": _one_of(26, ("held", "held", "held", "missed")), "subject": "'About the plan'",
    }  # fmt: skip


def _stage_changes() -> Columns:
    return {
        "deal_id": _id("D", "d"), "from_stage": f"CASE WHEN i % {CHANGES} = 1 THEN 'Discovery' END",
        "to_stage": f"CASE WHEN i % {CHANGES} = 0 THEN 'Discovery' ELSE {_one_of(27, STAGES)} END",
        "changed_at": f"{_time(28, 60)} - INTERVAL 90 DAY * (1 - i % {CHANGES})",
        "changed_by": _null(29, 0.1, _id("U", _below(30, 20))),
    }  # fmt: skip


def _proposals() -> Columns:
    return {
        "deal_id": _id("D", "d"), "id": _id("Q", "i"), "sent_at": _time(31, 40),
        "viewed_at": _null(32, 0.5, _time(33, 20)), "answered_at": _null(34, 0.7, _time(35, 10)), "amount": _money(36),
    }  # fmt: skip


def _field_changes() -> Columns:
    return {
        "deal_id": _id("D", "d"), "field": _one_of(37, ("close_date", "amount", "next_step", "pain")),
        "old": "'2026-06-01'", "new": "'2026-07-01'", "changed_at": _time(38, 90),
        "changed_by": _id("U", _below(39, 20)),
    }  # fmt: skip


def _below(salt: int, most: int) -> str:
    """Give a number below `most` that depends on the row alone."""
    return f"(hash(i, {salt}) % {most})"


def _id(letter: str, number: str) -> str:
    return f"printf('{letter}%08d', CAST({number} AS BIGINT))"


def _one_of(salt: int, words: Sequence[str]) -> str:
    listed = ", ".join(f"'{word}'" for word in words)
    return f"[{listed}][CAST({_below(salt, len(words))} AS INT) + 1]"


def _text(salt: int) -> str:
    """Give a text of a few, most of them with a number of their own, or nothing."""
    listed = ", ".join(f"'{text}'" for text in TEXTS)
    text = f"[{listed}][CAST({_below(salt, len(TEXTS))} AS INT) + 1]"
    return _null(salt + 100, 0.2, f"replace({text}, '{{}}', CAST({_below(salt + 200, 100_000)} AS VARCHAR))")


def _null(salt: int, share: float, sql: str) -> str:
    return f"CASE WHEN {_below(salt + 300, 100)} >= {share * 100:.0f} THEN {sql} END"


def _number(salt: int, most: int) -> str:
    return f"CAST({_below(salt, most)} AS DOUBLE)"


def _maybe(salt: int, share: float) -> str:
    return _null(salt + 400, 0.2, f"{_below(salt, 100)} < {share * 100:.0f}")


def _money(salt: int) -> str:
    return f"CAST(25000 + {_below(salt, 30_000_000)} / 100.0 AS DECIMAL(18, 2))"


def _day(salt: int, first: int, last: int) -> str:
    made = f"DATE '{AS_OF.date()}' + CAST({first} + {_below(salt, last - first + 1)} AS INT)"
    return _null(salt + 500, 0.2, made)


def _time(salt: int, days_back: int, days_ahead: int = 0) -> str:
    seconds = f"CAST({_below(salt, (days_back + days_ahead) * 86_400)} AS BIGINT)"
    return f"(TIMESTAMPTZ '{AS_OF.isoformat()}' + to_seconds({days_ahead * 86_400} - {seconds}))"
