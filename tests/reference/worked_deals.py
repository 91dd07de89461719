"""Worked examples of criteria, gates, rules and waivers: rules 3, 4, 6, 7, 8 and 15."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from engine.judge.waivers import Waiver
from rules.condition import MET, Compare, Literal, Moment, Operator, Quantifier, Reference, Related
from rules.playbook import Enforce, ForEach, Moves, Outcome, Rule, StageAgeClock
from rules.types import Duration, FieldType, Unit
from tests.reference.worked import NOW, PLAYBOOK, Example, ask, asking, is_, rows_of, staged

HIGH = is_("rating", "at_least", 5)
KNOWN = is_("budget_confirmed", "equals", True)
DAY = timedelta(days=1)
WANTS = is_("wants", "min_words", 2, "contacts")

WHEN = [
    Example(3, f"a when that is {says}", found, asking(ask("c", KNOWN, when=HIGH)), {"rating": rating})
    for says, rating, found in (("unmet", 1.0, {}), ("unknown", None, {"c": "unknown"}), ("met", 9.0, {"c": "unmet"}))
]


def _person(name: str, role: str | None, wants: str | None) -> dict[str, object]:
    return {"id": name, "role": role, "wants": wants}


def _each(says: str, found: dict[str, str], least: int, *people: dict[str, object]) -> Example:
    playbook = asking(ask("c", WANTS, for_each=ForEach(("buyer",), Literal(least))))
    return Example(3, says, found, playbook, rows={"contacts": people})


PEOPLE = [
    _each("one finding a person", {"c:p2": "unmet"}, 1, _person("p1", "buyer", "a demo"), _person("p2", "buyer", "")),
    _each("others are not asked", {}, 0, _person("p1", "champion", "")),
    _each("too few people is the deal's", {"c:p1": "unmet", "c": "unmet"}, 2, _person("p1", "buyer", "")),
    _each("who may be one of them is unknown", {"c": "unknown"}, 1, _person("p1", None, "")),
    _each("one of a person's rows is enough", {}, 1, _person("p1", "buyer", "a demo"), _person("p1", "buyer", "")),
]


def _move(start: str | None, to: str, days_ago: int) -> dict[str, object]:
    return {"from_stage": start, "to_stage": to, "changed_at": NOW - days_ago * DAY}


HELD = rows_of("activities", "some", is_("happened_at", "on_or_before", Moment("now"), "activities"))
UNTIL_LEFT = staged([ask("held", HELD, until_left=True)])
LEFT = {"stage_changes": [_move(None, "talk", 30), _move("talk", "offer", 10)]}
TRIAL = replace(PLAYBOOK.stages[1], exit_criteria=(ask("tried", KNOWN, "hard"),))
WITH_TRIAL = replace(PLAYBOOK, stages=(PLAYBOOK.stages[0], TRIAL, *PLAYBOOK.stages[2:]))
PLANNED = rows_of("activities", "some", is_("status", "equals", "planned", "activities"))
STAGES = [
    Example(
        4,
        "what is planned counts while the deal stands there",
        {},
        staged([ask("planned", PLANNED, until_left=True)]),
        rows={"activities": [{"id": "1", "status": "planned", "happened_at": NOW + DAY}]},
    ),
    Example(
        4,
        "earlier stages keep being asked, later ones not yet",
        {"a": "unmet", "every": "unmet"},
        staged([ask("a", KNOWN)], [ask("b", KNOWN)], every_stage=(ask("every", KNOWN),)),
    ),
    Example(4, "an optional stage not visited is not asked", {}, WITH_TRIAL, {"stage": "offer"}),
    Example(
        4,
        "one that was visited is",
        {"tried": "unmet"},
        WITH_TRIAL,
        {"stage": "offer"},
        {"stage_changes": [_move("talk", "trial", 9)]},
        gate=("blocked", "trial"),
    ),
    Example(
        4, "one the deal stands in is", {"tried": "unmet"}, WITH_TRIAL, {"stage": "trial"}, gate=("not_yet", "trial")
    ),
    *(
        Example(
            4,
            f"until left: something {says}",
            found,
            UNTIL_LEFT,
            {"stage": stage},
            {**({} if "history" in says else LEFT), "activities": [{"id": "1", "happened_at": NOW - days_ago * DAY}]},
        )
        for says, stage, days_ago, found in (
            ("as it left", "offer", 10, {}),
            ("after it left", "offer", 9, {"held": "unmet"}),
            ("while it stands there", "talk", 9, {}),
            ("without a history", "offer", 9, {}),
        )
    ),
]


def _waiver(criterion: str, start: int = -1, end: int = 1, deal: str = "d1") -> Waiver:
    return Waiver(deal, criterion, "because", "boss@example.com", NOW + start * DAY, NOW + end * DAY)


ASKED = staged([ask("a", KNOWN, "hard")])
WAIVERS = [
    Example(6, "hard blocks", {"a": "unmet"}, ASKED, gate=("not_yet", "talk")),
    Example(6, "soft blocks", {"a": "unmet"}, staged([ask("a", KNOWN, "soft")]), gate=("not_yet", "talk")),
    Example(6, "unknown does not pass", {"a": "unknown"}, staged([ask("a", HIGH, "soft")]), gate=("not_yet", "talk")),
    Example(6, "advise does not block", {"a": "unmet"}, staged([ask("a", KNOWN)]), gate=("advise", "offer")),
    Example(6, "observe only records", {"a": "unmet"}, staged([ask("a", KNOWN, "observe")]), gate=("clear", "offer")),
    Example(
        6, "a waiver opens the gate", {"a": "unmet waived"}, ASKED, waivers=(_waiver("a"),), gate=("clear", "offer")
    ),
    Example(6, "from the moment it is granted", {"a": "unmet waived"}, ASKED, waivers=(_waiver("a", 0),)),
    Example(6, "until before it ends", {"a": "unmet"}, ASKED, waivers=(_waiver("a", -1, 0),)),
    Example(6, "for its deal only", {"a": "unmet"}, ASKED, waivers=(_waiver("a", deal="d2"),)),
    Example(
        6,
        "for one person",
        {"c:p1": "unmet waived", "c:p2": "unmet"},
        asking(ask("c", WANTS, for_each=ForEach(("buyer",)))),
        rows={"contacts": [_person("p1", "buyer", ""), _person("p2", "buyer", "")]},
        waivers=(_waiver("c:p1"),),
    ),
]

ENTRY = replace(PLAYBOOK.stages[2], entry_criteria=(ask("entry", KNOWN, "soft"),))
ENTERING = replace(PLAYBOOK, stages=(*PLAYBOOK.stages[:2], ENTRY, PLAYBOOK.stages[3]))
OLD = StageAgeClock({}, Literal(Duration(3, Unit.DAYS)), Enforce.HARD)
LATE = {"stage_entered_at": NOW - 9 * DAY}
LAST = replace(PLAYBOOK, outcomes=(Outcome("won", "won", from_stage="close", criteria=(ask("won", HIGH),)),))
EARLY = staged([ask("a", KNOWN, "hard")])
GATES = [
    Example(7, "clear to the next stage that is not optional", {}, PLAYBOOK, gate=("clear", "offer")),
    Example(7, "the last stage gates won", {}, PLAYBOOK, {"stage": "close"}, gate=("clear", "won")),
    Example(7, "past its gate", {"a": "unmet"}, ASKED, {"stage": "close"}, gate=("blocked", "talk")),
    Example(7, "entering the next stage is judged", {"entry": "unmet"}, ENTERING, gate=("not_yet", "talk")),
    Example(7, "having entered it is not", {}, ENTERING, {"stage": "offer"}, gate=("clear", "close")),
    Example(
        7,
        "a late clock stops the next move only",
        {"stage_age": "unmet 2026-06-11"},
        replace(PLAYBOOK, clocks=(OLD,)),
        {"stage": "offer", **LATE},
        gate=("not_yet", "offer"),
    ),
    Example(
        7,
        "skipping a stage stops the next move",
        {"moves.skip": "unmet"},
        replace(PLAYBOOK, moves=Moves(skip=Enforce.SOFT)),
        {"stage": "close"},
        {"stage_changes": [_move("talk", "close", 3)]},
        gate=("not_yet", "close"),
    ),
    Example(
        7,
        "skipping an optional stage is no skip",
        {},
        replace(PLAYBOOK, moves=Moves(skip=Enforce.SOFT)),
        {"stage": "offer"},
        {"stage_changes": [_move("talk", "offer", 3)]},
    ),
    Example(
        7,
        "going back is advised against until the deal moves on",
        {"moves.back": "unmet"},
        replace(PLAYBOOK, moves=Moves(back=Enforce.ADVISE)),
        {"stage": "talk"},
        {"stage_changes": [_move("talk", "close", 5), _move("close", "talk", 3)]},
        gate=("advise", "offer"),
    ),
    *(
        Example(7, f"won {says}", found, LAST, {"stage": "close", "outcome": "won", "closed_at": closed})
        for says, closed, found in (
            ("30 days ago is asked about", NOW - 30 * DAY, {"won": "unknown"}),
            ("31 days ago no longer", NOW - 31 * DAY, {}),
            ("nobody knows when is not", None, {}),
        )
    ),
    Example(
        7,
        "won before its gate",
        {"won_too_early": "unmet"},
        EARLY,
        {"stage": "talk", "outcome": "won", "closed_at": NOW - DAY},
    ),
    Example(
        7,
        "won before its gate, which was open when the deal left",
        {},
        staged([ask("held", HELD, "hard", until_left=True)]),
        {"stage": "offer", "outcome": "won", "closed_at": NOW - DAY},
        {**LEFT, "activities": [{"id": "1", "happened_at": NOW - 10 * DAY}]},
    ),
    Example(
        7,
        "what came after it left does not open it",
        {"won_too_early": "unmet"},
        staged([ask("held", HELD, "hard", until_left=True)]),
        {"stage": "offer", "outcome": "won", "closed_at": NOW - DAY},
        {**LEFT, "activities": [{"id": "1", "happened_at": NOW - 9 * DAY}]},
    ),
    Example(7, "losing is never too early", {}, EARLY, {"outcome": "lost", "closed_at": NOW - DAY}),
    Example(
        7,
        "won from too early a stage",
        {"won": "unknown", "won_too_early": "unmet"},
        LAST,
        {"outcome": "won", "closed_at": NOW - DAY},
        {"stage_changes": [_move("talk", "offer", 5), _move("offer", "won", 1)]},
    ),
    Example(
        7,
        "an outcome may be a stage of the CRM",
        {"twice": "unmet"},
        replace(PLAYBOOK, outcomes=(Outcome("dup", "none", {"local": "9-Duplicate"}, "", (ask("twice", KNOWN),)),)),
        {"stage": "9-Duplicate", "closed_at": NOW},
    ),
]

SCOPE = [
    Example(
        8, "a stage the playbook does not name", {"unmapped": "unmet"}, asking(ask("a", KNOWN)), {"stage": "Elsewhere"}
    ),
    Example(8, "no stage at all", {"unmapped": "unknown"}, asking(ask("a", KNOWN)), {"stage": None}),
    Example(
        8,
        "where it is unknown the playbook applies",
        {"applies_to": "unknown"},
        replace(PLAYBOOK, applies_to=HIGH),
        gate=("advise", "offer"),
    ),
]


def _finding(at_least: int = 1, **words: str) -> Related:
    leaves = [
        Compare(Reference("findings", name, FieldType.CHOICE), Operator.EQUALS, Literal(value))
        for name, value in words.items()
    ]
    return Related("findings", Quantifier.SOME, leaves[0], at_least=Literal(at_least))


IN_TALK = Compare(Reference("findings", "stage", FieldType.CHOICE), Operator.EQUALS, Literal("talk"))
NONE_IN_TALK = Related("findings", Quantifier.NO, IN_TALK)


def _flagged(flag: str) -> Compare:
    return Compare(Reference("flags", "flags", FieldType.CHOICES), Operator.INCLUDES_ANY, Literal((flag,)))


def _rule(name: str, when: object, require: object = None, flag: str = "", layer: int = 1) -> Rule:
    return Rule(name, "", when, require, Enforce.ADVISE, flag, layer=layer)  # type: ignore[arg-type] # told by the test


RULES = [
    Example(
        15, "a rule without a requirement fires when met", {"r": "unmet"}, replace(PLAYBOOK, rules=(_rule("r", MET),))
    ),
    Example(15, "a rule that may not apply does not fire", {}, replace(PLAYBOOK, rules=(_rule("r", HIGH),))),
    Example(15, "what it asks may be unknown", {"r": "unknown"}, replace(PLAYBOOK, rules=(_rule("r", MET, HIGH),))),
    Example(15, "what it asks may be met", {}, replace(PLAYBOOK, rules=(_rule("r", MET, MET),))),
    Example(
        15,
        "later layers read findings and flags of earlier ones",
        {"stage_age": "unmet 2026-06-11", "old": "unmet", "flagged": "unmet"},
        replace(
            PLAYBOOK,
            clocks=(OLD,),
            rules=(
                _rule("old", _finding(kind="stage_age"), flag="stuck", layer=2),
                _rule("flagged", _flagged("stuck"), layer=3),
                _rule("blind", _flagged("other"), layer=3),
            ),
        ),
        LATE,
    ),
    Example(
        15,
        "a finding of no stage is of no stage",
        {"stage_age": "unmet 2026-06-11"},
        replace(PLAYBOOK, clocks=(OLD,), rules=(_rule("r", MET, NONE_IN_TALK, layer=2),)),
        LATE,
    ),
    Example(
        15,
        "each person's finding is read",
        {"c:p1": "unmet", "c:p2": "unknown", "some": "unmet", "doubt": "unmet", "both": "unmet"},
        asking(
            ask("c", is_("sway", "at_least", 5, "contacts"), for_each=ForEach(("buyer",))),
            rules=(
                _rule("some", _finding(state="unmet"), layer=2),
                _rule("doubt", _finding(state="unknown"), layer=2),
                _rule("both", _finding(2, criterion="c"), layer=2),
            ),
        ),
        rows={"contacts": [{"id": "p1", "role": "buyer", "sway": 1.0}, {"id": "p2", "role": "buyer"}]},
    ),
    Example(
        15,
        "a waived finding is not read",
        {"stage_age": "unmet 2026-06-11 waived"},
        replace(PLAYBOOK, clocks=(OLD,), rules=(_rule("old", _finding(kind="stage_age"), layer=2),)),
        LATE,
        waivers=(_waiver("stage_age"),),
    ),
]

DEALS = [*WHEN, *PEOPLE, *STAGES, *WAIVERS, *GATES, *SCOPE, *RULES]
