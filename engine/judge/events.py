"""What a CRM said happened: nothing of it is believed but which deals to look at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened to deals; `id` tells it from every other event of its CRM, however often it is sent."""

    id: str
    deal_ids: tuple[str, ...]
