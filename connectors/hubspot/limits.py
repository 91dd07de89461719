"""Keeps all calls to one HubSpot account within its limits, however many workers make them.

A call takes a place before it is sent and gives it back one interval after its answer came. Since HubSpot counts a call
somewhere between the two, no interval of its clock holds more calls than there are places: this is certain for all
threads and processes of one machine, which share the places in a small file. Calls that others make with the same
sign-in, such as workers on another machine, show in the headers of each answer and take places too; those that are sent
at the very same moment can still go over the limit together, which HubSpot then refuses (429) and the client waits out.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ALL, SEARCH = "all", "search"
START = 100
"""How many calls in ten seconds every account takes; its own number is learned from its first answer."""
SEARCHES, SEARCH_SECONDS = 5, 1.0
"""Searches a second, a limit of its own that no header tells."""
INTERVAL = 10.0
MARGIN = 0.05
"""Seconds added to each interval, since clocks are not exact."""
IN_FLIGHT = 150.0
"""How long a call keeps its place where no answer comes, since its process was killed; longer than any time limit."""
LONGEST_PAUSE = 1.0
MEMORY = ":memory:"

LAYOUT = """
CREATE TABLE IF NOT EXISTS place (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, free_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS allowed (kind TEXT PRIMARY KEY, most INTEGER NOT NULL, seconds REAL NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """A place that a call holds."""

    kind: str
    number: int


class Limits:
    """The places of one account. `at_most` is the user's own limit for ten seconds; 0: as HubSpot tells."""

    def __init__(
        self,
        path: Path | None,
        at_most: int = 0,
        clock: Callable[[], float] = time.time,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._at_most = at_most
        self._clock = clock
        self._pause = pause
        self._lock = threading.Lock()
        self._db = _opened(path)

    def take(self, kind: str) -> Taken:
        """Wait for a place and hold it."""
        while True:
            try:
                place, wait = self._try(kind)
            except sqlite3.Error:
                self._db = _laid_out(MEMORY)
                continue
            if place is not None:
                return place
            self._pause(min(wait, LONGEST_PAUSE))

    def answered(self, place: Taken, headers: Mapping[str, str] | None = None) -> None:
        """Free a place one interval from now, and learn from the answer how many calls the account takes."""
        with suppress(sqlite3.Error), self._alone():
            told = _told(headers or {})
            if told is not None:
                self._db.execute("UPDATE allowed SET most = ?, seconds = ? WHERE kind = ?", (told[0], told[2], ALL))
            free_at = self._free_at(place.kind)
            self._db.execute("UPDATE place SET free_at = ? WHERE number = ?", (free_at, place.number))
            if told is not None and not self._at_most:
                self._hold(ALL, told[0] - told[1], self._free_at(ALL))

    def exhausted(self, kind: str, seconds: float) -> None:
        """Hold every place for some seconds, since HubSpot says that its limit is reached."""
        with suppress(sqlite3.Error), self._alone():
            self._hold(kind, self._allowed(kind)[0], self._clock() + seconds)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _try(self, kind: str) -> tuple[Taken | None, float]:
        """Take a place if one is free; else say in how many seconds one may be."""
        with self._alone():
            now = self._clock()
            gone = "DELETE FROM place WHERE free_at <= ? OR free_at > ?"
            self._db.execute(gone, (now, now + IN_FLIGHT + INTERVAL))
            asked = "SELECT count(*), min(free_at) FROM place WHERE kind = ?"
            held, first = self._db.execute(asked, (kind,)).fetchone()
            if held >= self._allowed(kind)[0]:
                return None, max(MARGIN, first - now)
            made = self._db.execute("INSERT INTO place (kind, free_at) VALUES (?, ?)", (kind, now + IN_FLIGHT))
            return Taken(kind, int(made.lastrowid or 0)), 0.0

    def _allowed(self, kind: str) -> tuple[int, float]:
        most, seconds = self._db.execute("SELECT most, seconds FROM allowed WHERE kind = ?", (kind,)).fetchone()
        return (min(most, self._at_most) if kind == ALL and self._at_most else most), seconds

    def _free_at(self, kind: str) -> float:
        return self._clock() + self._allowed(kind)[1] + MARGIN

    def _hold(self, kind: str, number: int, free_at: float) -> None:
        """Hold further places, as of calls that are not ours, until so many are held."""
        now = self._clock()
        held = self._db.execute("SELECT count(*) FROM place WHERE kind = ? AND free_at > ?", (kind, now)).fetchone()[0]
        more = [(kind, free_at)] * max(0, number - held)
        self._db.executemany("INSERT INTO place (kind, free_at) VALUES (?, ?)", more)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Look and change with nobody in between, in this process or in another."""
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            yield


def _told(headers: Mapping[str, str]) -> tuple[int, int, float] | None:
    """Read how many calls are allowed, how many are left, and in how many seconds."""
    start = "X-HubSpot-RateLimit-"
    try:
        most, left = int(headers[f"{start}Max"]), int(headers[f"{start}Remaining"])
        seconds = int(headers.get(f"{start}Interval-Milliseconds", "10000")) / 1000
    except (KeyError, ValueError):
        return None
    return (most, left, seconds) if most > 0 and seconds > 0 else None


def _opened(path: Path | None) -> sqlite3.Connection:
    """Open the shared file; where that cannot be written, places are kept for this process alone."""
    if path is not None:
        with suppress(OSError, sqlite3.Error):
            path.parent.mkdir(parents=True, exist_ok=True)
            return _laid_out(str(path))
    return _laid_out(MEMORY)


def _laid_out(path: str) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=30, check_same_thread=False, isolation_level=None)
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA journal_mode = MEMORY")
    db.executescript(LAYOUT)
    start = ((ALL, START, INTERVAL), (SEARCH, SEARCHES, SEARCH_SECONDS))
    db.executemany("INSERT OR IGNORE INTO allowed VALUES (?, ?, ?)", start)
    return db
