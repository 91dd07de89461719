"""Worked examples of days and times (rule 10): exact boundaries, business days, holidays, clock changes, quarters."""

from __future__ import annotations

from datetime import date

from rules.condition import FieldValue, Moment
from rules.types import Duration, Unit
from tests.reference.worked import Example, ask, asking, at, column, in_, is_

DAYS_14 = Duration(14, Unit.DAYS)
DAYS_1 = Duration(1, Unit.DAYS)
BUSINESS_5 = Duration(5, Unit.BUSINESS_DAYS)
NEW_YORK = in_("America/New_York", "US")
WEDNESDAY = "2026-06-17T11:30-04:00"
SUNDAY = "2026-06-14T12:00-04:00"
SPRING = "2026-03-08T12:00-04:00"
"""New York springs forward on this Sunday at 02:00."""


def _which(says: str, length: Duration, as_of: str, read: str, met: str) -> Example:
    """Ask for `within`, `within_next` and `older_than` at once, of a date or a time; `met` names those met."""
    day = len(read) == len("2026-06-17")
    name, value = ("close_date", date.fromisoformat(read)) if day else ("met_at", at(read))
    ops = ("within", "within_next", "older_than")
    playbook = asking(*(ask(op, is_(name, op, length)) for op in ops), calendar=NEW_YORK)
    unmet = {op: "unmet" for op in ops if op not in met.split()}
    return Example(10, says, unmet, playbook, {name: value}, as_of=at(as_of))


RECENT = [
    _which("14 days ago to the tick is within", DAYS_14, WEDNESDAY, "2026-06-03T11:30-04:00", "within"),
    _which("a tick before is older", DAYS_14, WEDNESDAY, "2026-06-03T11:29:59.999999-04:00", "older_than"),
    _which("now is within", DAYS_14, WEDNESDAY, WEDNESDAY, "within"),
    _which("a tick after now is to come", DAYS_14, WEDNESDAY, "2026-06-17T11:30:00.000001-04:00", "within_next"),
    _which("in 14 days to the tick is within the next", DAYS_14, WEDNESDAY, "2026-07-01T11:30-04:00", "within_next"),
    _which("a tick after that is neither", DAYS_14, WEDNESDAY, "2026-07-01T11:30:00.000001-04:00", ""),
    # 24 hours before noon on the day the clocks spring forward it was 11 o'clock
    _which("a day is 24 hours", DAYS_1, SPRING, "2026-03-07T11:00-05:00", "within"),
    _which("and not a tick more", DAYS_1, SPRING, "2026-03-07T10:59:59.999999-05:00", "older_than"),
    # the five business days before that Wednesday are 16, 15, 12, 11 and 10 June
    _which("business days count by local dates", BUSINESS_5, WEDNESDAY, "2026-06-10T00:00-04:00", "within"),
    _which("a tick before midnight", BUSINESS_5, WEDNESDAY, "2026-06-09T23:59:59.999999-04:00", "older_than"),
    _which("today but not yet", BUSINESS_5, WEDNESDAY, "2026-06-17T11:30:00.000001-04:00", "within_next"),
    # the five after it are 18, 22, 23, 24 and 25 June: the 19th is a holiday
    _which("a holiday does not count", BUSINESS_5, WEDNESDAY, "2026-06-25T23:59:59-04:00", "within_next"),
    _which("the day after is neither", BUSINESS_5, WEDNESDAY, "2026-06-26T00:00-04:00", ""),
    # the five before that Sunday are 12, 11, 10, 9 and 8 June, the five after it 15, 16, 17, 18 and 22 June
    _which("a Sunday is day 0 too", BUSINESS_5, SUNDAY, "2026-06-08T00:00-04:00", "within"),
    _which("looking forward from a Sunday", BUSINESS_5, SUNDAY, "2026-06-22", "within_next"),
    _which("and not further", BUSINESS_5, SUNDAY, "2026-06-23", ""),
    # the last second of Monday, 9 March: 6, 5, 4, 3 and 2 March; a second later it is the 10th: 9, 6, 5, 4 and 3 March
    _which("as a day ends", BUSINESS_5, "2026-03-09T23:59:59-04:00", "2026-03-02T00:00-05:00", "within"),
    _which("as the next begins", BUSINESS_5, "2026-03-10T00:00-04:00", "2026-03-02T23:59:59-05:00", "older_than"),
    _which("today is within and within the next", DAYS_14, WEDNESDAY, "2026-06-17", "within within_next"),
    _which("14 days ago is within", DAYS_14, WEDNESDAY, "2026-06-03", "within"),
    _which("15 days ago is older", DAYS_14, WEDNESDAY, "2026-06-02", "older_than"),
    _which("in 14 days is within the next", DAYS_14, WEDNESDAY, "2026-07-01", "within_next"),
    _which("in 15 days is neither", DAYS_14, WEDNESDAY, "2026-07-02", ""),
    # 24 hours before half past midnight on 9 March was half past eleven at night on 7 March
    _which("a date reaches back by hours", DAYS_1, "2026-03-09T00:30-04:00", "2026-03-07", "within"),
    _which("and no further", DAYS_1, "2026-03-09T00:30-04:00", "2026-03-06", "older_than"),
]
MOMENTS = [
    Example(
        10,
        "today is the playbook's today",  # 2027-01-01 04:59:59Z is still new year's eve in New York
        {"b": "unmet", "d": "unmet", "e": "unmet", "g": "unmet"},
        asking(
            ask("a", is_("close_date", "on_or_after", Moment("today"))),
            ask("b", is_("close_date", "after", Moment("today"))),
            ask("c", is_("close_date", "in", ("this month", "this year"))),
            ask("d", is_("close_date", "in", ("next quarter",))),
            ask("e", is_("met_at", "before", Moment("today"))),  # 2026-12-31 in New York as well
            ask("f", is_("met_at", "on_or_before", FieldValue(column("close_date")))),
            ask("g", is_("met_at", "before", Moment("now", Duration(-1, Unit.HOURS)))),
            calendar=NEW_YORK,
        ),
        {"close_date": date(2026, 12, 31), "met_at": at("2027-01-01T04:30Z")},
        as_of=at("2027-01-01T04:59:59Z"),
    ),
    Example(
        10,
        "a fiscal year may start in February",  # so its quarters start in May, August, November
        {"b": "unmet", "e": "unmet"},
        asking(
            ask("a", is_("close_date", "in", ("next quarter",))),
            ask("b", is_("close_date", "in", ("this quarter", "next month"))),
            ask("c", is_("close_date", "in", ("this year",))),
            ask("d", is_("next_step_date", "in", ("this year",))),
            ask("e", is_("next_step_date", "in", ("next quarter", "next year"))),
            calendar=in_("UTC", fiscal_year_start=2),
        ),
        {"close_date": date(2026, 8, 1), "next_step_date": date(2027, 1, 31)},
    ),
    Example(
        10,
        "a moment moved by business days",  # Wednesday 2026-06-17 + 2 is Monday the 22nd (the 19th is a holiday)
        {"b": "unmet"},
        asking(
            ask("a", is_("close_date", "on_or_after", Moment("today", Duration(2, Unit.BUSINESS_DAYS)))),
            ask("b", is_("close_date", "after", Moment("today", Duration(2, Unit.BUSINESS_DAYS)))),
            ask("c", is_("close_date", "on_or_before", FieldValue(column("next_step_date"), Duration(1, Unit.WEEKS)))),
            calendar=in_("UTC", "US"),
        ),
        {"close_date": date(2026, 6, 22), "next_step_date": date(2026, 6, 15)},
    ),
]
DAYS = [*RECENT, *MOMENTS]
