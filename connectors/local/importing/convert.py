"""Turns one written value into canonical text as a mapping says; nothing that is not declared is understood."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from connectors.local.importing.mapping import ColumnMap, Written
from connectors.local.importing.moments import canonical_moment
from connectors.local.values import CENTS, RefusedValueError, read_value
from rules.types import FieldType

MOMENTS = {FieldType.DATE, FieldType.TIME}
NUMBERS = {FieldType.NUMBER, FieldType.MONEY}


class Converter:
    """Converts the values of one column; what came before is remembered, since exports repeat themselves."""

    def __init__(self, column: ColumnMap) -> None:
        self.column = column
        self.convert = lru_cache(maxsize=20_000)(self._convert)

    def _convert(self, text: str) -> str:
        kind, written = self.column.kind, self.column.written
        canonical = _canonical(text, kind, written)
        read_value(canonical, kind, self.column.known)
        return canonical


def plain_number(text: str, written: Written) -> Decimal:
    """Read a number with its declared signs; a sign that is not declared, or not in its place, is refused."""
    bare = text
    for sign in written.currency_signs:
        bare = bare.removeprefix(sign).removesuffix(sign).strip()
        bare = f"-{bare[1:].removeprefix(sign).strip()}" if bare.startswith("-") else bare
    if not _form(written.decimal, written.thousands).fullmatch(bare):
        raise RefusedValueError("not a number in the declared format", _declared(written))
    return Decimal(
        bare.replace(written.thousands, "").replace(written.decimal, ".")
        if written.thousands
        else bare.replace(written.decimal, ".")
    )


def whole_number(text: str) -> str:
    """Take `84.0` for `84`."""
    match = re.fullmatch(r"(-?\d+)(\.0*)?", text, re.ASCII)
    if match is None:
        raise RefusedValueError("not a whole number")
    return match[1]


def _canonical(text: str, kind: FieldType, written: Written) -> str:
    if kind in MOMENTS:
        return canonical_moment(text, kind, written)
    if kind in NUMBERS:
        number = plain_number(text, written) * written.multiply
        rounded = number.quantize(CENTS, ROUND_HALF_UP) if written.round_to == "cent" else number
        return f"{rounded:f}"
    if kind is FieldType.YES_NO:
        return _yes_no(text, written)
    if kind is FieldType.CHOICES:
        return ";".join(_item(part) for part in text.split(written.separator) if part.strip()) or ";"
    return text


def _yes_no(text: str, written: Written) -> str:
    if text in written.yes:
        return "true"
    if text in written.no:
        return "false"
    declared = ", ".join(f"`{word}`" for word in sorted(written.yes | written.no))
    raise RefusedValueError("neither yes nor no as declared", f"declared are {declared}")


def _item(part: str) -> str:
    if ";" in part:
        raise RefusedValueError("a list whose items hold `;`", "items are kept apart by `;` in the local CRM")
    return part.strip()


@lru_cache(maxsize=64)
def _form(decimal: str, thousands: str) -> re.Pattern[str]:
    grouped = rf"|\d{{1,3}}({re.escape(thousands)}\d{{3}})+" if thousands else ""
    return re.compile(rf"-?(\d+{grouped})({re.escape(decimal)}\d+)?", re.ASCII)


def _declared(written: Written) -> str:
    example = f"1{written.thousands}234{written.decimal}50"
    signs = f" with {' or '.join(written.currency_signs)}" if written.currency_signs else ""
    return f"declared is `{example}`{signs}; see `decimal`, `thousands` and `currency_signs`"
