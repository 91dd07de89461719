"""What Salesforce holds of ours: flags as fields of an Opportunity and back, and tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.salesforce import names
from engine.judge.changes import CrmTask, Flags, WriteBackState

Row = Mapping[str, Any]

TASK_FIELDS = ("Id", "WhatId", names.KEY, "Subject", "ActivityDate", "IsClosed", "OwnerId")
BAR = "|"


class TooLongError(Exception):
    """What shall be written does not fit its field."""


def state_from_rows(opportunities: Iterable[Row], tasks: Iterable[Row]) -> WriteBackState:
    """Read flags and tasks of ours from rows as the API gives them, or as they are mirrored."""
    flags = ((str(row["Id"]), flags_of(row)) for row in opportunities)
    ours = (task_of(row) for row in tasks if row.get(names.KEY))
    return WriteBackState(
        {deal: found for deal, found in flags if found is not None}, {task.key: task for task in ours}
    )


def flag_fields(flags: Flags) -> dict[str, Any]:
    """Lay flags out as fields, null for what is absent; raises TooLongError where one does not fit."""
    first, second = _blocked(flags.blocked_stages)
    values = {
        names.STATUS: flags.status,
        names.SCORE: None if flags.score is None else float(flags.score),
        names.BAND: flags.band,
        names.ALLOWED_STAGE: flags.allowed_stage,
        names.MISSING: flags.missing,
        names.FLAGS: "\n".join(" ".join(each.split()) for each in flags.flags),
        names.NEXT_DEADLINE: None if flags.next_deadline is None else flags.next_deadline.isoformat(),
        names.PLAYBOOK: flags.playbook,
        names.CHECKED_AT: flags.checked_at.astimezone(UTC).isoformat(timespec="milliseconds"),
        names.BLOCKED_STAGES: first,
        names.BLOCKED_STAGES_2: second,
        names.WAIVED: barred(flags.waived),
        names.BLOCKING: barred(flags.blocking),
    }
    for field, value in values.items():
        if isinstance(value, str) and len(value) > names.LENGTHS.get(field, len(value)):
            raise TooLongError(f"`{field}` holds {names.LENGTHS[field]} characters, and {len(value)} are needed")
    return {field: value if value != "" else None for field, value in values.items()}


def flags_of(row: Row) -> Flags | None:
    """Read flags back; None where there are none, or where a person rewrote them beyond reading."""
    checked = _moment(row.get(names.CHECKED_AT))
    try:
        score = None if row.get(names.SCORE) is None else Decimal(str(row[names.SCORE])).quantize(Decimal("0.1"))
        deadline = _day(row.get(names.NEXT_DEADLINE))
    except (ValueError, InvalidOperation):
        return None
    if checked is None:
        return None
    return Flags(
        status=_text(row, names.STATUS),
        score=score,
        band=_text(row, names.BAND),
        allowed_stage=_text(row, names.ALLOWED_STAGE),
        missing=_text(row, names.MISSING),
        flags=tuple(each for each in _text(row, names.FLAGS).split("\n") if each),
        next_deadline=deadline,
        playbook=_text(row, names.PLAYBOOK),
        checked_at=checked,
        blocked_stages=(*unbarred(_text(row, names.BLOCKED_STAGES)), *unbarred(_text(row, names.BLOCKED_STAGES_2))),
        waived=unbarred(_text(row, names.WAIVED)),
        blocking=unbarred(_text(row, names.BLOCKING)),
    )


def same_flags(held: Flags | None, asked: Flags) -> bool:
    """Whether Salesforce holds what was asked for, to the millisecond it keeps."""
    return held is not None and flag_fields(held) == flag_fields(asked)


def task_of(row: Row) -> CrmTask:
    """Read one task of ours."""
    return CrmTask(
        deal_id=str(row.get("WhatId") or ""),
        id=str(row["Id"]),
        key=str(row.get(names.KEY) or ""),
        title=str(row.get("Subject") or ""),
        due=_day(row.get("ActivityDate")),
        status="completed" if row.get("IsClosed") else "open",
        owner_id=str(row["OwnerId"]) if row.get("OwnerId") else None,
    )


def barred(values: Sequence[str]) -> str:
    """Write names so that a formula finds a whole one: `|Proposal|Closed Won|`."""
    return f"{BAR}{BAR.join(values)}{BAR}" if values else ""


def unbarred(text: str) -> tuple[str, ...]:
    """Read the names that `barred` wrote."""
    return tuple(each for each in text.split(BAR) if each)


def _blocked(stages: Sequence[str]) -> tuple[str, str]:
    """Spread the names of stages over two fields, each whole."""
    if any(BAR in stage for stage in stages):
        raise TooLongError("the name of a stage holds a `|`, which tells stages apart")
    longest = names.LENGTHS[names.BLOCKED_STAGES]
    fits = next((n for n in range(len(stages), -1, -1) if len(barred(stages[:n])) <= longest), 0)
    rest = barred(stages[fits:])
    if len(rest) > longest:
        raise TooLongError("the names of the blocked stages are longer than their two fields together")
    return barred(stages[:fits]), rest


def _text(row: Row, field: str) -> str:
    """Read a text as we wrote it: Salesforce may keep other ends of lines."""
    return str(row.get(field) or "").replace("\r\n", "\n")


def _day(value: object) -> date | None:
    if value is None or isinstance(value, date):
        return value
    return date.fromisoformat(str(value)[:10])


def _moment(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    try:
        return datetime.fromisoformat(str(value)).astimezone(UTC) if value else None
    except ValueError:
        return None
