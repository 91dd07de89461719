"""A truth carried as a number, 2 met, 1 unknown, 0 unmet, so that SQL's aggregates keep unknown apart.

The greatest of several truths tells `some`, the least tells `every`; SQL's own `bool_or` ignores nulls.
"""

from __future__ import annotations

import ibis
from ibis.expr import types as ir

TRUE, MAYBE = 2, 1
YES, NO = ibis.literal(value=True), ibis.literal(value=False)
UNKNOWN = ibis.null("boolean")


def truth(condition: ir.BooleanValue) -> ir.IntegerValue:
    """Carry a three-valued condition as 2, 1 or 0."""
    return (condition.cast("int8") * ibis.literal(TRUE, "int8")).cast("int8").fill_null(ibis.literal(MAYBE, "int8"))


def truth_value(number: ir.IntegerValue) -> ir.BooleanValue:
    """Give a truth number as a three-valued condition; null counts as unmet."""
    return ibis.cases((number == TRUE, YES), (number == MAYBE, UNKNOWN), else_=NO)


def threshold(sure: ir.IntegerValue, possible: ir.IntegerValue, least: ir.Value) -> ir.BooleanValue:
    """Say whether at least so many rows hold: surely, possibly (unknown) or not even possibly."""
    return ibis.cases((sure >= least, YES), (possible < least, NO), else_=UNKNOWN)


def surely(condition: ir.BooleanValue) -> ir.BooleanValue:
    """Take unknown for no."""
    return condition.fill_null(NO)
