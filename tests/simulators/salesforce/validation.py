"""Validation rules of a simulated org, asked on every save."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.simulators.salesforce.formula import Context, evaluate

if TYPE_CHECKING:
    from tests.simulators.salesforce.org import Org


@dataclass
class Rule:
    """One rule: where its formula is true, a save is refused with its message."""

    object: str
    name: str
    formula: str
    message: str
    field: str = ""
    active: bool = True

    def refuses(self, context: Context) -> bool:
        """Whether a save is refused."""
        return evaluate(self.formula, context)


def refusals(
    org: Org, object_: str, new: Mapping[str, Any], old: Mapping[str, Any] | None
) -> Iterator[tuple[str, str]]:
    """Give the message and the field of every active rule that refuses a save."""
    rules = [each for each in org.rules.values() if each.object == object_ and each.active]
    if rules:
        context = context_of(org, object_, new, old)
        yield from ((each.message, each.field) for each in rules if each.refuses(context))


def context_of(org: Org, object_: str, new: Mapping[str, Any], old: Mapping[str, Any] | None) -> Context:
    """Give what a formula reads: the record's fields, its parents' one step away, settings and permissions."""
    values, kinds = dict(new), {each.name: each.kind for each in org.things[object_.lower()].fields.values()}
    for link in org.things[object_.lower()].fields.values():
        if link.kind == "reference" and len(link.refers_to) == 1:
            parent = org.records[link.refers_to[0]].get(new.get(link.name) or "", {})
            for each in org.things[link.refers_to[0].lower()].fields.values():
                kinds[f"{link.relation}.{each.name}"] = each.kind
                values[f"{link.relation}.{each.name}"] = parent.get(each.name)
    for name, thing in org.things.items():
        if name.endswith("__c") and "setupownerid" in thing.fields:
            row = next((each for each in org.rows(thing.name) if each.get("SetupOwnerId") == org.organization_id), {})
            for each in thing.fields.values():
                kinds[f"$Setup.{thing.name}.{each.name}"] = each.kind
                values[f"$Setup.{thing.name}.{each.name}"] = row.get(each.name)
    now: datetime = org.clock.now
    return Context(values, kinds, old, frozenset(org.permissions), now)
