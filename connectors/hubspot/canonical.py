"""One translation of HubSpot's records into the canonical tables, for a few deals in memory and for a whole mirror.

Each function gives the SQL of one table for the deals in `_batch`; what the account lacks is null or left out.
"""

from __future__ import annotations

from connectors.hubspot.activities import activity_parts
from connectors.hubspot.associations import table_of
from connectors.hubspot.history import HISTORY, QUOTE_HISTORY, entries_sql
from connectors.hubspot.names import KEY
from connectors.hubspot.standard import (
    COMPANIES,
    CONTACTS,
    DEALS,
    OWNERS,
    PUBLISHED,
    QUOTE_STATUS,
    QUOTES,
    STAGE,
    TASKS,
)
from connectors.hubspot.state import NO_DAY
from connectors.hubspot.values import canonical_sql, day_sql, renamed
from connectors.hubspot.wanted import BUYING_ROLE, Column, Wanted
from connectors.mirror.canonical_values import text_sql
from connectors.mirror.mirror import quoted
from rules.types import FieldType

OF_BATCH = 'IN (SELECT "Id" FROM _batch)'
DONE = "COMPLETED"


def statements(wanted: Wanted, tables: frozenset[str]) -> dict[str, str]:
    """Give the SQL of every canonical table that this account delivers, deals first; `tables` are those mirrored."""
    return _Statements(wanted, tables).all()


class _Statements:
    def __init__(self, wanted: Wanted, tables: frozenset[str]) -> None:
        self.wanted = wanted
        self.tables = tables

    def all(self) -> dict[str, str]:
        found = {
            "deals": self.deals(),
            "accounts": self.accounts(),
            "owners": self.owners(),
            "contacts": self.contacts(),
            "activities": self.activities(),
            "tasks": self.deal_tasks(),
            "stage_changes": self.stage_changes(),
            "field_changes": self.field_changes(),
            "proposals": self.proposals(),
            **{table: self.record(table, object_) for table, object_ in self.wanted.records.items()},
        }
        return {table: sql for table, sql in found.items() if sql}

    def deals(self) -> str:
        """Entered: when the present stage was. A closed deal was closed then, else on its close date."""
        stages = {stage.id: stage for pipeline in self.wanted.pipelines for stage in pipeline.stages}
        won = _cases("d.dealstage", {each.id: str(each.won).lower() for each in stages.values()})
        closed = _cases("d.dealstage", {each.id: str(each.closed).lower() for each in stages.values()})
        is_won = f"coalesce({self.column(DEALS, 'hs_is_closed_won', 'BOOLEAN', 'd')}, {won}, false)"
        is_closed = f"coalesce({self.column(DEALS, 'hs_is_closed', 'BOOLEAN', 'd')}, {closed}, false)"
        now = self.column(DEALS, "hs_v2_date_entered_current_stage", "TIMESTAMPTZ", "d")
        made = self.column(DEALS, "createdate", "TIMESTAMPTZ", "d")
        account = 'c."To" AS account_id,' if COMPANIES in self.wanted.sources else ""
        return f"""
            WITH s AS (SELECT deal_id, arg_max(to_stage, changed_at) AS stage, max(changed_at) AS entered
                       FROM ({self.stage_steps()}) GROUP BY 1)
            SELECT d."Id" AS id, {self.columns("deals", "d")},
                {self.pipeline()} AS pipeline, {self.currency()} AS currency, {account}
                CASE WHEN {is_won} THEN 'won' WHEN {is_closed} THEN 'lost' ELSE 'open' END AS outcome,
                coalesce({now}, s.entered, {made}) AS stage_entered_at,
                CASE WHEN {is_closed} THEN coalesce({now}, s.entered, {self.closing()}) END AS closed_at
            FROM deals d LEFT JOIN s ON s.deal_id = d."Id" AND s.stage = d.dealstage {self.company()}
            WHERE d."Id" {OF_BATCH} ORDER BY id
        """

    def accounts(self) -> str:
        """Give the companies of the deals, each deal's main one."""
        if COMPANIES not in self.wanted.sources:
            return ""
        chosen = f'SELECT c."To" FROM deals d {self.company()} WHERE d."Id" {OF_BATCH}'
        columns = self.columns("accounts", "o")
        return f"""
            SELECT o."Id" AS id{", " + columns if columns else ""} FROM companies o
            WHERE o."Id" IN ({chosen}) ORDER BY id
        """

    def owners(self) -> str:
        """Give everybody: HubSpot does not tell who manages whom."""
        if OWNERS not in self.tables:
            return ""
        return """
            SELECT "Id" AS id, "Name" AS name, "Email" AS email, "Team" AS team, "StartedAt" AS started_at
            FROM owners ORDER BY id
        """

    def contacts(self) -> str:
        """One row a person and role: the labels of the association, and the buying roles of the contact."""
        if CONTACTS not in self.wanted.sources:
            return ""
        roles = "[]::VARCHAR[]"
        if self.has(CONTACTS, BUYING_ROLE):
            listed = f"list_transform(string_split(p.{BUYING_ROLE}, ';'), lambda x: trim(x))"
            roles = f"coalesce({renamed(listed, self.wanted.roles)}, {roles})"
        first, last, mail = (self.column(CONTACTS, name, "VARCHAR", "p") for name in ("firstname", "lastname", "email"))
        every = f"list_sort(list_distinct(list_concat(a.\"Labels\", list_filter({roles}, lambda x: x <> ''))))"
        columns = self.columns("contacts", "p")
        return f"""
            WITH people AS (
                SELECT a."From" AS deal_id, p."Id" AS id, {every} AS roles,
                    coalesce(nullif(trim(concat_ws(' ', {first}, {last})), ''), {mail}) AS name
                    {", " + columns if columns else ""}
                FROM {quoted(table_of(DEALS, CONTACTS))} a JOIN contacts p ON p."Id" = a."To" WHERE a."From" {OF_BATCH}
            )
            SELECT * EXCLUDE (roles), unnest(CASE WHEN len(roles) > 0 THEN roles ELSE [NULL] END) AS role
            FROM people ORDER BY deal_id, id, role
        """

    def activities(self) -> str:
        """Put calls, emails, meetings, messages and notes together, and open tasks to call or write."""
        parts = activity_parts(self.wanted)
        return f"SELECT * FROM ({' UNION ALL '.join(parts)}) ORDER BY deal_id, id" if parts else ""

    def deal_tasks(self) -> str:
        """All tasks of a deal, with the key of those that are ours; one that is due on no day says so by its moment."""
        if TASKS not in self.wanted.sources:
            return ""
        due, zone = self.column(TASKS, "hs_timestamp", "TIMESTAMPTZ", "t"), text_sql(self.wanted.time_zone)
        no_day = f"({due} AT TIME ZONE {zone})::TIME = TIME '{NO_DAY.isoformat()}'"
        return f"""
            SELECT a."From" AS deal_id, t."Id" AS id, {self.column(TASKS, KEY, "VARCHAR", "t")} AS key,
                {self.column(TASKS, "hs_task_subject", "VARCHAR", "t")} AS title,
                CASE WHEN NOT {no_day} THEN {day_sql(due, self.wanted.time_zone)} END AS due,
                CASE WHEN {self.column(TASKS, "hs_task_status", "VARCHAR", "t")} = '{DONE}' THEN 'completed'
                     ELSE 'open' END AS status,
                {self.column(TASKS, "hubspot_owner_id", "VARCHAR", "t")} AS owner_id
            FROM {quoted(table_of(DEALS, TASKS))} a JOIN tasks t ON t."Id" = a."To"
            WHERE a."From" {OF_BATCH} ORDER BY deal_id, id
        """

    def stage_changes(self) -> str:
        """Give the changes of the stage; the first one, from no stage, made the deal."""
        return f"""
            SELECT deal_id, lag(to_stage) OVER (PARTITION BY deal_id ORDER BY changed_at, place) AS from_stage,
                to_stage, changed_at, changed_by
            FROM ({self.stage_steps()}) ORDER BY deal_id, changed_at, to_stage
        """

    def stage_steps(self) -> str:
        """Take a deal's history where it is held, else what its properties tell of entries."""
        whole = f"SELECT id FROM _complete WHERE name = '{HISTORY}'"
        before = 'lag("Value") OVER (PARTITION BY "Of" ORDER BY "At", "Id")'
        return f"""
            SELECT h."Of" AS deal_id, "Value" AS to_stage, h."At" AS changed_at, {self.who("h")} AS changed_by,
                h."Id" AS place
            FROM (SELECT *, {before} AS before FROM "{HISTORY}" WHERE "Property" = '{STAGE}' AND "Of" {OF_BATCH}) h
            {self.user("h")} WHERE h."Value" IS NOT NULL AND h."Value" IS DISTINCT FROM h.before
            UNION ALL
            SELECT deal, stage, entered, NULL, stage FROM ({entries_sql(self.wanted)})
            WHERE deal {OF_BATCH} AND deal NOT IN ({whole})
        """

    def field_changes(self) -> str:
        """Give the changes of the fields that playbooks ask about; what a deal was made with is no change."""
        parts = [self._changes(each) for each in self.wanted.columns["deals"] if each.name in self.wanted.tracked]
        return f"SELECT * FROM ({' UNION ALL '.join(parts)}) ORDER BY deal_id, changed_at, field" if parts else ""

    def proposals(self) -> str:
        """Give the quotes that were sent: when they were published, unless a property is named that tells better."""
        told = any(each.name == "sent_at" for each in self.wanted.columns.get("proposals", ()))
        if QUOTES not in self.wanted.sources or not (told or self.wanted.quote_history):
            return ""
        listed = ", ".join(map(text_sql, PUBLISHED))
        sent = f"""(SELECT min(h."At") FROM "{QUOTE_HISTORY}" h
            WHERE h."Of" = q."Id" AND h."Property" = '{QUOTE_STATUS}' AND h."Value" IN ({listed}))"""
        columns = [self.columns("proposals", "q"), "" if told else f"{sent} AS sent_at"]
        return f"""
            SELECT * FROM (
                SELECT a."From" AS deal_id, q."Id" AS id, {", ".join(each for each in columns if each)}
                FROM {quoted(table_of(DEALS, QUOTES))} a JOIN quotes q ON q."Id" = a."To" WHERE a."From" {OF_BATCH}
            ) WHERE sent_at IS NOT NULL ORDER BY deal_id, id
        """

    def record(self, table: str, object_: str) -> str:
        """Give a related table that a playbook declares."""
        columns = self.columns(table, "r")
        return f"""
            SELECT a."From" AS deal_id{", " + columns if columns else ""}
            FROM {quoted(table_of(DEALS, object_))} a JOIN {quoted(object_)} r ON r."Id" = a."To"
            WHERE a."From" {OF_BATCH} ORDER BY deal_id, r."Id"
        """

    def columns(self, table: str, alias: str) -> str:
        """List the columns of a table that are one property each."""
        return ", ".join(
            f"{self.value(each, f'{alias}.{quoted(each.path)}')} AS {quoted(each.name)}"
            for each in self.wanted.columns.get(table, ())
        )

    def value(self, column: Column, held: str) -> str:
        """Give the SQL that makes a column's value of what is held; what expires on a day does when that is over."""
        made = canonical_sql(held, column.hubspot, column.kind, self.wanted.time_zone, column.names)
        if column.name != "expires_at" or column.kind is not FieldType.TIME:
            return made
        plain = f"({made} AT TIME ZONE 'UTC')"
        return f"CASE WHEN {plain} = date_trunc('day', {plain}) THEN {made} + INTERVAL 1 DAY ELSE {made} END"

    def has(self, object_: str, name: str) -> bool:
        """Whether a property is fetched."""
        source = self.wanted.sources.get(object_)
        return source is not None and name in source.kinds

    def column(self, object_: str, name: str, sql_type: str, alias: str) -> str:
        """Name a property of a record, or null where the account has none such."""
        return f"{alias}.{quoted(name)}" if self.has(object_, name) else f"NULL::{sql_type}"

    def pipeline(self) -> str:
        """Call a pipeline by its label, as people see it."""
        held = self.column(DEALS, "pipeline", "VARCHAR", "d")
        return f"coalesce({_cases(held, {each.id: text_sql(each.label) for each in self.wanted.pipelines})}, {held})"

    def currency(self) -> str:
        """Give the deal's own currency, else the account's."""
        own = f"nullif({self.column(DEALS, 'deal_currency_code', 'VARCHAR', 'd')}, '')"
        return f"coalesce({own}, {text_sql(self.wanted.currency)})" if self.wanted.currency else own

    def closing(self) -> str:
        """Give the close date as the moment it is held as."""
        return f"{self.column(DEALS, 'closedate', 'TIMESTAMPTZ', 'd')}::TIMESTAMPTZ"

    def company(self) -> str:
        """Join a deal's main company: the primary one, else the one that was there first."""
        if COMPANIES not in self.wanted.sources:
            return ""
        links = quoted(table_of(DEALS, COMPANIES))
        return f"""LEFT JOIN (
            SELECT DISTINCT ON ("From") "From", "To" FROM {links} WHERE "To" IN (SELECT "Id" FROM companies)
            ORDER BY "From", "Primary" DESC, len("To"), "To") c ON c."From" = d."Id" """

    def who(self, alias: str) -> str:
        """Name who made a change: an owner by their id, else what HubSpot says."""
        return f'coalesce(u."Id", {alias}."By")' if OWNERS in self.tables else f'{alias}."By"'

    def user(self, alias: str) -> str:
        """Join the owner that a change was made by; somebody who came back is a new owner, and the same user."""
        if OWNERS not in self.tables:
            return ""
        latest = 'SELECT "UserId", arg_max("Id", "StartedAt") AS "Id" FROM owners GROUP BY "UserId"'
        return f"""LEFT JOIN ({latest}) u ON {alias}."By" = 'userId:' || u."UserId" """

    def _changes(self, column: Column) -> str:
        """Give the changes of one field; its first value is one where the deal was there before it."""
        value = '"Value"'
        if column.kind is FieldType.DATE and column.hubspot == "datetime":
            day = day_sql('try_cast("Value" AS TIMESTAMPTZ)', self.wanted.time_zone)
            value = f'coalesce(({day})::VARCHAR, "Value")'
        before = f'lag({value}) OVER (PARTITION BY "Of" ORDER BY "At", "Id")'
        made = f"""SELECT "Of", min("At") AS made FROM "{HISTORY}"
            WHERE "Property" = '{STAGE}' AND "Of" {OF_BATCH} GROUP BY 1"""
        rows = f"""SELECT "Of", "At", "By", {value} AS value, {before} AS before FROM "{HISTORY}"
            WHERE "Property" = {text_sql(column.path)} AND "Of" {OF_BATCH}"""
        return f"""
            SELECT h."Of" AS deal_id, {text_sql(column.name)} AS field, h.before AS "old", h.value AS "new",
                h."At" AS changed_at, {self.who("h")} AS changed_by
            FROM ({rows}) h LEFT JOIN ({made}) m ON m."Of" = h."Of" {self.user("h")}
            WHERE h.before IS DISTINCT FROM h.value AND (h.before IS NOT NULL OR h."At" > m.made)
        """


def _cases(column: str, values: dict[str, str]) -> str:
    cases = " ".join(f"WHEN {text_sql(key)} THEN {value}" for key, value in sorted(values.items()))
    return f"CASE {column} {cases} END" if cases else "NULL"
