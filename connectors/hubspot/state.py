"""What HubSpot holds of ours: flags as properties of a deal and back, and tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal, InvalidOperation

from connectors.flag_texts import barred, day_in, moment_in, must_fit, text_in, unbarred, whole
from connectors.hubspot import names
from connectors.hubspot.gates import NO_GATES, Gates
from engine.judge.changes import CrmTask, Flags, WriteBackState

Properties = Mapping[str, object]

SUBJECT, DUE, TASK_STATUS, OWNER = "hs_task_subject", "hs_timestamp", "hs_task_status", "hubspot_owner_id"
TASK_PROPERTIES = (names.KEY, SUBJECT, DUE, TASK_STATUS, OWNER)
"""The properties of a task of ours that are read back; which deal it belongs to is an association."""
DONE = "COMPLETED"
AT_THE_END = time(17)
"""When on its day a task is due, in the account's time zone: HubSpot knows moments, a playbook knows days."""
NO_DAY = time(17, microsecond=1000)
"""The millisecond that marks a task which is due on no day: HubSpot asks a moment of every task."""


def flag_properties(flags: Flags) -> dict[str, str]:
    """Lay flags out as properties, "" for what is absent, which clears; raises TooLongError where one does not fit."""
    values = {
        names.STATUS: flags.status,
        names.SCORE: "" if flags.score is None else format(flags.score, "f"),
        names.BAND: flags.band,
        names.ALLOWED_STAGE: flags.allowed_stage,
        names.MISSING: flags.missing,
        names.FLAGS: "\n".join(" ".join(each.split()) for each in flags.flags),
        names.NEXT_DEADLINE: "" if flags.next_deadline is None else flags.next_deadline.isoformat(),
        names.PLAYBOOK: flags.playbook,
        names.CHECKED_AT: _written(flags.checked_at),
        names.BLOCKED_STAGES: barred(whole(flags.blocked_stages)),
        names.WAIVED: barred(flags.waived),
        names.BLOCKING: barred(flags.blocking),
    }
    must_fit(values, names.LENGTHS)
    return values


def flags_of(held: Properties) -> Flags | None:
    """Read flags back; None where there are none, or where a person rewrote them beyond reading."""
    checked = moment_in(held.get(names.CHECKED_AT))
    try:
        score = Decimal(str(held[names.SCORE])).quantize(Decimal("0.1")) if held.get(names.SCORE) else None
        deadline = day_in(held.get(names.NEXT_DEADLINE))
    except (ValueError, InvalidOperation):
        return None
    if checked is None:
        return None
    return Flags(
        status=text_in(held, names.STATUS),
        score=score,
        band=text_in(held, names.BAND),
        allowed_stage=text_in(held, names.ALLOWED_STAGE),
        missing=text_in(held, names.MISSING),
        flags=tuple(each for each in text_in(held, names.FLAGS).split("\n") if each),
        next_deadline=deadline,
        playbook=text_in(held, names.PLAYBOOK),
        checked_at=checked,
        blocked_stages=unbarred(text_in(held, names.BLOCKED_STAGES)),
        waived=unbarred(text_in(held, names.WAIVED)),
        blocking=unbarred(text_in(held, names.BLOCKING)),
    )


def same_flags(held: Flags | None, asked: Flags) -> bool:
    """Whether HubSpot holds what was asked for, to the millisecond it keeps."""
    return held is not None and flag_properties(held) == flag_properties(asked)


def state_of(
    deals: Mapping[str, Properties],
    tasks: Iterable[tuple[str, str, Properties]],
    zone: tzinfo = UTC,
    gates: Gates = NO_GATES,
) -> WriteBackState:
    """Read flags and tasks of ours: deals by id, and of each task its id, its deal's id and its properties.

    Gate properties that do not say the same as the flags stand among the blocked stages by their own names, which are
    no stages: the flags are then told from what is asked for, and both are written again.
    """
    flags = {deal: found for deal, held in deals.items() if (found := flags_of(held)) is not None}
    told = {deal: _with_strays(found, gates.out_of_step(deals[deal], found)) for deal, found in flags.items()}
    ours = (task_of(deal, id_, held, zone) for id_, deal, held in tasks if held.get(names.KEY))
    return WriteBackState(told, {task.key: task for task in ours})


def task_of(deal_id: str, id_: str, held: Properties, zone: tzinfo = UTC) -> CrmTask:
    """Read one task of ours; `zone` is the account's time zone."""
    due = moment_in(held.get(DUE))
    day = due.astimezone(zone).date() if due and due.microsecond != NO_DAY.microsecond else None
    return CrmTask(
        deal_id=deal_id,
        id=id_,
        key=text_in(held, names.KEY),
        title=text_in(held, SUBJECT),
        due=day,
        status="completed" if held.get(TASK_STATUS) == DONE else "open",
        owner_id=str(held[OWNER]) if held.get(OWNER) else None,
    )


def task_properties(task: CrmTask, today: date, zone: tzinfo = UTC) -> dict[str, str]:
    """Lay out what a task says of itself, whether it is new or stands already; `today` stands in for no day."""
    owner = {OWNER: task.owner_id} if task.owner_id else {}
    due = datetime.combine(task.due or today, AT_THE_END if task.due else NO_DAY, zone)
    return {SUBJECT: task.title, DUE: _written(due), **owner}


def _with_strays(flags: Flags, strays: tuple[str, ...]) -> Flags:
    return replace(flags, blocked_stages=(*flags.blocked_stages, *strays)) if strays else flags


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
