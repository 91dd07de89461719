"""Two clients that know nothing of each other work with the account: the vendor's old library and its new one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import hubspot_sdk
import pytest
from hubspot import HubSpot
from hubspot.crm import associations as _associations  # noqa: F401 - so that it is loaded
from hubspot.crm.associations.v4 import BatchInputPublicFetchAssociationsBatchRequest
from hubspot.crm.contacts.exceptions import ApiException as ContactsError
from hubspot.crm.deals import (
    BatchInputSimplePublicObjectBatchInput,
    BatchReadInputSimplePublicObjectId,
    PublicObjectSearchRequest,
    SimplePublicObjectInput,
    SimplePublicObjectInputForCreate,
)
from hubspot.crm.deals.exceptions import ApiException
from hubspot.crm.objects import (
    BatchInputSimplePublicObjectBatchInputForCreate as TasksInput,
)
from hubspot.crm.properties import PropertyCreate, PropertyGroupCreate

from tests.simulators.hubspot import HubSpotSimulator

TASK_TO_DEAL = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 216}


@pytest.fixture
def old(crm: HubSpotSimulator) -> HubSpot:
    return HubSpot(access_token=crm.token, host=crm.url)


@pytest.fixture
def new(crm: HubSpotSimulator) -> Iterator[hubspot_sdk.HubSpot]:
    with hubspot_sdk.HubSpot(
        access_token=crm.token, base_url=crm.url, max_retries=0, _strict_response_validation=True
    ) as client:
        yield client


def body(found: Any) -> Any:
    """Give what a typed answer holds, as JSON."""
    return found.to_dict() if hasattr(found, "to_dict") else found.model_dump(by_alias=True)


class TestOld:
    def test_it_makes_reads_changes_and_archives_a_deal(self, old: HubSpot) -> None:
        api = old.crm.deals.basic_api
        made = api.create(SimplePublicObjectInputForCreate(properties={"dealname": "New", "amount": "5"}))
        changed = api.update(made.id, SimplePublicObjectInput(properties={"dealstage": "contractsent"}))
        assert changed.properties["hs_v2_date_entered_contractsent"] == "2026-11-02T15:00:00Z"
        found = api.get_by_id(made.id, properties_with_history=["dealstage"])
        assert [each.value for each in found.properties_with_history["dealstage"]] == ["contractsent"]
        assert found.created_at == datetime(2026, 11, 2, 15, tzinfo=UTC)
        api.archive(made.id)
        with pytest.raises(ApiException) as failure:
            api.get_by_id(made.id)
        assert failure.value.status == 404

    def test_it_goes_through_all_pages(self, crm: HubSpotSimulator, old: HubSpot) -> None:
        ids = [crm.account.add_deal() for _ in range(205)]
        assert [each.id for each in old.crm.deals.get_all()] == ids
        assert len(crm.calls.of("list")) == 3

    def test_it_finds_by_search(self, crm: HubSpotSimulator, old: HubSpot) -> None:
        ids = [crm.account.add_deal(amount=each) for each in (1, 2, 3)]
        filters = [{"propertyName": "amount", "operator": "GTE", "value": "2"}]
        asked = PublicObjectSearchRequest(filter_groups=[{"filters": filters}], sorts=["hs_object_id"], limit=1)
        found = old.crm.deals.search_api.do_search(asked)
        assert (found.total, found.results[0].id, found.paging.next.after) == (2, ids[1], "1")

    def test_it_sees_what_failed_in_part(self, crm: HubSpotSimulator, old: HubSpot) -> None:
        id_ = crm.account.add_deal()
        inputs = [{"id": id_, "properties": {"amount": "7"}}, {"id": "99", "properties": {"amount": "7"}}]
        answer = old.crm.deals.batch_api.update(BatchInputSimplePublicObjectBatchInput(inputs=inputs))
        assert (answer.num_errors, answer.results[0].id) == (1, id_)
        assert answer.errors[0].category == "OBJECT_NOT_FOUND"
        asked = BatchReadInputSimplePublicObjectId(
            properties=["amount"], properties_with_history=[], inputs=[{"id": id_}, {"id": "98"}]
        )
        read = old.crm.deals.batch_api.read(asked)
        assert (read.results[0].properties["amount"], read.errors[0].context["ids"]) == ("7", ["98"])

    def test_it_makes_tasks_and_reads_who_belongs_to_whom(self, crm: HubSpotSimulator, old: HubSpot) -> None:
        deal = crm.account.add_deal()
        task = {"properties": {"hs_timestamp": "2026-11-03T00:00:00Z"},
                "associations": [{"to": {"id": deal}, "types": [TASK_TO_DEAL]}]}  # fmt: skip
        made = old.crm.objects.batch_api.create("tasks", TasksInput(inputs=[task]))
        asked = BatchInputPublicFetchAssociationsBatchRequest(inputs=[{"id": deal}])
        found = old.crm.associations.v4.batch_api.get_page("deals", "tasks", asked)
        assert str(found.results[0].to[0].to_object_id) == made.results[0].id
        assert found.results[0].to[0].association_types[0].type_id == 215

    def test_it_reads_and_makes_what_an_account_is_made_of(self, crm: HubSpotSimulator, old: HubSpot) -> None:
        owner = crm.account.add_owner("o@example.com", "Olga")
        assert old.crm.pipelines.pipelines_api.get_all("deals").results[0].stages[0].id == "appointmentscheduled"
        assert old.crm.owners.get_all()[0].id == owner
        group = PropertyGroupCreate(name="dealgate", label="Dealgate", display_order=-1)
        old.crm.properties.groups_api.create("deals", group)
        wanted = PropertyCreate(name="own", label="Own", group_name="dealgate", type="string", field_type="text")
        assert old.crm.properties.core_api.create("deals", wanted).group_name == "dealgate"
        assert old.crm.properties.core_api.get_by_name("deals", "own").hubspot_defined is None

    def test_it_is_told_why_it_is_refused(self, crm: HubSpotSimulator, old: HubSpot) -> None:
        crm.account.add_contact("a@example.com")
        with pytest.raises(ContactsError) as failure:
            old.crm.contacts.basic_api.create({"properties": {"email": "a@example.com"}})
        assert failure.value.status == 409
        assert "Contact already exists" in failure.value.body

    def test_it_renews_its_sign_in(self, crm: HubSpotSimulator) -> None:
        signing_in = HubSpot(host=crm.url).oauth.tokens_api
        given = {"client_id": crm.sign_in.client_id, "client_secret": crm.sign_in.client_secret,
                 "refresh_token": crm.sign_in.refresh_token}  # fmt: skip
        made = signing_in.create(grant_type="refresh_token", **given)
        assert HubSpot(access_token=made.access_token, host=crm.url).crm.deals.basic_api.get_page().results == []


class TestNew:
    def test_it_makes_reads_changes_and_archives_a_deal(self, new: hubspot_sdk.HubSpot) -> None:
        api = new.crm.objects.deals
        made = api.create(properties={"dealname": "New", "amount": "5"}, associations=[])
        api.update(made.id, properties={"dealstage": "contractsent"})
        found = api.get(made.id, properties_with_history=["dealstage"], properties=["dealstage", "amount"])
        assert found.properties["amount"] == "5"
        assert found.properties_with_history is not None
        assert [each.value for each in found.properties_with_history["dealstage"]] == ["contractsent"]
        api.delete(made.id)
        with pytest.raises(hubspot_sdk.NotFoundError):
            api.get(made.id)

    def test_it_goes_through_all_pages(self, crm: HubSpotSimulator, new: hubspot_sdk.HubSpot) -> None:
        ids = [crm.account.add_deal() for _ in range(25)]
        assert [each.id for each in new.crm.objects.deals.list(limit=10, properties=["dealname"])] == ids
        assert len(crm.calls.of("list")) == 3

    def test_it_finds_by_search(self, crm: HubSpotSimulator, new: hubspot_sdk.HubSpot) -> None:
        ids = [crm.account.add_deal(amount=each) for each in (1, 2, 3)]
        filters: list[Any] = [{"propertyName": "amount", "operator": "GTE", "value": "2"}]
        found = new.crm.objects.deals.search(
            filter_groups=[{"filters": filters}], sorts=["hs_object_id"], limit=10, after="0", properties=["amount"]
        )
        assert (found.total, [each.id for each in found.results]) == (2, ids[1:])

    def test_it_reads_and_writes_in_batches(self, crm: HubSpotSimulator, new: hubspot_sdk.HubSpot) -> None:
        ids = [crm.account.add_deal() for _ in range(3)]
        changed = new.crm.objects.deals.batch.update(
            inputs=[{"id": each, "properties": {"amount": "7"}} for each in ids]
        )
        assert sorted(each.id for each in changed.results) == ids
        read = new.crm.objects.deals.batch.get(
            inputs=[{"id": each} for each in ids], properties=["amount"], properties_with_history=["amount"]
        )
        assert {each.properties["amount"] for each in read.results} == {"7"}
        assert all(each.properties_with_history for each in read.results)

    def test_it_sees_what_failed_in_part(self, crm: HubSpotSimulator, new: hubspot_sdk.HubSpot) -> None:
        asked: list[Any] = [{"id": crm.account.add_deal()}, {"id": "99"}]
        read = new.crm.objects.deals.batch.get(inputs=asked, properties=["dealname"], properties_with_history=[])
        assert body(read)["numErrors"] == 1

    def test_it_reads_who_belongs_to_whom(self, crm: HubSpotSimulator, new: hubspot_sdk.HubSpot) -> None:
        person = crm.account.add_contact()
        deal = crm.account.add_deal(contacts=[person])
        found = new.crm.associations.batch.get("contacts", from_object_type="deals", inputs=[{"id": deal}])
        assert str(found.results[0].to[0].to_object_id) == person
        labels = new.crm.associations_schema.labels.list_labels("contacts", from_object_type="deals")
        assert [each.type_id for each in labels.results] == [3]

    def test_it_reads_what_an_account_is_made_of(self, crm: HubSpotSimulator, new: hubspot_sdk.HubSpot) -> None:
        owner = crm.account.add_owner("o@example.com", "Olga")
        assert [each.id for each in new.crm.owners.list()] == [owner]
        (line,) = new.crm.pipelines.list("deals").results
        assert [each.metadata["isClosed"] for each in line.stages][-2:] == ["true", "true"]
        defined = {each.name: each for each in new.crm.properties.list("deals").results}
        assert defined["amount"].type == "number"
        assert new.account.get().portal_id == crm.account.portal

    def test_it_is_told_why_it_is_refused(self, crm: HubSpotSimulator, new: hubspot_sdk.HubSpot) -> None:
        crm.sign_in.scopes.discard("crm.objects.deals.read")
        with pytest.raises(hubspot_sdk.PermissionDeniedError, match="required scopes"):
            new.crm.objects.deals.list()
        crm.faults.rate_limit()
        with pytest.raises(hubspot_sdk.RateLimitError):
            new.crm.owners.list()
