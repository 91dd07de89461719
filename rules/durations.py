"""Reads durations as playbooks write them: `2 business days`, `1 day`, `12 hours`, `6 weeks`."""

from __future__ import annotations

import re

from rules.literals import NotAValueError
from rules.types import Duration, Unit

LONGEST_DAYS = 36_500
EXAMPLES = "write a duration as `2 business days`, `1 day`, `12 hours` or `6 weeks`"

WRITTEN = re.compile(r"(?P<sign>[-+]?)\s*(?P<amount>[0-9]+)\s*(?P<unit>[a-z ]*?)", re.ASCII)
UNITS = {
    **dict.fromkeys(("hour", "hours"), Unit.HOURS),
    **dict.fromkeys(("day", "days"), Unit.DAYS),
    **dict.fromkeys(("week", "weeks"), Unit.WEEKS),
    **dict.fromkeys(("business day", "business days"), Unit.BUSINESS_DAYS),
}
SHORT = {"h": "hours", "d": "days", "w": "weeks", "bd": "business days", "working days": "business days"}
CALENDAR_UNITS = {"month": 30, "months": 30, "quarter": 91, "quarters": 91, "year": 365, "years": 365}


def parse_duration(text: str, *, signed: bool = False, zero: bool = False) -> Duration:
    """Read a duration, or say by a NotAValueError why it is none; `signed` and `zero` allow what they name."""
    match = WRITTEN.fullmatch(" ".join(text.lower().split()))
    if match is None:
        raise NotAValueError(f"`{text}` is not a duration", EXAMPLES)
    amount, unit = int(match["amount"][:9]), match["unit"].strip()
    if unit not in UNITS:
        raise _unknown_unit(text, amount, unit)
    if match["sign"] == "-" and not signed:
        raise NotAValueError(f"`{text}` is a negative duration", "durations are positive; the key says which way")
    if amount == 0 and not zero:
        raise NotAValueError(f"`{text}` is no time at all", "write at least one")
    duration = Duration(-amount if match["sign"] == "-" else amount, UNITS[unit])
    if (amount if duration.unit is Unit.BUSINESS_DAYS else abs(duration.hours) // 24) > LONGEST_DAYS:
        raise NotAValueError(f"`{text}` is longer than 100 years")
    return duration


def _unknown_unit(text: str, amount: int, unit: str) -> NotAValueError:
    if unit in SHORT:
        return NotAValueError(f"`{text}` is not a duration", f"did you mean `{amount} {SHORT[unit]}`?")
    if unit in CALENDAR_UNITS:
        days = amount * CALENDAR_UNITS[unit]
        return NotAValueError(f"`{text}` has no fixed length", f"write days or weeks, such as `{days} days`")
    if not unit:
        return NotAValueError(f"`{text}` does not say of what", f"did you mean `{amount} days`?")
    return NotAValueError(f"`{text}` is not a duration", EXAMPLES)
