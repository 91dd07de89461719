"""From findings that shut a gate to the alternatives that would clear each, a waiver the last of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from engine.judge.repair import people_ways
from engine.judge.repair.actions import Waive
from engine.judge.repair.clock_ways import clock_ways, next_step_tests
from engine.judge.repair.facts import Facts
from engine.judge.repair.needs import Alternative, to_be_known, together
from engine.judge.repair.proposals import Keep
from engine.judge.repair.search import Sight
from engine.judge.repair.ways import MOST_ALTERNATIVES, Ways
from engine.judge.verdicts import Finding
from engine.judge.waivers import Waiver
from rules.condition import MET, AllOf, Compare, Condition, Literal, Operator, Reference
from rules.normal import normal, parts_of
from rules.playbook import (
    Clock,
    CloseDateClock,
    Criterion,
    Enforce,
    NextStepClock,
    Playbook,
    ProgressClock,
    ProposalClock,
    Rule,
    SilenceClock,
    StageAgeClock,
)
from rules.types import Duration, FieldType, Unit

LONGEST_WAIVER = Duration(30, Unit.DAYS)
"""How long a waiver is asked for where the playbook sets no limit."""


def alternatives_of(sight: Sight, facts: Facts, waivers: Sequence[Waiver]) -> dict[str, list[Alternative]]:
    """Give by finding what would clear it, for every finding that shuts the gate."""
    shutting = [each for each in sight.verdict.findings if each.open and each.enforce.blocks]
    ways = Ways(facts, sight.verdict, sight.look_now)
    return {each.key: [*_repairs(each, sight, ways), *_waivers(each, shutting, facts, waivers)] for each in shutting}


def kept(facts: Facts) -> Keep:
    """List what the playbook asks of each field beside the findings, so that no repair breaks what holds."""
    playbook, found = facts.playbook, dict[tuple[str, str], tuple[Condition, ...]]()
    conditions = [playbook.applies_to, *(each.require for each in _asked(playbook))]
    tests = [part for condition in conditions for part in parts_of(normal(condition))]
    tests += [
        test for each in playbook.clocks if isinstance(each, NextStepClock) for test in next_step_tests(each, facts)
    ]
    for test in tests:
        if isinstance(test, Compare) and isinstance(test.subject, Reference) and test.subject.table == "deals":
            place = (test.subject.table, test.subject.name)
            if facts.state(test) is not False and test not in found.get(place, ()):
                found[place] = (*found.get(place, ()), test)
    return found


def owners_waivers_left(facts: Facts, waivers: Sequence[Waiver]) -> int | None:
    """Count how many more waivers the deal's owner may grant; None: any number."""
    budget, owner = facts.playbook.waivers.open_per_owner, owner_of(facts)
    return None if budget is None else max(0, budget - sum(each.approver == owner for each in waivers))


def owner_of(facts: Facts) -> str:
    """Give the e-mail address of the deal's owner, "" where it is not known."""
    return str(next((row.get("email") for row in facts.rows["owners"]), None) or "")


def _asked(playbook: Playbook) -> Iterator[Criterion]:
    """Yield the criteria that may be asked of a deal in some stage, and of each person alike left out."""
    for stage in playbook.stages:
        yield from (each for each in (*stage.entry_criteria, *stage.exit_criteria) if each.for_each is None)
    yield from (each for each in playbook.every_stage if each.for_each is None)


def _repairs(finding: Finding, sight: Sight, ways: Ways) -> list[Alternative]:
    source = sources(ways.facts.playbook).get(finding.criterion)
    match source:
        case Criterion():
            return _criterion(finding, source, sight, ways)
        case Rule(require=required) if required is not None:
            return ways.of(required, sight.look_for(source.id))
        case Rule() | None:
            return []
        case _:
            return clock_ways(source, ways.facts)


def _criterion(finding: Finding, criterion: Criterion, sight: Sight, ways: Ways) -> list[Alternative]:
    """Make what is asked met; where it is not known whether it is asked, make that known first, and met too."""
    if finding.person_id:
        rows = [row for row in ways.facts.rows["contacts"] if row["id"] == finding.person_id]
        return [way for row in rows for way in ways.of_row(criterion.require, row)]
    look = sight.look_for(criterion.id)
    applies: list[Alternative] = [()]
    if criterion.when != MET:
        applies = [to_be_known(each) for each in ways.of(criterion.when, look)]
    if criterion.for_each is None:
        return together([applies, ways.of(criterion.require, look)], MOST_ALTERNATIVES)
    role = Reference("contacts", "role", FieldType.CHOICE)
    in_role = Compare(role, Operator.ONE_OF, Literal(criterion.for_each.roles))
    least = ways.facts.resolve(criterion.for_each.at_least)
    people = people_ways.some(ways, AllOf((in_role, criterion.require)), least if isinstance(least, int) else 1)
    return together([applies, people], MOST_ALTERNATIVES)


def _waivers(
    finding: Finding, shutting: Sequence[Finding], facts: Facts, waivers: Sequence[Waiver]
) -> Iterator[Alternative]:
    """Offer a waiver where the policy has somebody who may grant it: for one person, and for all of a criterion."""
    policy, owner = facts.playbook.waivers, owner_of(facts)
    own = owner and finding.enforce is not Enforce.HARD and owners_waivers_left(facts, waivers) != 0
    approver = next(iter(policy.approvers), owner if own else "")
    if not approver:
        return
    ends = facts.as_of + _length(policy.at_most or LONGEST_WAIVER)
    several = sum(each.criterion == finding.criterion for each in shutting) > 1
    if finding.person_id:
        yield ((Waive(f"{finding.criterion}:{finding.person_id}", approver, ends),),)
    if several or not finding.person_id:
        yield ((Waive(finding.criterion, approver, ends),),)


def _length(most: Duration) -> timedelta:
    """Give a length no longer than allowed; so many business days are at least so many days."""
    return timedelta(days=most.amount) if most.unit is Unit.BUSINESS_DAYS else timedelta(hours=most.hours)


def sources(playbook: Playbook) -> Mapping[str, Criterion | Rule | Clock]:
    """Give by finding id what asks for it."""
    found: dict[str, Criterion | Rule | Clock] = {each.id: each for each in playbook.criteria()}
    found |= {each.id: each for each in playbook.rules}
    for clock in playbook.clocks:
        match clock:
            case ProposalClock():
                found |= {"proposal.follow_up": clock, "proposal.silence": clock}
            case NextStepClock():
                found["next_step"] = clock
            case StageAgeClock():
                found["stage_age"] = clock
            case CloseDateClock():
                found["close_date"] = clock
            case SilenceClock():
                found[clock.kind.value] = clock
            case ProgressClock():
                found[clock.id] = clock
    return found
