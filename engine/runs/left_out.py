"""What a run needs of a batch beside its verdicts: managers, last moves, and empty verdicts that take things back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import repeat

from engine.judge.crossings import Move
from engine.judge.names import names_of
from engine.judge.plan_settings import NO_PLAYBOOK
from engine.judge.tables import Tables
from engine.judge.verdicts import Verdict


def managers_of(tables: Tables) -> dict[str, str]:
    """Give each owner's manager by id, where the CRM delivers them."""
    owners = tables.tables.get("owners")
    if owners is None or not {"id", "manager_id"} <= set(owners.column_names):
        return {}
    pairs = zip(owners["id"].to_pylist(), owners["manager_id"].to_pylist(), strict=True)
    return {owner: manager for owner, manager in pairs if owner and manager}


def moves_of(tables: Tables) -> dict[str, Move]:
    """Give each deal's last change of stage, with the name of who made it where the CRM tells."""
    changes = tables.tables.get("stage_changes")
    if changes is None or not {"changed_at", "deal_id"} <= set(changes.column_names):
        return {}
    owners = names_of(tables).owners
    last = dict[str, Move]()
    who = changes["changed_by"].to_pylist() if "changed_by" in changes.column_names else repeat(None)
    for deal, at, by in zip(changes["deal_id"].to_pylist(), changes["changed_at"].to_pylist(), who, strict=False):
        before = last.get(deal)
        if at is not None and (before is None or before.at is None or before.at <= at):
            last[deal] = Move(at, owners.get(by or "", by or ""))
    return last


def cleared(tables: Tables, deal_ids: Sequence[str], as_of: datetime) -> list[Verdict]:
    """Give empty verdicts on deals that no playbook applies to: what was written on them before is taken back."""
    names = names_of(tables)
    deals = tables["deals"]
    present = deals["stage"].to_pylist() if "stage" in deals.column_names else [None] * deals.num_rows
    stages = dict(zip(tables.deal_ids, present, strict=True))
    return [
        Verdict(
            deal_id=deal_id,
            name=names.deals.get(deal_id, deal_id),
            owner=names.owners.get(names.owner_of.get(deal_id) or "", ""),
            owner_id=names.owner_of.get(deal_id),
            stage=stages[deal_id] or "",
            crm_stage=stages[deal_id],
            outcome="open",
            segment="",
            gate=None,
            qualification=None,
            ideal_client=None,
            findings=(),
            playbook=NO_PLAYBOOK,
            as_of=as_of,
        )
        for deal_id in deal_ids
    ]
