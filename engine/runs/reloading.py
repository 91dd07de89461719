"""Playbooks that are loaded again when their files change; while these do not validate, the last good ones judge on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from threading import Lock

from engine.runs.loaded import Loaded
from engine.runs.mistakes import Mistake
from engine.runs.pipeline import utc_now
from engine.runs.playbooks import load_playbooks
from engine.runs.write_back import Now
from rules.playbook import Playbook

LOOKS = 2.0
"""How often the files are looked at, in seconds."""
Take = Callable[[Sequence[Playbook]], None]
"""Lets playbooks judge from now on; raises Mistake where they cannot."""
logger = logging.getLogger("dealgate.playbooks")


@dataclass
class Reloading:
    """Looks after the files of the playbooks that judge; `take` is given newer ones that are as they should be."""

    files: Sequence[Path]
    playbooks: Sequence[Playbook]
    take: Take
    now: Now = utc_now
    loaded: Loaded = field(init=False)
    _known: str = field(init=False)
    _seen: str = field(init=False)
    _asked: bool = field(default=False, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def __post_init__(self) -> None:
        self.loaded = Loaded(_names(self.playbooks), self.now())
        self._known = self._seen = self._contents()

    def look(self) -> int:
        """Load what changed since the last look but one: what changes still is not whole yet. Counts loads."""
        with self._lock:
            asked, before, self._asked, self._seen = self._asked, self._seen, False, self._contents()
            if not asked and (self._seen == self._known or self._seen != before):
                return 0
            self._load(self._seen)
            return 1

    def ask(self) -> None:
        """Have the next look load the files whatever they are."""
        self._asked = True

    def again(self) -> Loaded:
        """Load the files as they are, at once."""
        with self._lock:
            self._seen = self._contents()
            self._load(self._seen)
            return self.loaded

    def _load(self, contents: str) -> None:
        self._known = contents
        try:
            playbooks = load_playbooks(self.files)
            self.take(playbooks)
        except Mistake as mistake:
            current = self.loaded
            self.loaded = Loaded(current.playbooks, current.since, str(mistake), self.now())
            logger.error("newer playbooks are not taken, %s stay: %s", ", ".join(current.playbooks), mistake)  # noqa: TRY400 - a mistake of whoever wrote them
        else:
            self.playbooks = playbooks
            self.loaded = Loaded(_names(playbooks), self.now())
            logger.info("playbooks are loaded: %s", ", ".join(self.loaded.playbooks))

    def _contents(self) -> str:
        """Give a fingerprint of the files; one that cannot be read counts as empty."""
        digest = sha256()
        for path in self.files:
            try:
                data = path.read_bytes()
            except OSError:
                data = b""
            digest.update(sha256(data).digest())
        return digest.hexdigest()


def _names(playbooks: Sequence[Playbook]) -> tuple[str, ...]:
    return tuple(each.name for each in playbooks)
