"""The objects of a simulated org: standard ones with their fields, and those a test adds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

STAGES = (
    ("Prospecting", 10), ("Qualification", 10), ("Needs Analysis", 20), ("Value Proposition", 50),
    ("Id. Decision Makers", 60), ("Perception Analysis", 70), ("Proposal/Price Quote", 75), ("Negotiation/Review", 90),
    ("Closed Won", 100), ("Closed Lost", 0),
)  # fmt: skip


@dataclass
class Field:
    """One field: its API name, Salesforce's type, and what a save checks."""

    name: str
    kind: str = "string"
    length: int = 0
    refers_to: tuple[str, ...] = ()
    relation: str = ""
    choices: tuple[str, ...] = ()
    restricted: bool = False
    required: bool = False
    unique: bool = False
    external_id: bool = False
    calculated: bool = False
    read_only: bool = False
    tracked: bool = False
    custom: bool = False
    default: Any = None

    def described(self) -> dict[str, Any]:
        """Describe it as the API does."""
        choices = [{"active": True, "defaultValue": False, "label": each, "value": each} for each in self.choices]
        writable = not (self.calculated or self.read_only)
        return {
            "name": self.name, "label": self.name, "type": self.kind, "length": self.length,
            "relationshipName": self.relation or None, "referenceTo": list(self.refers_to), "picklistValues": choices,
            "restrictedPicklist": self.restricted, "nillable": not self.required, "unique": self.unique,
            "externalId": self.external_id, "calculated": self.calculated, "updateable": writable,
            "createable": writable, "custom": self.custom, "idLookup": self.external_id or self.name == "Id",
        }  # fmt: skip


@dataclass
class Thing:
    """One object with its fields, by lower-case name; `prefix` begins its ids."""

    name: str
    prefix: str
    fields: dict[str, Field] = field(default_factory=dict)
    present: bool = True

    def add(self, *fields: Field) -> None:
        """Add fields."""
        for each in fields:
            self.fields[each.name.lower()] = each


def reference(name: str, relation: str, *targets: str, **more: Any) -> Field:
    """Give a reference field."""
    return Field(name, "reference", 18, targets, relation, **more)


def _system(*, deletable: bool = True) -> list[Field]:
    stamps = [Field(name, "datetime", read_only=True) for name in ("CreatedDate", "LastModifiedDate", "SystemModstamp")]
    gone = [Field("IsDeleted", "boolean", read_only=True, default=False)] if deletable else []
    by = [reference(f"{name}Id", name, "User", read_only=True) for name in ("CreatedBy", "LastModifiedBy")]
    return [Field("Id", "id", 18, read_only=True), *stamps, *gone, *by]


def standard_objects() -> dict[str, Thing]:
    """Give the standard objects, by lower-case name."""
    things = [
        _thing("Account", "001", Field("Name", length=255, required=True), Field("Industry", "picklist"),
               Field("NumberOfEmployees", "int"), Field("AnnualRevenue", "currency"),
               Field("BillingCountry", length=80), reference("MasterRecordId", "MasterRecord", "Account", read_only=True)),
        _thing("Contact", "003", Field("Name", length=121, required=True), Field("Title", length=128),
               Field("Email", "email", 80), reference("AccountId", "Account", "Account"),
               reference("MasterRecordId", "MasterRecord", "Contact", read_only=True)),
        _thing("User", "005", Field("Name", length=121), Field("Email", "email", 128), Field("Username", length=80),
               reference("ManagerId", "Manager", "User"), Field("UserType", "picklist", default="Standard"),
               Field("IsActive", "boolean", default=True), deletable=False),
        _thing("Opportunity", "006", *_opportunity()),
        _thing("RecordType", "012", Field("Name", length=80), Field("SobjectType", length=80), deletable=False),
        _thing("OpportunityContactRole", "00K", reference("OpportunityId", "Opportunity", "Opportunity", required=True),
               reference("ContactId", "Contact", "Contact", required=True), Field("Role", "picklist", 40),
               Field("IsPrimary", "boolean", default=False)),
        _thing("OpportunityHistory", "008", reference("OpportunityId", "Opportunity", "Opportunity"),
               Field("StageName", "picklist"), Field("Amount", "currency"), Field("CloseDate", "date"),
               Field("Probability", "percent"), Field("PrevAmount", "currency"), Field("PrevCloseDate", "date")),
        _thing("OpportunityFieldHistory", "017", reference("OpportunityId", "Opportunity", "Opportunity"),
               Field("Field", "picklist"), Field("OldValue", "anyType"), Field("NewValue", "anyType")),
        _thing("OpportunityStage", "01J", Field("MasterLabel", length=255), Field("ApiName", length=255),
               Field("SortOrder", "int"), Field("IsActive", "boolean", default=True), Field("IsClosed", "boolean"),
               Field("IsWon", "boolean"), Field("DefaultProbability", "percent"), deletable=False),
        _thing("Task", "00T", *_task()),
        _thing("Event", "00U", reference("WhatId", "What", "Opportunity", "Account"),
               reference("WhoId", "Who", "Contact"), Field("Subject", "combobox", 255),
               Field("StartDateTime", "datetime"), Field("EndDateTime", "datetime"), Field("ActivityDate", "date"),
               Field("Type", "picklist"), reference("OwnerId", "Owner", "User")),
        _thing("EmailMessage", "02s", reference("RelatedToId", "RelatedTo", "Opportunity", "Account"),
               reference("ActivityId", "Activity", "Task"), Field("Incoming", "boolean", default=False),
               Field("MessageDate", "datetime"), Field("Subject", length=3000), Field("FromAddress", "email", 1000),
               Field("ToAddress", length=4000)),
        _thing("EventWhoRelation", "0RE", reference("EventId", "Event", "Event"),
               reference("RelationId", "Relation", "Contact")),
        _thing("Quote", "0Q0", Field("Name", length=255), reference("OpportunityId", "Opportunity", "Opportunity"),
               Field("Status", "picklist"), Field("ExpirationDate", "date"), Field("GrandTotal", "currency")),
        _thing("Organization", "00D", Field("Name", length=80), Field("IsSandbox", "boolean", default=False),
               Field("OrganizationType", "picklist"), Field("DefaultCurrencyIsoCode", "picklist"), deletable=False),
        _thing("FieldDefinition", "0FD", Field("EntityDefinition.QualifiedApiName"), Field("QualifiedApiName"),
               Field("DataType"), Field("IsFieldHistoryTracked", "boolean"), deletable=False),
        _thing("PermissionSet", "0PS", Field("Name"), Field("Label"), deletable=False),
        _thing("PermissionSetAssignment", "0Pa", reference("AssigneeId", "Assignee", "User"),
               reference("PermissionSetId", "PermissionSet", "PermissionSet"), deletable=False),
    ]  # fmt: skip
    return {each.name.lower(): each for each in things}


def _thing(name: str, prefix: str, *fields: Field, deletable: bool = True) -> Thing:
    made = Thing(name, prefix)
    made.add(*_system(deletable=deletable), *fields)
    return made


def _opportunity() -> list[Field]:
    stages = tuple(name for name, _ in STAGES)
    return [
        Field("Name", length=120, required=True), reference("AccountId", "Account", "Account"),
        reference("OwnerId", "Owner", "User"),
        Field("StageName", "picklist", 255, choices=stages, restricted=True, required=True),
        Field("Amount", "currency", tracked=True), Field("CloseDate", "date", required=True, tracked=True),
        Field("Probability", "percent"), Field("Type", "picklist", 255),
        Field("ForecastCategoryName", "picklist", read_only=True), Field("NextStep", length=255),
        Field("IsClosed", "boolean", read_only=True, default=False),
        Field("IsWon", "boolean", read_only=True, default=False),
        Field("LastStageChangeDate", "datetime", read_only=True), Field("LeadSource", "picklist"),
        reference("RecordTypeId", "RecordType", "RecordType"),
    ]  # fmt: skip


def _task() -> list[Field]:
    return [
        reference("WhatId", "What", "Opportunity", "Account"), reference("WhoId", "Who", "Contact"),
        reference("OwnerId", "Owner", "User"), Field("Subject", "combobox", 255), Field("ActivityDate", "date"),
        Field("Status", "picklist", 255, default="Not Started",
              choices=("Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred")),
        Field("Priority", "picklist", 255, default="Normal", choices=("High", "Normal", "Low")),
        Field("IsClosed", "boolean", read_only=True, default=False), Field("CompletedDateTime", "datetime", read_only=True),
        Field("TaskSubtype", "picklist", 40, default="Task"), Field("Type", "picklist", 40),
        Field("CallType", "picklist", 40), Field("Description", "textarea", 32000),
    ]  # fmt: skip
