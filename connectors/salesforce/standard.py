"""Where the canonical columns stand in Salesforce, by its standard objects and fields."""

from __future__ import annotations

from collections.abc import Mapping

OPPORTUNITY, ROLE, TASK, EVENT = "Opportunity", "OpportunityContactRole", "Task", "Event"
HISTORY, FIELD_HISTORY = "OpportunityHistory", "OpportunityFieldHistory"
EMAIL, QUOTE, USER = "EmailMessage", "Quote", "User"
PEOPLE, TASK_PEOPLE = "EventWhoRelation", "TaskWhoRelation"
ACCOUNT, CONTACT, RECORD_TYPE, USER_ROLE = "Account", "Contact", "RecordType", "UserRole"

OBJECTS = (
    OPPORTUNITY, ACCOUNT, CONTACT, ROLE, HISTORY, FIELD_HISTORY, TASK, EVENT, EMAIL, PEOPLE, TASK_PEOPLE, QUOTE, USER,
    RECORD_TYPE, USER_ROLE,
)  # fmt: skip
"""The objects that are looked for in every org; not every org has all of them."""

TABLE_OBJECTS: Mapping[str, tuple[str, str]] = {
    "deals": (OPPORTUNITY, ""),
    "accounts": (OPPORTUNITY, "Account."),
    "contacts": (ROLE, "Contact."),
    "owners": (USER, ""),
    "proposals": (QUOTE, ""),
    "tasks": (TASK, ""),
}
"""The object whose rows fill a table, and the relation that leads to the fields named for it."""

COLUMNS: Mapping[str, Mapping[str, str]] = {
    "deals": {
        "name": "Name",
        "pipeline": "RecordType.Name",
        "stage": "StageName",
        "amount": "Amount",
        "currency": "CurrencyIsoCode",
        "owner_id": "OwnerId",
        "account_id": "AccountId",
        "type": "Type",
        "created_at": "CreatedDate",
        "close_date": "CloseDate",
        "next_step": "NextStep",
        "forecast": "ForecastCategoryName",
    },
    "accounts": {
        "name": "Account.Name",
        "industry": "Account.Industry",
        "employees": "Account.NumberOfEmployees",
        "revenue": "Account.AnnualRevenue",
        "country": "Account.BillingCountry",
    },
    "contacts": {"name": "Contact.Name", "title": "Contact.Title", "role": "Role"},
    "owners": {
        "name": "Name",
        "email": "Email",
        "manager_id": "ManagerId",
        "team": "UserRole.Name",
        "started_at": "CreatedDate",
    },
    "proposals": {"expires_at": "ExpirationDate", "amount": "GrandTotal"},
}
"""Columns that are one field each; what is put together of several stands in `canonical`."""

NEEDED: Mapping[str, tuple[str, ...]] = {
    OPPORTUNITY: ("Id", "IsClosed", "IsWon", "CreatedDate", "StageName", "CloseDate", "LastStageChangeDate"),
    ROLE: ("Id", "OpportunityId", "ContactId", "Contact.Email"),
    HISTORY: (
        "Id", "OpportunityId", "StageName", "Amount", "CloseDate", "PrevAmount", "PrevCloseDate", "CreatedDate",
        "CreatedById",
    ),
    FIELD_HISTORY: ("Id", "OpportunityId", "Field", "OldValue", "NewValue", "CreatedDate", "CreatedById"),
    TASK: (
        "Id", "WhatId", "WhoId", "OwnerId", "Subject", "Status", "IsClosed", "ActivityDate", "CompletedDateTime",
        "TaskSubtype", "Type", "CallType", "Dealgate_Key__c",
    ),
    EVENT: ("Id", "WhatId", "WhoId", "Subject", "StartDateTime", "Type"),
    EMAIL: ("Id", "RelatedToId", "ActivityId", "Incoming", "MessageDate", "Subject", "FromAddress", "ToAddress"),
    PEOPLE: ("Id", "EventId", "RelationId"),
    TASK_PEOPLE: ("Id", "TaskId", "RelationId"),
    QUOTE: ("Id", "OpportunityId"),
    USER: ("Id",),
}  # fmt: skip
"""The fields `canonical` puts columns together of, by object; one the org lacks is null there."""

PARENTS: Mapping[str, str] = {
    OPPORTUNITY: "Id",
    ROLE: "OpportunityId",
    HISTORY: "OpportunityId",
    FIELD_HISTORY: "OpportunityId",
    TASK: "WhatId",
    EVENT: "WhatId",
    EMAIL: "RelatedToId",
    PEOPLE: "Event.WhatId",
    TASK_PEOPLE: "Task.WhatId",
    QUOTE: "OpportunityId",
    USER: "",
}
"""The field that leads from an object to its Opportunity."""

ABOUT_DEALS: Mapping[str, str] = {
    TASK: "What.Type = 'Opportunity'",
    EVENT: "What.Type = 'Opportunity'",
    EMAIL: "RelatedTo.Type = 'Opportunity'",
    PEOPLE: "Event.What.Type = 'Opportunity'",
    TASK_PEOPLE: "Task.What.Type = 'Opportunity'",
}
"""What limits an object that may belong to anything to the rows of Opportunities."""

FILTERS: Mapping[str, str] = {EVENT: "IsChild = false", USER: "UserType = 'Standard'"}
"""What limits an object for good: colleagues get children of an Event, and not every User is a person of ours."""

STAMPS: Mapping[str, str] = {HISTORY: "CreatedDate", FIELD_HISTORY: "CreatedDate"}
"""The field that tells when a row last changed, where it is not SystemModstamp."""
