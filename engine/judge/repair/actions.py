"""The actions that a way out is made of, from the cheapest kind to the dearest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class FillField:
    """Fill in or update one field: of the deal, of its account, or of one person (`person`).

    `value` only serves to verify; what a reader is told is what must be written, not the value.
    """

    table: str
    field: str
    value: Any
    person: str = ""


@dataclass(frozen=True, slots=True)
class NamePerson:
    """Give a contact a role; one that is not yet known is added under `person`, an id that no contact has."""

    role: str
    person: str


@dataclass(frozen=True, slots=True)
class OwnActivity:
    """Something we can do ourselves: write, call, plan a meeting, send a proposal, add a record.

    `row` holds the columns of the new row of `table`.
    """

    table: str
    row: Mapping[str, Any] = field(default_factory=dict)
    with_people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BuyerActivity:
    """Something that takes the buyer: an answer, or a meeting that is held."""

    table: str
    row: Mapping[str, Any] = field(default_factory=dict)
    with_people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Waive:
    """An exception for one criterion (`id`, or `id:person`), asked of `approver` until `expires_at`."""

    criterion: str
    approver: str
    expires_at: datetime


Action = FillField | NamePerson | OwnActivity | BuyerActivity | Waive

KINDS: tuple[type, ...] = (FillField, NamePerson, OwnActivity, BuyerActivity, Waive)
"""Kinds of action, cheapest first."""

Price = tuple[int, ...]
"""How many actions in all, then how many of each kind, dearest first: the smaller tuple is the cheaper way."""


def price(kinds: list[type]) -> Price:
    """Price a way by the kinds of its actions: fewest actions first, among equals the cheapest kinds."""
    return (len(kinds), *(kinds.count(kind) for kind in reversed(KINDS)))
