"""The fields that `dealgate install` makes, put into an org without deploying them."""

from __future__ import annotations

from tests.simulators.salesforce.org import Org
from tests.simulators.salesforce.schema import Field, reference

TEXTS = {
    "Status": 20, "Band": 80, "Allowed_Stage": 255, "Playbook": 120, "Blocked_Stages": 255, "Blocked_Stages_2": 255,
    "Waived": 255, "Blocking_Codes": 255,
}  # fmt: skip
LONG = {"Missing": 32768, "Blocking": 4096, "Flags": 4096, "Note": 4096}


def install_fields(org: Org) -> None:
    """Add the fields of an Opportunity, the key of a Task, and the heartbeat."""
    for name, length in TEXTS.items():
        org.add_field("Opportunity", f"Dealgate_{name}__c", "string", length=length)
    for name, length in LONG.items():
        org.add_field("Opportunity", f"Dealgate_{name}__c", "textarea", length=length)
    org.add_field("Opportunity", "Dealgate_Asked_By_Rules__c", "boolean", default=False)
    org.add_field("Opportunity", "Dealgate_Score__c", "double")
    org.add_field("Opportunity", "Dealgate_Next_Deadline__c", "date")
    org.add_field("Opportunity", "Dealgate_Checked_At__c", "datetime")
    org.add_field("Task", "Dealgate_Key__c", "string", unique=True, external_id=True)
    owner = reference("SetupOwnerId", "SetupOwner", "Organization", "User")
    swept = Field("Swept_At__c", "datetime", custom=True)
    org.add_object("Dealgate_Heartbeat__c", "a00", owner, swept, custom_setting=True)
