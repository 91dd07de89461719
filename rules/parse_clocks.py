"""Reads clocks: the six built-in ones, and those of one's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from rules.condition import Literal, Value
from rules.node_reading import child, entries, mapping, mappings, scalar, scalars, text
from rules.parse_criteria import check_names, condition_under, parse_enforce, parse_task
from rules.parse_stages import check_stage
from rules.parse_value import COUNT, DURATION, parse_value
from rules.parsing import Parsing, Scope
from rules.playbook import (
    Clock,
    CloseDateClock,
    Enforce,
    Kind,
    NextStepClock,
    ProgressClock,
    ProposalClock,
    SilenceClock,
    StageAgeClock,
    Step,
)
from rules.yaml_nodes import MappingNode, Node, ScalarNode

NOTHING = Literal(0)
"""Stands where a problem was noted; no playbook with problems is ever judged by."""


def parse_clocks(root: Node, enforce: Enforce, parsing: Parsing) -> tuple[Clock, ...]:
    """Read the clocks in the order they are written."""
    return tuple(
        BUILT_IN.get(name.text, _own_clock)(name, node, enforce, parsing)
        for name, node in entries(root, "clocks")
        if isinstance(node, MappingNode)
    )


def words_of(name: str) -> str:
    """Make a sentence's beginning of an id: `no-progress` says `No progress`."""
    return name.replace("-", " ").replace("_", " ").capitalize()


def _proposal(name: ScalarNode, node: MappingNode, enforce: Enforce, parsing: Parsing) -> ProposalClock:
    check_names(node, ("coach",), parsing)
    return ProposalClock(
        first_follow_up=_duration(name, node, "first_follow_up", parsing),
        then_every=_duration(name, node, "then_every", parsing),
        silence_limit=_duration(name, node, "silence_limit", parsing),
        enforce=parse_enforce(node, enforce),
        task=parse_task(node, parsing),
        coach=text(node, "coach"),
    )


def _next_step(name: ScalarNode, node: MappingNode, enforce: Enforce, parsing: Parsing) -> NextStepClock:
    first = parsing.catalogue.stages[0] if parsing.catalogue.stages else ""
    check_names(node, ("coach",), parsing)
    return NextStepClock(
        from_stage=check_stage(scalar(node, "from"), parsing) or first,
        at_most_ahead=_duration(name, node, "at_most_ahead", parsing),
        enforce=parse_enforce(node, enforce),
        task=parse_task(node, parsing),
        coach=text(node, "coach"),
    )


def _stage_age(name: ScalarNode, node: MappingNode, enforce: Enforce, parsing: Parsing) -> StageAgeClock:
    limits, otherwise = _limits(name, node, parsing)
    check_names(node, ("coach",), parsing)
    return StageAgeClock(
        limits, otherwise, parse_enforce(node, enforce), parse_task(node, parsing), text(node, "coach")
    )


def _limits(name: ScalarNode, node: MappingNode, parsing: Parsing) -> tuple[Mapping[str, Value], Value | None]:
    """Read limits by stage, each of which may differ by segment, or one limit for all stages."""
    by_stage = mapping(node, "limit")
    if by_stage is None or not set(by_stage.keys) - _only_segments(parsing):
        return {}, _duration(name, node, "limit", parsing)
    limits: dict[str, Value] = {}
    for key, _ in by_stage:
        if key.text not in (*parsing.catalogue.stages, "otherwise"):
            parsing.unknown(key.place, "stage", key.text, (*parsing.catalogue.stages, "otherwise"))
        limits[key.text] = _duration(name, by_stage, key.text, parsing) or NOTHING
    return {stage: limit for stage, limit in limits.items() if stage != "otherwise"}, limits.get("otherwise")


def _only_segments(parsing: Parsing) -> set[str]:
    return {*parsing.catalogue.segments, "otherwise"} - set(parsing.catalogue.stages)


def _silence(name: ScalarNode, node: MappingNode, enforce: Enforce, parsing: Parsing) -> SilenceClock:
    check_names(node, ("coach",), parsing)
    return SilenceClock(
        kind=Kind(name.text),
        limit=_duration(name, node, "limit", parsing) or NOTHING,
        enforce=parse_enforce(node, enforce),
        task=parse_task(node, parsing),
        coach=text(node, "coach"),
    )


def _close_date(name: ScalarNode, node: MappingNode, enforce: Enforce, parsing: Parsing) -> CloseDateClock:
    at_most = child(mapping(node, "moved_later"), "at_most")
    check_names(node, ("coach",), parsing)
    return CloseDateClock(
        moved_later_at_most=(at_most and parse_value(at_most, COUNT, _scope(name), parsing)) or NOTHING,
        enforce=parse_enforce(node, enforce),
        task=parse_task(node, parsing),
        coach=text(node, "coach"),
    )


def _own_clock(name: ScalarNode, node: MappingNode, enforce: Enforce, parsing: Parsing) -> ProgressClock:
    check_names(node, ("says", "coach"), parsing)
    return ProgressClock(
        id=name.text,
        says=text(node, "says", words_of(name.text)),
        stages=tuple(check_stage(stage, parsing) for stage in scalars(child(node, "stages"))),
        since_last=tuple(_restarting(name, node, parsing)),
        steps=tuple(_step(name, each, parsing) for each in mappings(node, "steps")),
        enforce=parse_enforce(node, enforce),
        when=condition_under(node, "when", _scope(name), parsing),
        coach=text(node, "coach"),
    )


def _restarting(name: ScalarNode, node: MappingNode, parsing: Parsing) -> Iterator[str]:
    """Yield the deal's fields that restart a clock; a stage's own time is `stage_entered_at`."""
    known = parsing.catalogue.columns_of("deals")
    for written in scalars(child(node, "since_last")):
        column = written.text.removeprefix("deal.")
        if column == "stage":
            parsing.add(
                written.place,
                "not-here",
                "changes of `stage` are read from when it was entered",
                "write `stage_entered_at`",
            )
        elif column not in known:
            message = f"clock `{name.text}` reads `{written.text}`, which deals do not have"
            parsing.unknown(written.place, "field", column, known, message)
        yield column


def _step(name: ScalarNode, node: MappingNode, parsing: Parsing) -> Step:
    then = mapping(node, "then")
    return Step(_duration(name, node, "after", parsing) or NOTHING, parse_task(then, parsing), text(then, "flag"))


def _duration(name: ScalarNode, node: MappingNode, key: str, parsing: Parsing) -> Value | None:
    written = child(node, key)
    return None if written is None else parse_value(written, DURATION, _scope(name), parsing)


def _scope(name: ScalarNode) -> Scope:
    return Scope(f"clock `{name.text}`")


BUILT_IN: Mapping[str, Callable[[ScalarNode, MappingNode, Enforce, Parsing], Clock]] = {
    "proposal": _proposal,
    "next_step": _next_step,
    "stage_age": _stage_age,
    "buyer_silence": _silence,
    "seller_silence": _silence,
    "close_date": _close_date,
}
