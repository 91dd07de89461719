"""The small world random playbooks and deals are drawn from: its fields, roles, stages, moments and values.

Pools are small and stand close around every threshold, so that both sides of each boundary occur.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from zoneinfo import ZoneInfo

from rules.condition import Reference
from rules.playbook import Calendar, Record, Role
from rules.types import STANDARD_TABLES, Duration, Field, FieldType, Unit

FIELDS = (
    Field("pain", FieldType.TEXT),
    Field("note", FieldType.TEXT),
    Field("page", FieldType.LINK),
    Field("budget_confirmed", FieldType.YES_NO),
    Field("competitors", FieldType.CHOICES),
    Field("rating", FieldType.NUMBER),
    Field("discount", FieldType.MONEY),
    Field("start_date", FieldType.DATE),
    Field("met_at", FieldType.TIME),
    Field("rank", FieldType.CHOICE, "accounts"),
    Field("wants", FieldType.TEXT, "contacts"),
    Field("sway", FieldType.NUMBER, "contacts"),
)
QUOTES = Record(
    "quotes",
    (
        Field("primary", FieldType.YES_NO, "quotes"),
        Field("total", FieldType.MONEY, "quotes"),
        Field("valid_until", FieldType.DATE, "quotes"),
        Field("label", FieldType.TEXT, "quotes"),
        Field("tags", FieldType.CHOICES, "quotes"),
    ),
)
ROLES = (
    Role("economic_buyer", {"local": ("Economic Buyer", "Budget Holder")}),
    Role("champion", {"local": ("Champion",)}),
    Role("user"),
)
ROLE_NAMES = ("Economic Buyer", "Budget Holder", "Champion", "user", "Passer-by")
STAGE_NAMES = {"first": "Stage 1", "second": "Stage 2", "third": "Stage 3", "fourth": ""}
"""What the local CRM calls each stage; the last is not named there, so its id stands."""
SEGMENTS = ("small", "middle", "large")
TEAMS = ("deal-desk", "sales")
DIMENSIONS = ("need", "money", "power")
RELATED = ("contacts", "activities", "proposals", "stage_changes", "quotes")

TEXTS = (
    "Acme",
    "acme corp",
    "tbd",
    "n/a",
    "...",
    "aaaa",
    "",
    "  ",
    "\u00a0",
    "two words",
    "They lose two days a week - and know it",
    "price: 12,5 % off (Acme)",
    "über größe Straße 漢字",
    "ÜBER GRÖSSE, STRASSE: 漢字",
    "I\u0307stanbul e\u0301te\u0301\u2003two",
    "\u3000 TBD\u00a0",
    "a\tb\u2028c\x1fd",
    "½ ² x",
    "— …",
    "XX xx",
    "it's 100% C++ & a_b",
    "- a , b ; c",
    "line one\nline two",
    "Acme " * 1_500,
    "quoted \"Acme\" \\ {it} [is] 'so'",
    "\u212a\u017f A\u030acme",
)
WORDS = (
    "straße",
    "über",
    "c++",
    "100%",
    "a_b",
    "b",
    "s",
    "acme",
    "Acme",
    "two",
    "two days",
    "a",
    "größe",
    "off",
    "%",
    "tbd",
    "ACME CORP",
    "line one",
)
PATTERNS = (
    r"\\w+ß",
    "(?s)one.line",
    "(?m)^line",
    r"\\pL{6}",
    "[^ -~]",
    r"\\bé",
    "^Acme$",
    "(?i)acme",
    "[0-9]+",
    "two .*s",
    "^$",
    r"\bcorp\b",
    "ö",
    "one.line",
    "^line two$",
    "[0-9]",
    "(?i)acm[ae]",
    "two|off|[ß-ü]",
    "colou?r|(?:c|C)orp",
    r"\(Acme\)",
)
CHOICES = ("red", "green", "blue", "Red")
NUMBERS = (0, 1, 2, 5, 50, 99, 100, 101)
MEASURED = (0.5, 0.1 + 0.2, -0.0, -1.0, 1e15, 1e308, -1e308, 5e-324)
"""Numbers as CRMs hold them: between whole ones, next to what is written, and the largest and smallest there are."""
LIMITS = (*NUMBERS, Decimal("0.5"), Decimal("0.3"), -1, 999_999_999_999_999, Decimal("-0.000001"))
"""Numbers as playbooks write them."""
AMOUNTS = tuple(map(Decimal, ("0.00", "92.59", "99.99", "100.00", "100.01", "108.00", "250.00")))
EXTREME_AMOUNTS = tuple(map(Decimal, ("-0.01", "-100.00", "9999999999999999.99", "-9000000000000000.00")))
AMOUNT_LIMITS = (*AMOUNTS, 100, *map(Decimal, ("-0.01", "100.005", "0.000001", "999999999999.999999")))
"""Amounts as playbooks write them, which may be finer than cents."""
CURRENCIES = ("USD", "EUR", "GBP")
RATES = {"EUR": Decimal("1.08")}
COUNTS = (0, 1, 2, 3, 4)
DURATIONS = (
    Duration(1, Unit.HOURS),
    Duration(36, Unit.HOURS),
    Duration(1, Unit.DAYS),
    Duration(7, Unit.DAYS),
    Duration(14, Unit.DAYS),
    Duration(2, Unit.WEEKS),
    Duration(1, Unit.BUSINESS_DAYS),
    Duration(2, Unit.BUSINESS_DAYS),
    Duration(5, Unit.BUSINESS_DAYS),
)
NO_TIME = (Duration(0, Unit.DAYS), Duration(0, Unit.HOURS), Duration(0, Unit.BUSINESS_DAYS))
PERIODS = tuple(f"{which} {unit}" for which in ("last", "this", "next") for unit in ("week", "month", "quarter"))
PERIODS += ("this year", "next year", "last year")

AS_OFS = tuple(
    datetime.fromisoformat(each)
    for each in (
        "2026-06-17T15:30:00+00:00",  # a plain Wednesday
        "2026-03-08T07:00:00+00:00",  # New York springs forward at this instant, a Sunday
        "2026-03-10T03:59:59+00:00",  # the last second of March 9 in New York
        "2026-03-10T04:00:00+00:00",  # the first of March 10
        "2026-11-02T04:59:59.999999+00:00",  # after New York fell back
        "2026-03-29T01:00:00+00:00",  # Berlin springs forward
        "2026-10-25T00:59:59+00:00",  # Berlin falls back a second later
        "2026-10-26T23:00:00+00:00",  # midnight in Berlin
        "2027-01-01T04:59:59+00:00",  # new year's eve in New York, new year in Berlin
        "2026-07-06T12:00:00+00:00",  # Monday after Independence Day (observed)
        "2026-02-01T05:00:00+00:00",  # a fiscal year starts in New York
    )
)
CALENDARS = (
    Calendar(),
    Calendar("America/New_York", holidays="US", closed=(date(2026, 12, 24), date(2026, 6, 16)), fiscal_year_start=2),
    Calendar("Europe/Berlin", holidays="DE", fiscal_year_start=7),
    Calendar("Asia/Dubai", weekend=(4, 5)),
    Calendar("Asia/Kolkata", weekend=(6,), closed=(date(2026, 6, 15),), fiscal_year_start=4),
)
SECOND = timedelta(microseconds=1)
DAYS_APART = (0, 1, 2, 3, 5, 7, 8, 14, 15, 30, 31, 60)


@dataclass(frozen=True)
class Setting:
    """A moment and a calendar; every pool of dates and times stands around it."""

    as_of: datetime
    calendar: Calendar

    @cached_property
    def today(self) -> date:
        """The local date of the moment."""
        return self.as_of.astimezone(ZoneInfo(self.calendar.timezone)).date()

    @cached_property
    def days(self) -> list[date]:
        """Dates around today, and the first days of months around it."""
        near = [self.today + sign * timedelta(days=apart) for apart in DAYS_APART for sign in (1, -1)]
        far = [date(1999, 12, 31), date(2012, 2, 29), date(2038, 1, 19), date(2050, 7, 4), date.min, date.max]
        return [*near, *near, self.today.replace(day=1), self.today.replace(day=1) - timedelta(days=1), *far]

    @cached_property
    def past(self) -> list[datetime]:
        """Instants up to the moment: exact boundaries, a tick to either side, local midnights."""
        exact = [self.as_of - timedelta(days=apart) for apart in DAYS_APART]
        exact += [self.as_of - timedelta(hours=hours) for hours in (1, 23, 25, 36)]
        midnights = [self._midnight(self.today - timedelta(days=apart)) for apart in DAYS_APART]
        around = [each + tick for each in (*exact, *midnights) for tick in (timedelta(0), SECOND, -SECOND)]
        long_ago = [datetime(2007, 3, 11, 9, 30, tzinfo=UTC), datetime.min.replace(tzinfo=UTC)]
        return [*(each for each in around if each <= self.as_of), *long_ago]

    @cached_property
    def future(self) -> list[datetime]:
        """Instants after the moment, the first a tick after it."""
        exact = [self.as_of + timedelta(days=apart) for apart in DAYS_APART]
        midnights = [self._midnight(self.today + timedelta(days=apart)) for apart in DAYS_APART]
        around = [each + tick for each in (*exact, *midnights) for tick in (timedelta(0), SECOND, -SECOND)]
        return [*(each for each in around if each > self.as_of), datetime.max.replace(tzinfo=UTC)]

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), ZoneInfo(self.calendar.timezone)).astimezone(UTC)


def columns(table: str) -> dict[str, FieldType]:
    """Give the columns of a table of this world."""
    own = {each.id: each.type for each in (*FIELDS, *QUOTES.fields) if each.table == table}
    return {**STANDARD_TABLES.get(table, {"deal_id": FieldType.TEXT}), **own}


def references(table: str) -> list[Reference]:
    """Give what conditions may read of a table: keys are left out."""
    hidden = {"id", "deal_id", "owner_id", "account_id", "manager_id", "contact_ids", "changed_by", "outcome"}
    hidden |= {"currency"} if table == "deals" else set()
    return [Reference(table, name, kind) for name, kind in columns(table).items() if name not in hidden]
