"""How work on CRMs stands, from the store alone: what is due, what is on its way, and the sweeps with their digests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.ledger.due import SetAside, set_aside
from engine.ledger.standing import DueStanding, due_standing, known_crms, outbox_standing
from engine.ledger.store import Ledger
from engine.ledger.sweep_parts import PartsDone, parts_done
from engine.ledger.sweeps import Sweep, SweepState, last_sweeps
from engine.runs.sweep_digest import digest_of


@dataclass(frozen=True, slots=True)
class CrmStatus:
    """How work on one CRM stands; `sweeps` are the latest, the latest first, and `parts` those of the latest."""

    crm: str
    due: DueStanding
    outbox: Mapping[str, int]
    set_aside: Sequence[SetAside]
    sweeps: Sequence[Sweep]
    parts: PartsDone

    @property
    def lines(self) -> Iterator[str]:
        """Say it, a line each."""
        counts = _counts(self.due.by_state)
        since = f"; the oldest waits since {_moment(self.due.oldest)}" if self.due.oldest else ""
        yield f"deals to look at: {counts}{since}" if counts else "no deal is due"
        if self.outbox:
            yield f"changes on their way: {_counts(self.outbox)}"
        for deal in self.set_aside:
            yield f"deal {deal.id} is set aside after {deal.attempts} attempts: {_first_line(deal.reason)}"
        for each in self.sweeps:
            yield f"sweep {each.slot}: {sweep_words(each, self.parts)}"

    def to_json(self) -> dict[str, Any]:
        """Lay it out as JSON values."""
        return {
            "crm": self.crm,
            "due": dict(self.due.by_state),
            "oldest_due_at": self.due.oldest,
            "outbox": dict(self.outbox),
            "set_aside": [
                {"deal": each.id, "attempts": each.attempts, "reason": each.reason, "at": each.at}
                for each in self.set_aside
            ],
            "sweeps": [_sweep(each, self.parts) for each in self.sweeps],
        }


def status_of(ledger: Ledger, crms: Sequence[str], now: datetime, most: int) -> list[CrmStatus]:
    """Tell how work on CRMs stands, on all that the store knows where none is named; `most` sweeps of each."""
    with ledger.reading() as connection:
        names = list(crms) or known_crms(connection)
        due, outbox = due_standing(connection, names, now), outbox_standing(connection, names)
        found = []
        for name in names:
            latest = last_sweeps(connection, name, most)
            parts = parts_done(connection, latest[0].id) if latest else PartsDone()
            found.append(CrmStatus(name, due[name], outbox[name], set_aside(connection, name), latest, parts))
        return found


def sweep_words(found: Sweep, parts: PartsDone) -> str:
    """Say how far a sweep came, or what it came to."""
    match found.state:
        case SweepState.DONE | SweepState.REFUSED:
            ended = f"{found.state.value} at {_moment(found.finished_at)}"
            return f"{ended}: {'; '.join(digest_of(found.digest).lines)}"
        case SweepState.FAILED:
            return f"failed at {_moment(found.finished_at)}: {_first_line(found.reason)}"
        case SweepState.WAITING:
            return "it is about to begin"
        case SweepState.READING:
            said = "the CRM is being read"
        case SweepState.JUDGING:
            said = f"{parts.deals_done:,} of {parts.deals:,} deals are judged"
        case SweepState.APPLYING:
            said = f"{parts.deals:,} deals are judged, and it is being written"
    return f"{said}; it stopped for a while: {_first_line(found.reason)}" if found.reason else said


def _sweep(found: Sweep, parts: PartsDone) -> dict[str, Any]:
    progress = {"deals": parts.deals, "judged": parts.deals_done} if found.state.live else {}
    moments = {name: getattr(found, name) for name in ("due_at", "started_at", "finished_at")}
    words = {"slot": found.slot, "state": found.state.value, "run": found.run_id, "reason": found.reason}
    return {**words, **moments, **progress, "digest": dict(found.digest) or None}


def _first_line(reason: str) -> str:
    return reason.partition("\n")[0]


def _counts(by_state: Mapping[str, int]) -> str:
    return ", ".join(f"{many:,} {state}" for state, many in by_state.items() if many)


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else ""
