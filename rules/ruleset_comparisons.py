"""A condition as comparisons of facts, joined by all and any: what rules of a rule engine are written from.

A comparison with a fact that is absent is neither met nor unmet, so unknown stays unknown through `All` and `Any`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from rules.condition import LastChangedBy, Reference, Related, Score, Value
from rules.types import Duration


class NotCarriedError(Exception):
    """A condition cannot be carried; the message says what of it, in the playbook's words."""


class Form(StrEnum):
    """What a fact holds. All but texts and lists of texts are whole numbers."""

    ALWAYS = "always"
    """One, whatever the deal."""
    UNTOLD = "untold"
    """Nothing, whatever the deal."""
    TEXT = "text"
    ORDER = "order"
    """A text that compares as its bytes do."""
    NUMBER = "number"
    """A number's place among all numbers."""
    MONEY = "money"
    """An amount in units of so many decimal places."""
    DAY = "day"
    """The number of a local date."""
    INSTANT = "instant"
    """Microseconds since 1970."""
    YES_NO = "yes_no"
    PRESENT = "present"
    WORDS = "words"
    """How many words a text has."""
    CHARACTERS = "characters"
    """How many characters a text has."""
    PLAIN = "plain"
    """A text, trimmed and in lower case."""
    LETTERS = "letters"
    """How many letters and digits a text has."""
    SIGNS = "signs"
    """How many different characters a text has beside white space."""
    ITEMS = "items"
    """The choices held."""
    WINDOWS = "windows"
    """All runs of so many characters that stand as whole words in a text, whatever their case."""
    PIECES = "pieces"
    """All runs of so many characters of a text."""
    FOLDED_PIECES = "folded_pieces"
    """All runs of so many characters of a text, whatever their case."""
    MONTHS = "months"
    """The number of the fiscal period of so many months a date lies in."""
    WEEK = "week"
    """The number of the Monday on or before a date."""
    SHARED = "shared"
    """What is known of a text that deals share: whether its deal is open, and the accounts that hold it."""


@dataclass(frozen=True, slots=True)
class Edge:
    """The moment judged for, moved by a length of time where one is given (negative amounts move back)."""

    plus: Duration | None = None


@dataclass(frozen=True, slots=True)
class LastChange:
    """When a deal field last changed."""

    reference: Reference


@dataclass(frozen=True, slots=True)
class Segment:
    """The id of the deal's segment."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many related rows of a quantified condition are `held`, `maybe` held, `picked`, `maybe picked`, and so on."""

    node: Related
    which: str


Subject = Reference | Score | Value | Edge | LastChange | LastChangedBy | Segment | Tally


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing rules read, in a form; where there is nothing, `otherwise` is given (None: it is absent)."""

    form: Form
    of: Subject | None = None
    detail: int | str = 0
    otherwise: int | str | None = None


class Relation(StrEnum):
    """How two values are compared; the last two ask a list for an item."""

    EQUAL = "="
    UNEQUAL = "!="
    BELOW = "<"
    AT_MOST = "<="
    ABOVE = ">"
    AT_LEAST = ">="
    HOLDS = "holds"
    LACKS = "lacks"


OPPOSITE: Mapping[Relation, Relation] = MappingProxyType(
    {
        Relation.EQUAL: Relation.UNEQUAL,
        Relation.UNEQUAL: Relation.EQUAL,
        Relation.BELOW: Relation.AT_LEAST,
        Relation.AT_LEAST: Relation.BELOW,
        Relation.ABOVE: Relation.AT_MOST,
        Relation.AT_MOST: Relation.ABOVE,
        Relation.HOLDS: Relation.LACKS,
        Relation.LACKS: Relation.HOLDS,
    }
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison of a fact with another, or with a value written in the playbook."""

    left: Fact
    relation: Relation
    right: Fact | int | str


@dataclass(frozen=True, slots=True)
class All:
    """Every part is met; never empty."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """Some part is met; never empty."""

    parts: tuple[Tree, ...]


Tree = Comparison | All | Any

MET = Comparison(Fact(Form.ALWAYS), Relation.EQUAL, 1)
UNMET = Comparison(Fact(Form.ALWAYS), Relation.UNEQUAL, 1)
UNKNOWN = Comparison(Fact(Form.UNTOLD), Relation.EQUAL, 1)


def all_of(*parts: Tree) -> Tree:
    """Join parts by all: one part stands for itself, no part is met."""
    flat = tuple(each for part in parts for each in (part.parts if isinstance(part, All) else (part,)))
    return flat[0] if len(flat) == 1 else All(flat) if flat else MET


def any_of(*parts: Tree) -> Tree:
    """Join parts by any: one part stands for itself, no part is unmet."""
    flat = tuple(each for part in parts for each in (part.parts if isinstance(part, Any) else (part,)))
    return flat[0] if len(flat) == 1 else Any(flat) if flat else UNMET


def opposite(tree: Tree) -> Tree:
    """Turn met and unmet round; unknown stays."""
    match tree:
        case Comparison(left, relation, right):
            return Comparison(left, OPPOSITE[relation], right)
        case All(parts):
            return any_of(*map(opposite, parts))
        case Any(parts):
            return all_of(*map(opposite, parts))
