"""Values as facts hold them: whole numbers that compare exactly, and texts short enough to compare whole.

durable-rules compares 64-bit integers exactly, reads no number with an exponent, and measures a text in 16 bits.
"""

from __future__ import annotations

import struct
import unicodedata
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from hashlib import sha256

LEAST, MOST = -(2**63) + 2, 2**63 - 2
"""Where amounts and numbers end; what lies beyond is given as these, and no literal reaches them."""
LONGEST = 4_000
"""Characters of a text that is compared as it is; a longer one is compared by its digest."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
CENTS = 2


def number_code(number: float | Decimal) -> int:
    """Give a number's place among all 64-bit floating-point numbers, so that order and equality stay as they are.

    Not-a-number stands after all others, as it does in the table engine.
    """
    real = float(number)
    if real != real:  # noqa: PLR0124 -- what tells not-a-number
        return MOST
    bits: int = struct.unpack("<q", struct.pack("<d", real + 0.0))[0]
    return bits if bits >= 0 else -(bits & 0x7FFFFFFFFFFFFFFF)


def money_units(amount: Decimal | int, places: int) -> int:
    """Give an amount in units of so many decimal places, held between LEAST and MOST."""
    units = int((Decimal(amount).scaleb(places)).to_integral_value(ROUND_FLOOR))
    return max(LEAST, min(MOST, units))


def places_of(amount: Decimal | int) -> int:
    """Give the decimal places an amount is written with, at least two."""
    exponent = Decimal(amount).as_tuple().exponent
    return max(CENTS, -exponent) if isinstance(exponent, int) else CENTS


def day_number(day: date) -> int:
    """Give the number of a date."""
    return day.toordinal()


def microseconds(moment: datetime) -> int:
    """Give an instant in microseconds since 1970."""
    return (moment - EPOCH) // MICROSECOND


def short_text(text: str) -> str:
    """Give a text as it is compared for equality: a very long one by its length and digest."""
    if len(text) <= LONGEST:
        return text
    return f"\x00{len(text)}:{sha256(text.encode()).hexdigest()}"


def byte_order(text: str) -> str:
    """Give a text whose order is that of the bytes of the first."""
    return text[:LONGEST].encode().hex()


def folded(text: str) -> str:
    """Give a text without regard to case, character by character, so that its length stays."""
    return "".join(map(_folded, text))


def is_word_character(character: str) -> bool:
    """Say whether a character is a letter or a digit, of any script."""
    return unicodedata.category(character)[0] in "LN"


def _folded(character: str) -> str:
    if len(simple := character.casefold()) == 1:
        return simple
    return lower if len(lower := character.lower()) == 1 else character
