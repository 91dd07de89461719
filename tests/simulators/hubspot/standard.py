"""The objects of an account as it comes, with the properties that sales work with."""

from __future__ import annotations

from tests.simulators.hubspot.schema import Kind, definition

EVERY = """
hs_object_id number number !
hs_createdate datetime date !
hs_lastmodifieddate datetime date !
hs_created_by_user_id number number !
hs_updated_by_user_id number number !
hs_merged_object_ids enumeration checkbox ! @
hs_object_source string text !
hs_object_source_id string text !
hs_object_source_label string text !
hs_all_owner_ids enumeration checkbox ! @OWNER
hubspot_owner_id enumeration select @OWNER
hubspot_owner_assigneddate datetime date !
hubspot_team_id enumeration select ! @
hs_unique_creation_key string text !
"""
ENGAGEMENT = """
hs_timestamp datetime date *
hs_activity_type string text
hs_attachment_ids enumeration checkbox @
hs_body_preview string textarea !
hs_body_preview_is_truncated bool booleancheckbox !
hs_engagement_source string text
"""
DEAL = """
dealname string text
dealstage enumeration radio @
pipeline enumeration select @
amount number number
amount_in_home_currency number calculation_equation !
deal_currency_code enumeration select
closedate datetime date
createdate datetime date
dealtype enumeration radio
description string textarea
closed_lost_reason string textarea
closed_won_reason string textarea
hs_next_step string textarea
hs_priority enumeration select
hs_forecast_amount number number !
hs_manual_forecast_category enumeration select
hs_deal_stage_probability number number !
hs_is_closed bool calculation_equation !
hs_is_closed_won bool calculation_equation !
hs_is_closed_lost bool calculation_equation !
hs_is_open_count number calculation_equation !
hs_closed_amount number calculation_equation !
hs_projected_amount number calculation_equation !
hs_v2_date_entered_current_stage datetime date !
hs_v2_time_in_current_stage datetime date !
hs_num_of_associated_line_items number calculation_equation !
num_associated_contacts number number !
num_contacted_notes number number !
num_notes number number !
notes_last_contacted datetime date !
notes_last_updated datetime date !
notes_next_activity_date datetime date !
hs_latest_meeting_activity datetime date !
days_to_close number calculation_equation !
"""
CONTACT = """
email string text
firstname string text
lastname string text
jobtitle string text
company string text
phone string phonenumber
mobilephone string phonenumber
address string text
city string text
country string text
lifecyclestage enumeration radio
hs_lead_status enumeration radio
hs_buying_role enumeration checkbox
hs_email_domain string text !
hs_full_name_or_email string calculation_equation !
associatedcompanyid number number
createdate datetime date !
lastmodifieddate datetime date !
num_associated_deals number number !
notes_last_contacted datetime date !
"""
COMPANY = """
name string text
domain string text
website string text
industry enumeration select
numberofemployees number number
annualrevenue number number
country string text
city string text
phone string phonenumber
description string textarea
lifecyclestage enumeration radio
createdate datetime date !
hs_parent_company_id number number !
hs_num_open_deals number number !
num_associated_contacts number number !
num_associated_deals number number !
"""
TASK = """
hs_task_subject string text
hs_task_body string html
hs_task_status enumeration select
hs_task_priority enumeration select
hs_task_type enumeration select
hs_task_reminders string text
hs_task_completion_date datetime date !
hs_task_completion_count number number !
hs_task_is_completed number number !
hs_task_is_overdue bool calculation_equation !
hs_task_is_past_due_date bool calculation_equation !
hs_task_missed_due_date bool calculation_equation !
hs_task_for_object_type string text
hs_queue_membership_ids enumeration checkbox @
"""
CALL = """
hs_call_body string html
hs_call_callee_object_id number number
hs_call_direction enumeration select
hs_call_disposition enumeration select @
hs_call_duration number number
hs_call_from_number string text
hs_call_recording_url string text
hs_call_source string text
hs_call_status enumeration select
hs_call_title string text
hs_call_to_number string text
"""
EMAIL = """
hs_email_direction enumeration select
hs_email_from_email string text !
hs_email_headers string textarea
hs_email_html string html
hs_email_sender_email string text !
hs_email_status enumeration select
hs_email_subject string text
hs_email_text string textarea
hs_email_to_email string text !
"""
MEETING = """
hs_internal_meeting_notes string html
hs_meeting_body string html
hs_meeting_end_time datetime date
hs_meeting_external_url string text
hs_meeting_location string text
hs_meeting_outcome enumeration select
hs_meeting_start_time datetime date
hs_meeting_title string text
"""
NOTE = "hs_note_body string html\n"
MESSAGE = """
hs_communication_body string html
hs_communication_channel_type enumeration select
hs_communication_logged_from string text
"""
QUOTE = """
hs_title string text
hs_expiration_date datetime date
hs_accepted_date datetime date !
hs_status enumeration select
hs_quote_amount number number !
hs_currency enumeration select
hs_language enumeration select
hs_public_url_key string text !
hs_quote_link string text !
hs_quote_number string text
hs_sign_status enumeration select !
hs_payment_status enumeration select !
"""
OPTIONS = {
    "deal_currency_code": "USD EUR GBP CHF JPY", "hs_currency": "USD EUR GBP CHF JPY", "hs_language": "en de fr",
    "dealtype": "newbusiness existingbusiness", "hs_priority": "low medium high",
    "hs_manual_forecast_category": "OMIT PIPELINE BEST_CASE COMMIT CLOSED",
    "lifecyclestage": "subscriber lead marketingqualifiedlead salesqualifiedlead opportunity customer evangelist other",
    "hs_lead_status": "NEW OPEN IN_PROGRESS OPEN_DEAL UNQUALIFIED ATTEMPTED_TO_CONTACT CONNECTED BAD_TIMING",
    "hs_buying_role": "BLOCKER BUDGET_HOLDER CHAMPION DECISION_MAKER END_USER EXECUTIVE_SPONSOR INFLUENCER "
                      "LEGAL_AND_COMPLIANCE OTHER",
    "industry": "ACCOUNTING AUTOMOTIVE BANKING COMPUTER_SOFTWARE CONSUMER_GOODS INSURANCE MACHINERY RETAIL",
    "hs_task_status": "NOT_STARTED IN_PROGRESS WAITING DEFERRED COMPLETED", "hs_task_priority": "NONE LOW MEDIUM HIGH",
    "hs_task_type": "TODO CALL EMAIL LINKED_IN LINKED_IN_CONNECT LINKED_IN_MESSAGE",
    "hs_call_direction": "INBOUND OUTBOUND",
    "hs_call_status": "BUSY CALLING_CRM_USER CANCELED COMPLETED CONNECTING FAILED IN_PROGRESS MISSED NO_ANSWER QUEUED "
                      "RINGING",
    "hs_email_direction": "EMAIL INCOMING_EMAIL FORWARDED_EMAIL",
    "hs_email_status": "BOUNCED FAILED SCHEDULED SENDING SENT",
    "hs_meeting_outcome": "SCHEDULED COMPLETED RESCHEDULED NO_SHOW CANCELED",
    "hs_communication_channel_type": "WHATS_APP LINKEDIN_MESSAGE SMS CUSTOM_CHANNEL_CONVERSATION",
    "hs_status": "DRAFT PENDING_BUYER_ACTION APPROVAL_NOT_NEEDED PENDING_APPROVAL REJECTED APPROVED",
    "hs_sign_status": "ESIGN_COMPLETED PENDING_SIGNATURE REJECTED", "hs_payment_status": "PENDING PAID",
}  # fmt: skip
STAGES = (
    ("appointmentscheduled", "Appointment Scheduled", "0.2"), ("qualifiedtobuy", "Qualified To Buy", "0.4"),
    ("presentationscheduled", "Presentation Scheduled", "0.6"),
    ("decisionmakerboughtin", "Decision Maker Bought-In", "0.8"), ("contractsent", "Contract Sent", "0.9"),
    ("closedwon", "Closed Won", "1.0"), ("closedlost", "Closed Lost", "0.0"),
)  # fmt: skip
_STAMPS = ("hs_createdate", "hs_lastmodifieddate", "hs_object_id")
_KINDS = (
    # name, singular, type id, first id, scope, properties beyond those of every object, what comes unasked
    ("deals", "deal", "0-3", 9_000_000_001, "crm.objects.deals", DEAL,
     ("amount", "closedate", "createdate", "dealname", "dealstage", "hs_lastmodifieddate", "hs_object_id", "pipeline")),
    ("contacts", "contact", "0-1", 51, "crm.objects.contacts", CONTACT,
     ("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname")),
    ("companies", "company", "0-2", 7_000_000_001, "crm.objects.companies", COMPANY,
     ("createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name")),
    ("tasks", "task", "0-27", 32_000_000_001, "crm.objects.contacts", ENGAGEMENT + TASK, _STAMPS),
    ("calls", "call", "0-48", 33_000_000_001, "crm.objects.contacts", ENGAGEMENT + CALL, _STAMPS),
    ("emails", "email", "0-49", 34_000_000_001, "sales-email", ENGAGEMENT + EMAIL, _STAMPS),
    ("meetings", "meeting_event", "0-47", 35_000_000_001, "crm.objects.contacts", ENGAGEMENT + MEETING, _STAMPS),
    ("notes", "note", "0-46", 36_000_000_001, "crm.objects.contacts", ENGAGEMENT + NOTE, _STAMPS),
    ("communications", "communication", "0-18", 37_000_000_001, "crm.objects.contacts", ENGAGEMENT + MESSAGE, _STAMPS),
    ("quotes", "quote", "0-14", 70_000_001, "crm.objects.quotes", QUOTE,
     ("hs_createdate", "hs_expiration_date", "hs_lastmodifieddate", "hs_object_id", "hs_public_url_key", "hs_status",
      "hs_title")),
)  # fmt: skip
ENGAGEMENTS = ("tasks", "calls", "emails", "meetings", "notes", "communications")


def standard_kinds() -> dict[str, Kind]:
    """Make every object anew, by its plural name."""
    kinds = {}
    for name, singular, id_, first, scope, lines, default in _KINDS:
        kind = Kind(name, singular, id_, first, default, scope)
        every = [line for line in (EVERY + lines).splitlines() if line]
        if name in {"deals", "contacts", "companies"}:
            every.remove("hs_createdate datetime date !")
        if name == "contacts":
            every.remove("hs_lastmodifieddate datetime date !")
            kind.modified = "lastmodifieddate"
        kind.groups = {
            f"{singular}information": {
                "name": f"{singular}information",
                "displayOrder": 0,
                "label": f"{singular.capitalize()} information",
                "archived": False,
            }
        }
        kind.add(definition(line, OPTIONS) for line in every)
        kinds[name] = kind
    return kinds
