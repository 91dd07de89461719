"""A playbook's `applies_to` as filters of a search, which may select more deals than the playbook judges, never fewer.

HubSpot takes five groups of filters. Two of them say which deals are still looked at; what is unknown applies, so that
every further property takes a group for those that lack it. One property is therefore pushed down: one that all
playbooks ask about, the pipeline first. Values are given in small letters too, which is how HubSpot compares texts with
those of a list.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from connectors.hubspot.deals import Scope
from connectors.hubspot.facts import AccountFacts
from connectors.hubspot.fetching import Filter
from connectors.hubspot.names import STATUS
from connectors.hubspot.standard import COLUMNS, DEALS, STAGE
from connectors.hubspot.wanted import CRM
from rules.condition import AllOf, Compare, Condition, Literal, Operator, Reference
from rules.playbook import Playbook
from rules.types import FieldType

CLOSED, CLOSE_DATE, PIPELINE = "hs_is_closed", "closedate", "pipeline"
LOWER, UPPER = "GTE", "LTE"
SIGNS: Mapping[Operator, str] = {
    Operator.AT_LEAST: LOWER,
    Operator.ABOVE: LOWER,
    Operator.ON_OR_AFTER: LOWER,
    Operator.AFTER: LOWER,
    Operator.AT_MOST: UPPER,
    Operator.BELOW: UPPER,
    Operator.ON_OR_BEFORE: UPPER,
    Operator.BEFORE: UPPER,
}
"""A bound takes the value itself too, which selects more at most."""
MOST_VALUES = 50
EPOCH_DAY = date(1970, 1, 1)
DAY = 86_400_000


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one condition asks of one property: one of some values, or a bound."""

    property: str
    sign: str
    values: tuple[str, ...] = ()
    bound: Decimal = Decimal(0)


def scope_of(playbooks: Sequence[Playbook], facts: AccountFacts, closed_since: datetime) -> Scope:
    """Say which deals are fetched: those open, or closed since then, that any of these playbooks may apply to.

    Open deals that carry flags of ours are taken too, so that what no longer applies is taken back.
    """
    if not (facts.has(DEALS, CLOSED) and facts.has(DEALS, CLOSE_DATE)):
        return Scope(closed_since, ())
    still = _filter(CLOSED, "EQ", value="false")
    recent = _filter(CLOSE_DATE, LOWER, value=str(int(closed_since.timestamp() * 1000)))
    untold = [_filter(CLOSED, "NOT_HAS_PROPERTY")]
    pushed = _pushed(playbooks, facts)
    if pushed is None:
        return Scope(closed_since, ([still], [recent], untold))
    flagged = [[_filter(STATUS, "HAS_PROPERTY"), still]] if facts.has(DEALS, STATUS) else []
    lacking = [_filter(str(pushed["propertyName"]), "NOT_HAS_PROPERTY")]
    groups = ([still, pushed], [recent, pushed], lacking, untold, *flagged)
    return Scope(closed_since, groups, json.dumps(pushed, sort_keys=True))


def _pushed(playbooks: Sequence[Playbook], facts: AccountFacts) -> Filter | None:
    """Give a filter that every deal of these playbooks meets that has the property at all."""
    asked = [{each.property: each for each in _conjuncts(playbook, facts)} for playbook in playbooks]
    shared = set.intersection(*(set(each) for each in asked)) if asked else set()
    for name in sorted(shared, key=lambda each: (each != PIPELINE, each)):
        found = _joined([each[name] for each in asked])
        if found is not None:
            return found
    return None


def _joined(asked: Sequence[_Asked]) -> Filter | None:
    """Put together what several playbooks ask of one property: the values of all, or the widest bound."""
    first = asked[0]
    if any(each.sign != first.sign for each in asked):
        return None
    if first.sign == "IN":
        values = sorted({value for each in asked for value in each.values})
        return _filter(first.property, "IN", values=values) if len(values) <= MOST_VALUES else None
    bounds = [each.bound for each in asked]
    return _filter(first.property, first.sign, value=f"{min(bounds) if first.sign == LOWER else max(bounds):f}")


def _conjuncts(playbook: Playbook, facts: AccountFacts) -> Iterator[_Asked]:
    """Give what must hold of single properties of a deal for the playbook to apply."""
    own = {each.id: each.crm.get(CRM, each.id) for each in playbook.fields if each.table == "deals"}
    names = {**COLUMNS["deals"], PIPELINE: PIPELINE, **own}
    for leaf in _leaves(playbook.applies_to):
        match leaf:
            case Compare(Reference("deals", name, kind), operator, Literal(value)) if names.get(name, STAGE) != STAGE:
                values = value if isinstance(value, tuple) else (value,)
                yield from _leaf(names[name], kind, operator, values, facts)


def _leaves(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, AllOf):
        for part in condition.parts:
            yield from _leaves(part)
    else:
        yield condition


def _leaf(
    name: str, kind: FieldType, operator: Operator, values: Sequence[object], facts: AccountFacts
) -> Iterator[_Asked]:
    found = facts.find(DEALS, name)
    if found is None:
        return
    if kind is FieldType.CHOICE and operator in {Operator.EQUALS, Operator.ONE_OF}:
        known = [(each.id, each.label) for each in facts.pipelines] if name == PIPELINE else found.options
        chosen = {value for value, label in known if {value, label.strip()} & set(map(str, values))}
        if chosen:
            yield _Asked(found.name, "IN", tuple(sorted(chosen | {value.lower() for value in chosen})))
    measured = {FieldType.NUMBER: "number", FieldType.DATE: "date"}.get(kind) == found.kind
    if measured and operator in SIGNS and len(values) == 1 and (bound := _bound(values[0])) is not None:
        yield _Asked(found.name, SIGNS[operator], bound=bound)


def _bound(value: object) -> Decimal | None:
    if isinstance(value, date):
        return Decimal((value - EPOCH_DAY).days * DAY) if type(value) is date else None
    return Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None


def _filter(name: str, operator: str, value: str = "", values: Iterable[str] = ()) -> Filter:
    told: dict[str, object] = {"propertyName": name, "operator": operator}
    if value:
        told["value"] = value
    listed = list(values)
    return {**told, "values": listed} if listed else told
