"""What readers see of clocks and moves, compared whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime

from engine.judge.clock_words import ClockSeen, Words, clock_words
from engine.judge.move_words import applies_to_words, back_words, skip_words, unmapped_words, won_too_early_words
from engine.judge.seen import Seen
from engine.judge.verdicts import State
from rules.condition import Compare, Literal, Operator, PerSegment, Reference
from rules.playbook import (
    Calendar,
    Clock,
    CloseDateClock,
    Enforce,
    Kind,
    NextStepClock,
    Outcome,
    Playbook,
    ProgressClock,
    ProposalClock,
    SilenceClock,
    Stage,
    StageAgeClock,
    Step,
)
from rules.types import Duration, FieldType, Unit

LATE, UPCOMING, UNKNOWN = State.UNMET, State.UPCOMING, State.UNKNOWN
TODAY = date(2026, 11, 22)
START = datetime(2026, 10, 2, 2, 0, tzinfo=UTC)
SOFT = Enforce.SOFT


def days(amount: int, unit: Unit = Unit.DAYS) -> Literal:
    return Literal(Duration(amount, unit))


PROPOSAL = ProposalClock(days(2, Unit.BUSINESS_DAYS), days(3, Unit.BUSINESS_DAYS), days(7), SOFT)
NEXT = NextStepClock("discovery", days(14), SOFT)
AGE = StageAgeClock({"discovery": days(21)}, days(30), SOFT)
BUYER = SilenceClock(Kind.BUYER_SILENCE, PerSegment((("smb", days(7)),), days(14)), SOFT)
SELLER = SilenceClock(Kind.SELLER_SILENCE, days(7), SOFT)
CLOSE = CloseDateClock(Literal(3), SOFT)
OWN = ProgressClock(
    "no-progress", "", (), ("stage_entered_at", "next_step", "pain"), (Step(days(7)), Step(days(15))), SOFT
)
ONE = ProgressClock("quiet", "The plan is kept", (), ("close_plan",), (Step(days(10)),), SOFT)

AMOUNT = Reference("deals", "amount", FieldType.MONEY)
PLAYBOOK = Playbook(
    "enterprise",
    3,
    "Enterprise",
    (
        Stage("discovery", "Discovery", {"local": "Discovery"}),
        Stage("security", "Security review", optional=True),
        Stage("design", "Design"),
        Stage("proposal", "Proposal", {"local": "Proposal/Price Quote"}),
    ),
    applies_to=Compare(AMOUNT, Operator.AT_LEAST, Literal(25000)),
    calendar=Calendar("America/New_York"),
    outcomes=(Outcome("won", "won", from_stage="proposal"),),
)

CLOCKS: list[tuple[str, str, Clock, ClockSeen]] = [
    (
        "a proposal nobody followed up",
        "proposal.follow_up",
        PROPOSAL,
        ClockSeen(LATE, TODAY, START, "sent", date(2026, 10, 5)),
    ),
    (
        "a proposal that was viewed",
        "proposal.follow_up",
        PROPOSAL,
        ClockSeen(LATE, TODAY, START, "viewed", date(2026, 10, 5)),
    ),
    (
        "the next follow-up runs",
        "proposal.follow_up",
        PROPOSAL,
        ClockSeen(UPCOMING, TODAY, START, "followed_up", date(2026, 11, 24)),
    ),
    (
        "a follow-up, of which only the start is known",
        "proposal.follow_up",
        PROPOSAL,
        ClockSeen(LATE, TODAY, START, "", date(2026, 10, 5)),
    ),
    (
        "a buyer left alone with a proposal",
        "proposal.silence",
        PROPOSAL,
        ClockSeen(LATE, TODAY, START, "", date(2026, 10, 8)),
    ),
    ("no next step", "next_step", NEXT, ClockSeen(LATE, TODAY)),
    ("a next step without a date", "next_step", NEXT, ClockSeen(LATE, TODAY, text="Send the plan")),
    (
        "a next step in the past",
        "next_step",
        NEXT,
        ClockSeen(LATE, TODAY, due=date(2026, 11, 1), value=date(2026, 11, 1), text="Call"),
    ),
    ("a next step too far ahead", "next_step", NEXT, ClockSeen(LATE, TODAY, value=date(2027, 1, 9), text="Call")),
    ("too long in a stage", "stage_age", AGE, ClockSeen(LATE, TODAY, START, "", stage="discovery")),
    ("since when in a stage is unknown", "stage_age", AGE, ClockSeen(UNKNOWN, TODAY, stage="proposal")),
    ("a silent buyer", "buyer_silence", BUYER, ClockSeen(LATE, TODAY, START, "heard", segment="smb")),
    ("a buyer never heard", "buyer_silence", BUYER, ClockSeen(LATE, TODAY, START, "created", segment="large")),
    ("silent sellers", "seller_silence", SELLER, ClockSeen(LATE, TODAY, START, "heard")),
    ("sellers never in touch", "seller_silence", SELLER, ClockSeen(LATE, TODAY, START, "created")),
    ("silence without any date", "buyer_silence", BUYER, ClockSeen(UNKNOWN, TODAY)),
    ("a close date moved too often", "close_date", CLOSE, ClockSeen(LATE, TODAY, count=5)),
    ("moves of the close date that nobody recorded", "close_date", CLOSE, ClockSeen(UNKNOWN, TODAY)),
    ("no progress for two steps", "no-progress", OWN, ClockSeen(LATE, TODAY, START, step=2)),
    ("no progress of one field", "quiet", ONE, ClockSeen(LATE, TODAY, START, step=1)),
]


def test_clocks_read_as_their_golden_file_says(golden: Callable[[str, str], None]) -> None:
    told = [(title, clock_words(criterion, clock, seen, PLAYBOOK)) for title, criterion, clock, seen in CLOCKS]
    golden("golden/clocks.txt", "\n".join(map(block, told)))


def test_moves_and_positions_read_as_their_golden_file_says(golden: Callable[[str, str], None]) -> None:
    told = [
        ("a skipped stage", skip_words("discovery", "proposal", START, PLAYBOOK)),
        ("a move back", back_words("proposal", "discovery", START, PLAYBOOK)),
        ("won too early", won_too_early_words(["pain-documented", "demo-held"], "discovery", PLAYBOOK)),
        ("won with one criterion open", won_too_early_words(["demo-held"], None, PLAYBOOK)),
        ("a misspelt stage", unmapped_words("Discvery", "local", PLAYBOOK)),
        ("a stage of another process", unmapped_words("Qualifying a lead", "local", PLAYBOOK)),
        ("no stage", unmapped_words(None, "local", PLAYBOOK)),
        ("a playbook that may apply", applies_to_words(lambda _: Seen(None), PLAYBOOK)),
    ]
    golden("golden/moves.txt", "\n".join(map(block, told)))


def block(told: tuple[str, Words]) -> str:
    title, words = told
    return "\n".join([title, *(f"    {name + ':':9}{text}" for name, text in asdict(words).items()), ""])
