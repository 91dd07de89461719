"""`doctor` names what stands in the way of an org, and what would mend it; a failure is an observation too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.protocol import Health, Observation
from connectors.salesforce import names
from connectors.salesforce.connector import SalesforceConnector
from rules.condition import MET, AllOf, Compare, Literal, Operator, Quantifier, Reference, Related
from rules.playbook import Playbook, Role, Stage
from rules.types import Field, FieldType
from tests.connectors.salesforce.conftest import connector_of
from tests.simulators.salesforce import SalesforceSimulator

PLAYBOOK = Playbook(
    "p",
    1,
    "P",
    (Stage("qualified", "Qualified", crm={"salesforce": "Qualification"}), Stage("nowhere", "Nowhere")),
    fields=(Field("pain", FieldType.TEXT, crm={"salesforce": "Pain__c"}),),
    roles=(Role("champion", names={"salesforce": ("Champion",)}), Role("oracle", names={"salesforce": ("Oracle",)})),
)


@pytest.fixture(autouse=True)
def now(org: SalesforceSimulator) -> None:
    org.clock.now = datetime.now(UTC)


def seen(connector: SalesforceConnector) -> Mapping[str, list[Observation]]:
    found: dict[str, list[Observation]] = {}
    for each in connector.examine([PLAYBOOK]):
        found.setdefault(each.about, []).append(each)
    return found


def worst(found: Mapping[str, list[Observation]], about: str) -> tuple[Health, str]:
    """Give the first observation that is not fine, or the first."""
    listed = found[about]
    one = next((each for each in listed if each.health is not Health.FINE), listed[0])
    return one.health, one.says


def test_a_healthy_org_is_fine_in_all_that_it_is_asked(
    connector: SalesforceConnector, org: SalesforceSimulator
) -> None:
    org.org.add_field("Opportunity", "Pain__c", "string")
    connector.record_sweep(datetime.now(UTC))
    found = seen(connector)
    for about in ("connection", "version", "limits", "objects", "fields", "install", "sweep"):
        assert worst(found, about)[0] is Health.FINE, found[about]
    assert "clock" not in found


def test_stages_and_roles_that_only_one_side_knows_are_named(
    connector: SalesforceConnector, org: SalesforceSimulator
) -> None:
    deal = {"Name": "Deal", "CloseDate": "2027-01-31"}
    for stage in ("Prospecting", "Prospecting", "Qualification"):
        org.org.add("Opportunity", StageName=stage, **deal)
    said = {each.says: each.health for each in (*seen(connector)["stages"], *seen(connector)["roles"])}
    assert said["no playbook names the stage `Prospecting`: its 2 open deals have no gate"] is Health.WRONG
    assert said["no playbook names the stage `Needs Analysis`; no open deal stands in it now"] is Health.UNWISE
    assert said["`p` names the stage `nowhere`, which this CRM does not have"] is Health.UNWISE
    assert said["`p` asks for the role `oracle` (`Oracle`), which no contact can hold"] is Health.UNWISE


def test_what_of_applies_to_is_asked_of_the_org_and_what_is_not_is_said(connector: SalesforceConnector) -> None:
    kind = Compare(Reference("deals", "type", FieldType.CHOICE), Operator.EQUALS, Literal("New"))
    met = Related("activities", Quantifier.SOME, MET)
    some = replace(PLAYBOOK, applies_to=AllOf((kind, met)))
    said = [each.says for each in connector.examine([some]) if each.about == "fetching"]
    assert said[0].startswith("only deals are fetched of which this is true: (((Type IN ('New') OR Type = null)) OR ")
    assert said[1:] == ["`p` is for deals where there is an activity: judged after fetching"]
    assert [each.says for each in seen(connector)["fetching"]] == ["every deal is fetched"]


def test_a_field_nobody_may_read_and_ours_that_may_not_be_written_are_named(
    connector: SalesforceConnector, org: SalesforceSimulator
) -> None:
    org.org.hide_field("Task", names.KEY)
    org.faults.forbid_field("Opportunity", names.BAND)
    found = seen(connector)
    assert worst(found, "fields")[1] == "`pain` of `deals` is not read: Opportunity has no `Pain__c`"
    assert {each.says for each in found["install"]} == {
        f"`{names.BAND}` may not be written",
        f"Task has no `{names.KEY}`",
    }


def test_an_object_that_is_hidden_is_named_with_what_is_lost(
    connector: SalesforceConnector, org: SalesforceSimulator
) -> None:
    org.org.things["opportunitycontactrole"].present = False
    assert worst(seen(connector), "objects") == (
        Health.WRONG,
        "OpportunityContactRole cannot be read, so that there are no contacts",
    )


def test_few_calls_left_and_a_clock_that_is_off_are_unwise(
    connector: SalesforceConnector, org: SalesforceSimulator
) -> None:
    org.daily_limit = 40
    for _ in range(36):
        connector.client.get("limits")
    org.faults.clock_skew = timedelta(minutes=10)
    found = seen(connector)
    assert worst(found, "limits")[0] is Health.UNWISE
    assert worst(found, "clock")[0] is Health.UNWISE


def test_a_version_that_the_org_does_not_speak_is_wrong(org: SalesforceSimulator, tmp_path: Path) -> None:
    with connector_of(org, tmp_path / "m", api_version="99.0") as connector:
        found = seen(connector)
    assert any(each.health is Health.WRONG for listed in found.values() for each in listed)


def test_an_org_that_lets_nobody_in_is_one_observation(org: SalesforceSimulator, tmp_path: Path) -> None:
    org.expire_sessions()
    with connector_of(org, tmp_path / "m") as connector:
        found = seen(connector)
    assert list(found) == ["connection"]
    assert worst(found, "connection")[0] is Health.WRONG


def test_sweeps_that_stopped_are_told(connector: SalesforceConnector) -> None:
    assert worst(seen(connector), "sweep") == (Health.UNWISE, "no sweep has ended yet")
    connector.record_sweep(datetime.now(UTC) - timedelta(days=3))
    assert worst(seen(connector), "sweep")[0] is Health.UNWISE
