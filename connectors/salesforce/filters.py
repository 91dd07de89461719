"""A playbook's `applies_to` as a SOQL condition, which may select more deals than the playbook judges and never fewer.

What is unknown applies, so that every comparison takes null fields too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from connectors.salesforce.facts import OrgFacts
from connectors.salesforce.query import text_in_soql
from connectors.salesforce.standard import COLUMNS, OPPORTUNITY
from connectors.salesforce.wanted import CRM
from rules.condition import AllOf, AnyOf, Compare, Condition, Literal, Operator, Reference
from rules.playbook import Playbook
from rules.types import FieldType

SIGNS: Mapping[Operator, str] = {
    Operator.AT_LEAST: ">=",
    Operator.AT_MOST: "<=",
    Operator.ABOVE: ">",
    Operator.BELOW: "<",
    Operator.ON_OR_AFTER: ">=",
    Operator.ON_OR_BEFORE: "<=",
    Operator.AFTER: ">",
    Operator.BEFORE: "<",
}
WORDS = frozenset({FieldType.TEXT, FieldType.CHOICE})
MEASURES = frozenset({FieldType.NUMBER, FieldType.DATE})
LONGEST = 4_000
"""How long a pushed-down condition may get; a longer one is left to the engine."""

Scalars = Sequence[object]


def pushed_down(playbooks: Iterable[Playbook], facts: OrgFacts) -> str:
    """Give a condition that every deal of these playbooks meets; "" where none can be said in SOQL.

    Deals that carry flags of ours are taken too, so that what no longer applies is taken back.
    """
    parts = [_soql(playbook.applies_to, _Fields(playbook, facts)) for playbook in playbooks]
    if not parts or not all(parts):
        return ""
    flagged = ["Dealgate_Status__c != null"] if facts.has(OPPORTUNITY, "Dealgate_Status__c") else []
    whole = f"({' OR '.join([*dict.fromkeys(parts), *flagged])})"
    return whole if len(whole) <= LONGEST else ""


def left_to_engine(playbook: Playbook, facts: OrgFacts) -> list[Condition]:
    """Give the parts of what a playbook applies to that a query cannot ask, and that are judged after fetching."""
    return list(_left(playbook.applies_to, _Fields(playbook, facts)))


def _left(condition: Condition, fields: _Fields) -> Iterator[Condition]:
    if isinstance(condition, AllOf):
        for part in condition.parts:
            yield from _left(part, fields)
    elif not _soql(condition, fields):
        yield condition


class _Fields:
    """Finds the field of a deal's column; one that is computed tells of no change, and is not.

    Nor is the stage, which playbooks call by names of their own.
    """

    def __init__(self, playbook: Playbook, facts: OrgFacts) -> None:
        self._own = {each.id: each.crm.get(CRM, each.id) for each in playbook.fields if each.table == "deals"}
        self._facts = facts

    def path(self, reference: Reference) -> str:
        standard = {name: path for name, path in COLUMNS["deals"].items() if name != "stage"}
        path = self._own.get(reference.name) or standard.get(reference.name, "")
        found = self._facts.field(OPPORTUNITY, path) if path and reference.table == "deals" else None
        return self._facts.path(OPPORTUNITY, path) if found is not None and not found.calculated else ""


def _soql(condition: Condition, fields: _Fields) -> str:
    """Write a condition, or "" where it cannot be said; of what all must hold, a part says enough."""
    match condition:
        case AllOf(parts):
            said = [each for part in parts if (each := _soql(part, fields))]
            return f"({' AND '.join(said)})" if said else ""
        case AnyOf(parts):
            whole = [_soql(part, fields) for part in parts]
            return f"({' OR '.join(whole)})" if whole and all(whole) else ""
        case Compare(Reference() as subject, operator, Literal(value)):
            path = fields.path(subject)
            values = value if isinstance(value, tuple) else (value,)
            said_of = _leaf(subject.type, operator, path, values) if path else ""
            return f"({said_of} OR {path} = null)" if said_of else ""
        case _:
            return ""


def _leaf(kind: FieldType, operator: Operator, path: str, values: Scalars) -> str:
    if kind in WORDS and operator in {Operator.EQUALS, Operator.ONE_OF}:
        return f"{path} IN ({', '.join(text_in_soql(value) for value in values)})"
    sign = SIGNS.get(operator)
    if kind in MEASURES and sign and len(values) == 1 and (said := _measure(values[0])):
        return f"{path} {sign} {said}"
    return ""


def _measure(value: object) -> str:
    writers: Mapping[type, Callable[[object], str]] = {int: str, Decimal: lambda number: f"{number:f}", date: str}
    writer = writers.get(type(value))
    return writer(value) if writer is not None else ""
