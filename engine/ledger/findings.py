"""Findings and deals as they were last seen: transitions are recorded, not a copy per night."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, RowMapping, delete, exists, select, update

from engine.judge.verdicts import Finding, Verdict
from engine.ledger.tables import deal_seen, finding
from engine.ledger.upsert import inserting
from engine.ledger.verdicts import take_back_verdicts

Standing = Mapping[tuple[str, str], RowMapping]
AT_ONCE = 1000
T = TypeVar("T", str, int)


def record_findings(
    connection: Connection,
    run_id: int,
    verdicts: Sequence[Verdict],
    as_of: datetime,
    unjudged: Collection[str] = (),
) -> None:
    """Record what changed about the deals' findings since they were last recorded.

    A finding of a criterion that could not be judged this time (`unjudged`) stands as it was.
    """
    standing = _standing(connection, [verdict.deal_id for verdict in verdicts])
    now = {(each.key, each.occurrence): each for verdict in verdicts for each in verdict.findings}
    begun = [each for name, each in now.items() if _changed(standing.get(name), each)]
    ended = [standing[each.key, each.occurrence]["id"] for each in begun if (each.key, each.occurrence) in standing]
    ended += [row["id"] for name, row in standing.items() if name not in now and row["criterion"] not in unjudged]
    for some in _pieces(ended):
        closing = update(finding).where(finding.c.id.in_(some)).values(until=as_of, until_run=run_id)
        connection.execute(closing)
    if begun:
        rows = [_row(run_id, each, standing.get((each.key, each.occurrence)), as_of) for each in begun]
        connection.execute(finding.insert(), rows)


def record_seen(connection: Connection, run_id: int, stages: Mapping[str, str], as_of: datetime) -> None:
    """Record the stage each deal stands in, in the CRM's words, keeping the one before."""
    if not stages:
        return
    rows = [{"deal_id": deal, "stage": stage, "checked_at": as_of, "run_id": run_id} for deal, stage in stages.items()]
    insert = inserting(connection, deal_seen)
    kept = {"stage_before": deal_seen.c.stage, "checked_before": deal_seen.c.checked_at}
    new = {name: insert.excluded[name] for name in ("stage", "checked_at", "run_id")}
    connection.execute(insert.on_conflict_do_update(index_elements=["deal_id"], set_=kept | new), rows)


def judged_since(connection: Connection, deal_ids: Sequence[str], as_of: datetime) -> set[str]:
    """Give the deals that were judged for a later moment; none of them is judged by another until the transaction ends.

    Deals are locked in the order of their ids.
    """
    since: set[str] = set()
    for some in _pieces(sorted(deal_ids)):
        query = select(deal_seen.c.deal_id, deal_seen.c.checked_at).where(deal_seen.c.deal_id.in_(some))
        rows = connection.execute(query.order_by(deal_seen.c.deal_id).with_for_update())
        since |= {row.deal_id for row in rows if row.checked_at > as_of}
    return since


def undo(connection: Connection, run_id: int) -> None:
    """Take back what a run recorded on deals, as if it had not been; what later runs recorded stays."""
    take_back_verdicts(connection, run_id)
    connection.execute(delete(finding).where(finding.c.run_id == run_id))
    other = finding.alias()
    same = (other.c.key == finding.c.key, other.c.occurrence == finding.c.occurrence, other.c.until.is_(None))
    ended = update(finding).where(finding.c.until_run == run_id, ~exists().where(*same).correlate(finding))
    connection.execute(ended.values(until=None, until_run=None))
    seen = deal_seen.c.run_id == run_id
    connection.execute(delete(deal_seen).where(seen, deal_seen.c.checked_before.is_(None)))
    before = {"stage": deal_seen.c.stage_before, "checked_at": deal_seen.c.checked_before}
    connection.execute(update(deal_seen).where(seen).values(before))


def _standing(connection: Connection, deal_ids: Sequence[str]) -> Standing:
    columns = (finding.c.id, finding.c.key, finding.c.occurrence, finding.c.criterion)
    content = (finding.c.state, finding.c.enforce, finding.c.waiver, finding.c.opened_at)
    query = select(*columns, *content).where(finding.c.until.is_(None))
    found: dict[tuple[str, str], RowMapping] = {}
    for some in _pieces(deal_ids):
        for row in connection.execute(query.where(finding.c.deal_id.in_(some))).mappings():
            found[row["key"], row["occurrence"]] = row
    return found


def _changed(before: RowMapping | None, now: Finding) -> bool:
    return before is None or (before["state"], before["enforce"], before["waiver"]) != (
        now.state,
        now.enforce,
        now.waiver,
    )


def _row(run_id: int, now: Finding, before: RowMapping | None, as_of: datetime) -> dict[str, Any]:
    """Lay out a transition; a finding opens anew when its waiver ends."""
    reopened = before is None or (before["waiver"] and not now.waiver)
    named = ("deal_id", "key", "occurrence", "criterion", "waiver", "says", "because")
    return {
        **{name: getattr(now, name) for name in named},
        "kind": now.kind.value,
        "enforce": now.enforce.value,
        "state": now.state.value,
        "opened_at": as_of if before is None or reopened else before["opened_at"],
        "since": as_of,
        "run_id": run_id,
    }


def _pieces(values: Sequence[T]) -> Iterable[Sequence[T]]:
    return (values[start : start + AT_ONCE] for start in range(0, len(values), AT_ONCE))
