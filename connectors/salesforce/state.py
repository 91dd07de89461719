"""What Salesforce holds of ours: flags as fields of an Opportunity and back, and tasks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.flag_texts import TooLongError, barred, day_in, moment_in, must_fit, text_in, unbarred, whole
from connectors.salesforce import names
from engine.judge.changes import CrmTask, Flags, WriteBackState

Row = Mapping[str, Any]

TASK_FIELDS = ("Id", "WhatId", names.KEY, "Subject", "ActivityDate", "IsClosed", "OwnerId")


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
        names.BLOCKING_CODES: barred(codes_of(flags)),
    }
    must_fit(values, names.LENGTHS)
    return {field: value if value != "" else None for field, value in values.items()}


def flags_of(row: Row) -> Flags | None:
    """Read flags back; None where there are none, or where a person rewrote them beyond reading."""
    checked = moment_in(row.get(names.CHECKED_AT))
    try:
        score = None if row.get(names.SCORE) is None else Decimal(str(row[names.SCORE])).quantize(Decimal("0.1"))
        deadline = day_in(row.get(names.NEXT_DEADLINE))
    except (ValueError, InvalidOperation):
        return None
    if checked is None:
        return None
    return Flags(
        status=text_in(row, names.STATUS),
        score=score,
        band=text_in(row, names.BAND),
        allowed_stage=text_in(row, names.ALLOWED_STAGE),
        missing=text_in(row, names.MISSING),
        flags=tuple(each for each in text_in(row, names.FLAGS).split("\n") if each),
        next_deadline=deadline,
        playbook=text_in(row, names.PLAYBOOK),
        checked_at=checked,
        blocked_stages=(*unbarred(text_in(row, names.BLOCKED_STAGES)), *unbarred(text_in(row, names.BLOCKED_STAGES_2))),
        waived=unbarred(text_in(row, names.WAIVED)),
        blocking=unbarred(text_in(row, names.BLOCKING)),
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
        due=day_in(row.get("ActivityDate")),
        status="completed" if row.get("IsClosed") else "open",
        owner_id=str(row["OwnerId"]) if row.get("OwnerId") else None,
    )


def codes_of(flags: Flags) -> tuple[str, ...]:
    """Give the codes of what blocks a deal, as many of them as their field holds."""
    playbook_id = flags.playbook.partition("@")[0]
    codes = tuple(names.code_of(playbook_id, each) for each in flags.blocking)
    return codes[: (names.LENGTHS[names.BLOCKING_CODES] - 1) // (len(codes[0]) + 1)] if codes else ()


def tells_all(flags: Flags, said: Collection[str]) -> bool:
    """Whether rules that say these ids in words of their own refuse all that stands against a deal."""
    return bool(flags.blocking) and set(flags.blocking) <= set(said) and len(codes_of(flags)) == len(flags.blocking)


def _blocked(stages: Sequence[str]) -> tuple[str, str]:
    """Spread the names of stages over two fields, each whole."""
    longest = names.LENGTHS[names.BLOCKED_STAGES]
    fits = next((n for n in range(len(whole(stages)), -1, -1) if len(barred(stages[:n])) <= longest), 0)
    rest = barred(stages[fits:])
    if len(rest) > longest:
        raise TooLongError("the names of the blocked stages are longer than their two fields together")
    return barred(stages[:fits]), rest
