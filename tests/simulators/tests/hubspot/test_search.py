"""Search: operators, one sort, the wall, what the index does not know yet, and its own limit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.simulators.hubspot import HubSpotSimulator
from tests.simulators.tests.hubspot.calling import DEALS, Caller, one

SEARCH = f"{DEALS}/search"


@pytest.mark.parametrize(
    ("filter_", "found"),
    [
        (one("amount", "EQ", "20"), "b"),
        (one("amount", "EQ", "20.0"), "b"),
        (one("amount", "NEQ", "20"), "acd"),
        (one("amount", "LT", "20"), "a"),
        (one("amount", "LTE", "20"), "ab"),
        (one("amount", "GT", "20"), "c"),
        (one("amount", "GTE", "20"), "bc"),
        (one("amount", "BETWEEN", "15", highValue="100"), "bc"),
        (one("amount", "IN", ["10", "100"]), "ac"),
        (one("amount", "NOT_IN", ["10", "100"]), "b"),
        (one("amount", "HAS_PROPERTY"), "abc"),
        (one("amount", "NOT_HAS_PROPERTY"), "d"),
        (one("dealname", "EQ", "NEW HOUSE"), "a"),
        (one("dealname", "IN", ["new house", "old house"]), "ab"),
        (one("dealname", "CONTAINS_TOKEN", "house"), "ab"),
        (one("dealname", "CONTAINS_TOKEN", "hou*"), "abc"),
        (one("dealname", "NOT_CONTAINS_TOKEN", "house"), "cd"),
        (one("createdate", "GTE", "2026-11-02T15:02:00Z"), "cd"),
        (one("createdate", "LT", "1793631720000"), "ab"),
    ],
)
def test_every_operator_finds_what_it_says(
    crm: HubSpotSimulator, call: Caller, filter_: dict[str, Any], found: str
) -> None:
    rows = (("New House", "10"), ("Old House", "20"), ("Houseboat", "100"), ("Flat", None))
    ids = {}
    for letter, (name, amount) in zip("abcd", rows, strict=True):
        ids[crm.account.add_deal(name, **({"amount": amount} if amount else {}))] = letter
        crm.clock.advance(60)
    assert "".join(sorted(ids[each] for each in call.ids(filter_))) == found


def test_filters_of_a_group_all_hold_and_of_groups_any(crm: HubSpotSimulator, call: Caller) -> None:
    ids = [crm.account.add_deal(name, amount=amount) for name, amount in (("A", 1), ("A", 2), ("B", 3))]
    assert call.ids(one("dealname", "EQ", "a"), one("amount", "EQ", "2")) == [ids[1]]
    groups = [{"filters": [one("amount", "EQ", each)]} for each in ("1", "3")]
    assert [each["id"] for each in call.post(SEARCH, {"filterGroups": groups})["results"]] == [ids[0], ids[2]]


def test_results_are_sorted_by_one_property_as_its_type_says(crm: HubSpotSimulator, call: Caller) -> None:
    ids = [crm.account.add_deal(amount=each) for each in (9, 100, 20)]
    sort = {"propertyName": "amount", "direction": "ASCENDING"}
    assert call.ids(one("amount", "GT", "0"), sorts=[sort]) == [ids[0], ids[2], ids[1]]
    assert call.ids(one("amount", "GT", "0"), sorts=[sort | {"direction": "DESCENDING"}]) == [ids[1], ids[2], ids[0]]
    call.refused("POST", SEARCH, {"sorts": [sort, sort]})


def test_nobody_gets_beyond_the_wall_but_by_keys(crm: HubSpotSimulator, call: Caller) -> None:
    crm.faults.wall = 40
    ids = [crm.account.add_deal() for _ in range(50)]
    first = call.search(limit=20, after="20")
    assert first["total"] == 50
    assert first["paging"]["next"]["after"] == "40"
    call.refused("POST", SEARCH, {"limit": 20, "after": "40"})
    sort, found = [{"propertyName": "hs_object_id", "direction": "ASCENDING"}], ["0"]
    while page := call.ids(one("hs_object_id", "GT", found[-1]), sorts=sort, limit=20):
        found += page
    assert found[1:] == ids


def test_the_wall_stands_at_ten_thousand(call: Caller) -> None:
    assert call.search(limit=200, after="9800")["results"] == []
    call.refused("POST", SEARCH, {"limit": 200, "after": "9801"})


def test_what_was_written_is_found_only_after_a_while(crm: HubSpotSimulator, call: Caller) -> None:
    old = crm.account.add_deal("Old")
    crm.account.lag = timedelta(seconds=10)
    new = crm.account.add_deal("New")
    crm.account.change("deals", old, dealname="Changed")
    assert [each["properties"]["dealname"] for each in call.search()["results"]] == ["Old"]
    assert call.get(f"{DEALS}/{new}")["properties"]["dealname"] == "New"
    crm.clock.advance(9)
    assert call.ids() == [old]
    crm.clock.advance(1)
    assert sorted(each["properties"]["dealname"] for each in call.search()["results"]) == ["Changed", "New"]
    crm.account.archive("deals", new)
    assert call.ids() == [old, new]
    crm.clock.advance(10)
    assert call.ids() == [old]


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 201},
        {"after": "one"},
        {"filterGroups": [{"filters": [one("amount", "EQ", "1")] * 7}]},
        {"filterGroups": [{"filters": []}] * 6},
        {"filterGroups": [{"filters": [one("amount", "EQ", "1")] * 4}] * 5},
        {"filterGroups": [{"filters": [one("nonsense", "EQ", "1")]}]},
        {"filterGroups": [{"filters": [one("amount", "ABOUT", "1")]}]},
        {"filterGroups": [{"filters": [one("amount", "EQ", "much")]}]},
        {"filterGroups": [{"filters": [one("amount", "BETWEEN", "1")]}]},
        {"filterGroups": [{"filters": [one("amount", "IN", "1")]}]},
        {"filterGroups": [{"filters": [one("dealname", "EQ", "x" * 3000)]}]},
    ],
)
def test_a_search_beyond_what_is_allowed_is_refused(crm: HubSpotSimulator, call: Caller, body: dict[str, Any]) -> None:
    crm.account.add_deal(amount=1)
    assert call.refused("POST", SEARCH, body)["category"] == "VALIDATION_ERROR"


def test_a_search_finds_neither_archived_nor_merged_deals(crm: HubSpotSimulator, call: Caller) -> None:
    first, second, third = (crm.account.add_deal() for _ in range(3))
    crm.account.archive("deals", first)
    crm.account.merge("deals", second, third)
    assert call.ids() == [second]


def test_search_has_a_limit_of_its_own_and_tells_nothing_of_the_other(crm: HubSpotSimulator, call: Caller) -> None:
    crm.limits.enforce()
    answers = [call("POST", SEARCH, {}) for _ in range(6)]
    assert [each.status_code for each in answers] == [200] * 5 + [429]
    assert answers[5].json()["policyName"] == "SECONDLY"
    assert not any("RateLimit" in name for each in answers for name in each.headers)
    crm.clock.advance(1)
    assert call("POST", SEARCH, {}).status_code == 200
    assert call("GET", DEALS).headers["X-HubSpot-RateLimit-Remaining"] == "189"
