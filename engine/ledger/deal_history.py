"""All that the ledger recorded of one deal, as it was recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, select

from engine.ledger.tables import change, finding, playbook_text, receipt, run, run_playbook, verdict, waiver


@dataclass(frozen=True, slots=True)
class RunSeen:
    """A run, as far as the history of a deal tells of it."""

    id: int
    kind: str
    crm: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class DealRecords:
    """The rows of one deal, each kind in the order it was recorded, and the runs they name by id.

    Changes come with the last receipt of each: `outcome`, `crm_id`, `reason` and `at` (null: there is none yet).
    """

    verdicts: Sequence[RowMapping]
    findings: Sequence[RowMapping]
    changes: Sequence[RowMapping]
    waivers: Sequence[RowMapping]
    runs: Mapping[int, RunSeen]


def records_of(connection: Connection, deal_id: str) -> DealRecords:
    """Read all rows of a deal."""
    verdicts, findings, waivers = (
        connection.execute(select(table).where(table.c.deal_id == deal_id).order_by(table.c.id)).mappings().all()
        for table in (verdict, finding, waiver)
    )
    changes = _changes(connection, deal_id)
    ids = {row["run_id"] for row in (*verdicts, *findings, *changes)}
    ids |= {row["until_run"] for row in findings if row["until_run"] is not None}
    return DealRecords(verdicts, findings, changes, waivers, _runs(connection, sorted(ids)))


def texts_of(connection: Connection, rows: Sequence[RowMapping]) -> dict[str, str]:
    """Give by name the texts of the playbooks that gave these verdicts; of several of one name, the last one."""
    texts: dict[str, str] = {}
    query = select(run_playbook.c.name, playbook_text.c.text).join(playbook_text)
    last = {row["playbook"]: row["run_id"] for row in rows if row["playbook"]}
    for name, run_id in last.items():
        row = connection.execute(query.where(run_playbook.c.run_id == run_id, run_playbook.c.name == name)).first()
        texts |= {row.name: row.text} if row else {}
    return texts


def _changes(connection: Connection, deal_id: str) -> Sequence[RowMapping]:
    columns = [change.c[name] for name in ("id", "run_id", "key", "kind", "payload", "state", "planned_at")]
    told = [receipt.c[name] for name in ("outcome", "crm_id", "reason", "at")]
    of_deal = select(change.c.id).where(change.c.deal_id == deal_id)
    last = select(func.max(receipt.c.id)).where(receipt.c.change_id.in_(of_deal)).group_by(receipt.c.change_id)
    joined = change.outerjoin(receipt, (receipt.c.change_id == change.c.id) & receipt.c.id.in_(last))
    query = select(*columns, *told).select_from(joined).where(change.c.deal_id == deal_id)
    return connection.execute(query.order_by(change.c.id)).mappings().all()


def _runs(connection: Connection, ids: Sequence[int]) -> dict[int, RunSeen]:
    columns = (run.c.id, run.c.kind, run.c.crm, run.c.as_of)
    rows = connection.execute(select(*columns).where(run.c.id.in_(ids)))
    return {row.id: RunSeen(row.id, row.kind, row.crm, row.as_of) for row in rows}
