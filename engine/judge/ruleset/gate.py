"""The gate by rules: the furthest stage a deal may stand in, from what is open (rule 7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.judge.query.judgement import Judgement
from engine.judge.ruleset.answer import Answer
from engine.judge.ruleset.asking import Asking
from engine.judge.ruleset.wording import is_so, number, number_of
from engine.judge.verdicts import GateStatus
from rules.condition import AnyOf, Operator
from rules.playbook import Enforce, Kind
from rules.table import UNKNOWN

PLACED = {Kind.EXIT_CRITERION, Kind.ENTRY_CRITERION, Kind.OUTCOME_CRITERION}
PAST = number("gate", "first", Operator.BELOW, number_of("gate", "present"))
"""A criterion of a stage before the present one is open."""
STAYS = AnyOf((number("gate", "first", Operator.EQUALS, number_of("gate", "present")), is_so("gate", "stopped")))
ADVISED = is_so("gate", "advised")


def put_gate(answer: Answer, asking: Asking, stages: Sequence[str]) -> None:
    """Put the status of each deal's gate and the stage it may stand in; none for deals that have no gate."""
    facts = [_facts(answer, row, stages) for row in range(len(answer.deals))]
    sights = [sight.at("gate", each) for sight, each in zip(answer.deals, facts, strict=True)]
    asked = zip(facts, *(asking.truths(each, sights) for each in (PAST, STAYS, ADVISED)), answer.deals, strict=True)
    statuses: list[str | None] = []
    allowed: list[int | None] = []
    for fact, past, stays, advised, sight in asked:
        present = fact["present"]
        if present is None:
            status, place = None, None
        elif past:
            status, place = GateStatus.BLOCKED, fact["first"]
        elif stays:
            status, place = GateStatus.NOT_YET, present
        else:
            status = GateStatus.ADVISE if advised else GateStatus.CLEAR
            place = sight.rows["place"]["next"]
        statuses.append(None if status is None else status.value)
        allowed.append(place)
    answer.columns |= {"_status": statuses, "_allowed": allowed}


def _facts(answer: Answer, row: int, stages: Sequence[str]) -> dict[str, int | None]:
    present: int | None = answer.deals[row].rows["place"]["stage"]
    opened = [each for each in answer.settled if answer.is_open(each, row)]
    blocking = [each for each in opened if each.enforce.blocks]
    advised = any(each.enforce is not Enforce.OBSERVE for each in opened)
    return {
        "present": present,
        "first": min(_places(blocking, present, stages), default=None),
        "stopped": any(each.kind is Kind.ENTRY_CRITERION or each.kind not in PLACED for each in blocking),
        "advised": advised or answer.columns["_applies"][row] == UNKNOWN,
    }


def _places(blocking: Iterable[Judgement], present: int | None, stages: Sequence[str]) -> list[int]:
    """List the stages with an open criterion; one of every stage counts for the present one."""
    exits = [each for each in blocking if each.kind is Kind.EXIT_CRITERION]
    found = [stages.index(each.stage) if each.stage else present for each in exits]
    return [each for each in found if each is not None]
