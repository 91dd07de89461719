"""Verdicts as they changed: a row when something about a deal's verdict is otherwise than before, no copy per night."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, select

from engine.judge.verdicts import Verdict
from engine.ledger.tables import verdict

CONTENT = ("playbook", "stage", "status", "allowed_stage", "unmet", "score", "band")
AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class RecordedBy:
    """A run and its as-of; `fingerprint` is the hash of the tables that it judged these deals from."""

    run_id: int
    as_of: datetime
    fingerprint: str


def record_verdicts(
    connection: Connection,
    found: RecordedBy,
    verdicts: Sequence[Verdict],
    crossings: Mapping[str, str],
) -> None:
    """Record the verdicts that changed since they were last recorded, and those whose deals crossed their gate."""
    last = _last(connection, [each.deal_id for each in verdicts])
    base = {"run_id": found.run_id, "since": found.as_of, "fingerprint": found.fingerprint}
    rows = []
    for each in verdicts:
        content, crossing = content_of(each), crossings.get(each.deal_id, "")
        if crossing or _changed(last.get(each.deal_id), content):
            rows.append({"deal_id": each.deal_id, "crossing": crossing, **base, **content})
    if rows:
        connection.execute(verdict.insert(), rows)


def verdicts_of_deal(connection: Connection, deal_id: str) -> Iterator[RowMapping]:
    """Yield a deal's verdicts as they changed, oldest first."""
    query = select(verdict).where(verdict.c.deal_id == deal_id).order_by(verdict.c.since, verdict.c.id)
    yield from connection.execute(query).mappings()


def take_back_verdicts(connection: Connection, run_id: int) -> None:
    """Take back what a run recorded about verdicts."""
    connection.execute(delete(verdict).where(verdict.c.run_id == run_id))


def content_of(given: Verdict) -> dict[str, Any]:
    """Give what makes a verdict another than the last."""
    gate, score = given.gate, given.qualification
    return {
        "playbook": given.playbook,
        "stage": given.stage,
        "status": gate.status.value if gate else "",
        "allowed_stage": gate.allowed_stage if gate else "",
        "unmet": list(gate.unmet) if gate else [],
        "score": str(score.percent) if score else "",
        "band": score.band if score else "",
    }


def _changed(before: RowMapping | None, now: Mapping[str, Any]) -> bool:
    return before is None or any(before[name] != now[name] for name in CONTENT)


def _last(connection: Connection, deal_ids: Sequence[str]) -> dict[str, RowMapping]:
    found: dict[str, RowMapping] = {}
    for start in range(0, len(deal_ids), AT_ONCE):
        of_deals = verdict.c.deal_id.in_(deal_ids[start : start + AT_ONCE])
        latest = select(func.max(verdict.c.id)).where(of_deals).group_by(verdict.c.deal_id)
        rows = connection.execute(select(verdict).where(verdict.c.id.in_(latest))).mappings()
        found |= {row["deal_id"]: row for row in rows}
    return found
