"""The mirror fetches what changed, and misses nothing: what leaves no trace is found within a week of nights."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.hubspot import gathering
from connectors.hubspot.errors import DailyLimitError
from engine.judge.tables import Tables
from rules.condition import Compare, Literal, Operator, Reference
from rules.playbook import Enforce, Playbook, ProposalClock
from rules.types import Field, FieldType
from tests.connectors.hubspot.sweeps import DAY, PLAYBOOK, Sweeps
from tests.connectors.hubspot.test_reading import CHANGED, asking

PIPELINE = Compare(Reference("deals", "pipeline", FieldType.CHOICE), Operator.EQUALS, Literal("Sales Pipeline"))
IN_PIPELINE = replace(PLAYBOOK, applies_to=PIPELINE)


def nights(sweeps: Sweeps, most: int = 8) -> Tables:
    for _ in range(most - 1):
        sweeps.sweep()
    return sweeps.sweep()


def test_a_changed_deal_is_seen_and_an_archived_one_is_gone_until_it_is_restored(sweeps: Sweeps) -> None:
    sweeps.sweep()
    sweeps.account.change("deals", sweeps.deals[0], dealname="Changed")
    sweeps.account.archive("deals", sweeps.deals[1])
    assert sweeps.names() == ["Changed", "Deal 2"]
    sweeps.account.restore("deals", sweeps.deals[1])
    assert sweeps.names() == ["Changed", "Deal 1", "Deal 2"]


def test_a_new_deal_comes_with_all_that_belongs_to_it(sweeps: Sweeps) -> None:
    sweeps.sweep()
    bob = sweeps.account.add_contact("bob@example.com")
    deal = sweeps.deal("New", contacts=[bob])
    sweeps.account.add_activity("calls", deal, sweeps.crm.clock.now, contacts=[bob])
    tables = sweeps.sweep()
    assert bob in tables["contacts"]["id"].to_pylist()
    assert tables["activities"]["contact_ids"].to_pylist() == [[bob]]


@pytest.mark.parametrize("new_record", [True, False])
def test_a_merged_deal_is_gone_and_the_other_has_what_was_its(sweeps: Sweeps, *, new_record: bool) -> None:
    sweeps.sweep()
    winner = sweeps.account.merge("deals", sweeps.deals[1], sweeps.deals[0], new_record=new_record)
    tables = sweeps.sweep()
    assert sorted(tables["deals"]["id"].to_pylist()) == sorted([winner, sweeps.deals[2]])
    assert [(each["deal_id"], each["id"]) for each in tables["contacts"].to_pylist()] == [(winner, sweeps.ann)]


def test_a_deal_merged_into_one_that_was_archived_the_same_day_is_gone(sweeps: Sweeps) -> None:
    sweeps.sweep()
    winner = sweeps.account.merge("deals", sweeps.deal("New"), sweeps.deals[0], new_record=False)
    sweeps.account.archive("deals", winner)
    assert sorted(sweeps.sweep()["deals"]["id"].to_pylist()) == sorted(sweeps.deals[1:])


def test_a_deal_closed_long_ago_that_was_restored_is_not_held(sweeps: Sweeps) -> None:
    sweeps.account.change("deals", sweeps.deals[0], dealstage="closedwon", closedate="2020-01-31T12:00:00Z")
    sweeps.account.archive("deals", sweeps.deals[0])
    sweeps.sweep()
    sweeps.account.restore("deals", sweeps.deals[0])
    assert sorted(sweeps.sweep()["deals"]["id"].to_pylist()) == sorted(sweeps.deals[1:])


def test_a_person_or_company_that_changes_alone_is_seen(sweeps: Sweeps) -> None:
    sweeps.sweep()
    sweeps.account.change("contacts", sweeps.ann, firstname="Anna")
    sweeps.account.change("companies", sweeps.company, name="Globex Corp")
    tables = sweeps.sweep()
    assert tables["contacts"]["name"].to_pylist() == ["Anna Arbor"]
    assert tables["accounts"]["name"].to_pylist() == ["Globex Corp"]


def test_merged_people_are_followed(sweeps: Sweeps) -> None:
    sweeps.sweep()
    other = sweeps.account.add_contact("ann@home.example.com", firstname="Ann", lastname="B.")
    sweeps.account.merge("contacts", other, sweeps.ann)
    assert sweeps.sweep()["contacts"]["id"].to_pylist() == [other]


def test_merged_people_are_followed_in_what_they_took_part_in(sweeps: Sweeps) -> None:
    sweeps.account.add_activity("calls", sweeps.deals[0], sweeps.crm.clock.now, contacts=[sweeps.ann])
    sweeps.sweep()
    other = sweeps.account.add_contact("ann@home.example.com", firstname="Ann", lastname="B.")
    sweeps.account.merge("contacts", other, sweeps.ann)
    assert sweeps.sweep()["activities"]["contact_ids"].to_pylist() == [[other]]


def test_an_activity_that_comes_or_changes_alone_is_seen(sweeps: Sweeps) -> None:
    sweeps.sweep()
    ahead = sweeps.crm.clock.now + timedelta(days=1)
    meeting = sweeps.account.add_activity("meetings", sweeps.deals[1], ahead, contacts=[sweeps.ann])
    assert sweeps.sweep()["activities"]["contact_ids"].to_pylist() == [[sweeps.ann]]
    sweeps.account.change("meetings", meeting, hs_meeting_outcome="COMPLETED")
    assert sweeps.sweep()["activities"]["status"].to_pylist() == ["held"]


def test_activities_of_other_records_are_not_kept(sweeps: Sweeps) -> None:
    sweeps.sweep()
    sweeps.account.add("calls", hs_timestamp="2026-11-03T10:00:00Z")
    assert sweeps.sweep()["activities"].num_rows == 0


def test_an_association_without_a_trace_is_found_within_a_week_of_nights(sweeps: Sweeps) -> None:
    nights(sweeps, 1)
    sweeps.account.associate("deals", sweeps.deals[1], "contacts", sweeps.ann, "Decision maker")
    sweeps.account.dissociate("deals", sweeps.deals[0], "contacts", sweeps.ann)
    people = nights(sweeps, 7)["contacts"].to_pylist()
    assert [(each["deal_id"], each["role"]) for each in people] == [(sweeps.deals[1], "Decision maker")]


def test_an_archived_activity_is_gone_within_a_week_of_nights(sweeps: Sweeps) -> None:
    call = sweeps.account.add_activity("calls", sweeps.deals[0], sweeps.crm.clock.now)
    assert sweeps.sweep()["activities"].num_rows == 1
    sweeps.account.archive("calls", call)
    assert nights(sweeps, 7)["activities"].num_rows == 0


def test_associations_are_read_again_once_a_night_however_often_it_is_swept(sweeps: Sweeps) -> None:
    for number in range(200):
        sweeps.deal(f"More {number}")
    sweeps.sweep()
    sweeps.sweep(later=timedelta(minutes=30))
    before = len(sweeps.crm.calls.of("associations"))
    sweeps.sweep(later=timedelta(minutes=30))
    assert len(sweeps.crm.calls.of("associations")) == before


def test_what_search_learns_late_is_not_missed(sweeps: Sweeps) -> None:
    sweeps.sweep(later=timedelta(hours=1))
    sweeps.account.lag = timedelta(minutes=5)
    sweeps.account.change("deals", sweeps.deals[0], dealname="Late")
    sweeps.crm.clock.advance(timedelta(minutes=1))
    sweeps.sweep(later=timedelta(hours=1))
    assert "Late" in sweeps.names()


def test_a_clock_that_is_off_here_loses_no_change(sweeps: Sweeps) -> None:
    """HubSpot's clock alone counts; it stands weeks from this machine's, and goes back."""
    sweeps.sweep(later=timedelta(minutes=30))
    assert abs(sweeps.crm.clock.now - datetime.now(UTC)) > DAY
    sweeps.account.change("deals", sweeps.deals[0], dealname="Changed")
    assert sweeps.names() == ["Changed", "Deal 1", "Deal 2"]


def test_a_new_field_in_the_playbook_is_fetched_for_every_deal(sweeps: Sweeps) -> None:
    sweeps.account.add_property("deals", "budget", "number")
    sweeps.account.change("deals", sweeps.deals[2], budget="5")
    sweeps.sweep()
    more = replace(PLAYBOOK, fields=(*PLAYBOOK.fields, Field("budget", FieldType.NUMBER)))
    assert sorted(sweeps.sweep(more)["deals"]["budget"].to_pylist(), key=str) == [5.0, None, None]


def test_a_property_that_was_deleted_overnight_is_named_and_the_rest_goes_on(sweeps: Sweeps) -> None:
    assert "pain" in sweeps.sweep().delivered["deals"]
    sweeps.account.remove_property("deals", "identified_pain")
    assert "pain" not in sweeps.sweep().delivered["deals"]
    assert [each.code for each in sweeps.problems] == ["no-such-field"]


def test_a_value_that_does_not_parse_is_named_every_night_until_it_is_written_again(sweeps: Sweeps) -> None:
    size = replace(PLAYBOOK, fields=(Field("size", FieldType.NUMBER),))
    sweeps.account.add_property("deals", "size", "string")
    sweeps.account.change("deals", sweeps.deals[0], size="a lot")
    sweeps.account.change("deals", sweeps.deals[1], size="some")
    properties = sweeps.account.kinds["deals"].properties
    properties["size"] = replace(properties["size"], type="number")
    for _ in range(2):
        sweeps.sweep(size)
        assert [each.message.rpartition(": ")[2] for each in sweeps.problems] == [
            "`a lot` is no number", "`some` is no number"
        ]  # fmt: skip
    sweeps.account.change("deals", sweeps.deals[0], size="12")
    sweeps.account.archive("deals", sweeps.deals[1])
    assert sweeps.sweep(size)["deals"]["size"].to_pylist() == [12.0, None]
    assert sweeps.problems == ()


def test_a_stage_that_was_removed_from_the_pipeline_keeps_its_deals(sweeps: Sweeps) -> None:
    sweeps.account.move(sweeps.deals[0], "contractsent")
    sweeps.sweep()
    sweeps.account.remove_stage("default", "contractsent")
    stages = sweeps.sweep()["deals"]["stage"].to_pylist()
    assert sorted(stages) == ["appointmentscheduled", "appointmentscheduled", "contractsent"]


def test_a_deal_closed_long_ago_is_held_no_longer(sweeps: Sweeps) -> None:
    sweeps.sweep()
    sweeps.account.change("deals", sweeps.deals[0], dealstage="closedwon", closedate="2020-01-31")
    sweeps.account.change("deals", sweeps.deals[1], dealstage="closedlost", closedate="2026-10-31")
    deals = sweeps.sweep()["deals"]
    assert dict(zip(deals["name"].to_pylist(), deals["outcome"].to_pylist(), strict=True)) == {
        "Deal 1": "lost", "Deal 2": "open"
    }  # fmt: skip


def test_after_a_long_sleep_everything_is_read_again(sweeps: Sweeps) -> None:
    sweeps.sweep(later=timedelta(days=120))
    sweeps.account.archive("deals", sweeps.deals[1])
    assert sweeps.names() == ["Deal 0", "Deal 2"]


def test_changes_of_a_field_are_seen_night_by_night(sweeps: Sweeps) -> None:
    asked = asking(CHANGED)
    sweeps.account.change("deals", sweeps.deals[0], amount="1")
    sweeps.sweep(asked)
    sweeps.account.change("deals", sweeps.deals[0], amount="2")
    assert sweeps.sweep(asked)["field_changes"]["new"].to_pylist() == ["2"]


def test_a_quote_that_is_published_overnight_is_sent(sweeps: Sweeps) -> None:
    asked = replace(PLAYBOOK, clocks=(ProposalClock(None, None, None, Enforce.SOFT),))
    quote = sweeps.account.add("quotes", hs_title="Offer", hs_status="DRAFT", hs_expiration_date="2026-12-31")
    sweeps.account.associate("deals", sweeps.deals[0], "quotes", quote)
    assert sweeps.sweep(asked)["proposals"]["sent_at"].drop_null().to_pylist() == []
    at = sweeps.crm.clock.now
    sweeps.account.change("quotes", quote, hs_status="APPROVED")
    assert sweeps.sweep(asked)["proposals"]["sent_at"].to_pylist() == [at]


def test_only_the_pipelines_deals_are_fetched_and_one_that_moves_in_comes_whole(sweeps: Sweeps) -> None:
    sweeps.account.add_pipeline("other", "Other", {"111": ("New", "0.1")})
    other = sweeps.deal("Other", "111", pipeline="other", contacts=[sweeps.ann])
    asked = IN_PIPELINE
    assert sweeps.names(asked) == ["Deal 0", "Deal 1", "Deal 2"]
    sweeps.account.move(other, "qualifiedtobuy")
    tables = sweeps.sweep(asked)
    assert other in tables["deals"]["id"].to_pylist()
    assert other in tables["contacts"]["deal_id"].to_pylist()


@pytest.mark.parametrize("after", range(1, 32, 2))
def test_a_daily_limit_half_way_keeps_what_was_fetched_and_the_next_run_goes_on(sweeps: Sweeps, after: int) -> None:
    sweeps.account.add_activity("calls", sweeps.deals[0], sweeps.crm.clock.now, contacts=[sweeps.ann])
    sweeps.crm.faults.daily_limit(after)
    with suppress(DailyLimitError):
        sweeps.sweep()
    sweeps.crm.faults.lift_limit()
    sweeps.crm.clock.advance(DAY)
    sweeps.account.change("deals", sweeps.deals[1], dealname="Changed")
    tables = sweeps.sweep()
    assert sorted(tables["deals"]["name"].to_pylist()) == ["Changed", "Deal 0", "Deal 2"]
    assert tables["contacts"]["name"].to_pylist() == ["Ann Arbor"]
    assert tables["activities"]["contact_ids"].to_pylist() == [[sweeps.ann]]
    assert tables["stage_changes"].num_rows == 3


@pytest.mark.parametrize("after", range(12, 40, 3))
def test_a_daily_limit_in_a_night_loses_no_change(sweeps: Sweeps, after: int) -> None:
    sweeps.sweep()
    bob = sweeps.account.add_contact("bob@example.com", firstname="Bob")
    sweeps.account.associate("deals", sweeps.deals[1], "contacts", bob)
    sweeps.account.change("deals", sweeps.deals[1], dealname="Changed")
    sweeps.account.add_activity("calls", sweeps.deals[2], sweeps.crm.clock.now, contacts=[sweeps.ann])
    sweeps.crm.faults.daily_limit(after)
    with suppress(DailyLimitError):
        sweeps.sweep()
    sweeps.crm.faults.lift_limit()
    sweeps.crm.clock.advance(DAY)
    tables = sweeps.sweep()
    assert "Changed" in tables["deals"]["name"].to_pylist()
    assert sorted(tables["contacts"]["name"].to_pylist()) == ["Ann Arbor", "Bob"]
    assert tables["activities"]["contact_ids"].to_pylist() == [[sweeps.ann]]


@pytest.mark.parametrize("asked", [PLAYBOOK, IN_PIPELINE], ids=["listed", "searched"])
def test_a_first_sweep_that_was_stopped_goes_on_where_it_was(
    sweeps: Sweeps, monkeypatch: pytest.MonkeyPatch, asked: Playbook
) -> None:
    monkeypatch.setattr(gathering, "PAGES_AT_ONCE", 1)
    for number in range(1_000):
        sweeps.deal(f"More {number}")
    sweeps.crm.faults.daily_limit(18)
    with suppress(DailyLimitError):
        sweeps.sweep(asked)
    sweeps.crm.faults.lift_limit()
    assert sweeps.sweep(asked, later=timedelta(0))["deals"].num_rows == 1_003
    pages = Counter(call.path for call in sweeps.crm.calls if call.status == 200)
    assert pages["/crm/objects/2026-09/deals" if asked is PLAYBOOK else "/crm/objects/2026-09/deals/search"] <= 13


def test_more_deals_than_a_search_can_reach_are_all_found(sweeps: Sweeps) -> None:
    sweeps.crm.faults.wall = 600
    for number in range(1_500):
        sweeps.deal(f"More {number}", company="")
    assert sweeps.sweep(IN_PIPELINE)["deals"].num_rows == 1_503


def test_a_list_and_a_search_give_the_same(sweeps: Sweeps) -> None:
    other = sweeps.account.add_company("Initech")
    sweeps.account.associate("deals", sweeps.deals[0], "companies", other, "Primary")
    sweeps.account.add_activity("calls", sweeps.deals[1], sweeps.crm.clock.now, contacts=[sweeps.ann])
    sweeps.account.change("deals", sweeps.deals[2], dealstage="closedlost", closedate="2020-01-31")
    tables = sweeps.sweep()
    sweeps.mirror = sweeps.mirror.with_name("other.duckdb")
    searched = sweeps.sweep(IN_PIPELINE)
    assert {name: each.to_pylist() for name, each in tables.tables.items()} == {
        name: each.to_pylist() for name, each in searched.tables.items()
    }
    assert tables["deals"].num_rows == 2
    kinds = Counter(call.path for call in sweeps.crm.calls)
    assert kinds["/crm/objects/2026-09/deals"] == 3
    assert kinds["/crm/associations/2026-09/deals/companies/batch/read"] == 1
