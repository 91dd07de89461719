"""Says how the properties of an account are not those that Dealgate writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.errors import HubSpotError
from connectors.hubspot.facts import AccountFacts, PropertyFacts
from connectors.hubspot.gates import gates_among
from connectors.hubspot.install.parts import PropertyPart
from connectors.hubspot.settings import API
from connectors.hubspot.standard import DEALS, TASKS
from connectors.protocol import Difference

INSTALL = "run `dealgate install`"
DELETE = "archive it in Settings > Properties, delete it there for good, then install"


@dataclass(frozen=True)
class Standing:
    """The properties of an account, and the names of those that were archived, by object."""

    facts: AccountFacts
    archived: Mapping[str, frozenset[str]]

    def find(self, part: PropertyPart) -> PropertyFacts | None:
        """Find the property that a part asks for."""
        return self.facts.find(part.object, part.name)


def read_standing(client: HubSpotClient, facts: AccountFacts) -> Standing:
    """Ask which properties of deals and tasks were archived; an app that may not know sees none."""
    return Standing(facts, {each: frozenset(_archived(client, each)) for each in (DEALS, TASKS)})


def compare(part: PropertyPart, standing: Standing) -> Iterator[Difference]:
    """Say how a property is not what is asked for."""
    held, what = standing.find(part), f"property {part.object}.{part.name}"
    if held is None:
        gone = part.name in standing.archived.get(part.object, ())
        help_ = f"{INSTALL}, which restores it" if gone else INSTALL
        yield Difference(what, "is archived" if gone else "is missing, or hidden from the signed-in app", help_)
    elif held.kind != part.kind:
        yield Difference(what, f"is a {held.kind}, not a {part.kind}", DELETE)
    else:
        lacking = lacking_options(part, held)
        if lacking:
            yield Difference(what, f"lacks the option {', '.join(f'`{each}`' for each in lacking)}", INSTALL)
        if part.speaks and held.label != part.label:
            yield Difference(what, f"is called `{held.label}`, not `{part.label}`", INSTALL)
        if part.unique and not held.unique:
            yield Difference(what, "is not unique", f"{DELETE}; else tasks may rarely double")


def surplus(parts: Iterable[PropertyPart], standing: Standing) -> list[Difference]:
    """Name the gate properties that no playbook asks for; they stay open."""
    asked = {each.name for each in parts}
    help_ = "no longer require it in its stage, then archive it in Settings > Properties; until then it stays open"
    return [
        Difference(f"property {DEALS}.{each}", "is asked for by no playbook", help_)
        for each in gates_among(standing.facts.objects.get(DEALS, ()))
        if each not in asked
    ]


def lacking_options(part: PropertyPart, held: PropertyFacts) -> list[str]:
    """Name the values that a property cannot take yet."""
    there = {value for value, _ in held.options}
    return [each for each in part.options if each not in there]


def _archived(client: HubSpotClient, object_: str) -> Iterator[str]:
    try:
        found = client.get(API.properties(object_), {"archived": "true"})["results"]
    except HubSpotError as refusal:
        if refusal.passing:
            raise
        return
    yield from (str(each["name"]) for each in found)
