"""Reads dates and times as a mapping says they are written, and writes them in canonical form."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from connectors.local.importing.mapping import Written
from connectors.local.values import RefusedValueError
from rules.types import FieldType

ISO = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?(Z|[+-]\d{2}:?\d{2})?", re.ASCII
)
EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - spreadsheet days have no zone
NOT_FINER = 6
UNITS = {"second": timedelta(seconds=1), "minute": timedelta(minutes=1), "day": timedelta(days=1)}

Exact = tuple[datetime, Decimal]
"""A moment to the second, with or without its zone, and the fraction of a second after it."""


def canonical_moment(text: str, kind: FieldType, written: Written) -> str:
    """Write a date or time in canonical form."""
    moment, fraction = _rounded(*_read(text, written.formats), written.round_to)
    if kind is FieldType.DATE:
        local = moment.astimezone(written.timezone) if moment.tzinfo and written.timezone else moment
        return local.date().isoformat()
    if fraction.as_tuple().exponent < -NOT_FINER:  # type: ignore[operator] # a finite fraction has a number here
        raise RefusedValueError("a time finer than a microsecond", "declare `round_to: second`")
    exact = moment + timedelta(microseconds=int(fraction * 1_000_000))
    return _with_zone(exact, written.timezone).astimezone(UTC).isoformat().replace("+00:00", "Z")


def _read(text: str, formats: tuple[str, ...]) -> Exact:
    for form in formats:
        try:
            return NAMED_FORMATS[form](text) if form in NAMED_FORMATS else _by_format(text, form)
        except (ValueError, OverflowError, InvalidOperation):
            continue
    shapes = " or ".join(f"`{form}`" for form in formats)
    raise RefusedValueError("not a date or time in the declared format", f"the format is {shapes}")


def _by_format(text: str, form: str) -> Exact:
    moment = datetime.strptime(text, form)  # noqa: DTZ007 - the zone may be declared apart
    return moment.replace(microsecond=0), Decimal(moment.microsecond) / 1_000_000


def _iso(text: str) -> Exact:
    match = ISO.fullmatch(text)
    if match is None:
        raise ValueError
    day, clock, seconds, fraction, zone = match.groups()
    moment = datetime.fromisoformat(f"{day}T{clock or '00:00'}:{seconds or '00'}{zone or ''}")
    return moment, Decimal(f"0.{fraction or '0'}")


def _unix(text: str) -> Exact:
    seconds = Decimal(text)
    whole = int(seconds // 1)
    return datetime.fromtimestamp(whole, UTC), seconds - whole


def _unix_ms(text: str) -> Exact:
    return _unix(str(Decimal(text) / 1000))


def _excel(text: str) -> Exact:
    """Read days since 1899-12-30; a spreadsheet keeps times to the millisecond."""
    seconds = (Decimal(text) * 86_400).quantize(Decimal("0.001"), ROUND_HALF_UP)
    whole = int(seconds // 1)
    return EXCEL_EPOCH + timedelta(seconds=whole), seconds - whole


NAMED_FORMATS: Mapping[str, Callable[[str], Exact]] = {
    "iso": _iso,
    "unix": _unix,
    "unix_ms": _unix_ms,
    "excel": _excel,
}


def _rounded(moment: datetime, fraction: Decimal, unit: str) -> Exact:
    """Round to the nearest unit, halves up."""
    if not unit:
        return moment, fraction
    step = UNITS[unit]
    midnight = moment.replace(hour=0, minute=0, second=0)
    since = Decimal(int((moment - midnight).total_seconds())) + fraction
    steps = (since / int(step.total_seconds())).quantize(Decimal(1), ROUND_HALF_UP)
    return midnight + int(steps) * step, Decimal(0)


def _with_zone(moment: datetime, zone: ZoneInfo | None) -> datetime:
    if moment.tzinfo is not None:
        return moment
    if zone is None:
        raise RefusedValueError("a time without a time zone", "declare its `timezone`")
    local = moment.replace(tzinfo=zone)
    if local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != moment:
        raise RefusedValueError(f"a time that {zone.key} skipped when its clocks went forward")
    return local
