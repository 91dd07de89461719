"""Values in words: money with its currency, local dates and times, quoted texts, fields and moments moved by days."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from rules.condition import FieldValue, Literal, Moment, PerSegment, Reference, Score, Value
from rules.moments import in_zone
from rules.names import choice_name, field_name, plain
from rules.playbook import Playbook
from rules.types import Duration, FieldType

LONGEST_TEXT = 60
TOO_LONG_FROM = Decimal(10) ** 21
GROUPED_FROM = 10_000
TEXTS = {FieldType.TEXT, FieldType.LINK}


def listed(words: Iterable[str], word: str) -> str:
    """Join words as a sentence does: `a, b or c`."""
    *most, last = list(words) or [""]
    return f"{', '.join(most)} {word} {last}" if most else last


def quoted(text: str) -> str:
    """Quote a text on one line, cut where it runs on."""
    flat = " ".join(text.split())
    return f'"{flat if len(flat) <= LONGEST_TEXT else flat[: LONGEST_TEXT - 1].rstrip() + "…"}"'


def number(value: object) -> str:
    """Write a number without needless decimals, with thousands set apart from 10,000 on."""
    exact = Decimal(str(value)) or Decimal(0)  # nothing has no sign
    if not exact.is_finite():
        return "not a number" if exact.is_nan() else "infinity" if exact > 0 else "minus infinity"
    if abs(exact) >= TOO_LONG_FROM:
        return f"{exact:.6g}"
    short = exact.quantize(Decimal(1)) if exact == exact.to_integral_value() else exact.normalize()
    return f"{short:,f}" if abs(exact) >= GROUPED_FROM else f"{short:f}"


def money(value: object, currency: str) -> str:
    """Write an amount with its currency; cents only where there are any."""
    exact = Decimal(str(value))
    whole = exact == exact.to_integral_value()
    return f"{exact:,.0f} {currency}" if whole else f"{exact:,.2f} {currency}"


def moment(value: datetime, playbook: Playbook) -> str:
    """Write a time on the playbook's clock, to the minute."""
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    local = in_zone(aware, ZoneInfo(playbook.calendar.timezone))
    return f"{local.date().isoformat()} {local:%H:%M}"


def counted(amount: int, one: str, many: str = "") -> str:
    """Write how many there are of something: `1 point`, `2 points`."""
    return f"{amount} {one if amount == 1 else many or one + 's'}"


def scalar(value: object, subject: Reference | Score | None, playbook: Playbook) -> str:
    """Write one value as its subject's type asks, or by what it is where there is no subject."""
    if isinstance(subject, Score):
        return f"{number(value)} percent" if subject.percent else f"{number(value)} point{'' if value == 1 else 's'}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return moment(value, playbook)
    if isinstance(value, date | Duration):
        return str(value)
    if isinstance(value, int | float | Decimal):
        of_money = subject is not None and subject.type is FieldType.MONEY
        return money(value, playbook.currency) if of_money else number(value)
    return choice_name(subject, value, playbook) if subject and subject.type not in TEXTS else quoted(str(value))


def literal(value: object, subject: Reference | Score | None, playbook: Playbook, word: str) -> str:
    """Write a value or, joined by `word`, a list of values."""
    if isinstance(value, tuple | list):
        return listed((scalar(each, subject, playbook) for each in value), word)
    return scalar(value, subject, playbook)


def value_words(
    value: Value, subject: Reference | Score | None, playbook: Playbook, row: str = "", word: str = "or"
) -> str:
    """Write a right-hand side; `row` is the related table the sentence is about, `word` joins lists."""
    match value:
        case Literal(written):
            return literal(written, subject, playbook, word)
        case FieldValue(reference, plus):
            return moved(field_name(reference, row), plus)
        case Moment(base, plus):
            return moved(base, plus)
        case PerSegment():
            return per_segment(value, lambda case: value_words(case, subject, playbook, row, word))


def per_segment(value: PerSegment, write: Callable[[Value], str]) -> str:
    """Write a value that differs by segment: `10,000 USD for smb, otherwise 100,000 USD`."""
    cases = [f"{write(case)} for {plain(segment)}" for segment, case in value.cases]
    return ", ".join([*cases, *([f"otherwise {write(value.otherwise)}"] if value.otherwise is not None else [])])


def moved(base: str, plus: Duration | None) -> str:
    """Write a moment moved by days: `2 weeks after close date`, `5 business days from today`."""
    if plus is None or plus.amount == 0:
        return base
    length = str(Duration(abs(plus.amount), plus.unit))
    if plus.amount < 0:
        return f"{length} before {base}"
    return f"{length} from {base}" if base in {"today", "now"} else f"{length} after {base}"
