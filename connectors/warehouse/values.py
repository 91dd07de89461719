"""SQL that makes canonical values of a database's columns; what cannot be one is nothing, and told apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from zoneinfo import ZoneInfo

from ibis.expr import datatypes as dt

from connectors.local.values import (
    DATE_FORM,
    FIRST_YEAR,
    LAST_YEAR,
    NUMBER_FORM,
    TIME_FORM,
    RefusedValueError,
    read_value,
)
from connectors.warehouse.mapping import UTC, Collected, Origin, Test
from connectors.warehouse.matching import Held
from connectors.warehouse.writers import Writer
from rules.types import FieldType

YES, NO = ("true", "yes", "y", "1"), ("false", "no", "n", "0")
"""What a text says for yes and for no, in small letters."""
FORM = {FieldType.NUMBER: NUMBER_FORM, FieldType.MONEY: r"-?\d{1,16}(\.\d+)?"}
CLOCK_FORM = DATE_FORM + r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d{1,9})?)?"
ZONED_FORM = TIME_FORM.replace(r"\d{2}:\d{2}(:", r"\d{1,2}:\d{2}(:", 1)
TEXTS = {FieldType.TEXT, FieldType.CHOICE, FieldType.LINK}
MOST_NUMBER, MOST_MONEY = "1.7e308", "1e16"


@dataclass(frozen=True, slots=True)
class Value:
    """A value as SQL, and SQL that says whether something was there that could not be taken; "" for never."""

    sql: str
    refused: str = ""


@dataclass(frozen=True)
class Values:
    """Makes the values of one part: `where` writes a column of it, `collected` the list of what was collected."""

    writer: Writer
    held: Mapping[str, Held]
    where: Callable[[Held], str]
    collected: Callable[[Collected], str]
    timezone: ZoneInfo = UTC
    days_in: ZoneInfo = UTC

    def value(self, origin: Origin, kind: FieldType, known: tuple[str, ...] = ()) -> Value:
        """Make a canonical value; `known` is the closed vocabulary of a choice."""
        made = self._value(origin, kind)
        if not known or not _reads_words(origin):
            return made
        listed = self._words(known)
        refused = f"({made.sql} IS NOT NULL AND {made.sql} NOT IN ({listed}))"
        return Value(f"CASE WHEN {made.sql} IN ({listed}) THEN {made.sql} END", _any(made.refused, refused))

    def test(self, test: Test) -> str:
        """Ask a test of a row; the answer is never unknown."""
        held = self.held.get(test.column)
        told = "FALSE" if held is None else f"COALESCE({self._asked(test, held)}, FALSE)"
        return f"NOT {told}" if test.negated else told

    def as_text(self, held: Held) -> str:
        """Write a column as a text."""
        column = self.where(held)
        if held.type.is_string():
            return column
        if held.type.is_floating():
            whole = f"ABS({column}) < 1e15 AND {column} = FLOOR({column})"
            number = self._cast(self._cast(column, "BIGINT"), FieldType.TEXT)
            return f"CASE WHEN {whole} THEN {number} ELSE {self._cast(column, FieldType.TEXT)} END"
        return self._cast(column, FieldType.TEXT)

    def _value(self, origin: Origin, kind: FieldType) -> Value:
        if origin.constant is not None:
            return Value(self._constant(origin.constant, kind))
        if origin.column:
            return self._leaf(origin, self.held[origin.column], kind)
        return self._put_together(origin, kind)

    def _put_together(self, origin: Origin, kind: FieldType) -> Value:
        """Make a value of several."""
        if origin.collected is not None:
            return Value(self.collected(origin.collected))
        if origin.first:
            parts = [self._value(each, kind) for each in origin.first]
            return Value(f"COALESCE({', '.join(each.sql for each in parts)})", _any(*(each.refused for each in parts)))
        if origin.text:
            return self._joined(origin)
        if origin.listed:
            return self._listed(origin)
        return self._cases(origin, kind)

    def _joined(self, origin: Origin) -> Value:
        parts = [self._value(each, FieldType.TEXT).sql for each in origin.text]
        text = f"CONCAT_WS({self.writer.literal(origin.between)}, {', '.join(parts)})"
        return Value(f"NULLIF({text}, '')")

    def _listed(self, origin: Origin) -> Value:
        items = [self._value(each, FieldType.TEXT).sql for each in origin.listed if each.collected is None]
        lists = [self._value(each, FieldType.CHOICES).sql for each in origin.listed if each.collected is not None]
        return Value(self.writer.put_together(items, lists))

    def _cases(self, origin: Origin, kind: FieldType) -> Value:
        values = [self._value(case.value, kind) for case in origin.cases]
        tests = [" AND ".join(self.test(test) for test in case.where) for case in origin.cases]
        cases = " ".join(f"WHEN {test} THEN {value.sql}" for test, value in zip(tests, values, strict=True))
        otherwise = self._value(origin.otherwise, kind) if origin.otherwise else None
        last = f" ELSE {otherwise.sql}" if otherwise else ""
        refused = _any(*(each.refused for each in values), otherwise.refused if otherwise else "")
        return Value(f"CASE {cases}{last} END", refused)

    def _leaf(self, origin: Origin, held: Held, kind: FieldType) -> Value:
        if origin.values:
            return self._mapped(origin, held, kind)
        if origin.unix:
            number = self.where(held) if held.type.is_numeric() else self._number(held, FieldType.NUMBER).sql
            instant = self.writer.since_1970(number, origin.unix)
            return self._moment(replace(held, type=dt.Timestamp("UTC")), kind, UTC, instant)
        makers: Mapping[FieldType, Callable[[], Value]] = {
            FieldType.YES_NO: lambda: self._yes_no(held),
            FieldType.NUMBER: lambda: self._number(held, kind),
            FieldType.MONEY: lambda: self._number(held, kind),
            FieldType.CHOICES: lambda: self._items(origin, held),
            FieldType.DATE: lambda: self._moment(held, kind, origin.timezone or self.timezone),
            FieldType.TIME: lambda: self._moment(held, kind, origin.timezone or self.timezone),
        }
        if kind in makers:
            return makers[kind]()
        return Value(self.as_text(held) if held.type.is_numeric() else self._text(self.as_text(held)))

    def _mapped(self, origin: Origin, held: Held, kind: FieldType) -> Value:
        text = self._text(self.as_text(held))
        cases = " ".join(
            f"WHEN {self.writer.literal(word)} THEN {self._constant(becomes, kind)}"
            for word, becomes in origin.values.items()
        )
        kept = f" ELSE {text}" if origin.unmapped == "keep" and kind in TEXTS else ""
        refused = f"({text} NOT IN ({self._words(origin.values)}))" if origin.unmapped == "refuse" else ""
        return Value(f"CASE {text} {cases}{kept} END", refused)

    def _text(self, text: str) -> str:
        """Make blank text nothing."""
        return f"CASE WHEN {self.writer.trimmed(text)} <> '' THEN {text} END"

    def _yes_no(self, held: Held) -> Value:
        if held.type.is_boolean():
            return Value(self.where(held))
        said = f"LOWER({self.writer.trimmed(self.as_text(held))})"
        value = f"CASE WHEN {said} IN ({self._words(YES)}) THEN TRUE WHEN {said} IN ({self._words(NO)}) THEN FALSE END"
        return Value(value, f"({said} <> '' AND {said} NOT IN ({self._words(YES + NO)}))")

    def _number(self, held: Held, kind: FieldType) -> Value:
        column, to, most = (
            self.where(held),
            self.writer.type_of(kind),
            MOST_MONEY if kind is FieldType.MONEY else MOST_NUMBER,
        )
        if held.type.is_integer() or (held.type.is_decimal() and kind is FieldType.NUMBER):
            return Value(self._cast(column, kind))
        if held.type.is_decimal() and (held.type.precision or 99) - (held.type.scale or 0) <= 16:  # noqa: PLR2004
            return Value(self._cast(column, kind))
        if held.type.is_numeric():
            fits = f"ABS({column}) < {most}"
            return Value(
                f"CASE WHEN {fits} THEN {self._cast(column, kind)} END", f"({column} IS NOT NULL AND NOT ({fits}))"
            )
        text = self.writer.trimmed(self.as_text(held))
        fits = self.writer.matches(text, FORM[kind])
        return Value(f"CASE WHEN {fits} THEN {self.writer.tried(text, to)} END", f"({text} <> '' AND NOT {fits})")

    def _items(self, origin: Origin, held: Held) -> Value:
        if held.type.is_array():
            return Value(self.where(held))
        text = self._text(self.as_text(held))
        return Value(f"CASE WHEN {text} IS NOT NULL THEN {self.writer.split(text, origin.separator)} END")

    def _moment(self, held: Held, kind: FieldType, zone: ZoneInfo, instant: str = "") -> Value:
        """Make a day or an instant of what is one of them, or of a text that tells it."""
        column, writer = self.where(held), self.writer
        if held.type.is_date():
            at = column if kind is FieldType.DATE else writer.instant(self._cast(column, writer.clock_type), zone)
            return self._in_range(column, at, "DATE '{}-01-01'")
        if held.type.is_timestamp() and (held.type.timezone or instant):
            at = instant or column
            made = writer.day(at, self.days_in) if kind is FieldType.DATE else at
            return self._in_range(at, made, writer.instant_literal("{}-01-01 00:00:00"))
        if held.type.is_timestamp():
            made = self._cast(column, "DATE") if kind is FieldType.DATE else writer.instant(column, zone)
            return self._in_range(column, made, writer.clock_literal("{}-01-01 00:00:00"))
        return self._told_moment(held, kind, zone)

    def _in_range(self, tested: str, made: str, year: str) -> Value:
        """Leave out days and instants that say `never`."""
        fits = f"{tested} >= {year.format(FIRST_YEAR)} AND {tested} < {year.format(LAST_YEAR + 1)}"
        return Value(f"CASE WHEN {fits} THEN {made} END", f"({tested} IS NOT NULL AND NOT ({fits}))")

    def _told_moment(self, held: Held, kind: FieldType, zone: ZoneInfo) -> Value:
        writer, text = self.writer, self.writer.trimmed(self.as_text(held))
        clock = writer.tried(text, writer.clock_type)
        at_zone = writer.tried(text, writer.instant_type)
        day = f"CASE WHEN {writer.matches(text, DATE_FORM)} THEN {writer.tried(text, 'DATE')}"
        if kind is FieldType.DATE:
            made = (
                f"{day} WHEN {writer.matches(text, CLOCK_FORM)} THEN {self._cast(clock, 'DATE')}"
                f" WHEN {writer.matches(text, ZONED_FORM)} THEN {writer.day(at_zone, self.days_in)} END"
            )
        else:
            made = (
                f"CASE WHEN {writer.matches(text, ZONED_FORM)} THEN {at_zone}"
                f" WHEN {writer.matches(text, f'{CLOCK_FORM}|{DATE_FORM}')} THEN {writer.instant(clock, zone)} END"
            )
        return Value(made, f"({text} <> '' AND ({made}) IS NULL)")

    def _asked(self, test: Test, held: Held) -> str:
        column = self.where(held)
        if test.ahead:
            return f"{self._moment(held, FieldType.TIME, self.timezone).sql} > CURRENT_TIMESTAMP"
        text = self.as_text(held)
        if test.starts_with:
            return self.writer.starts_with(text, test.starts_with)
        if not test.one_of:
            return f"{column} IS NOT NULL" + (
                f" AND {self.writer.trimmed(text)} <> ''" if held.type.is_string() else ""
            )
        said = f"LOWER({text})" if held.type.is_string() and set(test.one_of) <= {"true", "false"} else text
        return f"{said} IN ({self._words(test.one_of)})"

    def _constant(self, text: str, kind: FieldType) -> str:
        """Write a value that the mapping gives in canonical form."""
        writer = self.writer
        try:
            read = read_value(text, kind)
        except RefusedValueError:
            return writer.cast("NULL", writer.type_of(kind))
        match read:
            case bool() | float() | Decimal():
                return self._cast(writer.literal(text), kind)
            case list():
                return writer.put_together([writer.literal(each) for each in read], [])
            case str():
                return writer.literal(read)
            case _ if kind is FieldType.DATE:
                return f"DATE {writer.literal(read.isoformat())}"
            case _:
                return writer.instant_literal(f"{read:%Y-%m-%d %H:%M:%S.%f}")

    def _words(self, words: Mapping[str, str] | tuple[str, ...]) -> str:
        return ", ".join(map(self.writer.literal, words))

    def _cast(self, sql: str, kind: FieldType | str) -> str:
        return self.writer.cast(sql, self.writer.type_of(kind) if isinstance(kind, FieldType) else kind)


def _any(*refused: str) -> str:
    return " OR ".join(each for each in refused if each)


def _reads_words(origin: Origin) -> bool:
    """Say whether a value may be a word that the mapping does not give itself."""
    return any(not leaf.values or leaf.unmapped == "keep" for leaf in origin.leaves())
