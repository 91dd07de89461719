"""Lays out a run of the benchmark as Markdown, with its machine and the goals beside the figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from bench.page import machine
from bench.timing import ROUNDS, SINGLE_DEALS, Timing


@dataclass(frozen=True)
class Goal:
    """A figure that was aimed at, and what came of it."""

    says: str
    aim: str
    found: str
    reached: bool


def report(timings: Sequence[Timing], memory: Mapping[int, float]) -> str:
    """Give the whole report between the page's markers."""
    return "\n\n".join(
        [f"{machine()} {_rounds()}", _table(timings), _memory(memory), _goal_table(goals(timings, memory))]
    )


def goals(timings: Sequence[Timing], memory: Mapping[int, float]) -> list[Goal]:
    """Compare what was found with what was aimed at."""
    by_name = {each.name: each for each in timings}
    ours, polars = timings[0], by_name["Polars, by hand"]
    (few, low), (many, high) = sorted(memory.items())
    return [
        *(_faster(ours, by_name[name], least) for name, least in _LEAST.items()),
        _goal(f"time of the Polars query, {ours.deals:,} deals", "at most 6 x", ours.seconds / polars.seconds, 6, " x"),
        _goal("the same, next goal", "at most 3 x", ours.seconds / polars.seconds, 3, " x"),
        _goal("one deal, warm, median", "at most 60 ms", ours.one_median, 60, " ms"),
        _goal("one deal, warm, 95th percentile", "at most 60 ms", ours.one_95th, 60, " ms"),
        _goal(f"peak memory, {many:,} deals to {few:,}", "at most 1.5 x", high / low, 1.5, " x"),
    ]


_LEAST = {
    "zen-engine, `create_decision`": 100,
    "zen-engine, loaded decision": 100,
    "zen-engine, bare expression": 100,
    "durable-rules": 150,
}


def _faster(ours: Timing, other: Timing, least: int) -> Goal:
    ratio = ours.per_second / other.per_second
    return Goal(f"deals a second to {other.name}", f"at least {least} x", f"{ratio:,.0f} x", ratio >= least)


def _goal(says: str, aim: str, found: float, most: float, unit: str) -> Goal:
    return Goal(says, aim, f"{found:.1f}{unit}", found <= most)


def _table(timings: Sequence[Timing]) -> str:
    ours = timings[0]
    head = (
        "| engine | deals judged | time | deals a second | Dealgate's to it | one deal, median | 95th percentile |\n"
        "|---|---:|---:|---:|---:|---:|---:|"
    )
    rows = [
        f"| {each.name}{_version(each.distribution)} | {each.deals:,} | {each.seconds * 1000:,.0f} ms "
        f"| {each.per_second:,.0f} | {_ratio(ours.per_second / each.per_second)} "
        f"| {each.one_median:.2f} ms | {each.one_95th:.2f} ms |"
        for each in timings
    ]
    return "\n".join([head, *rows])


def _memory(memory: Mapping[int, float]) -> str:
    listed = ", ".join(f"{peak:,.0f} MiB for {deals:,} deals" for deals, peak in sorted(memory.items()))
    return f"Peak memory of a process that streams deals in batches, their making included: {listed}."


def _goal_table(listed: Sequence[Goal]) -> str:
    rows = [f"| {each.says} | {each.aim} | {each.found} | {'yes' if each.reached else 'no'} |" for each in listed]
    return "\n".join(["| goal | aim | found | reached |", "|---|---:|---:|---|", *rows])


def _ratio(ratio: float) -> str:
    return f"{ratio:,.0f} x" if ratio >= 10 else f"{ratio:.2f} x"


def _version(distribution: str) -> str:
    return f" {version(distribution)}" if distribution else ""


def _rounds() -> str:
    return f"Medians of {ROUNDS} rounds in which the engines take turns; one deal at a time over {SINGLE_DEALS} deals."
