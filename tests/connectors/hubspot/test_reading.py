"""What an account holds becomes the canonical tables, each value, role and activity in its place."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from engine.judge.tables import canonical_schemas
from rules.condition import Compare, LastChangedBy, Literal, Operator, Reference
from rules.playbook import CloseDateClock, Criterion, Enforce, Playbook, ProposalClock, Record, Role, Stage
from rules.types import Duration, Field, FieldType, Unit
from tests.connectors.hubspot.sweeps import PLAYBOOK, Sweeps
from tests.simulators.hubspot import Source

AMOUNT = Reference("deals", "amount", FieldType.MONEY)
CHANGED = Compare(AMOUNT, Operator.CHANGED_WITHIN, Literal(Duration(14, Unit.DAYS)))


def asking(condition: Any, **more: Any) -> Playbook:
    return replace(PLAYBOOK, every_stage=(Criterion("c", "C", condition, Enforce.SOFT),), **more)


def with_fields(*fields: Field) -> Playbook:
    return replace(PLAYBOOK, fields=fields)


def row_of(sweeps: Sweeps, deal: str, playbook: Playbook = PLAYBOOK) -> dict[str, Any]:
    deals = sweeps.sweep(playbook)["deals"].to_pylist()
    return next(each for each in deals if each["id"] == deal)


def test_a_deal_has_its_columns_typed(sweeps: Sweeps) -> None:
    made = sweeps.crm.clock.now
    deal = sweeps.deal("Big", amount="1234.50", deal_currency_code="EUR", hs_next_step="Call", dealtype="newbusiness",
                       hs_manual_forecast_category="BEST_CASE", identified_pain="  ")  # fmt: skip
    row = row_of(sweeps, deal)
    assert row == {
        "id": deal, "name": "Big", "pipeline": "Sales Pipeline", "stage": "appointmentscheduled",
        "amount": Decimal("1234.50"), "currency": "EUR", "owner_id": sweeps.owner, "account_id": sweeps.company,
        "type": "Newbusiness", "created_at": made, "stage_entered_at": made, "close_date": date(2026, 12, 31),
        "closed_at": None, "outcome": "open", "next_step": "Call", "forecast": "Best case", "lost_reason": None,
        "pain": None,
    }  # fmt: skip


def test_a_deal_without_a_currency_is_in_the_accounts(sweeps: Sweeps) -> None:
    assert row_of(sweeps, sweeps.deals[0])["currency"] == "USD"


def test_every_table_has_its_canonical_types(sweeps: Sweeps) -> None:
    sweeps.account.add_activity("calls", sweeps.deals[0], sweeps.crm.clock.now, contacts=[sweeps.ann])
    schemas = canonical_schemas(PLAYBOOK)
    for name, table in sweeps.sweep().tables.items():
        table.validate(full=True)
        for column in table.schema:
            assert column.type == schemas[name].field(column.name).type, (name, column.name)


def test_a_value_that_a_playbook_names_as_it_is_stays_so(sweeps: Sweeps) -> None:
    deal = sweeps.deal("New", dealtype="newbusiness")
    type_ = Reference("deals", "type", FieldType.CHOICE)
    named = asking(Compare(type_, Operator.EQUALS, Literal("newbusiness")))
    assert row_of(sweeps, deal, named)["type"] == "newbusiness"


@pytest.mark.parametrize(("stage", "outcome"), [("closedwon", "won"), ("closedlost", "lost")])
def test_a_closed_deal_ends_as_its_stage_says_and_when_it_was_entered(sweeps: Sweeps, stage: str, outcome: str) -> None:
    sweeps.crm.clock.advance(timedelta(days=3))
    closed = sweeps.crm.clock.now
    sweeps.account.move(sweeps.deals[1], stage)
    row = row_of(sweeps, sweeps.deals[1])
    assert (row["outcome"], row["closed_at"], row["stage_entered_at"]) == (outcome, closed, closed)


def test_people_have_a_row_for_each_label_and_buying_role(sweeps: Sweeps) -> None:
    sweeps.account.change("contacts", sweeps.ann, hs_buying_role="BUDGET_HOLDER;CHAMPION")
    sweeps.account.associate("deals", sweeps.deals[0], "contacts", sweeps.ann, "Decision maker")
    bob = sweeps.account.add_contact("bob@example.com")
    sweeps.account.associate("deals", sweeps.deals[0], "contacts", bob)
    people = sweeps.sweep()["contacts"].to_pylist()
    assert [(each["id"], each["name"], each["role"]) for each in people] == [
        (sweeps.ann, "Ann Arbor", "Budget holder"),
        (sweeps.ann, "Ann Arbor", "Champion"),
        (sweeps.ann, "Ann Arbor", "Decision maker"),
        (bob, "bob@example.com", None),
    ]


def test_a_buying_role_that_a_playbook_names_as_it_is_stays_so(sweeps: Sweeps) -> None:
    sweeps.account.change("contacts", sweeps.ann, hs_buying_role="BUDGET_HOLDER")
    named = replace(PLAYBOOK, roles=(Role("buyer", {"hubspot": ("BUDGET_HOLDER",)}),))
    assert sweeps.sweep(named)["contacts"]["role"].to_pylist() == ["BUDGET_HOLDER", "Champion"]


@pytest.mark.parametrize("numbers", [True, False])
def test_ids_of_associations_may_be_numbers(sweeps: Sweeps, *, numbers: bool) -> None:
    sweeps.crm.faults.numbers_as_ids = numbers
    assert sweeps.sweep()["contacts"]["id"].to_pylist() == [sweeps.ann]


def test_the_primary_company_is_the_deals_account(sweeps: Sweeps) -> None:
    other = sweeps.account.add_company("Initech")
    sweeps.account.associate("deals", sweeps.deals[0], "companies", other, "Primary")
    tables = sweeps.sweep()
    assert tables["deals"]["account_id"].to_pylist() == [other, sweeps.company, sweeps.company]
    assert sorted(tables["accounts"]["name"].to_pylist()) == ["Globex", "Initech"]


def test_a_deal_with_more_people_than_one_answer_holds_has_them_all(sweeps: Sweeps) -> None:
    for number in range(1_200):
        person = sweeps.account.add_contact(f"p{number}@example.com")
        sweeps.account.associate("deals", sweeps.deals[1], "contacts", person)
    assert sweeps.sweep()["contacts"].num_rows == 1_201


def test_activities_say_who_when_and_whether_they_took_place(sweeps: Sweeps) -> None:
    now, deal = sweeps.crm.clock.now, sweeps.deals[0]
    before, ahead = now - timedelta(days=2), now + timedelta(days=2)
    add = sweeps.account.add_activity
    expected = {
        add("calls", deal, before, contacts=[sweeps.ann], hs_call_direction="INBOUND", hs_call_status="COMPLETED"): (
            "call", "inbound", "held", [sweeps.ann]),
        add("calls", deal, before, hs_call_direction="OUTBOUND", hs_call_status="NO_ANSWER"): (
            "call", "outbound", "missed", None),
        add("calls", deal, before, hs_call_direction="OUTBOUND", hs_call_status="COMPLETED",
            hs_call_disposition="73a0d17f-1163-4015-bdd5-ec830791da20"): ("call", "outbound", "missed", None),
        add("emails", deal, before, contacts=[sweeps.ann], hs_email_direction="INCOMING_EMAIL",
            hs_email_status="SENT"): ("email", "inbound", "held", [sweeps.ann]),
        add("emails", deal, before, hs_email_direction="EMAIL", hs_email_status="BOUNCED"): (
            "email", "outbound", "missed", None),
        add("emails", deal, before, hs_email_direction="FORWARDED_EMAIL"): ("email", None, None, None),
        add("meetings", deal, before, hs_meeting_outcome="COMPLETED"): ("meeting", None, "held", None),
        add("meetings", deal, before, hs_meeting_outcome="NO_SHOW"): ("meeting", None, "missed", None),
        add("meetings", deal, before, hs_meeting_outcome="SCHEDULED"): ("meeting", None, None, None),
        add("meetings", deal, ahead, hs_meeting_outcome="SCHEDULED"): ("meeting", None, "planned", None),
        add("meetings", deal, ahead, hs_meeting_outcome="CANCELED"): ("meeting", None, "cancelled", None),
        add("notes", deal, before, hs_note_body="Called"): ("note", None, None, None),
        add("tasks", deal, ahead, hs_task_type="CALL"): ("call", "outbound", "planned", None),
    }  # fmt: skip
    add("tasks", deal, ahead, hs_task_type="TODO")
    add("tasks", deal, ahead, hs_task_type="CALL", hs_task_status="COMPLETED")
    add("tasks", deal, ahead, hs_task_type="CALL", dealgate_key="D:ours")
    found = sweeps.sweep()["activities"].to_pylist()
    told = {each["id"]: tuple(each[name] for name in ("kind", "direction", "status", "contact_ids")) for each in found}
    assert told == expected


def test_tasks_carry_the_key_of_ours(sweeps: Sweeps) -> None:
    task = sweeps.account.add_activity(
        "tasks", sweeps.deals[0], "2026-11-04T12:00:00Z", hs_task_subject="Write", dealgate_key="k",
        hubspot_owner_id=sweeps.owner, hs_task_status="COMPLETED",
    )  # fmt: skip
    assert sweeps.sweep()["tasks"].to_pylist() == [
        {"deal_id": sweeps.deals[0], "id": task, "key": "k", "title": "Write", "due": date(2026, 11, 4),
         "status": "completed", "owner_id": sweeps.owner}
    ]  # fmt: skip


def test_owners_come_with_their_teams_and_former_ones_where_deals_are_theirs(sweeps: Sweeps) -> None:
    gone = sweeps.account.add_owner("gone@example.com", "Gus", "Gone", archived=True)
    sweeps.account.change("deals", sweeps.deals[2], hubspot_owner_id=gone)
    owners = sweeps.sweep()["owners"].to_pylist()
    assert {each["name"]: each["team"] for each in owners} == {"Olga Owner": "North", "Gus Gone": None}
    assert "manager_id" not in owners[0]


def moves(sweeps: Sweeps, playbook: Playbook = PLAYBOOK) -> list[tuple[Any, ...]]:
    rows = sweeps.sweep(playbook)["stage_changes"].to_pylist()
    return [(each["from_stage"], each["to_stage"], each["changed_at"].day) for each in rows
            if each["deal_id"] == sweeps.deals[0]]  # fmt: skip


def move(sweeps: Sweeps, *stages: str) -> None:
    for stage in stages:
        sweeps.crm.clock.advance(timedelta(days=1))
        sweeps.account.move(sweeps.deals[0], stage)


def reads_of_history(sweeps: Sweeps) -> int:
    """Count the calls that read batches of deals: here only histories are."""
    return sum(call.path.endswith("/deals/batch/read") for call in sweeps.crm.calls)


def test_stages_are_told_by_their_properties_where_each_was_entered_once(sweeps: Sweeps) -> None:
    move(sweeps, "qualifiedtobuy", "contractsent")
    assert moves(sweeps) == [
        (None, "appointmentscheduled", 2), ("appointmentscheduled", "qualifiedtobuy", 3),
        ("qualifiedtobuy", "contractsent", 4),
    ]  # fmt: skip
    assert reads_of_history(sweeps) == 0


def test_the_history_is_read_where_a_stage_was_entered_twice(sweeps: Sweeps) -> None:
    move(sweeps, "qualifiedtobuy", "appointmentscheduled", "qualifiedtobuy")
    assert moves(sweeps) == [
        (None, "appointmentscheduled", 2), ("appointmentscheduled", "qualifiedtobuy", 3),
        ("qualifiedtobuy", "appointmentscheduled", 4), ("appointmentscheduled", "qualifiedtobuy", 5),
    ]  # fmt: skip
    assert reads_of_history(sweeps) == 1


def test_the_history_is_read_where_a_deal_came_from_another_pipeline(sweeps: Sweeps) -> None:
    sweeps.account.add_pipeline("other", "Other", {"111": ("New", "0.1"), "222": ("Won", "1.0")})
    deal = sweeps.deal("Other", "111", pipeline="other")
    sweeps.crm.clock.advance(timedelta(days=1))
    sweeps.account.move(deal, "qualifiedtobuy")
    rows = sweeps.sweep()["stage_changes"].to_pylist()
    assert [(each["from_stage"], each["to_stage"]) for each in rows if each["deal_id"] == deal] == [
        (None, "111"), ("111", "qualifiedtobuy"),
    ]  # fmt: skip


def test_a_stage_that_an_admin_made_is_told_by_the_property_with_a_number_behind_its_name(sweeps: Sweeps) -> None:
    sweeps.account.add_stage("default", "0a1b-2c", "Legal")
    move(sweeps, "0a1b-2c")
    assert moves(sweeps)[1] == ("appointmentscheduled", "0a1b-2c", 3)
    assert reads_of_history(sweeps) == 0


def test_changes_of_a_field_are_read_where_a_playbook_asks_for_them(sweeps: Sweeps) -> None:
    sweeps.account.change("deals", sweeps.deals[0], amount="100")
    sweeps.crm.clock.advance(timedelta(days=1))
    at = sweeps.crm.clock.now
    sweeps.account.change("deals", sweeps.deals[0], amount="250.5")
    assert "field_changes" not in sweeps.sweep().tables
    tables = sweeps.sweep(asking(CHANGED))
    assert tables.tracked == {"amount"}
    assert [
        (row["field"], row["old"], row["new"], row["changed_at"]) for row in tables["field_changes"].to_pylist()
    ] == [("amount", "100", "250.5", at)]


def test_a_field_that_is_filled_in_later_has_changed_and_what_a_deal_is_made_with_has_not(sweeps: Sweeps) -> None:
    made = sweeps.deal("Late", amount="10")
    sweeps.crm.clock.advance(timedelta(days=1))
    at = sweeps.crm.clock.now
    sweeps.account.change("deals", sweeps.deals[0], amount="100")
    sweeps.account.change("deals", made, amount="20")
    rows = sweeps.sweep(asking(CHANGED))["field_changes"].to_pylist()
    assert {(row["deal_id"], row["old"], row["new"], row["changed_at"]) for row in rows} == {
        (sweeps.deals[0], None, "100", at), (made, "10", "20", at),
    }  # fmt: skip


def test_a_close_date_has_changed_when_its_day_has(sweeps: Sweeps) -> None:
    for closes in ("2026-12-31T09:00:00Z", "2026-12-31T17:00:00Z", "2027-01-15T17:00:00Z"):
        sweeps.crm.clock.advance(timedelta(hours=1))
        sweeps.account.change("deals", sweeps.deals[0], closedate=closes)
    clock = CloseDateClock(Literal(1), Enforce.SOFT)
    changes = sweeps.sweep(replace(PLAYBOOK, clocks=(clock,)))["field_changes"].to_pylist()
    assert [(row["field"], row["old"], row["new"]) for row in changes] == [("close_date", "2026-12-31", "2027-01-15")]


def test_an_owner_who_left_and_came_back_doubles_no_move(sweeps: Sweeps) -> None:
    held = sweeps.account.owners[sweeps.owner]
    sweeps.account.owners["1"] = replace(held, id="1", created="2020-01-01T00:00:00Z")
    by = Source("CRM_UI", f"userId:{held.user_id}", user=held.user_id)
    sweeps.account.change("deals", sweeps.deals[0], amount="100", by=by)
    sweeps.crm.clock.advance(timedelta(days=1))
    sweeps.account.change("deals", sweeps.deals[0], amount="200", by=by)
    changes = sweeps.sweep(asking(CHANGED))["field_changes"]
    assert changes["changed_by"].to_pylist() == [sweeps.owner] * changes.num_rows
    assert len(set(changes["new"].to_pylist())) == changes.num_rows


def test_who_changed_a_field_is_an_owner_where_they_are_one(sweeps: Sweeps) -> None:
    user = sweeps.account.owners[sweeps.owner].user_id
    sweeps.account.change("deals", sweeps.deals[0], amount="100")
    sweeps.account.change("deals", sweeps.deals[0], amount="200", by=Source(user=user))
    sweeps.account.change("deals", sweeps.deals[0], amount="300", by=sweeps.account.app)
    changes = sweeps.sweep(asking(LastChangedBy((AMOUNT,), "North")))["field_changes"]
    assert changes["changed_by"].to_pylist() == [sweeps.owner, "Dealgate"]


def quote(sweeps: Sweeps, **properties: Any) -> str:
    id_ = sweeps.account.add("quotes", hs_title="Offer", hs_expiration_date="2026-12-01", **properties)
    sweeps.account.associate("deals", sweeps.deals[0], "quotes", id_)
    return id_


CLOCK = ProposalClock(None, None, None, Enforce.SOFT)


def test_a_quote_is_a_proposal_once_it_was_published_until_its_last_day_is_over(sweeps: Sweeps) -> None:
    draft, sent = quote(sweeps, hs_status="DRAFT"), quote(sweeps, hs_status="DRAFT", hs_quote_amount="99.5")
    sweeps.crm.clock.advance(timedelta(days=1))
    at = sweeps.crm.clock.now
    sweeps.account.change("quotes", sent, hs_status="APPROVAL_NOT_NEEDED")
    proposals = sweeps.sweep(replace(PLAYBOOK, clocks=(CLOCK,)))["proposals"].to_pylist()
    assert [(each["id"], each["sent_at"], each["amount"]) for each in proposals] == [(sent, at, Decimal("99.50"))]
    assert draft not in {each["id"] for each in proposals}
    assert proposals[0]["expires_at"] == datetime(2026, 12, 2, tzinfo=UTC)


def test_quotes_that_nobody_asks_about_are_neither_read_nor_delivered(sweeps: Sweeps) -> None:
    quote(sweeps, hs_status="DRAFT")
    assert "proposals" not in sweeps.sweep().tables
    assert not [call for call in sweeps.crm.calls if "/quotes/" in call.path]


def test_a_record_that_a_playbook_declares_is_a_table_of_its_own(sweeps: Sweeps) -> None:
    quote(sweeps, hs_status="DRAFT", hs_quote_amount="10")
    total = Field("total", FieldType.MONEY, crm={"hubspot": "hs_quote_amount"})
    declared = replace(PLAYBOOK, records=(Record("offers", (total,), crm={"hubspot": "quotes"}),))
    assert sweeps.sweep(declared)["offers"].to_pylist() == [{"deal_id": sweeps.deals[0], "total": Decimal("10.00")}]


def test_a_property_that_is_not_there_or_of_another_type_is_named_and_its_column_left_out(sweeps: Sweeps) -> None:
    fields = (
        Field("pains", FieldType.TEXT),
        Field("size", FieldType.NUMBER, crm={"hubspot": "dealname"}),
        PLAYBOOK.fields[0],
    )
    delivered = sweeps.sweep(with_fields(*fields)).delivered["deals"]
    assert "pain" in delivered
    assert not {"pains", "size"} & delivered
    assert [(each.code, each.message) for each in sweeps.problems] == [
        ("no-such-field", "`pains` of `deals` is not read: deals have no `pains`"),
        ("wrong-field-type", "`size` of `deals` is not read: `dealname` is a string, not number"),
    ]


def test_settings_name_the_property_of_a_column_that_hubspot_has_none_for(sweeps: Sweeps) -> None:
    sweeps.account.add_property("deals", "next_meeting", "date")
    sweeps.settings = {"columns": {"deals.next_step_date": "next_meeting", "deals.outcome": "x"}}
    deal = sweeps.deal("Planned", next_meeting="2026-11-20")
    assert row_of(sweeps, deal)["next_step_date"] == date(2026, 11, 20)
    assert [each.code for each in sweeps.problems] == ["unknown-column"]


def test_a_value_that_does_not_parse_is_named_and_the_rest_goes_on(sweeps: Sweeps) -> None:
    sweeps.account.add_property("deals", "size", "string")
    deal = sweeps.deal("Odd", size="a lot")
    old = sweeps.account.kinds["deals"].properties["size"]
    sweeps.account.kinds["deals"].properties["size"] = replace(old, type="number")
    row = row_of(sweeps, deal, with_fields(Field("size", FieldType.NUMBER)))
    assert row["size"] is None
    assert [each.message for each in sweeps.problems] == [f"`size` of deals {deal} is not read: `a lot` is no number"]


def test_a_few_deals_are_read_directly_with_all_that_belongs_to_them(sweeps: Sweeps) -> None:
    sweeps.account.add_activity("calls", sweeps.deals[0], sweeps.crm.clock.now, contacts=[sweeps.ann])
    whole = sweeps.sweep()
    few = sweeps.few([*sweeps.deals, "404"])
    assert {name: table.to_pylist() for name, table in few.tables.items()} == {
        name: table.to_pylist() for name, table in whole.tables.items()
    }


def test_a_merged_deal_is_read_under_the_id_it_lives_on_with(sweeps: Sweeps) -> None:
    winner = sweeps.account.merge("deals", sweeps.deals[0], sweeps.deals[1], new_record=True)
    assert sweeps.few([sweeps.deals[1]])["deals"]["id"].to_pylist() == [winner]


def test_deals_that_are_not_there_give_nothing(sweeps: Sweeps) -> None:
    sweeps.account.archive("deals", sweeps.deals[0])
    assert sweeps.few([sweeps.deals[0], "404"]).tables == {}


def test_a_stage_named_by_no_playbook_keeps_its_deals(sweeps: Sweeps) -> None:
    named = replace(PLAYBOOK, stages=(Stage("x", "X", crm={"hubspot": "removed"}),))
    assert len(sweeps.sweep(named)["deals"]) == 3
