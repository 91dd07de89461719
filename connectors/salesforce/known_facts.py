"""Remembers what was learned of an org's objects and fields, for a day, and in the mirror where there is one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from connectors.mirror.mirror import EPOCH, Mirror
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.facts import OrgFacts, facts_from_text, facts_to_text, read_facts
from connectors.salesforce.wanted import objects_of
from rules.playbook import Playbook

BELIEVED = timedelta(days=1)


class KnownFacts:
    """What one org has, by the objects that playbooks need."""

    def __init__(self, client: SalesforceClient) -> None:
        self._client = client
        self._facts: dict[tuple[str, ...], OrgFacts] = {}

    def of(self, playbooks: Sequence[Playbook], mirror: Mirror | None) -> OrgFacts:
        """Give what the org has of what these playbooks need; it is asked in one call where it is not known."""
        objects = objects_of(playbooks)
        if objects not in self._facts:
            now = datetime.now(UTC)
            kept = mirror.kept(_name(objects), now - BELIEVED) if mirror is not None else None
            found = facts_from_text(kept) if kept else read_facts(self._client, objects, tracking=True)
            if mirror is not None and not kept:
                mirror.keep(_name(objects), facts_to_text(found), now)
            self._facts[objects] = found
        return self._facts[objects]

    def any(self, mirror: Mirror | None) -> OrgFacts:
        """Give whatever is known of the standard objects."""
        return next(iter(self._facts.values()), None) or self.of((), mirror)

    def forget(self, mirror: Mirror | None) -> None:
        """Believe nothing any more: the org is not as it was."""
        for objects in self._facts:
            if mirror is not None:
                mirror.keep(_name(objects), "", EPOCH)
        self._facts.clear()


def _name(objects: Sequence[str]) -> str:
    return f"facts {hashlib.sha256(' '.join(objects).encode()).hexdigest()[:16]}"
