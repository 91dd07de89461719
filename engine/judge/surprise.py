"""The surprise guard: a run that would change far more than one expects is refused until someone allows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from rules.problems import did_you_mean

FEW = 10
"""Up to so many deals (or open tasks) a share says nothing, and is not judged."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What a plan would do, counted. `tasks_open` counts our open tasks before it, `new_tasks` new ones by owner."""

    deals: int = 0
    open_deals: int = 0
    newly_blocked: int = 0
    flags: int = 0
    tasks_created: int = 0
    tasks_updated: int = 0
    tasks_completed: int = 0
    moves: int = 0
    tasks_open: int = 0
    new_tasks: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: Totals) -> Totals:
        mine, theirs = asdict(self), asdict(other)
        owners = {**self.new_tasks}
        for owner, count in other.new_tasks.items():
            owners[owner] = owners.get(owner, 0) + count
        return Totals(**{name: mine[name] + theirs[name] for name in mine if name != "new_tasks"}, new_tasks=owners)

    @property
    def changes(self) -> int:
        """All writes."""
        return self.flags + self.tasks_created + self.tasks_updated + self.tasks_completed + self.moves

    def to_json(self) -> dict[str, Any]:
        """Lay the counts out for printing; new tasks by owner stay inside."""
        return {name: value for name, value in asdict(self).items() if name != "new_tasks"}


@dataclass(frozen=True, slots=True)
class Guard:
    """One thing that may surprise: its limit, and a message where totals exceed it."""

    limit: float
    judge: Callable[[Totals, float], str]


def _share(count: int, of: int) -> float:
    return 100 * count / of


def _blocked(totals: Totals, limit: float) -> str:
    count, of = totals.newly_blocked, totals.open_deals
    if of <= FEW or _share(count, of) <= limit:
        return ""
    return f"more than {limit:g}% of {of} open deals would be blocked ({count}, {_share(count, of):.1f}%)"


def _tasks(totals: Totals, limit: float) -> str:
    count, of = totals.tasks_created, totals.open_deals
    if of <= FEW or count / of <= limit:
        return ""
    return f"more than {limit:g} new tasks per open deal ({count} for {of} open deals, {count / of:.1f} each)"


def _tasks_per_owner(totals: Totals, limit: float) -> str:
    most = max(totals.new_tasks.items(), key=lambda each: (each[1], each[0]), default=("", 0))
    if totals.open_deals <= FEW or most[1] <= limit:
        return ""
    drowned = sum(count > limit for count in totals.new_tasks.values())
    return f"more than {limit:g} new tasks for one owner ({drowned} owners, {most[1]} for `{most[0]}`)"


def _completed(totals: Totals, limit: float) -> str:
    count, of = totals.tasks_completed, totals.tasks_open
    if of <= FEW or _share(count, of) <= limit:
        return ""
    return f"more than {limit:g}% of {of} open tasks would be completed ({count}, {_share(count, of):.1f}%)"


def _moves(totals: Totals, limit: float) -> str:
    count, of = totals.moves, totals.open_deals
    if of <= FEW or _share(count, of) <= limit:
        return ""
    return f"more than {limit:g}% of {of} open deals would be moved back ({count}, {_share(count, of):.1f}%)"


GUARDS: Mapping[str, Guard] = {
    "blocked": Guard(20, _blocked),
    "tasks": Guard(3, _tasks),
    "tasks-per-owner": Guard(25, _tasks_per_owner),
    "completed": Guard(50, _completed),
    "moves": Guard(5, _moves),
}
"""What may surprise, by the name `--allow` takes, with its usual limit."""


def refusals(totals: Totals, limits: Mapping[str, float] | None = None) -> tuple[str, ...]:
    """Say why a run is refused: one line for each guard that it exceeds; none means it may go on."""
    found = []
    for name, guard in GUARDS.items():
        message = guard.judge(totals, (limits or {}).get(name, guard.limit))
        if message:
            found.append(f"{message}, --allow {name}")
    return tuple(found)


def parse_allow(words: Iterable[str]) -> tuple[dict[str, float], list[str]]:
    """Read `NAME` or `NAME=LIMIT` words into limits; the second part says what is wrong with the others."""
    limits: dict[str, float] = {}
    problems = []
    for word in words:
        name, equals, number = word.partition("=")
        if name not in GUARDS:
            problems.append(f"`--allow {name}` names no guard\n  help: {did_you_mean(name, GUARDS)}")
        elif not equals:
            limits[name] = float("inf")
        elif number.removesuffix("%").replace(".", "", 1).isdecimal():
            limits[name] = float(number.removesuffix("%"))
        else:
            problems.append(f"`--allow {word}` needs a number\n  help: write `--allow {name}=30`")
    return limits, problems
