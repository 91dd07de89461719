"""A mirror's rows of some parents are renewed as a whole, and doubted until they are again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from connectors.mirror.mirror import DELETED, Freshness, Mirror, in_memory

DEALS = pa.schema([("Id", pa.string()), (DELETED, pa.bool_())])
LINKS = pa.schema([("Id", pa.string()), ("From", pa.string()), (DELETED, pa.bool_())])
FRESH = Freshness("asked", datetime(2026, 11, 2, tzinfo=UTC))


def links(*pairs: tuple[str, str]) -> list[pa.Table]:
    rows = [{"Id": f"{deal}:{other}", "From": deal, DELETED: False} for deal, other in pairs]
    return [pa.Table.from_pylist(rows, LINKS)]


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    mirror = in_memory("test")
    deals = pa.Table.from_pylist([{"Id": each, DELETED: False} for each in "abc"], DEALS)
    mirror.replace("deals", DEALS, [deals], FRESH)
    mirror.replace("links", LINKS, (), FRESH)
    mirror.replace("others", LINKS, (), FRESH)
    yield mirror
    mirror.close()


def held(mirror: Mirror) -> list[str]:
    return mirror.ids("SELECT Id FROM links ORDER BY 1")


def test_rows_that_did_not_come_again_are_gone_and_those_of_others_stay(mirror: Mirror) -> None:
    mirror.renew("links", "From", ["a", "b"], LINKS, links(("a", "1"), ("a", "2"), ("b", "1")))
    mirror.renew("links", "From", ["a"], LINKS, links(("a", "2")))
    assert held(mirror) == ["a:2", "b:1"]


def test_a_parent_without_rows_is_complete_too(mirror: Mirror) -> None:
    mirror.renew("links", "From", ["a", "b"], LINKS, links(("a", "1")))
    assert mirror.incomplete("links", "deals") == ["c"]


def test_incomplete_parents_are_given_in_order_and_no_more_than_asked_for(mirror: Mirror) -> None:
    assert mirror.incomplete("links", "deals", 2) == ["a", "b"]


def test_what_is_doubted_in_one_table_stays_complete_in_another(mirror: Mirror) -> None:
    for table in ("links", "others"):
        mirror.renew(table, "From", ["a", "b", "c"], LINKS, links(("a", "1")))
    mirror.doubt(["links"], ["b", "nobody"])
    assert (mirror.incomplete("links", "deals"), mirror.incomplete("others", "deals")) == (["b"], [])
    assert held(mirror) == ["a:1"]


def test_parents_that_are_gone_are_forgotten_in_the_tables_named(mirror: Mirror) -> None:
    for table in ("links", "others"):
        mirror.renew(table, "From", ["a", "b", "c"], LINKS, links())
    mirror.delete("deals", "Id = 'a'")
    mirror.forget("deals", ["links"])
    mirror.add("deals", DEALS, [pa.Table.from_pylist([{"Id": "a", DELETED: False}], DEALS)])
    assert (mirror.incomplete("links", "deals"), mirror.incomplete("others", "deals")) == (["a"], [])


def test_a_stop_while_rows_come_leaves_what_was_there(mirror: Mirror) -> None:
    mirror.renew("links", "From", ["a"], LINKS, links(("a", "1")))

    def broken() -> Iterator[pa.Table]:
        yield from links(("a", "2"))
        raise ConnectionError

    with pytest.raises(ConnectionError):
        mirror.renew("links", "From", ["a", "b"], LINKS, broken())
    assert held(mirror) == ["a:1"]
    assert mirror.incomplete("links", "deals") == ["b", "c"]


def test_asking_how_fresh_a_table_is_leaves_the_mirror_free_for_more(mirror: Mirror) -> None:
    assert mirror.freshness("links") == FRESH
    mirror.keep("name", "value", FRESH.until)
    assert mirror.kept("name", FRESH.until) == "value"
    mirror.doubt(["links"], ["a"])
