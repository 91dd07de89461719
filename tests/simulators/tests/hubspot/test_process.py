"""A simulated account as a process of its own, and one that is full."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.simulators.hubspot import HubSpotSimulator
from tests.simulators.tests.hubspot.calling import DEALS, LINKS, Caller, inputs, one


@pytest.fixture
def process() -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-m", "tests.simulators.hubspot", "--deals", "30"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:  # noqa: S603 - our own module
        assert running.stdout is not None
        yield json.loads(running.stdout.readline())
        running.send_signal(signal.SIGTERM)
        assert running.wait(10) == 0


def test_a_process_prints_where_it_is_and_is_changed_from_outside(process: dict[str, Any]) -> None:
    control = f"{process['url']}/_control"
    headers = {"Authorization": f"Bearer {process['token']}"}
    (deal, *rest) = requests.get(process["url"] + DEALS, headers=headers, params={"limit": 100}, timeout=5).json()[
        "results"
    ]
    assert len(rest) == 29
    change = {"account": {"change": {"object_": "deals", "id_": deal["id"], "dealname": "New"}, "add_deal": ["Last"]},
              "faults": {"server_error": [1]}, "advance": 3600}  # fmt: skip
    told = requests.post(control, json=change, timeout=5).json()
    assert requests.get(process["url"] + DEALS, headers=headers, timeout=5).status_code == 503
    last = requests.get(f"{process['url']}{DEALS}/{told['account']['add_deal']}", headers=headers, timeout=5).json()
    assert last["properties"]["dealname"] == "Last"
    state = requests.get(control, timeout=5).json()
    assert (state["records"]["deals"], state["kinds"], state["failures"]) == (31, {"list": 2, "record": 1}, [])


def test_the_same_seed_makes_the_same_account() -> None:
    def filled(seed: int) -> list[Any]:
        with HubSpotSimulator() as crm:
            crm.account.fill(deals=50, seed=seed)
            caller = Caller(crm)
            found: list[Any] = caller.get(DEALS, limit=50, associations="contacts,companies",
                                          propertiesWithHistory="dealstage")["results"]  # fmt: skip
            caller.session.close()
            return found

    assert filled(1) == filled(1) != filled(2)


def test_a_filled_account_hangs_together(crm: HubSpotSimulator, call: Caller) -> None:
    crm.account.fill(deals=300, activities=2)
    ids = crm.account.live("deals")
    people = call.post(f"{LINKS}/batch/read", inputs(ids))["results"]
    assert {len(each["to"]) for each in people} == {2}
    for id_ in ids[:50]:
        values, history = crm.account.get("deals", id_), crm.account.history("deals", id_, "dealstage")
        assert history[0] == (values["dealstage"], values["hs_v2_date_entered_current_stage"])
        for stage, moment in history:
            assert values[f"hs_v2_date_entered_{stage}"] == moment
        assert values["createdate"] == history[-1][1]
        assert values["hs_lastmodifieddate"] <= crm.account.now()
    assert len(call.get("/crm/v3/owners")["results"]) == 12
    assert crm.account.tables["calls"].keys().isdisjoint(crm.account.tables["emails"].keys())


def test_a_search_by_time_gives_what_a_look_at_every_deal_gives(crm: HubSpotSimulator, call: Caller) -> None:
    crm.account.fill(deals=400)
    ids = crm.account.live("deals")
    for number, id_ in enumerate(ids[::7]):
        crm.clock.advance(number % 3)
        crm.account.change("deals", id_, amount=number)
    moment = "2026-10-20T00:00:00Z"
    by_hand = [id_ for id_ in ids if crm.account.get("deals", id_)["hs_lastmodifieddate"] >= moment]
    sort, found = [{"propertyName": "hs_object_id", "direction": "ASCENDING"}], ["0"]
    since = one("hs_lastmodifieddate", "GTE", moment)
    while page := call.ids(since, one("hs_object_id", "GT", found[-1]), sorts=sort):
        found += page
    assert found[1:] == by_hand
    assert 0 < len(by_hand) < len(ids)
