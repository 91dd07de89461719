"""A sweep is due once a local date, on the nights when clocks change too, and a missed one is caught up once."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.runs.schedule import (
    DueSweep,
    Schedule,
    SeveralZones,
    SweepTimes,
    due_sweep,
    next_sweep,
    schedule_of,
)
from rules.playbook import Calendar, Playbook

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = (0, 1, 2, 3, 4, 5, 6)
NIGHTLY = Schedule(time(2), WEEK, BERLIN)
HALF_PAST = Schedule(time(2, 30), WEEK, BERLIN)
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo", "UTC")
HOUR = timedelta(hours=1)


def utc(*when: int) -> datetime:
    return datetime(*when, tzinfo=UTC)  # type: ignore[arg-type]


def playbook_in(zone: str) -> Playbook:
    return Playbook(id=zone, version=1, title=zone, stages=(), calendar=Calendar(timezone=zone))


def test_it_is_due_at_its_local_time_and_not_before() -> None:
    assert due_sweep(NIGHTLY, utc(2026, 11, 25, 0, 59)) == DueSweep(date(2026, 11, 24), utc(2026, 11, 24, 1))
    assert due_sweep(NIGHTLY, utc(2026, 11, 25, 1)) == DueSweep(date(2026, 11, 25), utc(2026, 11, 25, 1))


def test_a_missed_night_is_due_for_a_day_and_the_nights_before_it_are_not() -> None:
    mondays = Schedule(time(2), (0,), BERLIN)
    assert due_sweep(mondays, utc(2026, 11, 24, 0, 59)) == DueSweep(date(2026, 11, 23), utc(2026, 11, 23, 1))
    assert due_sweep(mondays, utc(2026, 11, 24, 1)) is None


def test_other_days_are_left_out() -> None:
    weekdays = Schedule(time(22), (0, 1, 2, 3, 4), BERLIN)
    assert due_sweep(weekdays, utc(2026, 11, 29, 22)) is None
    assert next_sweep(weekdays, utc(2026, 11, 27, 22)) == DueSweep(date(2026, 11, 30), utc(2026, 11, 30, 21))


def test_a_time_that_the_clocks_skip_comes_once_as_long_after_the_skip() -> None:
    night = DueSweep(date(2027, 3, 28), utc(2027, 3, 28, 1, 30))
    assert night.at.astimezone(BERLIN).time() == time(3, 30)
    assert due_sweep(HALF_PAST, utc(2027, 3, 28, 1, 29)) == DueSweep(date(2027, 3, 27), utc(2027, 3, 27, 1, 30))
    assert due_sweep(HALF_PAST, utc(2027, 3, 28, 1, 30)) == night
    assert due_sweep(HALF_PAST, utc(2027, 3, 28, 23)) == night


def test_a_time_that_comes_twice_is_due_the_first_time_and_not_again() -> None:
    first, second = utc(2027, 10, 31, 0, 30), utc(2027, 10, 31, 1, 30)
    assert (first.astimezone(BERLIN).time(), second.astimezone(BERLIN).time()) == (time(2, 30), time(2, 30))
    assert due_sweep(HALF_PAST, first) == due_sweep(HALF_PAST, second) == DueSweep(date(2027, 10, 31), first)


def test_the_zone_is_the_playbooks_unless_it_is_said() -> None:
    berlin, paris = (playbook_in(zone) for zone in ("Europe/Berlin", "Europe/Paris"))
    assert schedule_of("acme", SweepTimes(time(2)), [berlin, berlin]).zone == BERLIN
    assert schedule_of("acme", SweepTimes(time(2), timezone="UTC"), [berlin, paris]).zone == ZoneInfo("UTC")
    with pytest.raises(SeveralZones) as told:
        schedule_of("acme", SweepTimes(time(2)), [berlin, paris])
    assert str(told.value) == (
        "`sweep` of CRM `acme` names no time zone, and the playbooks differ in theirs: "
        "`Europe/Berlin`, `Europe/Paris`\n"
        "  help: add it, such as `timezone: Europe/Berlin`"
    )


schedules = st.builds(
    Schedule,
    st.times().map(lambda each: each.replace(second=0, microsecond=0)),
    st.sets(st.sampled_from(WEEK), min_size=1).map(lambda days: tuple(sorted(days))),
    st.sampled_from(ZONES).map(ZoneInfo),
)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)).map(lambda each: each.replace(tzinfo=UTC))  # noqa: DTZ001


@given(schedules, moments)
def test_who_looks_every_hour_finds_every_chosen_date_exactly_once(schedule: Schedule, start: datetime) -> None:
    looks = [start + HOUR * hours for hours in range(24 * 15)]
    found = [each for each in (due_sweep(schedule, look) for look in looks) if each is not None]
    first, last = (looks[at].astimezone(schedule.zone).date() for at in (0, -1))
    wanted = [first + timedelta(days=ahead) for ahead in range(1, (last - first).days)]
    assert [day for day in wanted if day.weekday() in schedule.days] == [
        day for day in sorted({each.day for each in found}) if first < day < last
    ]
    assert len({each.day for each in found}) == len({each.at for each in found})
    assert found == sorted(found, key=lambda each: each.at)


@given(schedules, moments)
def test_what_comes_next_is_due_when_it_comes(schedule: Schedule, now: datetime) -> None:
    coming = next_sweep(schedule, now)
    assert coming.at > now
    assert due_sweep(schedule, coming.at) == coming
    before = due_sweep(schedule, coming.at - timedelta(seconds=1))
    assert before is None or before.at <= now
