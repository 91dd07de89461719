"""Verdicts as values that can be compared across CRMs: ids and stages in the words of the source."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from connectors.protocol import Connector
from engine.judge.verdicts import Finding, Verdict
from engine.runs.check import Check, Question
from engine.runs.summary import Summary
from rules.playbook import Playbook


def judged(
    crm: Connector, playbooks: Sequence[Playbook], as_of: datetime, deal_ids: Sequence[str] = ()
) -> tuple[list[Verdict], Summary]:
    """Judge every deal, or some."""
    with Check(crm, playbooks, Question(as_of, tuple(deal_ids))) as check:
        verdicts = [verdict for batch in check.batches() for verdict in batch.verdicts]
        return verdicts, check.summary


def comparable(verdicts: Sequence[Verdict], ids: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Lay verdicts out by deal, each finding by its key; `ids` gives the source's id of each of the CRM's."""
    word = re.compile(r"[\w-]+")

    def ours(text: str | None) -> str | None:
        return None if text is None else word.sub(lambda found: ids.get(found[0], found[0]), text)

    return {str(ours(each.deal_id)): _verdict(each, ours) for each in verdicts}


def _verdict(verdict: Verdict, ours: Any) -> dict[str, Any]:
    gate, scores = verdict.gate, (verdict.qualification, verdict.ideal_client)
    return {
        "name": verdict.name,
        "owner": verdict.owner,
        "owner_id": ours(verdict.owner_id),
        "stage": verdict.stage,
        "outcome": verdict.outcome,
        "segment": verdict.segment,
        "playbook": verdict.playbook,
        "gate": gate and (gate.status.value, gate.allowed_stage, gate.unmet),
        "scores": [score and (score.points, score.percent, score.band, dict(score.dimensions)) for score in scores],
        "findings": {ours(each.key): _finding(each, ours) for each in verdict.findings},
    }


def _finding(finding: Finding, ours: Any) -> dict[str, Any]:
    task = finding.task
    return {
        "kind": finding.kind.value,
        "criterion": finding.criterion,
        "state": finding.state.value,
        "enforce": finding.enforce.value,
        "says": finding.says,
        "because": finding.because,
        "do": finding.do,
        "due": finding.due,
        "person": ours(finding.person_id),
        "occurrence": ours(finding.occurrence),
        "task": task and (task.title, str(task.due), str(task)),
        "flag": finding.flag,
    }


def sorted_rows(table: pa.Table, ids: Mapping[str, str], columns: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Give a table's rows in an order of their own, with the source's ids; lists are sorted too."""

    def ours(value: Any) -> Any:
        match value:
            case str():
                return ids.get(value, value)
            case list():
                return sorted(ids.get(each, each) for each in value)
        return value

    rows = table.select(list(columns) or table.column_names).to_pylist()
    return sorted(({name: ours(row[name]) for name in sorted(row)} for row in rows), key=repr)


def told(kept: pa.Table, anew: pa.Table) -> list[str]:
    """Tell how two tables differ, whatever the order of their rows: schemas, then rows one of them lacks."""
    if kept.schema != anew.schema:
        return [f"{kept.schema} is not {anew.schema}"]
    ours, theirs = (Counter(map(repr, table.to_pylist())) for table in (kept, anew))
    return [*(f"only kept: {row}" for row in ours - theirs), *(f"only anew: {row}" for row in theirs - ours)]
