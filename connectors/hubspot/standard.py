"""Where the canonical columns stand in HubSpot, by its standard objects and properties."""

from __future__ import annotations

from collections.abc import Mapping

DEALS, CONTACTS, COMPANIES, QUOTES, OWNERS = "deals", "contacts", "companies", "quotes", "owners"
TASKS, CALLS, EMAILS, MEETINGS, NOTES, MESSAGES = "tasks", "calls", "emails", "meetings", "notes", "communications"

RELATED = (CONTACTS, COMPANIES, TASKS, CALLS, EMAILS, MEETINGS, NOTES, MESSAGES, QUOTES)
"""The objects that are associated with deals; not every account shows all of them to an app."""

OBJECTS = (DEALS, *RELATED)

SHARED = frozenset({CONTACTS, COMPANIES})
"""Objects that live beside deals; any other is made for one, so that a new one is asked which deals it belongs to."""

WITH_PEOPLE = (CALLS, EMAILS, MEETINGS, MESSAGES)
"""Activities whose associated contacts are read: those with a buyer."""

TABLE_OBJECTS: Mapping[str, str] = {
    "deals": DEALS,
    "accounts": COMPANIES,
    "contacts": CONTACTS,
    "owners": OWNERS,
    "proposals": QUOTES,
    "tasks": TASKS,
}
"""The object whose rows fill a table."""

COLUMNS: Mapping[str, Mapping[str, str]] = {
    "deals": {
        "name": "dealname",
        "stage": "dealstage",
        "amount": "amount",
        "owner_id": "hubspot_owner_id",
        "type": "dealtype",
        "created_at": "createdate",
        "close_date": "closedate",
        "next_step": "hs_next_step",
        "forecast": "hs_manual_forecast_category",
        "lost_reason": "closed_lost_reason",
    },
    "accounts": {
        "name": "name",
        "industry": "industry",
        "employees": "numberofemployees",
        "revenue": "annualrevenue",
        "country": "country",
    },
    "contacts": {"title": "jobtitle"},
    "proposals": {"answered_at": "hs_accepted_date", "expires_at": "hs_expiration_date", "amount": "hs_quote_amount"},
}
"""Columns that are one property each; what is put together of several stands in `canonical`."""

NEEDED: Mapping[str, tuple[str, ...]] = {
    DEALS: (
        "createdate", "hs_createdate", "dealstage", "pipeline", "closedate", "deal_currency_code", "hs_is_closed",
        "hs_is_closed_won", "hs_v2_date_entered_current_stage", "hs_merged_object_ids",
    ),
    CONTACTS: ("firstname", "lastname", "email", "hs_buying_role", "hs_merged_object_ids"),
    COMPANIES: ("hs_merged_object_ids",),
    TASKS: (
        "hs_task_subject", "hs_task_status", "hs_task_type", "hs_timestamp", "hubspot_owner_id", "dealgate_key",
    ),
    CALLS: ("hs_timestamp", "hs_call_title", "hs_call_direction", "hs_call_status", "hs_call_disposition"),
    EMAILS: ("hs_timestamp", "hs_email_subject", "hs_email_direction", "hs_email_status"),
    MEETINGS: ("hs_timestamp", "hs_meeting_title", "hs_meeting_outcome", "hs_meeting_start_time"),
    NOTES: ("hs_timestamp",),
    MESSAGES: ("hs_timestamp", "hs_communication_channel_type"),
    QUOTES: ("hs_status",),
}  # fmt: skip
"""The properties `canonical` puts columns together of, by object; one the account lacks is null there."""

STAMPS: Mapping[str, str] = {CONTACTS: "lastmodifieddate"}
"""The property that tells when a record last changed, where it is not hs_lastmodifieddate."""

STAMP = "hs_lastmodifieddate"
KEY = "hs_object_id"
MERGED = "hs_merged_object_ids"
ENTERED, EXITED = "hs_v2_date_entered_", "hs_v2_date_exited_"
STAGE, QUOTE_STATUS = "dealstage", "hs_status"
PUBLISHED = ("APPROVED", "APPROVAL_NOT_NEEDED", "PENDING_BUYER_ACTION")
"""The states of a quote that its buyer can see."""
