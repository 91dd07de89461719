"""Advice on playbooks that load but are unwise, each with a code, a place, and what would be better."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rules.condition import MET, Compare, Literal, Operator, PerSegment, Reference, Value, walk
from rules.contradictions import never_met
from rules.lint_names import rare_crm_names, unused_names
from rules.lint_source import Source, all_conditions, exit_criteria, source_of
from rules.load import load_playbook
from rules.playbook import Criterion, Enforce, Playbook, ProgressClock, SilenceClock, StageAgeClock
from rules.problems import Problem
from rules.types import Duration, FieldType, Unit
from rules.values_of import clock_id, limits_of, placed_values

MOST_BLOCKING = 7
ENOUGH_TO_TELL = 3
EVIDENCE = frozenset({Operator.MIN_WORDS, Operator.PLACEHOLDER, Operator.MATCHES, Operator.CONTAINS, Operator.COPIED})


def lint(playbook: Playbook, file: str = "playbook") -> tuple[Problem, ...]:
    """Give advice on a loaded playbook; places are in the text it was loaded from, under the name `file`."""
    source = source_of(playbook, file)
    return () if source is None else tuple(sorted({problem for check in CHECKS for problem in check(source)}))


def load_and_lint(data: bytes | str, file: str) -> tuple[Playbook | None, tuple[Problem, ...]]:
    """Load a playbook and give advice on it, or say what is wrong with it."""
    playbook, problems = load_playbook(data, file)
    return playbook, problems if playbook is None else lint(playbook, file)


def _impossible_conditions(source: Source) -> Iterator[Problem]:
    for asked in all_conditions(source.playbook):
        if name := never_met(asked.condition, source.playbook):
            message = f"{asked.words} can never be met: it leaves no value for `{name}`"
            yield source.advice(asked.what, asked.id, "never-met", message, "loosen one of its bounds")


def _hard_without_help(source: Source) -> Iterator[Problem]:
    for criterion in source.playbook.criteria():
        if criterion.enforce is Enforce.HARD and not (criterion.task or criterion.coach or criterion.do):
            message = f"criterion `{criterion.id}` blocks deals and says nothing of how to meet it"
            yield source.advice("criterion", criterion.id, "no-way-out", message, "add a `task`, `coach` or `do`")


def _hard_without_approvers(source: Source) -> Iterator[Problem]:
    playbook = source.playbook
    hard = [each for each in (*playbook.criteria(), *playbook.clocks, *playbook.rules) if each.enforce is Enforce.HARD]
    if hard and not playbook.waivers.approvers:
        message = "hard findings can be waived by approvers only, and this playbook names none"
        yield source.advice("waivers", "", "no-approvers", message, "name them under `waivers: {approvers: [...]}`")


def _all_hard(source: Source) -> Iterator[Problem]:
    criteria = list(source.playbook.criteria())
    if len(criteria) >= ENOUGH_TO_TELL and all(each.enforce is Enforce.HARD for each in criteria):
        message = "every criterion is hard, which leaves nothing to judgement"
        yield source.advice("enforce", "", "all-hard", message, "keep `hard` for the few that protect the buyer or us")


def _text_without_evidence(source: Source) -> Iterator[Problem]:
    criteria = list(source.playbook.criteria())
    evident = {leaf.subject for each in criteria for leaf in _leaves(each) if leaf.operator in EVIDENCE}
    for criterion in criteria:
        for leaf in _leaves(criterion):
            subject, asks_presence = (
                leaf.subject,
                leaf.operator is Operator.PRESENT and leaf.value == Literal(value=True),
            )
            if not isinstance(subject, Reference) or subject.type is not FieldType.TEXT or _names_a_record(subject):
                continue
            if asks_presence and subject not in evident:
                message = f"criterion `{criterion.id}` is met by any text in `{subject.name}`, `tbd` included"
                help_text = f"ask for evidence: `{subject.name}: {{min_words: 3, placeholder: false}}`"
                yield source.advice("criterion", criterion.id, "no-evidence", message, help_text)


def _names_a_record(subject: Reference) -> bool:
    return subject.name == "id" or subject.name.endswith("_id")


def _leaves(criterion: Criterion) -> Iterator[Compare]:
    yield from (node for node in walk(criterion.require) if isinstance(node, Compare))


def _stages_without_exit(source: Source) -> Iterator[Problem]:
    for stage in source.playbook.stages:
        if not stage.exit_criteria and not stage.optional:
            message = f"stage `{stage.id}` asks for nothing before a deal leaves it"
            yield source.advice(
                "stage", stage.id, "no-exit-criteria", message, "add what the buyer must have done by then"
            )
        if stage.entry_criteria and stage.optional:
            message = f"the entry criteria of stage `{stage.id}` are never judged, since it may be skipped"
            yield source.advice(
                "stage", stage.id, "never-judged", message, "make them exit criteria of an earlier stage"
            )


def _too_many_blocking(source: Source) -> Iterator[Problem]:
    for stage, criteria in exit_criteria(source.playbook):
        blocking = sum(criterion.enforce.blocks for criterion in criteria)
        if blocking > MOST_BLOCKING:
            message = f"{blocking} criteria block deals in stage `{stage}`"
            yield source.advice("stage", stage, "too-many-blocking", message, f"keep it to {MOST_BLOCKING} or fewer")


def _scorecards(source: Source) -> Iterator[Problem]:
    for card in source.playbook.scorecards:
        if card.bands and card.bands[-1][1] > 0:
            message = f"below {card.bands[-1][1]} percent, `{card.id}` has no band"
            yield source.advice(card.id, "", "no-lowest-band", message, "let the lowest band begin at 0")
        for dimension in card.dimensions:
            name = f"{card.id}.{dimension.id}"
            if len(dimension.levels) == 1:
                message = f"dimension `{dimension.id}` has one level: all or nothing"
                yield source.advice(
                    "dimension", name, "one-level", message, "tell beginnings from proof by two or more"
                )
            for level in dimension.levels:
                if any(level.when == other.when and level.points < other.points for other in dimension.levels):
                    message = f"the level of {level.points} points of `{dimension.id}` asks the same as a higher one"
                    yield source.advice("dimension", name, "dominated-level", message, "take it out, or ask for less")


def _segments(source: Source) -> Iterator[Problem]:
    ended = False
    for segment in source.playbook.segments:
        if ended:
            message = f"segment `{segment.id}` is never reached: all deals are of one before it"
            yield source.advice("segment", segment.id, "never-reached", message, "put `otherwise` last")
        ended = ended or segment.when == MET
    for (what, name), value in placed_values(source.playbook):
        missing = _without_value(value, source.playbook)
        if missing:
            message = f"{what} `{name}` gives no value for segment {missing}, where it stays unknown"
            yield source.advice(what, name, "no-otherwise", message, "add `otherwise`")


def _without_value(value: Value, playbook: Playbook) -> str:
    if not isinstance(value, PerSegment) or value.otherwise is not None:
        return ""
    named = {segment for segment, _ in value.cases}
    return ", ".join(f"`{segment.id}`" for segment in playbook.segments if segment.id not in named)


def _clocks(source: Source) -> Iterator[Problem]:
    ages = [clock for clock in source.playbook.clocks if isinstance(clock, StageAgeClock)]
    oldest = max((_hours(limit)[-1] for clock in ages for limit in limits_of(clock) if limit is not None), default=0)
    for clock in source.playbook.clocks:
        name = clock_id(clock)
        if isinstance(clock, SilenceClock) and oldest and _hours(clock.limit)[0] > oldest:
            message = f"clock `{name}` runs longer than a deal may stand in any stage, so it says nothing new"
            yield source.advice("clock", name, "late-clock", message, "make it shorter than the limits of `stage_age`")
        if isinstance(clock, ProgressClock):
            ends = [_hours(step.after)[-1] for step in clock.steps]
            if ends != sorted(set(ends)):
                message = f"the steps of clock `{name}` do not come one after the other"
                yield source.advice(
                    "clock", name, "steps-out-of-order", message, "let each step come later than the one before"
                )


def _hours(value: Value) -> list[float]:
    """List the hours a duration stands for, least first; a business day is taken as 7/5 of a day."""
    match value:
        case Literal(Duration(amount, Unit.BUSINESS_DAYS)):
            return [amount * 24 * 7 / 5]
        case Literal(Duration() as duration):
            return [duration.hours]
        case PerSegment(cases, otherwise):
            parts = [case for _, case in cases] + ([otherwise] if otherwise is not None else [])
            return sorted(hours for part in parts for hours in _hours(part))
        case _:
            return [0]


def _own_rate(source: Source) -> Iterator[Problem]:
    currency = source.playbook.currency
    if currency in source.playbook.rates:
        message = f"`{currency}` is the playbook's own currency and needs no rate"
        yield source.advice("rate", currency, "own-rate", message, "take it out")


CHECKS: tuple[Callable[[Source], Iterator[Problem]], ...] = (
    _impossible_conditions,
    _hard_without_help,
    _hard_without_approvers,
    _all_hard,
    _text_without_evidence,
    _stages_without_exit,
    _too_many_blocking,
    _scorecards,
    _segments,
    _clocks,
    _own_rate,
    unused_names,
    rare_crm_names,
)
