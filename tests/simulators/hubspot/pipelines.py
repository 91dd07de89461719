"""Pipelines and their stages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32


@dataclass
class Stage:
    """One stage of a pipeline; `probability` is what stands on the wire."""

    id: str
    label: str
    order: int
    probability: str
    created: str
    updated: str = ""
    archived: bool = False
    more: dict[str, str] = field(default_factory=dict)

    @property
    def closed(self) -> bool:
        return float(self.probability) in {0.0, 1.0}

    @property
    def won(self) -> bool:
        return float(self.probability) == 1.0

    @property
    def suffix(self) -> str:
        """How the properties about it end: a stage that an admin made carries a number behind its id."""
        plain = re.sub(r"[^a-z0-9]", "_", self.id.lower())
        return plain if plain == self.id.lower() else f"{plain}_{crc32(self.id.encode()) % 10**9}"

    def wire(self) -> dict[str, Any]:
        """Lay it out as the API does; whatever stands in the metadata is a string."""
        metadata = {"isClosed": "true" if self.closed else "false", "probability": self.probability} | self.more
        told = {"label": self.label, "displayOrder": self.order, "metadata": metadata, "createdAt": self.created,
                "updatedAt": self.updated or self.created, "archived": self.archived, "id": self.id}  # fmt: skip
        return told | {"writePermissions": "CRM_PERMISSIONS_ENFORCEMENT"}


@dataclass
class Pipeline:
    """A pipeline with its stages by id, archived ones too."""

    id: str
    label: str
    order: int
    created: str
    updated: str = ""
    archived: bool = False
    stages: dict[str, Stage] = field(default_factory=dict)

    @property
    def live(self) -> Mapping[str, Stage]:
        return {each.id: each for each in sorted(self.stages.values(), key=lambda one: one.order) if not each.archived}

    def wire(self) -> dict[str, Any]:
        told = {"label": self.label, "displayOrder": self.order, "id": self.id,
                "stages": [each.wire() for each in self.live.values()],
                "createdAt": self.created, "updatedAt": self.updated or self.created}  # fmt: skip
        return told | {"archived": self.archived}
