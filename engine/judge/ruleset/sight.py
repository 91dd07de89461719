"""What rules are told about: one deal at a moment, with a related row beside it, and what was found of it so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from engine.judge.calendar import BusinessCalendar
from engine.judge.cells import moved
from engine.judge.query.scope import NOW, Scope
from engine.judge.ruleset.records import PARENTS, Records, Row
from rules.condition import FieldValue, LastChangedBy, Literal, Moment, PerSegment, Reference, Related, Score, Value
from rules.playbook import Playbook
from rules.ruleset_comparisons import Edge, LastChange, Segment, Subject, Tally
from rules.types import ROW_TIME, Duration, FieldType, Unit

Tallies = dict[tuple[Related, str], int]


@dataclass
class Found:
    """What was found of one deal so far; grows while it is judged."""

    segment: str = ""
    scores: dict[Score, float] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)
    findings: list[Row] = field(default_factory=list)
    shared: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class World:
    """A batch and what does not change from deal to deal."""

    playbook: Playbook
    records: Records
    calendar: BusinessCalendar
    derives_buyer_activity: bool
    types: Mapping[str, Mapping[str, FieldType]]
    tracked: frozenset[str] | None

    def tells_changes_of(self, name: str) -> bool:
        """Say whether the CRM tells when a deal field changed."""
        return name == "stage" or self.tracked is None or name in self.tracked


@dataclass(frozen=True)
class Sight:
    """One deal at a moment; `rows` are the related or computed rows looked at, by table.

    Related rows later than `cut` do not count. `buyer_seen` tells by moment and person when buyers were last active.
    """

    world: World
    deal: Row
    now: datetime
    found: Found
    scope: Scope = NOW
    cut: datetime | None = None
    rows: Mapping[str, Row] = field(default_factory=dict)
    tallies: Tallies = field(default_factory=dict)
    buyer_seen: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """The local date of the moment."""
        return self.world.calendar.local_date(self.now)

    def at(self, table: str, row: Row) -> Sight:
        """Look at a row."""
        return replace(self, rows={**self.rows, table: row}, tallies={})

    def related(self, table: str) -> Sequence[Row]:
        """Give the deal's rows of a table up to the cut, or what was found on it."""
        if table == "findings":
            return self.found.findings
        rows = self.world.records.of_deal(table, self.deal)
        time = ROW_TIME.get(table)
        if self.cut is None or time is None:
            return rows
        return [row for row in rows if row[time] is not None and row[time] <= self.cut]

    def read(self, reference: Reference) -> Any:  # noqa: ANN401 -- a cell of any type
        """Read a column of the deal, its account or owner, or of a row looked at."""
        table, name = reference.table, reference.name
        if table == "flags":
            return self.found.flags
        if table in PARENTS:
            return self.world.records.parent(table, self.deal)[name]
        if (table, name) == ("contacts", "last_buyer_activity_at") and self.world.derives_buyer_activity:
            return self.buyer_seen.get(self.rows[table]["id"])
        return (self.deal if table == "deals" else self.rows[table])[name]

    def holds_something(self, reference: Reference) -> bool:
        """Say whether a column is present: an amount is in any currency, an empty list is not."""
        row = self.deal if reference.table == "deals" else self.rows.get(reference.table, {})
        if (told := row.get(f"{reference.name}.given")) is not None:
            return bool(told)
        value = self.read(reference)
        return value is not None and value != [] and not (reference.table == "findings" and value == "")

    def value(self, subject: Subject | None) -> Any:  # noqa: ANN401 -- a value of any type
        """Give what a fact is of; None where there is nothing."""
        match subject:
            case Reference():
                return self.read(subject)
            case Tally(node, which):
                return self.tallies[node, which]
            case Edge(plus):
                return self.moved(self.now, plus)
            case LastChange() | LastChangedBy():
                return self._changed(subject)
            case Score() | Segment():
                return self.found.segment if isinstance(subject, Segment) else self.found.scores[subject]
            case _:
                return self.resolved(subject)

    def resolved(self, value: Value | None) -> Any:  # noqa: ANN401 -- likewise
        """Give a right-hand side for this deal; None where it has none."""
        match value:
            case Literal(plain):
                return plain
            case FieldValue(reference, plus):
                found = self.read(reference)
                return None if found is None else self.moved(found, plus)
            case Moment(base, plus):
                return self.moved(self.now if base == "now" else self.today, plus)
            case PerSegment(cases, otherwise):
                return self.resolved(dict(cases).get(self.found.segment, otherwise))
            case None:
                return None

    def moved(self, start: Any, plus: Duration | None) -> Any:  # noqa: ANN401 -- any value where nothing is to be moved
        """Move a date or time; business days lead to a date, or to None outside the calendar."""
        if plus is None:
            return start
        calendar = self.world.calendar
        if plus.unit is Unit.BUSINESS_DAYS:
            day = calendar.local_date(start) if isinstance(start, datetime) else start
            return calendar.add_business_days(day, plus.amount)
        if isinstance(start, datetime):
            return moved(start, timedelta(hours=plus.hours))
        return moved(start, timedelta(days=plus.hours // 24))

    def changes(self, table: str) -> list[Row]:
        """Give the rows of a history up to the moment."""
        rows = self.world.records.of_deal(table, self.deal)
        return [row for row in rows if row["changed_at"] is not None and row["changed_at"] <= self.now]

    def _changed(self, subject: LastChange | LastChangedBy) -> datetime | str | None:
        """Give when a field last changed, or by whose team: "" where nobody changed it, None where nobody knows."""
        if isinstance(subject, LastChangedBy):
            return self._team_of_last_change({field.name for field in subject.fields})
        name = subject.reference.name
        if name == "stage":
            return max((row["changed_at"] for row in self.changes("stage_changes")), default=None)
        return max((row["changed_at"] for row in self.changes("field_changes") if row["field"] == name), default=None)

    def _team_of_last_change(self, names: set[str]) -> str | None:
        rows = [row for row in self.changes("field_changes") if row["field"] in names]
        if not rows:
            return ""
        last = max(rows, key=lambda row: (row["changed_at"], row["changed_by"] or ""))
        return self.world.records.parents.get("owners", {}).get(last["changed_by"], {}).get("team")
