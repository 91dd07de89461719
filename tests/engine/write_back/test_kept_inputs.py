"""What runs judged from comes back as it was, and the same values are the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from engine.judge.copies import SCHEMA as TEXTS
from engine.judge.kept_context import Context, context_from_bytes, context_of, context_to_bytes
from engine.judge.kept_tables import from_bytes, of_deals, to_bytes
from engine.judge.tables import Tables, canonical_schemas
from engine.judge.waivers import Waiver
from engine.ledger.inputs import MissingInputError, keep, kept
from engine.ledger.tables import stored_input

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
ROWS: dict[str, list[dict[str, Any]]] = {
    "deals": [
        {"id": "D-2", "name": "Zürich 株", "amount": Decimal("12.50"), "owner_id": "ann", "account_id": "A-2"},
        {"id": "D-1", "close_date": date(2026, 12, 1), "owner_id": "bob", "account_id": "A-1"},
        {"id": "D-3", "next_step": "", "owner_id": None, "account_id": "A-1"},
    ],
    "activities": [
        {"deal_id": "D-2", "id": "2", "happened_at": NOW, "contact_ids": ["P", "Q"]},
        {"deal_id": "D-1", "id": "1", "contact_ids": []},
        {"deal_id": "D-1", "id": "3", "contact_ids": None},
    ],
    "stage_changes": [{"deal_id": "D-1", "to_stage": "demo", "changed_at": NOW, "changed_by": "eve"}],
    "owners": [{"id": each, "name": each.title()} for each in ("ann", "bob", "eve", "zoe")],
    "accounts": [{"id": "A-1", "employees": 10.5}, {"id": "A-2"}],
    "proposals": [],
}


def tables(chunks: int = 1) -> Tables:
    schemas = canonical_schemas()
    made = {name: pa.Table.from_pylist(rows, schemas[name]) for name, rows in ROWS.items()}
    cut = {name: pa.concat_tables([made[name][:chunks], made[name][chunks:]]) for name in made}
    lacking_one = {"deals": cut["deals"].drop_columns(["forecast"])}
    return Tables(cut | lacking_one, frozenset({"stage", "amount"}))


def test_tables_come_back_as_they_were_with_what_was_delivered() -> None:
    before = tables()
    after = from_bytes(to_bytes(before))
    assert after.tables.keys() == before.tables.keys()
    assert all(after[name].equals(before[name]) for name in before.tables)
    assert (after.delivered, after.tracked) == (before.delivered, before.tracked)
    assert from_bytes(to_bytes(Tables(before.tables))).tracked is None


def test_the_same_tables_are_the_same_bytes_however_they_were_put_together() -> None:
    once = to_bytes(tables(chunks=1))
    other_way = Tables(dict(reversed(tables(chunks=2).tables.items())), tables().tracked)
    assert to_bytes(other_way) == once
    assert to_bytes(from_bytes(once)) == once


CELLS: Mapping[str, st.SearchStrategy[Any]] = {
    "name": st.text(),
    "amount": st.decimals(-(10**15), 10**15, places=2),
    "created_at": st.datetimes(timezones=st.just(UTC)),
    "close_date": st.dates(),
    "stage": st.sampled_from(["", "a", "\0", "ß"]),
}


@given(st.lists(st.fixed_dictionaries({name: st.none() | cells for name, cells in CELLS.items()}), max_size=20))
def test_whatever_a_deal_holds_comes_back(rows: list[dict[str, Any]]) -> None:
    numbered = [{"id": f"{number:02}", **row} for number, row in enumerate(rows)]
    deals = pa.Table.from_pylist(numbered, canonical_schemas()["deals"])
    back = from_bytes(to_bytes(Tables({"deals": deals})))
    assert back["deals"].equals(deals)
    some = [row["id"] for row in numbered[::2]]
    assert of_deals(back, some)["deals"].to_pylist() == deals.to_pylist()[::2]


def test_some_deals_take_along_what_belongs_to_them_and_no_more() -> None:
    cut = of_deals(tables(), ["D-1"])
    ids = {name: cut[name]["id"].to_pylist() for name in ("deals", "activities", "owners", "accounts")}
    assert ids == {"deals": ["D-1"], "activities": ["1", "3"], "owners": ["bob", "eve"], "accounts": ["A-1"]}
    assert cut.delivered == tables().delivered
    assert to_bytes(of_deals(from_bytes(to_bytes(cut)), ["D-1"])) == to_bytes(cut)


def test_bytes_of_something_else_are_refused() -> None:
    with pytest.raises(ValueError, match="not laid out by this engine"):
        from_bytes(b"PAR1 and so on")


def test_a_context_comes_back_cut_down_to_its_deals() -> None:
    until = NOW + timedelta(days=3)
    waivers = tuple(Waiver(deal, "pain", "agreed", "ops@example.com", NOW, until) for deal in ("D-1", "D-2"))
    rows = [("next_step", "call", "A", "B"), ("next_step", "write", "A", "C"), ("name", "zürich 株", "A", "B")]
    texts = pa.table([list(each) for each in zip(*rows, strict=True)], schema=TEXTS)
    context = Context("local", waivers, texts)
    assert context_from_bytes(context_to_bytes(context)) == context
    cut = context_of(context, of_deals(tables(), ["D-2"]))
    assert cut.waivers == waivers[1:]
    assert cut.texts is not None
    assert cut.texts["text"].to_pylist() == ["zürich 株"]
    back = context_from_bytes(context_to_bytes(cut)).texts
    assert back is not None
    assert back.equals(cut.texts)


def test_what_did_not_change_is_stored_once_and_renewed(ledger: Any) -> None:
    later = NOW + timedelta(days=1)
    with ledger.writing() as connection:
        hashes = {keep(connection, to_bytes(tables()), now) for now in (NOW, later)}
        rows = connection.execute(select(stored_input.c.hash, stored_input.c.stored_at)).all()
        assert kept(connection, rows[0].hash) == to_bytes(tables())
    assert [tuple(row) for row in rows] == [(*hashes, later)]


def test_a_damaged_or_missing_input_is_told(ledger: Any) -> None:
    with ledger.writing() as connection:
        digest = keep(connection, b"bytes", NOW)
        connection.execute(update(stored_input).values(data=b"others"))
        with pytest.raises(MissingInputError, match="is damaged"):
            kept(connection, digest)
        with pytest.raises(MissingInputError, match="no longer kept"):
            kept(connection, "0" * 64)
