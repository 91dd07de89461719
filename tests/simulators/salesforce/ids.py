"""Salesforce's ids: 15 characters told apart by case, and three more that carry the case."""

from __future__ import annotations

from functools import lru_cache

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ORG = "dM0000"
SHORT, LONG = 15, 18


def id18(given: str) -> str:
    """Add the three letters that say which characters are capitals; what is no short id stays as it is."""
    if len(given) != SHORT:
        return given
    return f"{given}{_letter(given[:5])}{_letter(given[5:10])}{_letter(given[10:])}"


def new_id(prefix: str, number: int) -> str:
    """Give the id of the so-many-th record of an object; later ones sort later."""
    digits = ""
    while number:
        number, rest = divmod(number, 62)
        digits = DIGITS[rest] + digits
    return id18(f"{prefix}{ORG}{digits.rjust(6, '0')}")


@lru_cache(maxsize=100_000)
def _letter(part: str) -> str:
    return LETTERS[sum(1 << place for place, each in enumerate(part) if "A" <= each <= "Z")]
