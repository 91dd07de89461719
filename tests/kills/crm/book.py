"""What is written to a simulated CRM of ours, counted: every task by its key, every setting of flags by its deal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.simulators.serving import Request, Response

PATH = "/_book"


@dataclass
class Book:
    """`made` and `completed` count tasks by key, `flagged` counts by deal how often its flags became others.

    `told` counts the events that ask for a deal.
    """

    made: Counter[str] = field(default_factory=Counter)
    completed: Counter[str] = field(default_factory=Counter)
    flagged: Counter[str] = field(default_factory=Counter)
    told: int = 0

    def to_json(self) -> dict[str, Any]:
        return {name: dict(getattr(self, name)) for name in ("made", "completed", "flagged")}


class Kept(Protocol):
    """A simulator with a book; its names are those that both CRMs share."""

    book: Book
    faults: Any
    clock: Any

    def set_amounts(self, amounts: Mapping[str, int]) -> None:
        """Give deals other amounts, as a person does."""
        ...

    def push_to(self, address: str) -> None:
        """Tell of changed deals at an address, again and again until each was acknowledged."""
        ...

    def away(self, *, is_away: bool) -> None:
        """Answer nothing but errors from now on, or answer again."""
        ...

    def acknowledged(self) -> set[str]:
        """Give the events that were acknowledged, and asked for a deal."""
        ...

    def deals(self) -> dict[str, Sequence[Any]]:
        """Give of each open deal its amount and the score in its flags."""
        ...


def answered(crm: Kept, request: Request) -> Response:
    """Tell what stands in the book (GET), or do what is asked (POST), each key one thing."""
    asked = request.json or {}
    if "amounts" in asked:
        crm.set_amounts(asked["amounts"])
    if "fault" in asked:
        name, times = asked["fault"]
        getattr(crm.faults, name)(times, after_commit=True)
    if "away" in asked:
        crm.away(is_away=asked["away"])
    if "advance" in asked:
        crm.clock.advance(float(asked["advance"]))
    if "push" in asked:
        crm.push_to(asked["push"])
    told: dict[str, Any] = {"told": crm.book.told, "acknowledged": len(crm.acknowledged())}
    if request.method == "GET":
        told |= crm.book.to_json() | {"deals": crm.deals()}
    return Response(body=told)
