"""Calls, emails, meetings, messages and notes as activities: their kind, direction and status, and who took part.

Each part gives the SQL of one object for the deals in `_batch`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.hubspot.associations import table_of
from connectors.hubspot.names import KEY
from connectors.hubspot.standard import CALLS, CONTACTS, DEALS, EMAILS, MEETINGS, MESSAGES, NOTES, TASKS
from connectors.hubspot.wanted import Wanted
from connectors.mirror.canonical_values import text_sql
from connectors.mirror.mirror import quoted

Words = Mapping[str, str]

CALL_DIRECTIONS: Words = {"INBOUND": "inbound", "OUTBOUND": "outbound"}
EMAIL_DIRECTIONS: Words = {"INCOMING_EMAIL": "inbound", "EMAIL": "outbound"}
"""A forwarded email (FORWARDED_EMAIL) does not tell who wrote it."""
CALL_STATUSES: Words = {
    "COMPLETED": "held", "NO_ANSWER": "missed", "BUSY": "missed", "FAILED": "missed", "MISSED": "missed",
    "CANCELED": "cancelled", "QUEUED": "planned",
}  # fmt: skip
NOT_SPOKEN: Words = {
    "73a0d17f-1163-4015-bdd5-ec830791da20": "no answer",
    "9d9162e7-6cf3-4944-bf63-4dff82258764": "busy",
    "17b47fee-58de-441e-a44c-c6300d46f273": "wrong number",
}
"""HubSpot's own outcomes of a call in which nobody was reached; an account may add others."""
EMAIL_STATUSES: Words = {
    "SENT": "held", "BOUNCED": "missed", "FAILED": "missed", "SCHEDULED": "planned", "SENDING": "planned",
}  # fmt: skip
MEETING_OUTCOMES: Words = {
    "COMPLETED": "held", "NO_SHOW": "missed", "CANCELED": "cancelled", "RESCHEDULED": "cancelled",
}  # fmt: skip
TASK_KINDS: Words = {"CALL": "call", "EMAIL": "email", "LINKED_IN_MESSAGE": "message"}
NOW = "(SELECT max(until) FROM _fresh)"


@dataclass(frozen=True, slots=True)
class _Activity:
    """How one object tells of itself; each part is SQL over its alias `e`."""

    object: str
    kind: str
    direction: str
    happened: str
    status: str
    subject: str
    where: str = ""


def activity_parts(wanted: Wanted) -> list[str]:
    """Give the SQL of the activities of each object that the account shows."""
    return [_part(each, wanted) for each in _Telling(wanted).all() if each.object in wanted.sources]


class _Telling:
    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted

    def all(self) -> list[_Activity]:
        return [self.call(), self.email(), self.meeting(), self.message(), self.note(), self.task()]

    def call(self) -> _Activity:
        """Tell of calls; one that a person logs is completed, reached or not: its outcome says."""
        disposition = self.text(CALLS, "hs_call_disposition")
        status = _said(self.text(CALLS, "hs_call_status"), CALL_STATUSES)
        reached = f"CASE WHEN {disposition} IN ({', '.join(map(text_sql, NOT_SPOKEN))}) THEN 'missed' ELSE {status} END"
        at = self.moment(CALLS, "hs_timestamp")
        direction = _said(self.text(CALLS, "hs_call_direction"), CALL_DIRECTIONS)
        planned = (
            f"CASE WHEN {at} > {NOW} AND ({reached}) IS DISTINCT FROM 'cancelled' THEN 'planned' ELSE {reached} END"
        )
        return _Activity(CALLS, "'call'", direction, at, planned, self.text(CALLS, "hs_call_title"))

    def email(self) -> _Activity:
        direction = _said(self.text(EMAILS, "hs_email_direction"), EMAIL_DIRECTIONS)
        status = _said(self.text(EMAILS, "hs_email_status"), EMAIL_STATUSES)
        at, subject = self.moment(EMAILS, "hs_timestamp"), self.text(EMAILS, "hs_email_subject")
        return _Activity(EMAILS, "'email'", direction, at, status, subject)

    def meeting(self) -> _Activity:
        """Tell of meetings; one that is over and still says `SCHEDULED` may have been held or not: nobody told."""
        start = self.moment(MEETINGS, "hs_meeting_start_time")
        at = f"coalesce({start}, {self.moment(MEETINGS, 'hs_timestamp')})"
        outcome = _said(self.text(MEETINGS, "hs_meeting_outcome"), MEETING_OUTCOMES)
        status = f"coalesce({outcome}, CASE WHEN {at} > {NOW} THEN 'planned' END)"
        return _Activity(MEETINGS, "'meeting'", "NULL::VARCHAR", at, status, self.text(MEETINGS, "hs_meeting_title"))

    def message(self) -> _Activity:
        at = self.moment(MESSAGES, "hs_timestamp")
        subject = self.text(MESSAGES, "hs_communication_channel_type")
        return _Activity(MESSAGES, "'message'", "NULL::VARCHAR", at, "NULL::VARCHAR", subject)

    def note(self) -> _Activity:
        at, nothing = self.moment(NOTES, "hs_timestamp"), "NULL::VARCHAR"
        return _Activity(NOTES, "'note'", nothing, at, nothing, nothing)

    def task(self) -> _Activity:
        """Tell of open tasks to call or write as planned steps; what came of one is a call or email of its own.

        Tasks of ours are work, not contact with the buyer.
        """
        kind, at = _said(self.text(TASKS, "hs_task_type"), TASK_KINDS), self.moment(TASKS, "hs_timestamp")
        undone = f"{self.text(TASKS, 'hs_task_status')} IS DISTINCT FROM 'COMPLETED'"
        where = f"AND {kind} IS NOT NULL AND {undone} AND {self.text(TASKS, KEY)} IS NULL"
        return _Activity(TASKS, kind, "'outbound'", at, "'planned'", self.text(TASKS, "hs_task_subject"), where)

    def text(self, object_: str, name: str) -> str:
        return self._column(object_, name, "VARCHAR")

    def moment(self, object_: str, name: str) -> str:
        return self._column(object_, name, "TIMESTAMPTZ")

    def _column(self, object_: str, name: str, sql_type: str) -> str:
        source = self._wanted.sources.get(object_)
        return f"e.{quoted(name)}" if source is not None and name in source.kinds else f"NULL::{sql_type}"


def _part(each: _Activity, wanted: Wanted) -> str:
    people = "NULL::VARCHAR[]"
    if each.object in wanted.with_people:
        listed = f'FROM {quoted(table_of(each.object, CONTACTS))} p WHERE p."From" = e."Id"'
        people = f'(SELECT list(p."To" ORDER BY p."To") {listed})'
    return f"""
        SELECT a."From" AS deal_id, e."Id" AS id, {each.kind} AS kind, {each.direction} AS direction,
            {each.happened} AS happened_at, {people} AS contact_ids, {each.status} AS status, {each.subject} AS subject
        FROM {quoted(table_of(DEALS, each.object))} a JOIN {quoted(each.object)} e ON e."Id" = a."To"
        WHERE a."From" IN (SELECT "Id" FROM _batch) AND {each.happened} IS NOT NULL {each.where}
    """


def _said(column: str, words: Words) -> str:
    """Say HubSpot's words in ours; any other is not known."""
    cases = " ".join(f"WHEN {text_sql(word)} THEN {text_sql(ours)}" for word, ours in words.items())
    return f"(CASE upper({column}) {cases} END)"
