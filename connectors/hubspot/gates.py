"""The gate properties of deals: one for each stage that can be closed, `open` while a deal may enter it, else blank.

An administrator requires each one in its stage; HubSpot then refuses a move while it is blank.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from connectors.hubspot import names
from engine.judge.changes import Flags

OPEN = "open"
LONGEST_NAME = 100


def gate_name(stage: str) -> str:
    """Name the gate property of a stage; HubSpot's names hold small letters, digits and underscores."""
    plain = re.sub(r"[^a-z0-9]", "_", stage.lower())
    return f"{names.GATE}{plain}"[:LONGEST_NAME]


def gates_among(properties: Iterable[str]) -> list[str]:
    """Pick the gate properties among the names of properties."""
    return sorted(each for each in properties if each.startswith(names.GATE))


@dataclass(frozen=True)
class Gates:
    """The gate properties that an account has, each with the id of its stage, "" for one no playbook asks for."""

    stages: Mapping[str, str] = field(default_factory=dict)

    def values(self, flags: Flags) -> dict[str, str]:
        """Give what each one holds for a deal with these flags; one that no playbook asks for is always open."""
        return {name: "" if stage in flags.blocked_stages else OPEN for name, stage in self.stages.items()}

    def out_of_step(self, held: Mapping[str, object], flags: Flags) -> tuple[str, ...]:
        """Name those that do not hold what they should, since they are new or somebody filled them in."""
        return tuple(name for name, value in sorted(self.values(flags).items()) if str(held.get(name) or "") != value)


NO_GATES = Gates()
