"""Keeps what CRMs tell in as few transactions as there can be: what comes while one is written is in the next one.

A commit waits for the disk, whether it brings one event or a thousand.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from anyio.to_thread import run_sync

from engine.judge.events import Event
from engine.ledger.events import Accepted, accept_all
from engine.ledger.store import Ledger
from engine.runs.write_back import Now

AT_ONCE = 50
"""How many requests a transaction holds at most: a hundred events each are written within a second."""


@dataclass(frozen=True)
class _Told:
    crm: str
    events: Sequence[Event]
    kept: asyncio.Future[Accepted]


@dataclass
class Keeping:
    """Writes for all requests of one process, a transaction at a time; used on one event loop."""

    ledger: Ledger
    now: Now
    _waiting: list[_Told] = field(default_factory=list, init=False)
    _writing: asyncio.Task[None] | None = field(default=None, init=False)

    async def keep(self, crm: str, events: Sequence[Event]) -> Accepted:
        """Come back once the events are committed; raises what kept the transaction they were in from it."""
        if not events:
            return Accepted()
        told = _Told(crm, events, asyncio.get_running_loop().create_future())
        self._waiting.append(told)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        return await told.kept

    async def _write(self) -> None:
        while self._waiting:
            some, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            try:
                found = await run_sync(self._accept, some)
            except Exception as error:  # noqa: BLE001 - each request answers for itself
                for each in some:
                    if not each.kept.done():
                        each.kept.set_exception(error)
            else:
                for each, accepted in zip(some, found, strict=True):
                    if not each.kept.done():
                        each.kept.set_result(accepted)

    def _accept(self, some: Sequence[_Told]) -> list[Accepted]:
        """Keep what several requests told, the CRMs in the order of their names."""
        found: dict[int, Accepted] = {}
        with self.ledger.writing() as connection:
            for crm in sorted({each.crm for each in some}):
                theirs = [number for number, each in enumerate(some) if each.crm == crm]
                accepted = accept_all(connection, crm, [some[number].events for number in theirs], self.now())
                found.update(zip(theirs, accepted, strict=True))
        return [found[number] for number in range(len(some))]
