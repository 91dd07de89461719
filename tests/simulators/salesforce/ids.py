"""Salesforce's ids: 15 characters told apart by case, and three more that carry the case."""

from __future__ import annotations

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ORG = "dM0000"
SHORT, LONG = 15, 18


def id18(given: str) -> str:
    """Add the three letters that say which characters are capitals; what is no short id stays as it is."""
    if len(given) != SHORT:
        return given
    parts = (given[start : start + 5] for start in (0, 5, 10))
    return given + "".join(LETTERS[sum(1 << n for n, each in enumerate(part) if "A" <= each <= "Z")] for part in parts)


def new_id(prefix: str, number: int) -> str:
    """Give the id of the so-many-th record of an object; later ones sort later."""
    digits = ""
    while number:
        number, rest = divmod(number, 62)
        digits = DIGITS[rest] + digits
    return id18(f"{prefix}{ORG}{digits.rjust(6, '0')}")
