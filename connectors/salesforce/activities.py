"""Meetings, calls, emails and messages: what of Events, Tasks and EmailMessages is contact with the buyer."""

from __future__ import annotations

from connectors.salesforce.held import OF_BATCH, Held
from connectors.salesforce.names import KEY
from connectors.salesforce.standard import EMAIL, EVENT, PEOPLE, ROLE, TASK, TASK_PEOPLE
from connectors.salesforce.wanted import Wanted

BETWEEN_ADDRESSES = r"[\s;,<>]+"


def activities(wanted: Wanted) -> str:
    """Give the SQL of the activities; "" where the org delivers none.

    Meetings are Events; calls and emails are Tasks, or EmailMessages in place of the Tasks they belong to.
    """
    found = _Activities(wanted)
    parts = [part for part in (found.of_events(), found.of_tasks(), found.of_emails()) if part]
    return f"{' UNION ALL '.join(parts)} ORDER BY deal_id, id" if parts else ""


class _Activities(Held):
    def of_events(self) -> str:
        """Take an Event that has begun for held: whoever calls one off deletes it."""
        if EVENT not in self.wanted.sources:
            return ""
        people = self._people(PEOPLE, 'p."EventId" = e."Id"')
        kind = f"CASE WHEN lower({self.column(EVENT, 'Type', 'VARCHAR', 'e')}) = 'call' THEN 'call' ELSE 'meeting' END"
        return f"""
            SELECT e."WhatId" AS deal_id, e."Id" AS id, {kind} AS kind, NULL::VARCHAR AS direction,
                e."StartDateTime" AS happened_at, {_contacts('e."WhoId"', people)} AS contact_ids,
                CASE WHEN e."StartDateTime" > (SELECT max(until) FROM _fresh) THEN 'planned' ELSE 'held' END AS status,
                e."Subject" AS subject
            FROM "Event" e WHERE e."WhatId" {OF_BATCH}
        """

    def of_tasks(self) -> str:
        """Open tasks are planned for their day; tasks of ours are work, not contact with the buyer."""
        if TASK not in self.wanted.sources:
            return ""
        subtype = self.column(TASK, "TaskSubtype", "VARCHAR", "t")
        said = f"lower(coalesce({self.column(TASK, 'Type', 'VARCHAR', 't')}, ''))"
        call_type = f"lower({self.column(TASK, 'CallType', 'VARCHAR', 't')})"
        completed = self.column(TASK, "CompletedDateTime", "TIMESTAMPTZ", "t")
        people = self._people(TASK_PEOPLE, 'p."TaskId" = t."Id"')
        mailed = ""
        if self.has(EMAIL, "ActivityId"):
            mailed = 'AND t."Id" NOT IN (SELECT m."ActivityId" FROM "EmailMessage" m WHERE m."ActivityId" IS NOT NULL)'
        return f"""
            SELECT t."WhatId" AS deal_id, t."Id" AS id,
                CASE WHEN {subtype} = 'Call' OR {said} = 'call' THEN 'call'
                     WHEN {subtype} IN ('Email', 'ListEmail') OR {said} = 'email' THEN 'email'
                     WHEN {subtype} = 'LinkedIn' THEN 'message'
                     WHEN {said} IN ('meeting', 'in-person meeting') THEN 'meeting' END AS kind,
                CASE WHEN {call_type} = 'inbound' THEN 'inbound' ELSE 'outbound' END AS direction,
                CASE WHEN t."IsClosed" THEN coalesce({completed}, t."ActivityDate"::TIMESTAMPTZ)
                     ELSE t."ActivityDate"::TIMESTAMPTZ END AS happened_at,
                {_contacts('t."WhoId"', people)} AS contact_ids,
                CASE WHEN t."IsClosed" THEN 'held' ELSE 'planned' END AS status, t."Subject" AS subject
            FROM "Task" t
            WHERE t."WhatId" {OF_BATCH} AND kind IS NOT NULL AND happened_at IS NOT NULL
                AND {self.column(TASK, KEY, "VARCHAR", "t")} IS NULL {mailed}
        """

    def of_emails(self) -> str:
        """People are told by the addresses they wrote from, or were written to."""
        if EMAIL not in self.wanted.sources:
            return ""
        people = "NULL::VARCHAR[]"
        if self.has(ROLE, "Contact.Email") and self.has(EMAIL, "FromAddress"):
            theirs = 'lower(CASE WHEN m."Incoming" THEN m."FromAddress" ELSE m."ToAddress" END)'
            addresses = f"string_split_regex({theirs}, '{BETWEEN_ADDRESSES}')"
            people = f"""(SELECT list(DISTINCT r."ContactId" ORDER BY r."ContactId") FROM "OpportunityContactRole" r
                WHERE r."OpportunityId" = m."RelatedToId" AND r."Contact.Email" <> ''
                    AND list_contains({addresses}, lower(r."Contact.Email")))"""
        return f"""
            SELECT m."RelatedToId" AS deal_id, m."Id" AS id, 'email' AS kind,
                CASE WHEN m."Incoming" THEN 'inbound' ELSE 'outbound' END AS direction, m."MessageDate" AS happened_at,
                {people} AS contact_ids, 'held' AS status, m."Subject" AS subject
            FROM "EmailMessage" m WHERE m."RelatedToId" {OF_BATCH} AND m."MessageDate" IS NOT NULL
        """

    def _people(self, object_: str, of_activity: str) -> str:
        """List all whom an activity names beside the first, where the org lets it name several."""
        if object_ not in self.wanted.sources:
            return "NULL::VARCHAR[]"
        return f'(SELECT list(p."RelationId" ORDER BY p."RelationId") FROM "{object_}" p WHERE {of_activity})'


def _contacts(who: str, people: str) -> str:
    """Put the person of an activity and those invited together; a lead is no contact of the deal."""
    one = f"CASE WHEN starts_with({who}, '003') THEN [{who}] ELSE []::VARCHAR[] END"
    listed = f"list_sort(list_distinct(list_concat({one}, coalesce({people}, []::VARCHAR[]))))"
    return f"CASE WHEN len({listed}) > 0 THEN {listed} END"
