"""What a reader is told of each action of a way out: what must be done, never the value that verified it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.judge.repair.actions import Action, BuyerActivity, NamePerson, OwnActivity, Waive
from engine.judge.repair.facts import Facts, Row
from engine.judge.repair.fields import provisionally
from engine.judge.repair.needs import NEW, FieldNeed, Needs, RowNeed
from engine.judge.repair.proposals import ordered, ordered_tests, together
from engine.judge.repair.rows import PLANNED, kinds_as_good
from engine.judge.repair.values import compares
from rules.condition import AllOf, Condition, Operator, Quantifier, Reference, Related
from rules.do_words import do_words
from rules.names import role_name
from rules.row_words import row_phrase, with_article
from rules.value_words import listed
from rules.words import row_words

SAID_BY_VERB = {"kind", "direction", "status"}
MANY_KINDS = 3


def way_words(needs: Needs, actions: Sequence[Action], facts: Facts) -> tuple[str, ...]:
    """Say what to do for each action, in the order of the actions."""
    told: list[str] = []
    for need, action in zip(ordered(needs), actions, strict=True):
        match need, action:
            case FieldNeed(), _:
                told.append(_field_words(need, facts))
            case NamePerson(), _:
                told.append(_person_words(need, facts))
            case Waive(), _:
                told.append(
                    f"ask {need.approver} to waive `{need.criterion}` until {facts.moments.day(need.expires_at)}"
                )
            case RowNeed(), OwnActivity() | BuyerActivity():
                told.append(_row_words(need, action, facts))
    return tuple(told)


def _field_words(need: FieldNeed, facts: Facts) -> str:
    row = "contacts" if need.person else ""
    words = do_words(together(need.tests), facts.playbook, row)
    return f"for {_person(need.person, facts)}: {words}" if need.person else words


def _person_words(named: NamePerson, facts: Facts) -> str:
    role = role_name(named.role, facts.playbook)
    if not named.person.startswith(NEW):
        return f"name {_person(named.person, facts)} as {role} if so, or add a contact in role {role}"
    return f"add a contact in role {role}" if role else "add another contact"


def _row_words(need: RowNeed, action: OwnActivity | BuyerActivity, facts: Facts) -> str:
    if need.table != "activities":
        return do_words(Related(need.table, Quantifier.SOME, together(need.tests)), facts.playbook)
    phrase = row_phrase("activities", AllOf(_told(need)), facts.playbook)
    clause = row_words(replace(phrase, after=()), facts.playbook, "activities").removeprefix(phrase.one).strip()
    people = listed((_person(each, facts) for each in action.with_people), "and") or "the buyer"
    what = _noun(need, action.row, facts).format(clause=f" {clause}" if clause else "", people=people)
    return " ".join((what, *phrase.after))


def _noun(need: RowNeed, row: Row, facts: Facts) -> str:
    kinds = kinds_as_good(together(need.tests), provisionally(facts, need.tests), row)
    names = listed(kinds, "or")
    article = with_article(names)
    if row["status"] == PLANNED:
        return f"plan {article}{{clause}} with {{people}}"
    if row["kind"] == "meeting":
        return f"hold {article}{{clause}} with {{people}}"
    if row["kind"] == "note":
        return f"write {article}{{clause}}"
    if row["direction"] == "inbound":
        return (
            "get an answer{clause} from {people}"
            if len(kinds) >= MANY_KINDS
            else f"get {article}{{clause}} from {{people}}"
        )
    if len(kinds) >= MANY_KINDS:
        return "write to or call {people}"
    return "call {people}" if kinds == ("call",) else f"send {article}{{clause}} to {{people}}"


def _told(need: RowNeed) -> tuple[Condition, ...]:
    """Leave out what the verb says: who does what, and that it is done now."""
    return tuple(test for test in ordered_tests(need.tests) if not _said_by_verb(test))


def _said_by_verb(test: Condition) -> bool:
    columns = {leaf.subject.name for leaf in compares(test) if isinstance(leaf.subject, Reference)}
    ahead = any(leaf.operator is Operator.WITHIN_NEXT for leaf in compares(test))
    return columns <= SAID_BY_VERB | {"happened_at"} and not ahead


def _person(person: str, facts: Facts) -> str:
    if person.startswith(NEW):
        role = person.removeprefix(NEW).rpartition("-")[0]
        return f"the new {role_name(role, facts.playbook)}"
    rows = [row for row in facts.rows["contacts"] if row["id"] == person]
    return str(next((row.get("name") for row in rows if row.get("name")), person))
