"""Sets of characters as DuckDB knows them, so that every database is told the same ones.

What a letter, a digit or a capital is differs with the edition of Unicode a database was built with. A set is
therefore asked of DuckDB and written out as ranges.
"""

from __future__ import annotations

from functools import lru_cache
from threading import Lock

import duckdb

from rules.patterns import Character

Ranges = tuple[tuple[int, int], ...]
EVERY = """
CREATE TABLE every AS SELECT i::INT AS number, chr(i::INT) AS character
FROM (SELECT unnest(range(1, 55296)) AS i UNION ALL SELECT unnest(range(57344, 1114112)))
"""
CASED = "CREATE TABLE cased AS SELECT * FROM every WHERE lower(character) <> character OR upper(character) <> character"
FOUND = """
SELECT min(number), max(number)
FROM (
    SELECT number, number - row_number() OVER (ORDER BY number) AS run
    FROM {table} WHERE regexp_full_match(character, '{words}')
)
GROUP BY run ORDER BY 1
"""
ONE_AT_A_TIME = Lock()


def characters(wanted: Character) -> Ranges:
    """Give the characters of a set, from U+0001 on, as ranges in order, both ends included."""
    if wanted.literal and not wanted.folded:
        return ((ord(wanted.literal), ord(wanted.literal)),)
    if wanted.literal:
        itself = ord(wanted.literal)
        cases = {number for low, high in _found("cased", wanted.words) for number in range(low, high + 1)}
        return tuple((each, each) for each in sorted(cases | {itself}))
    return _found("every", wanted.words)


@lru_cache(maxsize=1)
def apart_from_small_letters() -> str:
    """Give the letters that may be another's equal in any case, and have a small letter of their own."""
    apart = "SELECT character FROM cased WHERE lower(upper(character)) <> lower(character) ORDER BY number"
    with ONE_AT_A_TIME:
        return "".join(each for (each,) in _unicode().execute(apart).fetchall())


def small(text: str) -> str:
    """Give a text in small letters."""
    with ONE_AT_A_TIME:
        return str(_unicode().execute("SELECT lower($1)", [text]).fetchall()[0][0])


def is_word(char: str) -> bool:
    """Say whether a character is a letter or digit, or like one in another case."""
    return any(low <= ord(char) <= high for low, high in _found("every", r"(?i)[\p{L}\p{N}]"))


@lru_cache(maxsize=1024)
def _found(table: str, words: str) -> Ranges:
    with ONE_AT_A_TIME:
        return tuple(_unicode().execute(FOUND.format(table=table, words=words.replace("'", "''"))).fetchall())


@lru_cache(maxsize=1)
def _unicode() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(EVERY)
    connection.execute(CASED)
    return connection
