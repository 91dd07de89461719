"""What the ledger says of one deal as a run left it: its verdict and the findings that stood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, or_, select

from engine.ledger.tables import finding, verdict

SAID = ("stage", "status", "allowed_stage", "unmet", "score", "band")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A verdict's content by name, and each finding's state, strictness and waiver by its key."""

    verdict: Mapping[str, object] = field(default_factory=dict)
    findings: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)


def as_recorded(connection: Connection, deal_id: str, run_id: int, as_of: datetime) -> Recorded:
    """Give what stood of a deal once a run had judged it; runs that began later are left out."""
    query = select(verdict).where(verdict.c.deal_id == deal_id, verdict.c.run_id <= run_id, verdict.c.since <= as_of)
    last = connection.execute(query.order_by(verdict.c.since.desc(), verdict.c.id.desc()).limit(1)).mappings().first()
    standing = (
        finding.c.deal_id == deal_id,
        finding.c.run_id <= run_id,
        finding.c.since <= as_of,
        or_(finding.c.until.is_(None), finding.c.until > as_of),
    )
    rows = connection.execute(select(finding).where(*standing).order_by(finding.c.id))
    found = {row.key: (row.state, row.enforce, row.waiver) for row in rows}
    return Recorded({name: last[name] for name in SAID} if last else {}, found)
