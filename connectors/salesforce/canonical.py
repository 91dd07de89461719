"""One translation of Salesforce's rows into the canonical tables, for a few deals in memory and for a whole mirror.

Each function gives the SQL of one table for the deals in `_batch`; what the org lacks is null or left out.
"""

from __future__ import annotations

from connectors.mirror.canonical_values import canonical_sql
from connectors.mirror.mirror import quoted
from connectors.salesforce.names import KEY
from connectors.salesforce.standard import (
    EMAIL,
    EVENT,
    FIELD_HISTORY,
    HISTORY,
    OPPORTUNITY,
    PEOPLE,
    QUOTE,
    ROLE,
    TASK,
    USER,
)
from connectors.salesforce.wanted import Column, Wanted

OF_BATCH = 'IN (SELECT "Id" FROM _batch)'


def statements(wanted: Wanted) -> dict[str, str]:
    """Give the SQL of every canonical table that this org delivers, deals first."""
    return _Statements(wanted).all()


class _Statements:
    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted

    def all(self) -> dict[str, str]:
        found = {
            "deals": self.deals(),
            "accounts": self.accounts(),
            "owners": self.owners(),
            "contacts": self.contacts(),
            "activities": self.activities(),
            "tasks": self.tasks(),
            "stage_changes": self.stage_changes(),
            "field_changes": self.field_changes(),
            "proposals": self.proposals(),
            **{table: self.record(table, object_) for table, object_ in self.wanted.records.items()},
        }
        return {table: sql for table, sql in found.items() if sql}

    def deals(self) -> str:
        """Entered: when the stage last changed. A closed deal was closed then, else on its close date."""
        last = self.column(OPPORTUNITY, "LastStageChangeDate", "TIMESTAMPTZ", "o")
        entered = f"coalesce({last}, s.entered)"
        columns = self.columns("deals", "o")
        return f"""
            WITH s AS (SELECT "OpportunityId", max("CreatedDate") AS entered FROM ({self.stage_steps()}) GROUP BY 1)
            SELECT o."Id" AS id, {columns},
                CASE WHEN o."IsWon" THEN 'won' WHEN o."IsClosed" THEN 'lost' ELSE 'open' END AS outcome,
                coalesce({entered}, o."CreatedDate") AS stage_entered_at,
                CASE WHEN o."IsClosed" THEN coalesce({entered}, o."CloseDate"::TIMESTAMPTZ) END AS closed_at
            FROM "Opportunity" o LEFT JOIN s ON s."OpportunityId" = o."Id"
            WHERE o."Id" {OF_BATCH} ORDER BY o."Id"
        """

    def accounts(self) -> str:
        """Accounts are read with their deals."""
        columns = self.columns("accounts", "o")
        if not self.has(OPPORTUNITY, "AccountId"):
            return ""
        return f"""
            SELECT DISTINCT ON (id) o."AccountId" AS id, {columns} FROM "Opportunity" o
            WHERE o."Id" {OF_BATCH} AND o."AccountId" IS NOT NULL ORDER BY id
        """

    def owners(self) -> str:
        """Give the owners of the deals, their managers, and who changed the deals."""
        if USER not in self.wanted.sources or not self.has(OPPORTUNITY, "OwnerId"):
            return ""
        asked = [f'SELECT "OwnerId" FROM "Opportunity" WHERE "Id" {OF_BATCH}']
        asked += [
            f'SELECT "CreatedById" FROM "{object_}" WHERE "OpportunityId" {OF_BATCH}'
            for object_ in (HISTORY, FIELD_HISTORY)
            if self.has(object_, "CreatedById")
        ]
        managers = ""
        if self.has(USER, "ManagerId"):
            managers = 'UNION SELECT m."ManagerId" FROM "User" m JOIN own ON m."Id" = own."OwnerId"'
        columns = self.columns("owners", "u")
        return f"""
            WITH own AS ({" UNION ".join(asked)}), everybody AS (SELECT * FROM own {managers})
            SELECT u."Id" AS id, {columns} FROM "User" u
            WHERE u."Id" IN (SELECT * FROM everybody) ORDER BY id
        """

    def contacts(self) -> str:
        """One row a person and role."""
        if ROLE not in self.wanted.sources:
            return ""
        columns = self.columns("contacts", "r")
        return f"""
            SELECT r."OpportunityId" AS deal_id, r."ContactId" AS id, {columns} FROM "OpportunityContactRole" r
            WHERE r."OpportunityId" {OF_BATCH} ORDER BY deal_id, id, r."Id"
        """

    def activities(self) -> str:
        """Meetings are Events; calls and emails are Tasks, or EmailMessages in place of the Tasks they belong to."""
        parts = [part for part in (self._event_activities(), self._task_activities(), self._emails()) if part]
        return f"{' UNION ALL '.join(parts)} ORDER BY deal_id, id" if parts else ""

    def tasks(self) -> str:
        """All tasks of a deal, with the key of those that are ours."""
        if TASK not in self.wanted.sources:
            return ""
        key = self.column(TASK, KEY, "VARCHAR", "t")
        return f"""
            SELECT t."WhatId" AS deal_id, t."Id" AS id, {key} AS key, t."Subject" AS title, t."ActivityDate" AS due,
                CASE WHEN t."IsClosed" THEN 'completed' ELSE 'open' END AS status, t."OwnerId" AS owner_id
            FROM "Task" t WHERE t."WhatId" {OF_BATCH} ORDER BY deal_id, id
        """

    def stage_changes(self) -> str:
        """Give the saves that changed the stage; the first one, from no stage, made the deal."""
        if HISTORY not in self.wanted.sources:
            return ""
        return f"""
            SELECT "OpportunityId" AS deal_id, before AS from_stage, "StageName" AS to_stage,
                "CreatedDate" AS changed_at, {self.column(HISTORY, "CreatedById", "VARCHAR")} AS changed_by
            FROM ({self.stage_steps()}) ORDER BY deal_id, changed_at, "Id"
        """

    def stage_steps(self) -> str:
        """Histories have a row a save; those that left the stage as it was are dropped."""
        if HISTORY not in self.wanted.sources:
            return 'SELECT NULL::VARCHAR AS "OpportunityId", NULL::TIMESTAMPTZ AS "CreatedDate" WHERE false'
        before = 'lag("StageName") OVER (PARTITION BY "OpportunityId" ORDER BY "CreatedDate", "Id")'
        return f"""
            SELECT *, {before} AS before FROM "OpportunityHistory" WHERE "OpportunityId" {OF_BATCH}
            QUALIFY before IS DISTINCT FROM "StageName"
        """

    def field_changes(self) -> str:
        """Amount and close date are in every history; of other fields those that the org tracks."""
        if HISTORY not in self.wanted.sources:
            return ""
        parts = [self._changes_in_history("close_date", '"CloseDate"::VARCHAR')]
        parts.append(self._changes_in_history("amount", '"Amount"::DECIMAL(18, 2)::VARCHAR'))
        if FIELD_HISTORY in self.wanted.sources:
            parts += [self._tracked_changes(each) for each in self.wanted.columns["deals"] if self._is_tracked(each)]
        return f"{' UNION ALL '.join(parts)} ORDER BY deal_id, changed_at, field"

    def proposals(self) -> str:
        """Quotes, where the settings say which field tells when one was sent."""
        columns = self.wanted.columns.get("proposals", ())
        if QUOTE not in self.wanted.sources or not any(each.name == "sent_at" for each in columns):
            return ""
        return f"""
            SELECT q."OpportunityId" AS deal_id, q."Id" AS id, {self.columns("proposals", "q")} FROM "Quote" q
            WHERE q."OpportunityId" {OF_BATCH} ORDER BY deal_id, id
        """

    def record(self, table: str, object_: str) -> str:
        """Give a related table that a playbook declares."""
        parent, columns = quoted(self.wanted.sources[object_].parent), self.columns(table, "r")
        listed = f"r.{parent} AS deal_id{', ' + columns if columns else ''}"
        return f'SELECT {listed} FROM {quoted(object_)} r WHERE r.{parent} {OF_BATCH} ORDER BY deal_id, r."Id"'

    def columns(self, table: str, alias: str) -> str:
        """List the columns of a table that are one field each."""
        return ", ".join(
            f"{canonical_sql(each.path, each.kind, alias)} AS {quoted(each.name)}"
            for each in self.wanted.columns.get(table, ())
        )

    def has(self, object_: str, path: str) -> bool:
        """Whether a field is fetched."""
        source = self.wanted.sources.get(object_)
        return source is not None and path in source.kinds

    def column(self, object_: str, path: str, sql_type: str, alias: str = "") -> str:
        """Name a field of a row, or null where the org has none such."""
        prefix = f"{alias}." if alias else ""
        return f"{prefix}{quoted(path)}" if self.has(object_, path) else f"NULL::{sql_type}"

    def _event_activities(self) -> str:
        """An Event that is over took place: whoever calls one off deletes it."""
        if EVENT not in self.wanted.sources:
            return ""
        people = "NULL::VARCHAR[]"
        if PEOPLE in self.wanted.sources:
            invited = 'FROM "EventWhoRelation" p WHERE p."EventId" = e."Id"'
            people = f'(SELECT list(p."RelationId" ORDER BY p."RelationId") {invited})'
        kind = f"CASE WHEN lower({self.column(EVENT, 'Type', 'VARCHAR', 'e')}) = 'call' THEN 'call' ELSE 'meeting' END"
        return f"""
            SELECT e."WhatId" AS deal_id, e."Id" AS id, {kind} AS kind, NULL::VARCHAR AS direction,
                e."StartDateTime" AS happened_at, {_contacts('e."WhoId"', people)} AS contact_ids,
                CASE WHEN e."StartDateTime" > (SELECT max(until) FROM _fresh) THEN 'planned' ELSE 'held' END AS status,
                e."Subject" AS subject
            FROM "Event" e WHERE e."WhatId" {OF_BATCH}
        """

    def _task_activities(self) -> str:
        """Open tasks are planned for their day; tasks of ours are work, not contact with the buyer."""
        if TASK not in self.wanted.sources:
            return ""
        subtype = self.column(TASK, "TaskSubtype", "VARCHAR", "t")
        said = f"lower(coalesce({self.column(TASK, 'Type', 'VARCHAR', 't')}, ''))"
        call_type = f"lower({self.column(TASK, 'CallType', 'VARCHAR', 't')})"
        completed = self.column(TASK, "CompletedDateTime", "TIMESTAMPTZ", "t")
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
                {_contacts('t."WhoId"', "NULL::VARCHAR[]")} AS contact_ids,
                CASE WHEN t."IsClosed" THEN 'held' ELSE 'planned' END AS status, t."Subject" AS subject
            FROM "Task" t
            WHERE t."WhatId" {OF_BATCH} AND kind IS NOT NULL AND happened_at IS NOT NULL
                AND {self.column(TASK, KEY, "VARCHAR", "t")} IS NULL {mailed}
        """

    def _emails(self) -> str:
        """People are told by the addresses they wrote from, or were written to."""
        if EMAIL not in self.wanted.sources:
            return ""
        people = "NULL::VARCHAR[]"
        if self.has(ROLE, "Contact.Email") and self.has(EMAIL, "FromAddress"):
            address = 'CASE WHEN m."Incoming" THEN m."FromAddress" ELSE m."ToAddress" END'
            people = f"""(SELECT list(DISTINCT r."ContactId" ORDER BY r."ContactId") FROM "OpportunityContactRole" r
                WHERE r."OpportunityId" = m."RelatedToId" AND r."Contact.Email" <> ''
                    AND contains(lower({address}), lower(r."Contact.Email")))"""
        return f"""
            SELECT m."RelatedToId" AS deal_id, m."Id" AS id, 'email' AS kind,
                CASE WHEN m."Incoming" THEN 'inbound' ELSE 'outbound' END AS direction, m."MessageDate" AS happened_at,
                {people} AS contact_ids, 'held' AS status, m."Subject" AS subject
            FROM "EmailMessage" m WHERE m."RelatedToId" {OF_BATCH} AND m."MessageDate" IS NOT NULL
        """

    def _changes_in_history(self, name: str, text: str) -> str:
        before = f'lag({text}) OVER (PARTITION BY "OpportunityId" ORDER BY "CreatedDate", "Id")'
        first = 'row_number() OVER (PARTITION BY "OpportunityId" ORDER BY "CreatedDate", "Id") = 1'
        return f"""(
            SELECT "OpportunityId" AS deal_id, '{name}' AS field, {before} AS "old", {text} AS "new",
                "CreatedDate" AS changed_at, {self.column(HISTORY, "CreatedById", "VARCHAR")} AS changed_by
            FROM "OpportunityHistory" WHERE "OpportunityId" {OF_BATCH}
            QUALIFY NOT {first} AND "old" IS DISTINCT FROM "new"
        )"""

    def _is_tracked(self, column: Column) -> bool:
        return column.name in self.wanted.tracked - {"amount", "close_date"}

    def _tracked_changes(self, column: Column) -> str:
        return f"""(
            SELECT "OpportunityId" AS deal_id, {_text(column.name)} AS field, "OldValue" AS "old", "NewValue" AS "new",
                "CreatedDate" AS changed_at, "CreatedById" AS changed_by
            FROM "OpportunityFieldHistory" WHERE "OpportunityId" {OF_BATCH} AND "Field" = {_text(column.path)}
        )"""


def _contacts(who: str, people: str) -> str:
    """Put the person of an activity and those invited together; a lead is no contact of the deal."""
    one = f"CASE WHEN starts_with({who}, '003') THEN [{who}] ELSE []::VARCHAR[] END"
    listed = f"list_sort(list_distinct(list_concat({one}, coalesce({people}, []::VARCHAR[]))))"
    return f"CASE WHEN len({listed}) > 0 THEN {listed} END"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
