"""One deal's story in canonical columns, and the business hours in which things happen."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from examples.company import AS_OF, Company, Row
from examples.pipelines import Pipeline, Stage
from examples.words import Industry

OPENING, CLOSING = 14, 21
"""Business hours in UTC, which are 9 to 4 on the east coast in summer."""


@dataclass(slots=True)
class Visit:
    """A stay in one stage; `left` is None for the stage the deal stands in."""

    stage: Stage
    entered: datetime
    left: datetime | None = None


@dataclass(slots=True)
class Story:
    """All there is to tell of one deal; flaws change it in place before it is written."""

    number: int
    kind: str
    pipeline: Pipeline
    company: Company
    industry: Industry
    rng: Random
    deal: Row
    account: Row
    visits: list[Visit]
    contacts: list[Row] = field(default_factory=list)
    activities: list[Row] = field(default_factory=list)
    stage_changes: list[Row] = field(default_factory=list)
    proposals: list[Row] = field(default_factory=list)
    quotes: list[Row] = field(default_factory=list)
    field_changes: list[Row] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether the deal is still worked on."""
        return bool(self.deal["outcome"] == "open")

    @property
    def end(self) -> datetime:
        """When the story ends: when the deal closed, or now."""
        closed: datetime | None = self.deal["closed_at"]
        return closed or AS_OF

    @property
    def progress(self) -> float:
        """How far the deal has come, from 0 to 1."""
        stages = self.pipeline.stages
        last = self.visits[-1]
        stayed = ((last.left or self.end) - last.entered) / timedelta(days=last.stage.days)
        return (stages.index(last.stage) + min(stayed, 0.98)) / len(stages)

    def known_by(self, moment: datetime) -> list[Row]:
        """Give the contacts who were known at a moment; the first always was."""
        first = self.visits[0].entered
        come = self.progress * (moment - first) / max(self.end - first, timedelta(days=1))
        return [person for person in self.contacts if person["known_at"] <= come] or self.contacts[:1]

    def people(self, *roles: str) -> list[Row]:
        """Give the contacts in one of these roles."""
        return [contact for contact in self.contacts if contact["role"] in roles]

    def changed(self, name: str, new: object, when: datetime, old: object = "", by: str = "") -> None:
        """Record that a field changed, unless that was after the end; never two changes of it at one time."""
        if when <= self.end:
            row: Row = {"field": name, "old": _written(old), "new": _written(new), "changed_at": when}
            while any(each["field"] == name and each["changed_at"] == row["changed_at"] for each in self.field_changes):
                row["changed_at"] -= timedelta(minutes=5)
            self.field_changes.append(row | {"changed_by": by or self.deal["owner_id"]})


def in_hours(rng: Random, when: datetime, latest: datetime = AS_OF) -> datetime:
    """Move a moment into business hours of a weekday, at the latest on the last business day before `latest`."""
    day = _weekday(when)
    while (moved := _hour(rng, day)) > latest:
        day = _weekday(day - timedelta(days=1))
    return moved


def workdays_after(day: date, count: int) -> date:
    """Count weekdays forward."""
    while count > 0:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day


def _written(value: object) -> str:
    """Write a value as a field history does."""
    if isinstance(value, bool):
        return str(value).lower()
    return ";".join(value) if isinstance(value, list) else str(value)


def _weekday(when: datetime) -> datetime:
    return when - timedelta(days=max(0, when.weekday() - 4))


def _hour(rng: Random, when: datetime) -> datetime:
    return when.replace(hour=rng.randrange(OPENING, CLOSING), minute=5 * rng.randrange(12), second=0, microsecond=0)
