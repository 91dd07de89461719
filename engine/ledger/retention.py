"""How long the store keeps what, and how much of it has gone."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Retention:
    """How long things are kept; None: forever.

    `inputs` is for what runs judged from, `events` for the identities of what CRMs told, by which a repetition is
    known, `history` for findings that are over, verdicts that changed, changes with their receipts, waivers that are
    over, sweeps and runs.
    """

    inputs: timedelta | None = timedelta(days=30)
    events: timedelta | None = timedelta(days=7)
    history: timedelta | None = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Pruned:
    """How much was taken away, or would be; runs go when nothing names them any more."""

    inputs: int = 0
    events: int = 0
    findings: int = 0
    verdicts: int = 0
    changes: int = 0
    waivers: int = 0
    sweeps: int = 0
    runs: int = 0

    @property
    def words(self) -> str:
        """Say in one line what went."""
        counts = (f"{count:,} {name[:-1] if count == 1 else name}" for name, count in asdict(self).items() if count)
        return ", ".join(counts) or "nothing"
