"""Changes as JSON and back: what the outbox stores, plans print and checksums are taken of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from engine.judge.changes import Change, ChangeKind, CrmTask, Flags, WriteBackState

KEY_DIGITS = 24
FLAGS = tuple(each.name for each in fields(Flags))
TASK = tuple(each.name for each in fields(CrmTask))


def change_to_json(change: Change) -> dict[str, Any]:
    """Lay a change out as JSON values, without what it does not use."""
    values: dict[str, Any] = {"key": change.key, "kind": change.kind.value, "deal_id": change.deal_id}
    if change.flags is not None:
        values["flags"] = flags_to_json(change.flags)
    if change.task is not None:
        values["task"] = _task_to_json(change.task)
    words = {name: getattr(change, name) for name in ("from_stage", "to_stage", "note")}
    return values | {name: word for name, word in words.items() if word}


def change_from_json(values: Mapping[str, Any]) -> Change:
    """Read back what `change_to_json` laid out."""
    flags, task = values.get("flags"), values.get("task")
    words = {name: values.get(name, "") for name in ("from_stage", "to_stage", "note")}
    return Change(
        key=values["key"],
        kind=ChangeKind(values["kind"]),
        deal_id=values["deal_id"],
        flags=_flags(flags) if flags else None,
        task=_task(task) if task else None,
        **words,
    )


def flags_to_json(flags: Flags) -> dict[str, Any]:
    """Lay flags out as JSON values."""
    return {name: _plain(getattr(flags, name)) for name in FLAGS}


def state_to_json(state: WriteBackState) -> dict[str, Any]:
    """Lay out as JSON values what a CRM holds of ours."""
    flags = {deal: flags_to_json(each) for deal, each in state.flags.items()}
    return {"flags": flags, "tasks": [_task_to_json(each) for each in state.tasks.values()]}


def state_from_json(values: Mapping[str, Any]) -> WriteBackState:
    """Read back what `state_to_json` laid out."""
    flags = {deal: _flags(each) for deal, each in values["flags"].items()}
    tasks = [_task(each) for each in values["tasks"]]
    return WriteBackState(flags, {each.key: each for each in tasks})


def canonical(values: Any) -> str:  # noqa: ANN401 - any JSON value
    """Write JSON the one way that checksums and keys are taken of."""
    return json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def checksum_line(change: Change) -> bytes:
    """Give the line of a change in a plan's checksum: what is written, not the key nor when it was judged."""
    values = change_to_json(change)
    values.pop("key")
    if change.flags is not None:
        values["flags"].pop("checked_at")
    return f"{canonical(values)}\n".encode()


def keyed(change: Change, as_of: datetime) -> Change:
    """Give a change its key: kind, deal and a digest of its content.

    A task is created once in its life, whenever that is tried; every other write belongs to its as-of.
    """
    moment = "" if change.kind is ChangeKind.CREATE_TASK else as_of.isoformat()
    content = canonical([moment, change_to_json(replace(change, key=""))])
    digest = sha256(content.encode()).hexdigest()[:KEY_DIGITS]
    return replace(change, key=f"{change.kind.value}:{change.deal_id}:{digest}")


def _plain(value: Any) -> Any:  # noqa: ANN401 - any value of a change
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _task_to_json(task: CrmTask) -> dict[str, Any]:
    return {name: _plain(getattr(task, name)) for name in TASK}


def _task(values: Mapping[str, Any]) -> CrmTask:
    return CrmTask(**{**values, "due": _date(values["due"])})


def _flags(values: Mapping[str, Any]) -> Flags:
    score = values["score"]
    typed = {
        "score": None if score is None else Decimal(score),
        **{name: tuple(values.get(name, ())) for name in ("flags", "blocked_stages", "waived", "blocking")},
        "next_deadline": _date(values["next_deadline"]),
        "checked_at": datetime.fromisoformat(values["checked_at"]),
    }
    return Flags(**{**values, **typed})


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
