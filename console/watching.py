"""Which CRMs a process that stays works on, and by which playbooks: what `serve` and `worker` share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Annotated

import typer

from connectors.connecting import connect
from connectors.crm_settings import kind_of
from connectors.listening import listener_of
from console.desk import Asked, playbook_files
from engine.runs.config import Config
from engine.runs.due import Watched
from engine.runs.mistakes import Mistake, ProblemsFound
from engine.runs.playbooks import load_playbooks
from engine.runs.schedule import Schedule
from engine.runs.workers import Worked
from rules.parse_calendar import WEEKDAYS
from rules.problems import did_you_mean

Crms = Annotated[
    list[str] | None,
    typer.Option("--crm", metavar="NAME", help="A CRM of `dealgate.yaml` to work on; repeatable. Usually all."),
]


def worked_of(asked: Asked, config: Config, crms: Sequence[str]) -> Worked:
    """Gather the CRMs to work on; those named, or all that say what their events carry or when they are swept."""
    files = playbook_files(asked, config)
    playbooks = load_playbooks(files)
    watched = [
        Watched(
            name,
            partial(connect, config.crms[name]),
            playbooks,
            config.waivers,
            config.correct_moves,
            config.limits,
        )
        for name in _names(crms, config)
    ]
    return Worked(watched, files, playbooks, config.sweeps, config.retention)


def said_of(worked: Worked) -> Iterator[str]:
    """Say when CRMs are swept, a line each."""
    for crm, schedule in worked.schedules(worked.playbooks).items():
        yield f"{crm}: swept {_shown(schedule)}"


def _names(asked: Sequence[str], config: Config) -> list[str]:
    for name in asked:
        if name in config.unusable:
            raise ProblemsFound(config.unusable[name])
        if name not in config.crms:
            raise Mistake(f"`dealgate.yaml` has no CRM `{name}`", did_you_mean(name, {*config.crms, *config.unusable}))
        if not _has_work(name, config):
            raise Mistake(f"CRM `{name}` has no `events` and no `sweep`", _help(name, config))
    if asked:
        return list(dict.fromkeys(asked))
    found = [name for name in config.crms if _has_work(name, config)]
    if not found and config.unusable:
        raise ProblemsFound([problem for problems in config.unusable.values() for problem in problems])
    if not found:
        what = "no CRM of `dealgate.yaml` has `events` or `sweep`"
        raise Mistake(what, "say of one what its events must carry, or when it is swept")
    return found


def _has_work(name: str, config: Config) -> bool:
    return name in config.sweeps or listener_of(config.crms[name]) is not None


def _help(name: str, config: Config) -> str:
    kind = kind_of(config.crms[name])
    if kind == "local":
        return 'a local CRM pushes nothing; say when it is swept, such as `sweep: {at: "02:00"}`'
    return f"add `events` to it; `docs/{kind}.md` says how"


def _shown(schedule: Schedule) -> str:
    days = "every day" if len(schedule.days) == len(WEEKDAYS) else ", ".join(WEEKDAYS[day] for day in schedule.days)
    return f"at {schedule.at:%H:%M} {schedule.zone.key}, {days}"
