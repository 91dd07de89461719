"""A related row in words: `a meeting held with an economic buyer in the last 30 days`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rules.condition import (
    AllOf,
    AnyOf,
    Compare,
    Condition,
    FieldValue,
    Literal,
    Moment,
    Not,
    Operator,
    Quantifier,
    Reference,
    Related,
)
from rules.names import EVENTS, choice_name, plain, row_name
from rules.normal import parts_of, signed
from rules.playbook import Playbook
from rules.predicates import predicate
from rules.value_words import listed


@dataclass(frozen=True, slots=True)
class RowPhrase:
    """The words for the rows that a condition picks; `left` holds the parts that need a clause of their own."""

    one: str
    many: str
    before: tuple[str, ...] = ()
    status: str = ""
    after: tuple[str, ...] = ()
    left: tuple[Condition, ...] = ()

    @property
    def names_people(self) -> bool:
        """Whether people are told after the noun, so that a clause about the row must stand before them."""
        return any(each.startswith(("with ", "from ", "to ")) for each in self.after)

    def written(self, clause: str = "", verb: str = "", *, many: bool = False) -> str:
        """Write the rows without an article: `meeting held with a champion`; `clause` holds what is `left`."""
        status = f"{verb} {self.status}".strip()
        first, last = (clause, "") if self.names_people else ("", clause)
        return " ".join(filter(None, (*self.before, self.many if many else self.one, first, status, *self.after, last)))


def row_phrase(table: str, condition: Condition, playbook: Playbook) -> RowPhrase:
    """Find words for the rows of `table` for which a (normal) condition holds."""
    one, many = row_name(table)
    phrase = RowPhrase(one, many)
    preposition = _preposition(condition)
    confirms = any(_is_word_from_buyer(part) or _is_history(part) for part in parts_of(condition))
    for part in parts_of(condition):
        if confirms and _is_past(part):
            continue
        phrase = _with_part(phrase, part, playbook, table, preposition)
    return phrase


def with_article(words: str) -> str:
    """Put `a` or `an` before words."""
    vowel = words[:1].lower() in "aeiou" and not words.lower().startswith(("us", "uni", "one", "eu"))
    return f"{'an' if vowel else 'a'} {words}"


def picked(related: Related) -> Condition:
    """Give the condition of the rows that are counted: those with `where` and `condition` true."""
    return AllOf((*parts_of(related.where), *parts_of(related.condition)))


def _with_part(phrase: RowPhrase, part: Condition, playbook: Playbook, table: str, preposition: str) -> RowPhrase:
    match part:
        case Compare(Reference("contacts" | "activities", "role" | "kind")) if _heads(phrase, part, table):
            phrase = _headed(phrase, _names(part, playbook))
        case Compare(Reference("activities", "status"), Operator.EQUALS, Literal(status)) if not phrase.status:
            phrase = replace(phrase, status=str(status))
        case Compare(Reference("activities", "direction"), Operator.EQUALS, Literal(direction)):
            phrase = phrase if preposition != "with" else replace(phrase, before=(*phrase.before, str(direction)))
        case Compare(Reference("findings", "kind" | "state"), Operator.EQUALS, Literal(word)):
            phrase = replace(phrase, before=(*phrase.before, plain(str(word))))
        case Related("with", Quantifier.SOME, at_least=Literal(1)):
            phrase = _with_people(phrase, part, playbook, preposition)
        case Compare(Reference() as read) | Not(Compare(Reference() as read)) if _follows_noun(read):
            phrase = replace(phrase, after=(*phrase.after, _after_noun(part, playbook, table)))
        case AllOf(()):
            pass
        case _ if not (_is_word_from_buyer(part) or _is_history(part)):
            phrase = replace(phrase, left=(*phrase.left, part))
    return phrase


def _heads(phrase: RowPhrase, leaf: Compare, table: str) -> bool:
    unnamed = (phrase.one, phrase.many) == row_name(table) and isinstance(leaf.value, Literal)
    return unnamed and leaf.operator in {Operator.EQUALS, Operator.ONE_OF}


def _headed(phrase: RowPhrase, names: list[str]) -> RowPhrase:
    many = [f"{name}s" for name in names]
    return replace(phrase, one=listed(names, "or"), many=listed(many, "or"))


def _with_people(phrase: RowPhrase, related: Related, playbook: Playbook, preposition: str) -> RowPhrase:
    people = row_phrase("contacts", picked(related), playbook)
    if people.left:
        return replace(phrase, left=(*phrase.left, related))
    return replace(phrase, after=(f"{preposition} {with_article(people.written())}", *phrase.after))


def _preposition(condition: Condition) -> str:
    parts = parts_of(condition)
    if not any(isinstance(part, Related) and part.quantifier is Quantifier.SOME for part in parts):
        return "with"
    if any(_is_word_from_buyer(part) or _is_directed(part, "inbound") for part in parts):
        return "from"
    return "to" if any(_is_directed(part, "outbound") for part in parts) else "with"


def _follows_noun(read: Reference) -> bool:
    return not read.of_deal and ((read.table, read.name) in EVENTS or read.name == "happened_at")


def _after_noun(part: Condition, playbook: Playbook, table: str) -> str:
    leaf, positive = signed(part)
    if not isinstance(leaf, Compare):
        return ""
    said = predicate(leaf, playbook, positive=positive, row=table)
    rest = said.rest.replace("on or after", "since") if isinstance(leaf.value, FieldValue) else said.rest
    return rest if said.positive else f"not {rest}"


def _names(leaf: Compare, playbook: Playbook) -> list[str]:
    if not isinstance(leaf.value, Literal) or not isinstance(leaf.subject, Reference):
        return []
    values = leaf.value.value if isinstance(leaf.value.value, tuple) else (leaf.value.value,)
    return [choice_name(leaf.subject, value, playbook) for value in values]


def _is_directed(part: Condition, direction: str) -> bool:
    match part:
        case Compare(Reference("activities", "direction"), Operator.EQUALS, Literal(value)):
            return value == direction
        case _:
            return False


def _is_word_from_buyer(part: Condition) -> bool:
    """Recognise what `confirmed_by` asks: an inbound activity, or a meeting (that it took place is asked beside)."""
    match part:
        case AnyOf((inbound, kind)):
            return _is_directed(inbound, "inbound") and _is_column(kind, "meeting")
        case _:
            return False


def _is_past(part: Condition) -> bool:
    """Recognise that an activity has happened, which a confirmation says by itself."""
    match part:
        case Compare(Reference("activities", "happened_at"), Operator.ON_OR_BEFORE, Moment("now", None)):
            return True
        case _:
            return False


def _is_history(part: Condition) -> bool:
    """Recognise an activity that took place: without a status, or none of those that say otherwise."""
    match part:
        case AnyOf((absent, Compare(Reference("activities", "status"), Operator.NONE_OF, Literal(tuple(words))))):
            return set(words) == {"planned", "missed", "cancelled"} and isinstance(absent, Not)
        case _:
            return False


def _is_column(part: Condition, word: str) -> bool:
    match part:
        case Compare(Reference("activities", "kind" | "status"), Operator.EQUALS, Literal(value)):
            return value == word
        case _:
            return False
