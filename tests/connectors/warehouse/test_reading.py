"""Tables are read side by side: every batch has all rows of its deals, whatever order the files have."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.warehouse.errors import ReadOnlyError
from connectors.warehouse.streams import Stream, each_once, without_repeated
from engine.judge.tables import Tables
from tests.connectors.warehouse.warehouses import Place

IDS = ["D10", "D2", "D1", "d3", "É4", "D9", "D_5"]
"""In the order of bytes: D1, D10, D2, D9, D_5, d3, É4."""


def pipeline(ids: list[str]) -> dict[str, pa.Table]:
    people = [(deal, f"P{number}") for deal in ids for number in range(len(deal))] + [("gone", "P0")]
    random.Random(7).shuffle(people)  # noqa: S311 - the same disorder every time
    return {
        "deals": pa.table({
            "id": ids, "name": [f"Deal {each}" for each in ids], "stage": ["s"] * len(ids),
            "owner_id": [f"U{number % 3}" for number in range(len(ids))],
            "account_id": [None if number == 0 else f"A{number % 2}" for number in range(len(ids))],
        }),
        "contacts": pa.table({"deal_id": [deal for deal, _ in people], "id": [person for _, person in people]}),
        "accounts": pa.table({"id": ["A1", "A0", "A2"], "name": ["One", "None", "Two"]}),
        "owners": pa.table({"id": ["U2", "U0", "U1", "U8", "U9"], "manager_id": [None, "U9", None, None, None]}),
        "stage_changes": pa.table({"deal_id": ["D2"], "to_stage": ["s"], "changed_by": ["U8"]}),
    }  # fmt: skip


def read(place: Place, batch_size: int, deal_ids: list[str] | None = None) -> list[Tables]:
    with place.warehouse() as warehouse:
        return list(warehouse.read((), deal_ids, batch_size))


@pytest.mark.parametrize("batch_size", [1, 2, 3, 100])
def test_every_batch_has_all_rows_of_its_deals_and_no_others(files: Place, batch_size: int) -> None:
    files.fill(pipeline(IDS))
    batches = read(files, batch_size)
    assert [deal for batch in batches for deal in batch.deal_ids] == sorted(IDS, key=str.encode)
    assert all(len(batch.deal_ids) <= batch_size for batch in batches)
    for batch in batches:
        counted = {deal: batch["contacts"]["deal_id"].to_pylist().count(deal) for deal in batch.deal_ids}
        assert counted == {deal: len(deal) for deal in batch.deal_ids}
        assert set(batch["contacts"]["deal_id"].to_pylist()) <= set(batch.deal_ids)
        named = {each for each in batch["deals"]["account_id"].to_pylist() if each}
        assert sorted(batch["accounts"]["id"].to_pylist()) == sorted(named)


def test_a_batch_has_the_owners_of_its_deals_their_managers_and_who_changed_them(files: Place) -> None:
    files.fill(pipeline(IDS))
    owners = {deal: set(batch["owners"]["id"].to_pylist()) for batch in read(files, 1) for deal in batch.deal_ids}
    assert owners["D10"] == {"U0", "U9"}
    assert owners["D2"] == {"U1", "U8"}


def test_only_the_deals_asked_for_are_read(files: Place) -> None:
    files.fill(pipeline(IDS))
    (batch,) = read(files, 100, ["É4", "D1", "nowhere"])
    assert batch.deal_ids == ["D1", "É4"]
    assert set(batch["contacts"]["deal_id"].to_pylist()) == {"D1", "É4"}


@pytest.mark.parametrize("batch_size", [1, 2, 100])
def test_a_deal_that_stands_there_twice_is_taken_once_and_named(files: Place, batch_size: int) -> None:
    files.fill(pipeline([*IDS, "D2", "D2"]))
    with files.warehouse() as warehouse:
        batches = list(warehouse.read((), None, batch_size))
        assert [deal for batch in batches for deal in batch.deal_ids].count("D2") == 1
        assert [each.message for each in warehouse.problems] == [
            "the deal `D2` stands there more than once; one of its rows is taken"
        ]


def test_a_folder_of_files_is_one_table(files: Place) -> None:
    rows = pipeline(IDS)
    files.fill({"deals.first": rows["deals"].slice(0, 3), "deals.more.second": rows["deals"].slice(3)})
    assert [deal for batch in read(files, 100) for deal in batch.deal_ids] == sorted(IDS, key=str.encode)


def test_a_warehouse_refuses_every_write(files: Place) -> None:
    files.fill(pipeline(IDS))
    with files.warehouse() as warehouse:
        assert warehouse.capabilities.read_only
        for refused in (warehouse.read_state, warehouse.write, warehouse.find_written):
            with pytest.raises(ReadOnlyError):
                refused([])


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text("aé", max_size=2), max_size=20), st.lists(st.text("aé", max_size=2)), st.integers(1, 7))
def test_a_stream_gives_each_row_once_and_in_time(keys: list[str], asked: list[str], size: int) -> None:
    keys, asked = sorted(keys, key=str.encode), sorted(asked, key=str.encode)
    table = pa.table({"deal_id": pa.array(keys, pa.string())})
    stream = Stream(table.schema, iter(table.slice(start, size) for start in range(0, len(keys), size)))
    taken = [stream.up_to(last)["deal_id"].to_pylist() for last in asked]
    for last, found in zip(asked, taken, strict=True):
        assert all(key.encode() <= last.encode() for key in found)
    wanted = [key for key in keys if asked and key.encode() <= asked[-1].encode()]
    assert [key for found in taken for key in found] == wanted


@given(st.lists(st.sampled_from("abc")), st.sampled_from(["", "a", "b"]))
def test_what_is_repeated_is_left_out_and_named(ids: list[str], before: str) -> None:
    ids = sorted(ids)
    kept, repeated = without_repeated(pa.table({"id": pa.array(ids, pa.string())}), before)
    assert kept["id"].to_pylist() == [each for each in sorted(set(ids)) if each != before or ids[0] != before]
    assert set(repeated) == {each for each in ids if ids.count(each) > 1 or (each == before and each == ids[0])}
    once = each_once(pa.table({"id": pa.array(ids, pa.string()), "row": range(len(ids))}))
    assert once["row"].to_pylist() == [ids.index(each) for each in dict.fromkeys(ids)]
