"""Random playbooks and waivers, as Hypothesis strategies, drawn as values rather than as YAML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st

from engine.judge.waivers import Waiver
from rules.condition import MET, Condition, Literal, Value
from rules.playbook import (
    Clock,
    CloseDateClock,
    Criterion,
    Dimension,
    Enforce,
    ForEach,
    Kind,
    Level,
    Moves,
    NextStepClock,
    Outcome,
    Playbook,
    ProgressClock,
    ProposalClock,
    Rule,
    Scorecard,
    Segment,
    SilenceClock,
    Stage,
    StageAgeClock,
    Step,
)
from tests.reference import vocabulary
from tests.reference.strategies_conditions import conditions
from tests.reference.strategies_tables import PEOPLE
from tests.reference.strategies_values import Scope, durations, per_segment
from tests.reference.vocabulary import Setting

STRICTNESS = st.sampled_from(list(Enforce))
SMALL = st.sampled_from((1, 2)).map(Literal)


def settings() -> st.SearchStrategy[Setting]:
    """Draw a moment and a calendar."""
    return st.builds(Setting, st.sampled_from(vocabulary.AS_OFS), st.sampled_from(vocabulary.CALENDARS))


@st.composite
def bare_playbooks(draw: st.DrawFn, setting: Setting) -> Playbook:
    """Draw a playbook of two to four stages that asks nothing yet, with segments and scorecards."""
    ids = list(vocabulary.STAGE_NAMES)[: draw(st.sampled_from((4, 3, 2)))]
    optional = {each for each in ids if draw(st.integers(0, 3)) == 0}
    names = {stage: {"local": name} if name else {} for stage, name in vocabulary.STAGE_NAMES.items()}
    stages = tuple(Stage(each, each.title(), names[each], optional=each in optional) for each in ids)
    ideal_client = draw(st.one_of(st.none(), scorecards("ideal_client", Scope(setting))))
    known = ("ideal_client",) if ideal_client else ()
    return Playbook(
        id="random",
        version=1,
        title="Random",
        stages=stages,
        calendar=setting.calendar,
        rates=vocabulary.RATES,
        segments=draw(segments(setting)),
        fields=vocabulary.FIELDS,
        records=(vocabulary.QUOTES,),
        roles=vocabulary.ROLES,
        ideal_client=ideal_client,
        qualification=draw(st.one_of(st.none(), scorecards("qualification", Scope(setting, scores=known)))),
    )


@st.composite
def condition_playbooks(draw: st.DrawFn, setting: Setting, criteria: int = 25) -> Playbook:
    """Draw a playbook of many plain criteria, so that one compilation tries many conditions."""
    bare = draw(bare_playbooks(setting))
    scope = Scope(setting, scores=tuple(card.id for card in bare.scorecards))
    asked = [
        Criterion(f"c{number:02}", "", draw(conditions(scope)), Enforce.ADVISE)
        for number in range(draw(st.sampled_from((criteria, 1))))
    ]
    return replace(bare, every_stage=tuple(asked))


@st.composite
def playbooks(draw: st.DrawFn, setting: Setting) -> Playbook:
    """Draw a playbook that uses everything the language has."""
    bare = draw(bare_playbooks(setting))
    scope = Scope(setting, scores=tuple(card.id for card in bare.scorecards))
    ids = _numbered()
    stages = [
        replace(stage, entry_criteria=draw(criteria(scope, ids, 1)), exit_criteria=draw(criteria(scope, ids, 2)))
        for stage in bare.stages
    ]
    return replace(
        bare,
        stages=tuple(stages),
        applies_to=draw(st.one_of(st.just(MET), st.just(MET), conditions(Scope(setting), 1))),
        every_stage=draw(criteria(scope, ids, 1)),
        outcomes=draw(outcomes(scope, ids, [stage.id for stage in bare.stages])),
        moves=draw(st.builds(Moves, st.one_of(st.none(), STRICTNESS), st.one_of(st.none(), STRICTNESS))),
        clocks=draw(clocks(scope, [stage.id for stage in bare.stages])),
        rules=draw(rules(scope)),
    )


@st.composite
def waivers(draw: st.DrawFn, playbook: Playbook, setting: Setting, deals: int) -> Sequence[Waiver]:
    """Draw waivers that hold, have run out, or begin and end at the very moment."""
    ids = [each.id for each in playbook.criteria()] + [rule.id for rule in playbook.rules]
    ids += ["proposal.follow_up", "next_step", "stage_age", "buyer_silence", "moves.skip", "progress", "won_too_early"]
    names = st.one_of(st.sampled_from(ids), st.builds("{}:{}".format, st.sampled_from(ids), st.sampled_from(PEOPLE)))
    starts = st.sampled_from([timedelta(days=each) for each in (-2, 0, 1)])
    ends = st.sampled_from([timedelta(days=each) for each in (2, 1, 0)])
    drawn = st.tuples(st.integers(0, deals - 1), names, starts, ends)
    return [
        Waiver(f"d{deal:02}", name, "", "", setting.as_of + start, setting.as_of + end)
        for deal, name, start, end in draw(st.lists(drawn, max_size=40))
    ]


def _numbered() -> Iterator[str]:
    return iter([f"c{number:02}" for number in range(99)])


@st.composite
def segments(draw: st.DrawFn, setting: Setting) -> tuple[Segment, ...]:
    """Draw no segments, or some of which the last may be `otherwise`."""
    ids = vocabulary.SEGMENTS[: draw(st.integers(0, 3))]
    last = MET if draw(st.booleans()) else None
    whens = [draw(conditions(Scope(setting), 1)) for _ in ids]
    return tuple(
        Segment(each, when) for each, when in zip(ids, [*whens[:-1], last or whens[-1]] if ids else [], strict=True)
    )


@st.composite
def scorecards(draw: st.DrawFn, card: str, scope: Scope) -> Scorecard:
    """Draw a scorecard of one to three dimensions."""
    levels = st.builds(Level, st.integers(0, 3), conditions(scope, 1))
    dimensions = [
        Dimension(each, each, tuple(draw(st.lists(levels, min_size=1, max_size=2))), draw(st.integers(1, 2)))
        for each in vocabulary.DIMENSIONS[: draw(st.integers(1, 3))]
    ]
    bands = draw(st.sampled_from(((), (("strong", 75), ("fair", 50), ("weak", 0)), (("some", 34),))))
    return Scorecard(card, card, tuple(dimensions), bands)


@st.composite
def criteria(draw: st.DrawFn, scope: Scope, ids: Iterator[str], most: int) -> tuple[Criterion, ...]:
    """Draw criteria of every kind: plain, conditional, per person, judged until left."""
    return tuple([draw(a_criterion(scope, next(ids))) for _ in range(draw(st.sampled_from((most, 1, 0))))])


@st.composite
def a_criterion(draw: st.DrawFn, scope: Scope, name: str) -> Criterion:
    """Draw one criterion."""
    when: Condition = draw(st.one_of(st.just(MET), conditions(scope, 1)))
    until_left = draw(st.booleans())
    if draw(st.integers(0, 3)) == 0:
        roles = draw(st.lists(st.sampled_from([role.id for role in vocabulary.ROLES]), min_size=1, max_size=2))
        each = ForEach(tuple(roles), draw(per_segment(st.sampled_from((0, 1, 2)).map(Literal))))
        require = draw(conditions(Scope(scope.setting, "contacts"), 1))
        return Criterion(name, "", require, draw(STRICTNESS), when, each, until_left)
    return Criterion(name, "", draw(conditions(scope)), draw(STRICTNESS), when, None, until_left)


@st.composite
def outcomes(draw: st.DrawFn, scope: Scope, ids: Iterator[str], stages: Sequence[str]) -> tuple[Outcome, ...]:
    """Draw the ways to end."""
    first = st.sampled_from(["", *stages])
    won = Outcome("won", "won", {}, draw(first), draw(criteria(scope, ids, 1)))
    lost = Outcome("lost", "lost", {"local": "Lost for good"}, "", draw(criteria(scope, ids, 1)))
    twice = Outcome("duplicate", "none", {"local": "Twice"}, "", draw(criteria(scope, ids, 1)))
    return tuple(each for each in (won, lost, twice) if draw(st.booleans()))


@st.composite
def clocks(draw: st.DrawFn, scope: Scope, stages: Sequence[str]) -> tuple[Clock, ...]:
    """Draw clocks of every kind, each sometimes absent."""
    maybe: st.SearchStrategy[Value | None] = st.one_of(durations(), durations(), st.none())
    limits = st.dictionaries(st.sampled_from(stages), durations(), max_size=2)
    steps = st.lists(st.builds(Step, durations(), st.none(), st.sampled_from(("", "f1", "f2"))), min_size=1, max_size=2)
    restarts = st.lists(
        st.sampled_from(("stage_entered_at", "met_at", "next_step", "pain", "close_date", "created_at")),
        min_size=1,
        max_size=3,
        unique=True,
    )
    several = st.lists(st.sampled_from(stages), max_size=2, unique=True).map(tuple)
    kinds: list[st.SearchStrategy[Clock]] = [
        st.builds(ProposalClock, maybe, maybe, maybe, STRICTNESS),
        st.builds(NextStepClock, st.sampled_from(stages), maybe, STRICTNESS),
        st.builds(StageAgeClock, limits, maybe, STRICTNESS).filter(lambda clock: clock.limits or clock.otherwise),
        st.builds(SilenceClock, st.just(Kind.BUYER_SILENCE), durations(), STRICTNESS),
        st.builds(SilenceClock, st.just(Kind.SELLER_SILENCE), durations(), STRICTNESS),
        st.builds(CloseDateClock, per_segment(SMALL), STRICTNESS),
        st.builds(
            ProgressClock,
            st.just("progress"),
            st.just(""),
            several,
            restarts.map(tuple),
            steps.map(tuple),
            STRICTNESS,
            st.one_of(st.just(MET), conditions(scope, 1)),
        ),
    ]
    return tuple([draw(each) for each in kinds if draw(st.integers(0, 2))])


@st.composite
def rules(draw: st.DrawFn, scope: Scope) -> tuple[Rule, ...]:
    """Draw rules in up to three layers; those after the first read findings and flags."""
    flags = st.sampled_from(("", "f1", "f2", "f3"))
    drawn = []
    for number in range(draw(st.integers(0, 4))):
        layer = draw(st.integers(1, 3))
        reach = replace(scope, findings=layer > 1)
        require = draw(st.one_of(st.none(), conditions(reach, 1)))
        when = draw(conditions(reach, 1))
        drawn.append(Rule(f"r{number}", "", when, require, draw(STRICTNESS), draw(flags), layer=layer))
    return tuple(drawn)
