"""Finds out what the signed-in app may do, by asking for each thing with nothing to do, which changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.errors import HubSpotError, MissingScopesError
from connectors.hubspot.settings import API
from connectors.hubspot.standard import DEALS, TASKS

NOTHING: Mapping[str, Any] = {"inputs": []}


@dataclass(frozen=True, slots=True)
class Lacking:
    """A right that the app lacks, what for it is needed, whether every run needs it, and what would give it."""

    what_for: str
    always: bool
    help: str


@dataclass(frozen=True, slots=True)
class _Right:
    what_for: str
    path: str
    always: bool = True


RIGHTS = (
    _Right("to write flags on deals and to undo moves", API.objects(DEALS, "batch", "update")),
    _Right("to make tasks", API.objects(TASKS, "batch", "create")),
    _Right("to make properties of deals", API.properties(DEALS, "batch", "create"), always=False),
    _Right("to make the key of tasks", API.properties(TASKS, "batch", "create"), always=False),
)
"""What reading does not tell by itself."""


def lacking_rights(client: HubSpotClient) -> Iterator[Lacking]:
    """Yield the rights that the app lacks; an empty list of inputs is refused or taken, and writes nothing."""
    for right in RIGHTS:
        try:
            client.send("POST", right.path, NOTHING, retry=True)
        except MissingScopesError as refusal:
            yield Lacking(right.what_for, right.always, str(refusal).partition("\n  help: ")[2])
        except HubSpotError as refusal:
            if refusal.passing:
                raise
