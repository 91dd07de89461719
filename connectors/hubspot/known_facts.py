"""Remembers what was learned of an account: objects, properties, pipelines; in a file beside the mirror.

Asking takes a call an object and two more. Every process on the machine shares the file, since one that looks at a few
deals must not ask so much, and cannot open the mirror while a sweep does.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.facts import AccountFacts, facts_from_text, facts_to_text, read_facts
from connectors.hubspot.wanted import objects_of
from rules.playbook import Playbook

BELIEVED = timedelta(hours=20)
"""Less than a day, so that every night looks anew."""


class KnownFacts:
    """What one account has of the objects that playbooks need."""

    def __init__(self, client: HubSpotClient) -> None:
        self._client = client
        mirror = client.settings.mirror
        self._file = mirror.with_name(f"{mirror.name}.facts")
        self._facts: dict[tuple[str, ...], AccountFacts] = {}

    def of(self, playbooks: Sequence[Playbook]) -> AccountFacts:
        """Give what the account has of what these playbooks need."""
        objects = objects_of(playbooks)
        if objects not in self._facts:
            self._facts[objects] = self._kept(objects) or self._asked(objects)
        return self._facts[objects]

    def any(self) -> AccountFacts:
        """Give whatever is known of the standard objects."""
        return next(iter(self._facts.values()), None) or self.of(())

    def forget(self) -> None:
        """Believe nothing any more: the account is not as it was."""
        self._facts.clear()
        with suppress(OSError):
            self._file.unlink(missing_ok=True)

    def _kept(self, objects: Sequence[str]) -> AccountFacts | None:
        """Give what the file holds, if it is of this account, these objects, and young enough."""
        try:
            kept = json.loads(self._file.read_text("utf-8"))
            age = datetime.now(UTC) - datetime.fromisoformat(kept["at"])
            known = kept["url"] == self._client.settings.url and kept["objects"] == list(objects)
            return facts_from_text(kept["facts"]) if known and timedelta(0) <= age < BELIEVED else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _asked(self, objects: Sequence[str]) -> AccountFacts:
        found = read_facts(self._client, objects)
        about = {"url": self._client.settings.url, "objects": list(objects), "at": datetime.now(UTC).isoformat()}
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            _write_whole(self._file, json.dumps({**about, "facts": facts_to_text(found)}))
        return found


def _write_whole(path: Path, text: str) -> None:
    """Write a file so that nobody ever reads half of it."""
    made = path.with_name(f"{path.name}.new")
    made.write_text(text, "utf-8")
    made.replace(path)
