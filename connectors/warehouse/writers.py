"""How each database writes what a mapping needs: names, values, instants, days and lists, with one meaning in all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from connectors.warehouse.settings import Engine
from rules.types import FieldType

TRIMMED = " \t\r\n"
MOMENT = (
    r"[12]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
    r"([T ]([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?(Z|[+-](0\d|1[0-4]):[0-5]\d)?)?"
)
"""A day or moment whose parts are in range, but for days that their month does not have."""
UNIX = {"seconds": 1_000_000, "milliseconds": 1_000}


@dataclass(frozen=True)
class Writer:
    """DuckDB's way; the others differ where they must.

    An instant is a moment everywhere alike (TIMESTAMPTZ), a clock time what a clock shows somewhere (TIMESTAMP).
    """

    quote: str = '"'
    text_type: str = "VARCHAR"
    number_type: str = "DOUBLE"
    instant_type: str = "TIMESTAMPTZ"
    clock_type: str = "TIMESTAMP"
    list_type: str = "VARCHAR[]"

    def quoted(self, name: str) -> str:
        """Write a name."""
        return f"{self.quote}{name.replace(self.quote, self.quote * 2)}{self.quote}"

    def literal(self, text: str) -> str:
        """Write a text."""
        return "'" + text.replace("'", "''") + "'"

    def type_of(self, kind: FieldType) -> str:
        """Name the type in which a canonical column travels."""
        special = {
            FieldType.YES_NO: "BOOLEAN",
            FieldType.NUMBER: self.number_type,
            FieldType.MONEY: "DECIMAL(18, 2)",
            FieldType.DATE: "DATE",
            FieldType.TIME: self.instant_type,
            FieldType.CHOICES: self.list_type,
        }
        return special.get(kind, self.text_type)

    def cast(self, sql: str, kind: str) -> str:
        """Write a cast that cannot fail for what it is given."""
        return f"CAST({sql} AS {kind})"

    def tried(self, text: str, kind: str) -> str:
        """Write a cast of a text; nothing where the text cannot be read."""
        return f"TRY_CAST({text} AS {kind})"

    def trimmed(self, text: str) -> str:
        """Write a text without white space at its ends."""
        return f"TRIM({text}, {self.literal(TRIMMED)})"

    def matches(self, text: str, pattern: str) -> str:
        """Ask whether a text has a form from its beginning to its end."""
        return f"REGEXP_MATCHES({text}, {self.literal(f'^({pattern})$')})"

    def starts_with(self, text: str, start: str) -> str:
        """Ask whether a text starts so."""
        return f"LEFT({text}, {len(start)}) = {self.literal(start)}"

    def instant(self, clock: str, zone: ZoneInfo) -> str:
        """Give the instant at which a clock in a zone shows a time."""
        return f"({clock} AT TIME ZONE {self.literal(zone.key)})"

    def day(self, instant: str, zone: ZoneInfo) -> str:
        """Give the day that an instant falls on in a zone."""
        return f"CAST({instant} AT TIME ZONE {self.literal(zone.key)} AS DATE)"

    def since_1970(self, number: str, unit: str) -> str:
        """Give the instant so many seconds or milliseconds after 1970 began."""
        return f"MAKE_TIMESTAMPTZ(CAST({number} * {UNIX[unit]} AS BIGINT))"

    def clock_literal(self, text: str) -> str:
        """Write a clock time."""
        return f"{self.clock_type} {self.literal(text)}"

    def instant_literal(self, text: str) -> str:
        """Write an instant that is given in UTC, such as `2026-01-31 09:30:00`."""
        return f"TIMESTAMPTZ {self.literal(f'{text}+00:00')}"

    def split(self, text: str, separator: str) -> str:
        """Make a list of the items of a text; blank items are none."""
        parts = f"STRING_SPLIT({text}, {self.literal(separator)})"
        trimmed = f"LIST_TRANSFORM({parts}, lambda x: {self.trimmed('x')})"
        return f"LIST_FILTER({trimmed}, lambda x: x <> '')"

    def put_together(self, items: Sequence[str], lists: Sequence[str]) -> str:
        """Make one sorted list of items and lists, each once; nothing where there are none."""
        of_items = f"LIST_FILTER([{', '.join(items)}]::VARCHAR[], lambda x: x IS NOT NULL)"
        every = [of_items, *(f"COALESCE({each}, []::VARCHAR[])" for each in lists)]
        joined = every[0]
        for each in every[1:]:
            joined = f"LIST_CONCAT({joined}, {each})"
        return f"NULLIF(LIST_SORT(LIST_DISTINCT({joined})), []::VARCHAR[])"

    def gathered(self, text: str) -> str:
        """Gather a column of a group's rows as one sorted list, each item once."""
        return f"LIST(DISTINCT {text} ORDER BY {text}) FILTER (WHERE {text} IS NOT NULL)"

    def items_of(self, list_: str) -> str:
        """Join the items of a list beside its row as `i.item`; a row without any stays."""
        return f"LEFT JOIN LATERAL (SELECT UNNEST({list_}) AS item) AS i ON TRUE"


@dataclass(frozen=True)
class PostgresqlWriter(Writer):
    """PostgreSQL, which has no cast that may fail: a text is looked at before it is cast."""

    text_type: str = "TEXT"
    number_type: str = "DOUBLE PRECISION"
    list_type: str = "TEXT[]"

    def tried(self, text: str, kind: str) -> str:
        """Write a cast of a text; nothing where the text cannot be read."""
        if kind not in {"DATE", self.clock_type, self.instant_type}:
            return self.cast(text, kind)
        last = f"EXTRACT(DAY FROM CAST(SUBSTR({text}, 1, 8) || '01' AS DATE) + INTERVAL '1 month - 1 day')"
        there = f"CASE WHEN CAST(SUBSTR({text}, 9, 2) AS INT) <= {last} THEN {self.cast(text, kind)} END"
        return f"CASE WHEN {self.matches(text, MOMENT)} THEN {there} END"

    def trimmed(self, text: str) -> str:
        """Write a text without white space at its ends."""
        return f"BTRIM({text}, E' \\t\\r\\n')"

    def matches(self, text: str, pattern: str) -> str:
        """Ask whether a text has a form from its beginning to its end."""
        return f"{text} ~ {self.literal(f'^({pattern})$')}"

    def since_1970(self, number: str, unit: str) -> str:
        """Give the instant so many seconds or milliseconds after 1970 began."""
        return f"TO_TIMESTAMP({number} / {1_000_000 / UNIX[unit]})"

    def split(self, text: str, separator: str) -> str:
        """Make a list of the items of a text; blank items are none."""
        parts = f"UNNEST(STRING_TO_ARRAY({text}, {self.literal(separator)})) WITH ORDINALITY AS i(item, place)"
        item = self.trimmed("item")
        return f"ARRAY(SELECT {item} FROM {parts} WHERE {item} <> '' ORDER BY place)"

    def put_together(self, items: Sequence[str], lists: Sequence[str]) -> str:
        """Make one sorted list of items and lists, each once; nothing where there are none."""
        of_items = f"ARRAY_REMOVE(ARRAY[{', '.join(items)}]::TEXT[], NULL)"
        every = " || ".join([of_items, *(f"COALESCE({each}, ARRAY[]::TEXT[])" for each in lists)])
        gathered = self.gathered("item")
        return f"(SELECT {gathered} FROM UNNEST({every}) AS i(item))"

    def gathered(self, text: str) -> str:
        """Gather a column of a group's rows as one list in the order of bytes, each item once."""
        once = f'({text}) COLLATE "C"'
        return f"ARRAY_AGG(DISTINCT {once} ORDER BY {once}) FILTER (WHERE {text} IS NOT NULL)"


@dataclass(frozen=True)
class SparkWriter(Writer):
    """Spark 4, whose instants are TIMESTAMP and whose clock times are TIMESTAMP_NTZ.

    Its casts between the two go by the session's zone; here nothing does.
    """

    quote: str = "`"
    text_type: str = "STRING"
    instant_type: str = "TIMESTAMP"
    clock_type: str = "TIMESTAMP_NTZ"
    list_type: str = "ARRAY<STRING>"

    def literal(self, text: str) -> str:
        """Write a text; a backslash escapes."""
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

    def trimmed(self, text: str) -> str:
        """Write a text without white space at its ends."""
        return f"TRIM(BOTH ' \\t\\r\\n' FROM {text})"

    def matches(self, text: str, pattern: str) -> str:
        """Ask whether a text has a form from its beginning to its end."""
        return f"{text} RLIKE {self.literal(f'^({pattern})$')}"

    def instant(self, clock: str, zone: ZoneInfo) -> str:
        """Give the instant at which a clock in a zone shows a time."""
        micros = f"TIMESTAMPDIFF(MICROSECOND, TIMESTAMP_NTZ '1970-01-01 00:00:00', {clock})"
        return f"TO_UTC_TIMESTAMP(TIMESTAMP_MICROS({micros}), {self.literal(zone.key)})"

    def day(self, instant: str, zone: ZoneInfo) -> str:
        """Give the day that an instant falls on in a zone."""
        shifted = f"FROM_UTC_TIMESTAMP({instant}, {self.literal(zone.key)})"
        return f"DATE_ADD(DATE '1970-01-01', CAST(FLOOR(UNIX_MICROS({shifted}) / 86400000000) AS INT))"

    def since_1970(self, number: str, unit: str) -> str:
        """Give the instant so many seconds or milliseconds after 1970 began."""
        return f"TIMESTAMP_MICROS(CAST({number} * {UNIX[unit]} AS BIGINT))"

    def instant_literal(self, text: str) -> str:
        """Write an instant that is given in UTC, such as `2026-01-31 09:30:00`."""
        return f"TIMESTAMP '{text}Z'"

    def split(self, text: str, separator: str) -> str:
        """Make a list of the items of a text; blank items are none."""
        parts = f"SPLIT({text}, {self.literal(f'[{separator}]')})"
        return f"FILTER(TRANSFORM({parts}, x -> {self.trimmed('x')}), x -> x <> '')"

    def put_together(self, items: Sequence[str], lists: Sequence[str]) -> str:
        """Make one sorted list of items and lists, each once; nothing where there are none."""
        empty = "CAST(ARRAY() AS ARRAY<STRING>)"
        of_items = f"FILTER(ARRAY({', '.join(items)}), x -> x IS NOT NULL)" if items else empty
        every = ", ".join([of_items, *(f"COALESCE({each}, {empty})" for each in lists)])
        sorted_list = f"SORT_ARRAY(ARRAY_DISTINCT(CONCAT({every})))"
        return f"CASE WHEN SIZE({sorted_list}) > 0 THEN {sorted_list} END"

    def gathered(self, text: str) -> str:
        """Gather a column of a group's rows as one sorted list, each item once."""
        return f"NULLIF(SORT_ARRAY(COLLECT_SET({text})), CAST(ARRAY() AS ARRAY<STRING>))"

    def items_of(self, list_: str) -> str:
        """Join the items of a list beside its row as `i.item`; a row without any stays."""
        return f"LATERAL VIEW OUTER EXPLODE({list_}) i AS item"


WRITERS = {Engine.DUCKDB: Writer(), Engine.POSTGRESQL: PostgresqlWriter(), Engine.SPARK: SparkWriter()}
