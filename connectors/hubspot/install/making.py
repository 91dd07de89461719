"""Makes the properties that Dealgate writes, in a call an object, and mends what of those that stand is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from connectors.hubspot import names
from connectors.hubspot.answers import reason_in
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.errors import HubSpotError, MissingScopesError
from connectors.hubspot.facts import PropertyFacts
from connectors.hubspot.install.parts import GROUP_LABEL, KEY, PropertyPart, options_body
from connectors.hubspot.install.properties import DELETE, INSTALL, Standing, lacking_options
from connectors.hubspot.settings import API
from connectors.hubspot.standard import DEALS, TASKS
from connectors.protocol import Difference

LOOKS, LAG = 5, 0.5
"""How often it is looked whether a new group of properties is there, and after how many seconds again."""
EXISTS = "OBJECT_ALREADY_EXISTS"
PLAIN_KEY = (
    f"`{names.KEY}` is not unique on tasks: HubSpot allows ten unique properties of an object, and not of every one; "
    "tasks are looked up before they are made, and a rare double is closed by the next sweep"
)


@dataclass(frozen=True)
class Made:
    """What was made or changed, what could not be, and what is to be known about it."""

    made: tuple[str, ...] = ()
    refused: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()

    def __add__(self, other: Made) -> Made:
        """Put two together."""
        return Made(self.made + other.made, self.refused + other.refused, self.notes + other.notes)


def make_properties(client: HubSpotClient, parts: Sequence[PropertyPart], standing: Standing) -> Made:
    """Make what is missing, restore what was archived, and mend options and labels; a type is left as it is."""
    absent = [each for each in parts if standing.find(each) is None]
    done = Made()
    for object_ in (DEALS, TASKS):
        new = [each for each in absent if each.object == object_]
        if new:
            done += _grouped(client, object_, new)
    for each in parts:
        held = standing.find(each)
        if held is not None:
            done += _mended(client, each, held)
    return done


def _grouped(client: HubSpotClient, object_: str, new: Sequence[PropertyPart]) -> Made:
    """Make properties of one object, and before them their group."""
    try:
        _make_group(client, object_)
        if any(each is KEY for each in new):
            return _made_key(client)
        return _made(client, object_, new)
    except HubSpotError as refusal:
        if refusal.passing:
            raise
        return Made(refused=tuple(_refused(each, refusal) for each in new))


def _made(client: HubSpotClient, object_: str, new: Sequence[PropertyPart]) -> Made:
    """Make properties in one call; what another made meanwhile stands."""
    bodies = [each.body() for each in new]
    answer = client.send("POST", API.properties(object_, "batch", "create"), {"inputs": bodies}, retry=True)
    body = answer.body if isinstance(answer.body, Mapping) else {}
    failed = [each for each in body.get("errors") or () if each.get("category") != EXISTS]
    reasons = {
        str(name): reason_in(str(each.get("message") or ""), each.get("errors") or ())
        for each in failed
        for name in (each.get("context") or {}).get("name", ())
    }
    if failed and not reasons:
        reasons = dict.fromkeys((each.name for each in new), reason_in(str(failed[0].get("message") or "")))
    made = tuple(_words(each) for each in new if each.name not in reasons)
    refused = tuple(Difference(_words(each), reasons[each.name], INSTALL) for each in new if each.name in reasons)
    return Made(made, refused)


def _made_key(client: HubSpotClient) -> Made:
    """Make the tasks' key, unique where HubSpot allows it."""
    path = API.properties(TASKS)
    try:
        client.send("POST", path, KEY.body(), retry=True)
    except MissingScopesError:
        raise
    except HubSpotError as refusal:
        if refusal.category == EXISTS:
            return Made()
        if refusal.passing:
            raise
        client.send("POST", path, replace(KEY, unique=False).body(), retry=True)
        return Made((_words(KEY),), notes=(PLAIN_KEY,))
    return Made((_words(KEY),))


def _mended(client: HubSpotClient, part: PropertyPart, held: PropertyFacts) -> Made:
    """Mend a property that stands, or say why it cannot be mended."""
    if held.kind != part.kind:
        return Made(refused=(Difference(_words(part), f"is a {held.kind}, not a {part.kind}", DELETE),))
    notes = (PLAIN_KEY,) if part.unique and not held.unique else ()
    change = _change(part, held)
    if not change:
        return Made(notes=notes)
    try:
        client.send("PATCH", API.properties(part.object, part.name), change)
    except HubSpotError as refusal:
        if refusal.passing:
            raise
        return Made(refused=(_refused(part, refusal),), notes=notes)
    return Made((_words(part),), notes=notes)


def _change(part: PropertyPart, held: PropertyFacts) -> dict[str, Any]:
    """Add options that are missing after those that are there, and tell a label anew."""
    lacking = lacking_options(part, held)
    options = [*held.options, *((each, each) for each in lacking)]
    label = part.speaks and held.label != part.label
    return ({"options": options_body(options)} if lacking else {}) | (
        {"label": part.label, "description": part.help} if label else {}
    )


def _make_group(client: HubSpotClient, object_: str) -> None:
    """Make the group and wait until HubSpot shows it, some tenths of a second."""
    if _has_group(client, object_):
        return
    body = {"name": names.GROUP, "label": GROUP_LABEL, "displayOrder": -1}
    try:
        client.send("POST", API.properties(object_, "groups"), body, retry=True)
    except HubSpotError as refusal:
        if refusal.category != EXISTS:
            raise
    for _ in range(LOOKS):
        if _has_group(client, object_):
            return
        client.pause(LAG)


def _has_group(client: HubSpotClient, object_: str) -> bool:
    held = client.get(API.properties(object_, "groups"))["results"]
    return any(each["name"] == names.GROUP and not each.get("archived") for each in held)


def _refused(part: PropertyPart, refusal: HubSpotError) -> Difference:
    if isinstance(refusal, MissingScopesError):
        says, _, help_ = str(refusal).partition("\n  help: ")
        return Difference(_words(part), says, help_)
    return Difference(_words(part), reason_in(refusal.said, refusal.errors), INSTALL)


def _words(part: PropertyPart) -> str:
    return f"property {part.object}.{part.name}"
