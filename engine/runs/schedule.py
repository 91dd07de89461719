"""When a CRM's nightly sweep is due: a local time on days of the week, on the nights when clocks change too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from engine.runs.mistakes import Mistake
from rules.parse_calendar import WEEKDAYS
from rules.playbook import Playbook

DAY = timedelta(days=1)
EVERY_DAY = tuple(range(len(WEEKDAYS)))


@dataclass(frozen=True, slots=True)
class SweepTimes:
    """What `sweep` of a CRM says in `dealgate.yaml`; Monday is day 0, and "" is the playbooks' own time zone."""

    at: time
    days: tuple[int, ...] = EVERY_DAY
    timezone: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A local time on days of the week."""

    at: time
    days: tuple[int, ...]
    zone: ZoneInfo

    def moment(self, day: date) -> datetime:
        """Give the moment of a date, in UTC: of a time that comes twice that night the first one.

        A time that the clocks skip that night comes as long after the skip as it lies behind its beginning.
        """
        return datetime.combine(day, self.at, self.zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class DueSweep:
    """A sweep that fell due: its local date and its moment, in UTC."""

    day: date
    at: datetime


class SeveralZones(Mistake):
    """Nobody says in which of the playbooks' time zones a CRM is swept."""

    def __init__(self, crm: str, zones: Sequence[str]) -> None:
        named = ", ".join(f"`{zone}`" for zone in zones)
        message = f"`sweep` of CRM `{crm}` names no time zone, and the playbooks differ in theirs: {named}"
        super().__init__(message, f"add it, such as `timezone: {zones[0]}`")


def sweep_times(values: Mapping[str, Any]) -> SweepTimes:
    """Read what `dealgate.yaml` says of a CRM's sweeps; the schema has checked it."""
    days = [WEEKDAYS.index(day) for day in values.get("days", WEEKDAYS)]
    return SweepTimes(time.fromisoformat(values["at"]), tuple(sorted(days)), values.get("timezone", ""))


def schedule_of(crm: str, times: SweepTimes, playbooks: Sequence[Playbook]) -> Schedule:
    """Settle in which time zone a CRM is swept; raises SeveralZones where the playbooks differ and nothing is said."""
    zones = [times.timezone] if times.timezone else sorted({each.calendar.timezone for each in playbooks})
    if len(zones) != 1:
        raise SeveralZones(crm, zones)
    return Schedule(times.at, times.days, ZoneInfo(zones[0]))


def due_sweep(schedule: Schedule, now: datetime) -> DueSweep | None:
    """Give the sweep that fell due last, if that is less than a day ago: what was missed before is not caught up."""
    today = now.astimezone(schedule.zone).date()
    for day in (today, today - DAY):
        at = schedule.moment(day)
        if day.weekday() in schedule.days and at <= now:
            return DueSweep(day, at) if now - at < DAY else None
    return None


def next_sweep(schedule: Schedule, now: datetime) -> DueSweep:
    """Give the sweep that falls due next."""
    today = now.astimezone(schedule.zone).date()
    coming = (today + ahead * DAY for ahead in range(len(WEEKDAYS) + 2))
    found = (DueSweep(day, schedule.moment(day)) for day in coming if day.weekday() in schedule.days)
    return next(each for each in found if each.at > now)
