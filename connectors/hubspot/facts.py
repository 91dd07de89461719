"""What an account has: objects with their properties, pipelines with their stages, its currency and time zone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.hubspot.errors import HubSpotError, MissingScopesError, NotFoundError
from connectors.hubspot.settings import API
from connectors.hubspot.standard import DEALS, ENTERED, EXITED


@dataclass(frozen=True, slots=True)
class PropertyFacts:
    """One property as defined: `kind` is HubSpot's type, `options` its values in order, each with its label."""

    name: str
    kind: str
    label: str = ""
    field_type: str = ""
    group: str = ""
    options: tuple[tuple[str, str], ...] = ()
    unique: bool = False
    read_only: bool = False
    calculated: bool = False


@dataclass(frozen=True, slots=True)
class StageFacts:
    """One stage of a pipeline; `entered` and `exited` name the properties that tell when a deal did so, or are ""."""

    id: str
    label: str
    closed: bool = False
    won: bool = False
    entered: str = ""
    exited: str = ""


@dataclass(frozen=True, slots=True)
class PipelineFacts:
    """One pipeline of deals, its stages in order."""

    id: str
    label: str
    stages: tuple[StageFacts, ...]


@dataclass(frozen=True)
class AccountFacts:
    """An account as the signed-in app may see it; an object that is not named is not there.

    `hidden` names the scopes that are missing to read an object, in words. `currency` is the account's own.
    """

    objects: Mapping[str, Mapping[str, PropertyFacts]]
    pipelines: tuple[PipelineFacts, ...] = ()
    hidden: Mapping[str, str] = field(default_factory=dict)
    portal: int = 0
    currency: str = ""
    time_zone: str = "UTC"

    def has(self, object_: str, name: str = "") -> bool:
        """Whether an object is there, or one of its properties."""
        return object_ in self.objects and (not name or name in self.objects[object_])

    def find(self, object_: str, name: str) -> PropertyFacts | None:
        """Find a property; HubSpot's names are in small letters."""
        return self.objects.get(object_, {}).get(name.lower())

    @property
    def stages(self) -> tuple[StageFacts, ...]:
        """All stages, by pipeline and in order."""
        return tuple(stage for pipeline in self.pipelines for stage in pipeline.stages)


class Asks(Protocol):
    """What is needed of the client."""

    def get(self, path: str) -> Any:  # noqa: ANN401 - any JSON value
        """Read a path."""


def read_facts(client: Asks, objects: Sequence[str]) -> AccountFacts:
    """Ask what an account has, a call an object, one for the pipelines and one for the account itself.

    What the app may not see is left out and named; so is an object that the account does not have, though not by a
    scope. Raises MissingScopesError where that is deals.
    """
    found, hidden = dict[str, Mapping[str, PropertyFacts]](), dict[str, str]()
    for object_ in objects:
        try:
            found[object_] = {each.name: each for each in _properties(client, object_)}
        except MissingScopesError as refusal:
            if object_ == DEALS:
                raise
            hidden[object_] = ", ".join(refusal.scopes)
        except NotFoundError:
            continue
        except HubSpotError as refusal:
            if object_ == DEALS or refusal.passing:
                raise
    account = _account(client)
    return AccountFacts(
        found,
        tuple(_pipelines(client, found.get(DEALS, {}))),
        hidden,
        portal=int(account.get("portalId") or 0),
        currency=str(account.get("companyCurrency") or ""),
        time_zone=_zone(str(account.get("timeZone") or "UTC")),
    )


def facts_to_text(facts: AccountFacts) -> str:
    """Write facts down, to be kept."""
    objects = {name: [asdict(each) for each in properties.values()] for name, properties in facts.objects.items()}
    return json.dumps({**asdict(facts), "objects": objects})


def facts_from_text(text: str) -> AccountFacts:
    """Read facts that were written down."""
    values = json.loads(text)
    objects = {
        name: {each["name"]: PropertyFacts(**{**each, "options": _pairs(each["options"])}) for each in properties}
        for name, properties in values["objects"].items()
    }
    pipelines = tuple(
        PipelineFacts(each["id"], each["label"], tuple(StageFacts(**stage) for stage in each["stages"]))
        for each in values["pipelines"]
    )
    return AccountFacts(**{**values, "objects": objects, "pipelines": pipelines})


def _properties(client: Asks, object_: str) -> Iterator[PropertyFacts]:
    for each in client.get(API.properties(object_))["results"]:
        changing: Mapping[str, Any] = each.get("modificationMetadata") or {}
        yield PropertyFacts(
            name=str(each["name"]),
            kind=str(each.get("type") or "string"),
            label=str(each.get("label") or ""),
            field_type=str(each.get("fieldType") or ""),
            group=str(each.get("groupName") or ""),
            options=tuple((str(one["value"]), str(one.get("label") or "")) for one in each.get("options") or ()),
            unique=bool(each.get("hasUniqueValue")),
            read_only=bool(changing.get("readOnlyValue")),
            calculated=bool(each.get("calculated")),
        )


def _pipelines(client: Asks, deals: Mapping[str, PropertyFacts]) -> Iterator[PipelineFacts]:
    for each in client.get(API.pipelines(DEALS))["results"]:
        if each.get("archived"):
            continue
        live = (stage for stage in each.get("stages") or () if not stage.get("archived"))
        ordered = sorted(live, key=lambda stage: int(stage.get("displayOrder") or 0))
        yield PipelineFacts(
            str(each["id"]), str(each.get("label") or ""), tuple(_stage(stage, deals) for stage in ordered)
        )


def _stage(told: Mapping[str, Any], deals: Mapping[str, PropertyFacts]) -> StageFacts:
    """Read a stage; what its metadata holds are texts."""
    metadata: Mapping[str, Any] = told.get("metadata") or {}
    closed = str(metadata.get("isClosed", "")).lower() == "true"
    id_ = str(told["id"])
    return StageFacts(
        id=id_,
        label=str(told.get("label") or ""),
        closed=closed,
        won=closed and _number(metadata.get("probability")) == 1.0,
        entered=_about(ENTERED, id_, deals),
        exited=_about(EXITED, id_, deals),
    )


def _about(prefix: str, stage: str, deals: Mapping[str, PropertyFacts]) -> str:
    """Find the property about a stage: its id in small letters, signs as `_`, for some stages with a number behind."""
    plain = re.sub(r"[^a-z0-9]", "_", stage.lower())
    if f"{prefix}{plain}" in deals:
        return f"{prefix}{plain}"
    numbered = re.compile(re.escape(f"{prefix}{plain}") + r"_\d+")
    found = sorted(name for name in deals if numbered.fullmatch(name))
    return found[0] if len(found) == 1 else ""


def _account(client: Asks) -> Mapping[str, Any]:
    """Describe the account; an app that may not know lives in UTC."""
    try:
        found: Mapping[str, Any] = client.get(API.account("details"))
    except (MissingScopesError, NotFoundError):
        return {}
    return found


def _zone(name: str) -> str:
    """Take a time zone by its name; one that is not known here is UTC."""
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError):
        return "UTC"


def _pairs(values: Sequence[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((value, label) for value, label in values)


def _number(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None
