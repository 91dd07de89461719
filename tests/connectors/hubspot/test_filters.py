"""Which deals are fetched: what search can say of `applies_to` is said, and never takes a deal too few."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from connectors.hubspot.facts import AccountFacts, PipelineFacts, PropertyFacts, StageFacts
from connectors.hubspot.filters import scope_of
from rules.condition import AllOf, AnyOf, Compare, Condition, Literal, Operator, Reference
from rules.playbook import Playbook, Stage
from rules.types import Field, FieldType

SINCE = datetime(2025, 10, 1, tzinfo=UTC)
STAMP = str(int(SINCE.timestamp() * 1000))
PROPERTIES = (
    PropertyFacts("hs_is_closed", "bool"),
    PropertyFacts("closedate", "datetime"),
    PropertyFacts("pipeline", "enumeration"),
    PropertyFacts("dealname", "string"),
    PropertyFacts("amount", "number"),
    PropertyFacts("dealtype", "enumeration", options=(("newbusiness", "New Business"), ("renewal", "Renewal"))),
    PropertyFacts("hs_manual_forecast_category", "enumeration", options=(("COMMIT", "Commit"), ("OMIT", "Omit"))),
    PropertyFacts("seats", "number"),
    PropertyFacts("signed", "date"),
    PropertyFacts("dealgate_status", "string"),
)
FACTS = AccountFacts(
    {"deals": {each.name: each for each in PROPERTIES}},
    (PipelineFacts("default", "New Business", (StageFacts("s", "S"),)), PipelineFacts("77", "Renewals", ())),
)
FIELDS = (Field("seats", FieldType.NUMBER), Field("signed", FieldType.DATE))
OPEN = {"propertyName": "hs_is_closed", "operator": "EQ", "value": "false"}
RECENT = {"propertyName": "closedate", "operator": "GTE", "value": STAMP}
UNTOLD = {"propertyName": "hs_is_closed", "operator": "NOT_HAS_PROPERTY"}
FLAGGED = {"propertyName": "dealgate_status", "operator": "HAS_PROPERTY"}


def leaf(name: str, kind: FieldType, operator: Operator, value: Any) -> Condition:
    return Compare(Reference("deals", name, kind), operator, Literal(value))


def in_pipeline(name: str) -> Condition:
    return leaf("pipeline", FieldType.CHOICE, Operator.EQUALS, name)


def playbook(applies_to: Condition) -> Playbook:
    return Playbook("p", 1, "P", (Stage("a", "A"),), applies_to=applies_to, fields=FIELDS)


def pushed(*conditions: Condition) -> dict[str, Any] | None:
    """Give what is asked beside being open, or None."""
    groups = scope_of([playbook(each) for each in conditions], FACTS, SINCE).groups
    return dict(groups[0][1]) if len(groups[0]) > 1 else None


def test_without_a_filter_deals_are_open_or_closed_lately_or_do_not_tell() -> None:
    scope = scope_of([playbook(AllOf(()))], FACTS, SINCE)
    assert (list(scope.groups), scope.key) == ([[OPEN], [RECENT], [UNTOLD]], "")


def test_deals_that_lack_the_property_or_carry_our_flags_are_taken_too() -> None:
    scope = scope_of([playbook(in_pipeline("Renewals"))], FACTS, SINCE)
    asked = {"propertyName": "pipeline", "operator": "IN", "values": ["77"]}
    lacking = {"propertyName": "pipeline", "operator": "NOT_HAS_PROPERTY"}
    assert list(scope.groups) == [[OPEN, asked], [RECENT, asked], [lacking], [UNTOLD], [FLAGGED, OPEN]]
    assert scope.key


def test_search_takes_the_groups(sweeps: Any) -> None:
    assert sweeps.names(replace(playbook(in_pipeline("Sales Pipeline")), fields=())) == ["Deal 0", "Deal 1", "Deal 2"]


@pytest.mark.parametrize(
    ("condition", "asked"),
    [
        (in_pipeline("New Business"), {"operator": "IN", "values": ["default"]}),
        (in_pipeline("77"), {"operator": "IN", "values": ["77"]}),
        (leaf("type", FieldType.CHOICE, Operator.ONE_OF, ("Renewal", "newbusiness")),
         {"operator": "IN", "values": ["newbusiness", "renewal"]}),
        (leaf("forecast", FieldType.CHOICE, Operator.EQUALS, "Commit"),
         {"operator": "IN", "values": ["COMMIT", "commit"]}),
        (leaf("seats", FieldType.NUMBER, Operator.ABOVE, 25), {"operator": "GTE", "value": "25"}),
        (leaf("signed", FieldType.DATE, Operator.BEFORE, date(2026, 1, 1)),
         {"operator": "LTE", "value": "1767225600000"}),
        (AllOf((leaf("name", FieldType.TEXT, Operator.EQUALS, "x"), in_pipeline("77"))),
         {"operator": "IN", "values": ["77"]}),
    ],
)  # fmt: skip
def test_what_search_can_say_is_said(condition: Condition, asked: dict[str, Any]) -> None:
    found = pushed(condition)
    assert found is not None
    assert {name: value for name, value in found.items() if name != "propertyName"} == asked


@pytest.mark.parametrize(
    "condition",
    [
        in_pipeline("No such pipeline"),
        leaf("name", FieldType.TEXT, Operator.EQUALS, "x"),
        leaf("amount", FieldType.MONEY, Operator.AT_LEAST, 100),
        leaf("stage", FieldType.CHOICE, Operator.EQUALS, "a"),
        leaf("close_date", FieldType.DATE, Operator.AFTER, date(2026, 1, 1)),
        leaf("type", FieldType.CHOICE, Operator.NOT, "Renewal"),
        leaf("seats", FieldType.NUMBER, Operator.BETWEEN, (1, 2)),
        AnyOf((in_pipeline("77"), leaf("seats", FieldType.NUMBER, Operator.ABOVE, 25))),
    ],
)
def test_what_search_cannot_say_exactly_enough_is_left_to_the_engine(condition: Condition) -> None:
    assert pushed(condition) is None


def test_several_playbooks_push_what_all_of_them_ask_about_widened() -> None:
    seats = [leaf("seats", FieldType.NUMBER, Operator.AT_LEAST, each) for each in (50, 10)]
    assert pushed(in_pipeline("77"), in_pipeline("New Business")) == {
        "propertyName": "pipeline", "operator": "IN", "values": ["77", "default"]
    }  # fmt: skip
    assert pushed(*seats) == {"propertyName": "seats", "operator": "GTE", "value": "10"}
    assert pushed(in_pipeline("77"), seats[0]) is None
    assert pushed(seats[0], leaf("seats", FieldType.NUMBER, Operator.BELOW, 5)) is None


def test_an_account_that_does_not_tell_what_is_closed_gives_every_deal() -> None:
    scope = scope_of([playbook(in_pipeline("77"))], AccountFacts({"deals": {}}), SINCE)
    assert scope.groups == ()
