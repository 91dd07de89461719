"""Entries of a history that tell how a deal's verdict changed: its stage, gate, score and playbook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import RowMapping

from engine.judge.verdicts import GateStatus
from engine.ledger.deal_history import RunSeen
from engine.runs.history_entries import Entry, What
from rules.names import stage_name
from rules.playbook import Playbook

OPEN = (GateStatus.CLEAR, GateStatus.ADVISE)
"""The statuses in which a deal may advance."""


def of_verdicts(
    rows: Sequence[RowMapping], runs: Mapping[int, RunSeen], playbooks: Mapping[str, Playbook]
) -> Iterator[Entry]:
    """Tell what each verdict changed about the one before; the first is told whole."""
    for before, row in zip([None, *rows], rows, strict=False):
        run = runs[row["run_id"]]
        for what, says, details in _turns(before, row, playbooks):
            yield Entry(row["since"], what, says, details, run)


Turn = tuple[What, str, tuple[str, ...]]


def _turns(before: RowMapping | None, row: RowMapping, playbooks: Mapping[str, Playbook]) -> Iterator[Turn]:
    playbook = playbooks.get(row["playbook"])
    yield from _of_playbook(before, row)
    if row["crossing"]:
        yield What.CROSSING, "crossed its gate", (row["crossing"],)
    if before is None or before["stage"] != row["stage"]:
        now = _title(row["stage"], playbook)
        source = f"moved from {_title(before['stage'], playbooks.get(before['playbook']))} to" if before else "seen in"
        yield What.STAGE, f"{source} {now}", ()
    yield from _of_gate(before, row, playbook)
    score = _score(row)
    if score and (before is None or _score(before) != score):
        after = f", after {_score(before)}" if before and _score(before) else ""
        yield What.SCORE, f"qualifies at {score}{after}", ()


def _of_playbook(before: RowMapping | None, row: RowMapping) -> Iterator[Turn]:
    now, then = row["playbook"], before["playbook"] if before else ""
    if now != then or before is None:
        says = f"judged by {now}" if now else "no playbook applies to it"
        yield What.PLAYBOOK, f"{says}, before by {then}" if then and now else says, ()


def _of_gate(before: RowMapping | None, row: RowMapping, playbook: Playbook | None) -> Iterator[Turn]:
    """Say how a gate stands now, and what stands against the deal where it is closed."""
    keys = ("status", "allowed_stage", "unmet")
    if before is not None and all(before[key] == row[key] for key in keys):
        return
    if not row["status"]:
        if before is not None and before["status"]:
            yield What.GATE, "has no gate any more", ()
        return
    reach = f"it may stand as far as {_title(row['allowed_stage'], playbook)}"
    against = (f"against it: {', '.join(row['unmet'])}",) if row["unmet"] else ()
    yield What.GATE, _gate(before, GateStatus(row["status"])), (reach, *against)


def _gate(before: RowMapping | None, now: GateStatus) -> str:
    then = GateStatus(before["status"]) if before is not None and before["status"] else None
    if then is None:
        return f"gate: {now.words}"
    if then is now:
        return f"gate still {now.words}"
    if (then in OPEN) == (now in OPEN):
        return f"gate was {then.words}, is {now.words}"
    return f"gate {'opened' if now in OPEN else 'closed'}: {now.words}, after {then.words}"


def _title(stage: str, playbook: Playbook | None) -> str:
    return (stage_name(stage, playbook) if playbook else stage) or "no stage"


def _score(row: RowMapping) -> str:
    if not row["score"]:
        return ""
    return f"{row['score']}%{', ' + row['band'] if row['band'] else ''}"
