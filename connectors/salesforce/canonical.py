"""One translation of Salesforce's rows into the canonical tables, for a few deals in memory and for a whole mirror.

Each function gives the SQL of one table for the deals in `_batch`; what the org lacks is null or left out.
"""

from __future__ import annotations

from connectors.mirror.canonical_values import value_sql
from connectors.mirror.mirror import quoted
from connectors.salesforce.activities import activities
from connectors.salesforce.held import OF_BATCH, Held
from connectors.salesforce.names import KEY
from connectors.salesforce.standard import (
    FIELD_HISTORY,
    HISTORY,
    OPPORTUNITY,
    QUOTE,
    ROLE,
    TASK,
    USER,
)
from connectors.salesforce.wanted import Column, Wanted


def statements(wanted: Wanted) -> dict[str, str]:
    """Give the SQL of every canonical table that this org delivers, deals first."""
    return _Statements(wanted).all()


class _Statements(Held):
    def all(self) -> dict[str, str]:
        found = {
            "deals": self.deals(),
            "accounts": self.accounts(),
            "owners": self.owners(),
            "contacts": self.contacts(),
            "activities": activities(self.wanted),
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
        """Give the quotes that were sent, where the settings say which field tells when."""
        columns = self.wanted.columns.get("proposals", ())
        sent = next((each for each in columns if each.name == "sent_at"), None)
        if QUOTE not in self.wanted.sources or sent is None:
            return ""
        return f"""
            SELECT q."OpportunityId" AS deal_id, q."Id" AS id, {self.columns("proposals", "q")} FROM "Quote" q
            WHERE q."OpportunityId" {OF_BATCH} AND q.{quoted(sent.path)} IS NOT NULL ORDER BY deal_id, id
        """

    def record(self, table: str, object_: str) -> str:
        """Give a related table that a playbook declares."""
        parent, columns = quoted(self.wanted.sources[object_].parent), self.columns(table, "r")
        listed = f"r.{parent} AS deal_id{', ' + columns if columns else ''}"
        return f'SELECT {listed} FROM {quoted(object_)} r WHERE r.{parent} {OF_BATCH} ORDER BY deal_id, r."Id"'

    def columns(self, table: str, alias: str) -> str:
        """List the columns of a table that are one field each."""
        return ", ".join(
            f"{value_sql(self._held(table, each, alias), each.kind)} AS {quoted(each.name)}"
            for each in self.wanted.columns.get(table, ())
        )

    def _held(self, table: str, column: Column, alias: str) -> str:
        """Name a field of a row; what expires on a day does so when that is over."""
        held = f"{alias}.{quoted(column.path)}"
        last_day = (table, column.name) == ("proposals", "expires_at") and self.kind(QUOTE, column.path) == "date"
        return f"({held} + 1)" if last_day else held

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


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
