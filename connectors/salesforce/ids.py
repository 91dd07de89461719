"""Ids of Salesforce records: 15 characters that differ by case, or 18 that do not."""

from __future__ import annotations

import re

SHORT = 15
FORM = re.compile(r"[A-Za-z0-9]{15}(?:[A-Z0-5]{3})?", re.ASCII)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def id18(given: str) -> str:
    """Give the 18-character form of an id, which tells ids apart without regard to case.

    Salesforce's rule: three letters are added, one for each five characters, that say which of them are capitals.
    """
    if len(given) != SHORT:
        return given
    chunks = (given[start : start + 5] for start in range(0, SHORT, 5))
    return given + "".join(LETTERS[sum(1 << n for n, each in enumerate(some) if each.isupper())] for some in chunks)


def is_id(given: str) -> bool:
    """Whether a text is an id of either length, its last three letters, if it has them, being those of the others."""
    return FORM.fullmatch(given) is not None and given in {given[:SHORT], id18(given[:SHORT])}
