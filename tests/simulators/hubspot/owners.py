"""The users of an account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Owner:
    """A user who may own records."""

    id: str
    email: str
    first_name: str
    last_name: str
    created: str
    user_id: int
    archived: bool = False
    team: str = ""

    def wire(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "id": self.id, "email": self.email, "type": "PERSON", "firstName": self.first_name,
            "lastName": self.last_name, "userId": None if self.archived else self.user_id,
            "userIdIncludingInactive": self.user_id, "createdAt": self.created, "updatedAt": self.created,
            "archived": self.archived,
        }  # fmt: skip
        return told | ({"teams": [{"id": self.team, "name": self.team, "primary": True}]} if self.team else {})
