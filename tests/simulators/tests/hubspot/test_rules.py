"""Rules of pipelines: kept, read back, binding for people and not for callers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulators.hubspot import HubSpotSimulator
from tests.simulators.hubspot.wire import Refused
from tests.simulators.tests.hubspot.calling import DATED, Caller

RULES = "/crm/pipelines-rules/2026-09-beta/0-3/default"
NO_SKIPPING = {"governanceValidationRules": {"noSkippingStagesRule": {"enabledForAllStages": True}}}
NO_WAY_BACK = {"governanceValidationRules": {"noBackwardsMovementRule": {"enabledForAllStages": True}}}
APPROVAL = {"approvalStage": {"pipelineStageId": "qualifiedtobuy", "approvalMode": "ANY", "approverUserIds": [1]}}


def test_rules_are_put_patched_read_and_deleted(call: Caller) -> None:
    off = call.get(RULES)
    assert call("PUT", RULES, NO_SKIPPING).status_code == 200
    call("PATCH", RULES, NO_WAY_BACK).raise_for_status()
    rules = call.get(RULES)["governanceValidationRules"]
    assert [each["enabledForAllStages"] for each in rules.values()] == [True, True, False]
    assert call("DELETE", RULES).status_code == 204
    assert call.get(RULES) == off


def test_no_stage_is_skipped_by_a_person_but_by_a_caller(crm: HubSpotSimulator, call: Caller) -> None:
    call("PUT", RULES, NO_SKIPPING).raise_for_status()
    id_ = crm.account.add_deal()
    with pytest.raises(Refused, match="skipped"):
        crm.account.move(id_, "contractsent", ruled=True)
    crm.account.move(id_, "qualifiedtobuy", ruled=True)
    call("PATCH", f"{DATED}/{id_}", {"properties": {"dealstage": "contractsent"}}).raise_for_status()
    crm.account.move(id_, "closedlost", ruled=True)


def test_nobody_goes_back(crm: HubSpotSimulator, call: Caller) -> None:
    call("PUT", RULES, NO_WAY_BACK).raise_for_status()
    id_ = crm.account.add_deal(stage="contractsent")
    with pytest.raises(Refused, match="backwards"):
        crm.account.move(id_, "qualifiedtobuy", ruled=True)


def test_an_approval_opens_the_way(crm: HubSpotSimulator, call: Caller) -> None:
    id_ = crm.account.add_deal(stage="qualifiedtobuy")
    assert call.get(f"{RULES}/approvals/{id_}")["status"] == "NOT_APPLICABLE"
    call("PUT", RULES, APPROVAL).raise_for_status()
    assert call.post(f"{RULES}/approvals/start", {"objectId": id_})["status"] == "PENDING"
    with pytest.raises(Refused, match="approval"):
        crm.account.move(id_, "presentationscheduled", ruled=True)
    crm.account.approvals[id_] = "APPROVED"
    crm.account.move(id_, "presentationscheduled", ruled=True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"nonsense": 1},
        {"governanceValidationRules": {"nonsense": {}}},
        {"governanceValidationRules": {"noSkippingStagesRule": {"pipelineStageIds": ["nowhere"]}}},
        {"approvalStage": {"pipelineStageId": "nowhere", "approvalMode": "ANY", "approverUserIds": [1]}},
        {"approvalStage": {"pipelineStageId": "qualifiedtobuy", "approvalMode": "SOME", "approverUserIds": [1]}},
    ],
)
def test_a_rule_that_is_none_is_refused(call: Caller, wrong: dict[str, Any]) -> None:
    call.refused("PUT", RULES, wrong)


def test_an_account_may_lack_rules_and_an_app_the_right(crm: HubSpotSimulator, call: Caller) -> None:
    crm.sign_in.scopes.discard("crm-pipelines-governance-write")
    assert call.refused("PUT", RULES, NO_SKIPPING, 403)["category"] == "MISSING_SCOPES"
    crm.account.has_rules = False
    assert call.refused("GET", RULES, status=403)["category"] == "FORBIDDEN"
