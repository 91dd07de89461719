"""Reads single values as playbooks write them: numbers, counts, percents, dates, times, yes and no, patterns."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal

import re2

PLAIN_NUMBER = re.compile(r"[-+]?[0-9]{1,15}(\.[0-9]{1,6})?", re.ASCII)
PERCENT = re.compile(r"(?P<number>.*?)\s*(percent|per cent|%)")
DAY = re.compile(r"(?P<year>[0-9]{4,})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})", re.ASCII)
TIME = re.compile(
    r"(?P<day>[0-9]{4,}-[0-9]{2}-[0-9]{2})[T ](?P<time>[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)"
    r" ?(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?",
    re.ASCII,
)
YES = frozenset({"true", "yes"})
NO = frozenset({"false", "no"})
LAST_YEAR = 9999
MOST_COUNT = 1_000_000
LONGEST_PATTERN = 1000


class NotAValueError(ValueError):
    """What was written is not a value of the kind asked for; says why, and what would be right."""

    def __init__(self, message: str, help_text: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help_text = help_text


def read_text(text: str) -> str:
    """Take a text as it is, unless nothing can be seen of it."""
    if not text.strip():
        raise NotAValueError("a blank text cannot be compared with", "ask for a blank field by `present: false`")
    return text


def read_number(text: str) -> Decimal:
    """Read a plain decimal number; signs of currency and thousands are refused with what would be right."""
    if not PLAIN_NUMBER.fullmatch(text):
        raise NotAValueError(f"`{text}` is not a plain number", f"write digits and a point, such as `{_plainly(text)}`")
    return Decimal(text)


def _plainly(text: str) -> str:
    """Guess the plain number that was meant: the last mark before one or two digits is the point."""
    digits = re.sub(r"[^0-9.,\-]", "", text)
    whole, mark, cents = re.fullmatch(r"(.*?)(?:([.,])([0-9]{1,2}))?", digits, re.DOTALL).groups("")  # type: ignore[union-attr]  # the pattern fits any text
    plain = f"{re.sub('[.,]', '', whole)}{'.' if mark else ''}{cents}"
    return plain if PLAIN_NUMBER.fullmatch(plain) and not re.search("[A-Za-z]", text) else "1234.50"


def read_count(text: str) -> int:
    """Read a whole number from 0 on."""
    if not text.isascii() or not text.isdigit() or len(text) > len(str(MOST_COUNT)) or int(text) > MOST_COUNT:
        raise NotAValueError(f"`{text}` is not a count", f"write a whole number from 0 to {MOST_COUNT}")
    return int(text)


def is_percent(text: str) -> bool:
    """Say whether a text is meant as percent, such as `50 percent`."""
    return PERCENT.fullmatch(text) is not None


def read_percent(text: str) -> Decimal:
    """Read `50 percent` or `50%`."""
    match = PERCENT.fullmatch(text)
    if match is None:
        raise NotAValueError(f"`{text}` is not in percent, but its neighbour is", "write all of them alike")
    share = read_number(match["number"])
    if not 0 <= share <= 100:  # noqa: PLR2004 - the bounds of a percentage need no name
        raise NotAValueError(f"`{text}` is not between 0 and 100 percent")
    return share


def read_yes_no(text: str) -> bool:
    """Read true, false, yes or no."""
    if (word := text.lower()) not in YES | NO:
        raise NotAValueError(f"`{text}` is neither yes nor no", "write `true` or `false`")
    return word in YES


def read_date(text: str) -> date:
    """Read a date such as `2026-11-01`."""
    match = DAY.fullmatch(text)
    if match is None:
        raise NotAValueError(f"`{text}` is not a date", "write dates as `2026-11-01`")
    year, month, day = (int(match[part][:9]) for part in ("year", "month", "day"))
    if not 1 <= year <= LAST_YEAR:
        raise NotAValueError(f"`{text}` lies in the year {match['year']}", f"years run from 1 to {LAST_YEAR}")
    try:
        return date(year, month, day)
    except ValueError:
        raise NotAValueError(f"`{text}` is a day no calendar has", "write dates as year, month, day") from None


def read_time(text: str, zone: tzinfo) -> datetime:
    """Read a time such as `2026-11-01 12:30`, local where it names no offset; gives UTC."""
    match = TIME.fullmatch(text)
    if match is None:
        raise NotAValueError(f"`{text}` is not a time", "write times as `2026-11-01 12:30`")
    read_date(match["day"])
    try:
        moment = datetime.fromisoformat(f"{match['day']}T{match['time']}{match['zone'] or ''}")
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise NotAValueError(f"`{text}` is a time no clock shows", "write times as `2026-11-01 12:30`") from None


def read_pattern(text: str) -> str:
    """Take a regular expression that RE2 can run."""
    if len(text) > LONGEST_PATTERN:
        raise NotAValueError(f"the pattern is longer than {LONGEST_PATTERN} characters")
    quiet = re2.Options()
    quiet.log_errors = False
    try:
        re2.compile(text, quiet)
    except re2.error as error:
        reason = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error)
        why = f"`{text}` is not a pattern RE2 can run: {reason}"
        raise NotAValueError(why, "look-around and back-references are left out of RE2 on purpose") from None
    return text
