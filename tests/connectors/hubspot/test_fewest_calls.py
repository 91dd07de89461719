"""A sweep takes at most 1.05 times the fewest calls that the batch sizes allow, as the benchmark derives them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from math import ceil

import pytest

from bench.crms.fewest import ACCOUNT, LISTED, OWNERS, PIPELINES, hubspot_first, hubspot_night
from connectors.hubspot.standard import CONTACTS, DEALS, RELATED
from rules.playbook import Playbook
from tests.connectors.hubspot.sweeps import PLAYBOOK, Sweeps
from tests.connectors.hubspot.test_reading import CHANGED, asking
from tests.simulators.hubspot import Account

OBJECTS = tuple(each for each in RELATED if each != "quotes")
"""The objects beside deals that these playbooks need; the account is asked what quotes have, too."""
DESCRIBED = len(OBJECTS) + 2
FIXED = DESCRIBED + PIPELINES + ACCOUNT + OWNERS
DEAL_COUNT = 2_000


def fewest_first(account: Account, *, history: bool) -> int:
    deals = account.live(DEALS)
    linked = {each: len(some) for each, some in associated(account, deals).items()}
    there = {each: len(account.live(each)) for each in OBJECTS}
    described, gone = DESCRIBED, archived(account)
    return hubspot_first(len(deals), linked, there, history=history, described=described, archived=gone)


def fewest_night(account: Account, changed: Collection[str], found: dict[str, int], *, history: bool) -> int:
    still = [each for each in account.live(DEALS) if account.get(DEALS, each).get("hs_is_closed") != "true"]
    held = {each: len(some) for each, some in associated(account, still).items()}
    described, gone = DESCRIBED, archived(account)
    return hubspot_night(len(changed), len(still), held, found, history=history, described=described, archived=gone)


def archived(account: Account) -> int:
    return len(account.tables[DEALS]) - len(account.live(DEALS))


def associated(account: Account, deals: Collection[str]) -> dict[str, set[str]]:
    return {to: {other for each in deals for other, _ in account.associations.of(DEALS, each, to)} for to in OBJECTS}


@pytest.mark.parametrize("playbook", [PLAYBOOK, asking(CHANGED)], ids=["entries", "histories"])
def test_a_first_sweep_and_a_night_of_two_percent(sweeps: Sweeps, playbook: Playbook) -> None:
    account, history = sweeps.account, playbook is not PLAYBOOK
    account.fill(deals=DEAL_COUNT, activities=3)
    sweeps.crm.clock.advance(timedelta(hours=1))
    sweeps.crm.calls.forget()
    assert sweeps.sweep(playbook)["deals"].num_rows == DEAL_COUNT + 3
    made, fewest = sweeps.crm.calls.counted, fewest_first(account, history=history)
    assert fewest <= made <= 1.05 * fewest
    deals = account.live(DEALS)[::50]
    for each in deals:
        account.change(DEALS, each, amount="1")
        account.add_activity("calls", each, sweeps.crm.clock.now)
    people = account.live(CONTACTS)[::50]
    for each in people:
        account.change(CONTACTS, each, jobtitle="Director")
    sweeps.crm.calls.forget()
    tables = sweeps.sweep(playbook)
    found = {"calls": len(deals), CONTACTS: len(people)}
    made, fewest = sweeps.crm.calls.counted, fewest_night(account, deals, found, history=history)
    assert fewest <= made <= 1.05 * fewest
    assert sum(each == "Director" for each in tables["contacts"]["title"].to_pylist()) >= len(people)
    assert tables["activities"].num_rows == 3 * DEAL_COUNT + len(deals)


def test_deals_of_a_large_account_of_which_few_are_in_scope_are_searched(sweeps: Sweeps) -> None:
    for number in range(2_500):
        sweeps.deal(f"Old {number}", "closedlost", closedate="2020-01-31", company="")
    sweeps.crm.calls.forget()
    assert sweeps.sweep()["deals"].num_rows == 3
    assert not [call for call in sweeps.crm.calls.of("list") if call.status != 200]
    assert len(sweeps.crm.calls.of("list")) == max(1, ceil(archived(sweeps.account) / LISTED))


def test_contacts_are_read_by_their_ids_where_most_of_the_account_is_of_no_deal(sweeps: Sweeps) -> None:
    for number in range(1_500):
        sweeps.account.add_contact(f"lead{number}@example.com")
    sweeps.crm.calls.forget()
    assert sweeps.sweep()["contacts"].num_rows == 1
    assert not [call for call in sweeps.crm.calls if call.path.endswith("/contacts/search")]


def test_people_are_read_again_by_their_ids_where_that_is_less_than_finding_all_that_changed(sweeps: Sweeps) -> None:
    leads = [sweeps.account.add_contact(f"lead{number}@example.com") for number in range(1_000)]
    sweeps.sweep()
    for each in leads:
        sweeps.account.change("contacts", each, jobtitle="Buyer")
    sweeps.account.change("contacts", sweeps.ann, jobtitle="Boss")
    sweeps.crm.calls.forget()
    assert sweeps.sweep()["contacts"]["title"].to_pylist() == ["Boss"]
    assert len([call for call in sweeps.crm.calls if call.path.endswith("/contacts/search")]) == 1


def test_a_night_without_changes_asks_once_an_object(sweeps: Sweeps) -> None:
    sweeps.crm.clock.advance(timedelta(hours=1))
    sweeps.sweep(later=timedelta(hours=2))
    assert sweeps.calls() == FIXED + 1 + 1 + len(OBJECTS)


def test_a_few_deals_take_a_call_for_each_kind_of_thing_they_have(sweeps: Sweeps) -> None:
    sweeps.crm.calls.forget()
    sweeps.few(sweeps.deals)
    deals, companies_and_people = 1, 2
    asked = FIXED + deals + len(OBJECTS) + companies_and_people
    assert sweeps.crm.calls.counted == asked
