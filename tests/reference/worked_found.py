"""Cases in which random playbooks and deals once told the evaluators apart; each stays, whichever of them was wrong."""

from __future__ import annotations

from decimal import Decimal

from tests.reference.worked import Example, ask, asking, is_

LARGE = asking(ask("a", is_("amount", "at_least", Decimal("999999999999.99"))), rates={"EUR": Decimal("1.08")})

FOUND = [
    Example(
        16,
        f"{amount} EUR, which is too large once converted, is unknown and ends the judging of nobody",
        found,
        LARGE,
        {"amount": Decimal(amount), "currency": "EUR"},
    )
    for amount, found in (
        ("9999999999999999.99", {"a": "unknown"}),
        ("-9999999999999999.99", {"a": "unknown"}),
        ("9000000000000000.00", {}),
    )
]
