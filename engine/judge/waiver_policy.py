"""Which waivers are allowed (rule 6): one judgement for check, explain, plan and apply alike.

A hard finding is waived by an approver the playbook lists; any other also by the deal's owner, within the budget.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.judge.calendar import BusinessCalendar
from engine.judge.waivers import Waiver
from rules.clock_findings import findings_of
from rules.placeholders import is_placeholder
from rules.playbook import Enforce, Playbook
from rules.problems import Place, Problem, did_you_mean

Owners = Mapping[str, str | None]
"""The e-mail address of each deal's owner by deal id; None where the CRM does not tell."""

LEAST = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class RefusedWaiver:
    """A waiver that does not hold, with what is wrong and what would be right."""

    waiver: Waiver
    code: str
    message: str
    help: str = ""

    def at(self, place: Place) -> Problem:
        """Place it in the file it was read from."""
        return Problem(place, self.code, self.message, self.help)

    def __str__(self) -> str:
        return f"{self.message}\n  help: {self.help}" if self.help else self.message


def valid_waivers(
    waivers: Iterable[Waiver], playbooks: Sequence[Playbook], as_of: datetime, owners: Owners
) -> tuple[tuple[Waiver, ...], tuple[RefusedWaiver, ...]]:
    """Tell the waivers that are in force and allowed from those that are refused.

    Waivers that are over, or not yet granted, are neither. Where several playbooks ask a criterion of that name, all
    must allow its waiver. `owners` holds every deal that a waiver names and the CRM has: an owner's budget counts them
    all, the earliest granted first.
    """
    holding = sorted({each for each in waivers if each.holds(as_of)}, key=_by_grant)
    policies = [_Policy.of(playbook) for playbook in playbooks]
    refused: dict[Waiver, RefusedWaiver] = {}
    for waiver in holding:
        reasons = [*_unfounded(waiver, policies, owners), *_disallowed(waiver, policies, owners)]
        if reasons:
            refused[waiver] = reasons[0]
    for policy in policies:
        refused |= _over_budget([each for each in holding if each not in refused], policy)
    return tuple(each for each in holding if each not in refused), tuple(refused.values())


def enforcement(playbook: Playbook) -> dict[str, Enforce]:
    """Give how strictly each finding of a playbook is enforced, by the name a waiver calls it."""
    found = {criterion.id: criterion.enforce for criterion in playbook.criteria()}
    found |= {rule.id: rule.enforce for rule in playbook.rules}
    for clock in playbook.clocks:
        found |= dict.fromkeys(findings_of(clock), clock.enforce)
    moves = {"moves.skip": playbook.moves.skip, "moves.back": playbook.moves.back}
    found |= {name: enforce for name, enforce in moves.items() if enforce is not None}
    return found | dict.fromkeys(("won_too_early", "unmapped", "applies_to"), Enforce.ADVISE)


@dataclass(frozen=True, slots=True)
class _Policy:
    playbook: Playbook
    enforced: Mapping[str, Enforce]
    calendar: BusinessCalendar

    @classmethod
    def of(cls, playbook: Playbook) -> _Policy:
        return cls(playbook, enforcement(playbook), BusinessCalendar(playbook.calendar))

    @property
    def approvers(self) -> set[str]:
        return {_same(each) for each in self.playbook.waivers.approvers}

    def asks(self, waiver: Waiver) -> bool:
        return _criterion(waiver) in self.enforced


def _unfounded(waiver: Waiver, policies: Sequence[_Policy], owners: Owners) -> Iterator[RefusedWaiver]:
    """Say what is wrong with a waiver whatever the policy: its criterion, its deal, its reason."""
    criterion = _criterion(waiver)
    if not any(policy.asks(waiver) for policy in policies):
        known = {name for policy in policies for name in policy.enforced}
        message = f"the waiver for deal `{waiver.deal_id}` names `{criterion}`, which no playbook asks"
        yield RefusedWaiver(waiver, "unknown-criterion", message, did_you_mean(criterion, known))
    if waiver.deal_id not in owners:
        message = f"the waiver of `{criterion}` is for deal `{waiver.deal_id}`, which the CRM does not have"
        yield RefusedWaiver(waiver, "unknown-deal", message)
    if is_placeholder(waiver.reason):
        said = f"the reason `{waiver.reason}` says nothing" if waiver.reason.strip() else "it gives no reason"
        message = f"the waiver of `{criterion}` for deal `{waiver.deal_id}` is refused: {said}"
        yield RefusedWaiver(waiver, "no-reason", message, "say why the exception is right for this deal")


def _disallowed(waiver: Waiver, policies: Sequence[_Policy], owners: Owners) -> Iterator[RefusedWaiver]:
    for policy in policies:
        if policy.asks(waiver):
            yield from _not_allowed_to(waiver, policy, owners)
            yield from _too_long(waiver, policy)


def _not_allowed_to(waiver: Waiver, policy: _Policy, owners: Owners) -> Iterator[RefusedWaiver]:
    approver, criterion = _same(waiver.approver), _criterion(waiver)
    if approver in policy.approvers:
        return
    hard, owner = policy.enforced[criterion] is Enforce.HARD, owners.get(waiver.deal_id)
    if not hard and owner and approver == _same(owner):
        return
    listed = [f"`{each}`" for each in policy.playbook.waivers.approvers]
    may = listed if hard or not owner else [f"its owner `{owner}`", *listed]
    strict = ", which is hard" if hard else ""
    message = f"`{waiver.approver}` may not waive `{criterion}` for deal `{waiver.deal_id}`{strict}"
    nobody = f"playbook `{policy.playbook.name}` names no approvers; list them under `waivers: approvers:`"
    yield RefusedWaiver(waiver, "not-an-approver", message, f"{' or '.join(may)} may" if may else nobody)


def _too_long(waiver: Waiver, policy: _Policy) -> Iterator[RefusedWaiver]:
    at_most, calendar = policy.playbook.waivers.at_most, policy.calendar
    if at_most is None:
        return
    last = calendar.deadline(waiver.granted_at, at_most)
    ends = calendar.local_date(waiver.expires_at - LEAST)
    if last is not None and ends > last:
        what = f"the waiver of `{_criterion(waiver)}` for deal `{waiver.deal_id}`"
        message = f"{what} runs until {ends}, longer than {at_most}"
        yield RefusedWaiver(waiver, "too-long", message, f"let it end on {last} at the latest")


def _over_budget(waivers: Iterable[Waiver], policy: _Policy) -> dict[Waiver, RefusedWaiver]:
    """Refuse the waivers that owners granted themselves beyond their budget; `waivers` come by grant."""
    budget = policy.playbook.waivers.open_per_owner
    held: Counter[str] = Counter()
    refused = {}
    for waiver in waivers:
        owner = _same(waiver.approver)
        if budget is None or not policy.asks(waiver) or owner in policy.approvers:
            continue
        held[owner] += 1
        if held[owner] > budget:
            what = f"`{_criterion(waiver)}` for deal `{waiver.deal_id}`"
            message = f"`{waiver.approver}` holds {budget} open waivers already: {what} is one too many"
            refused[waiver] = RefusedWaiver(waiver, "over-budget", message, "clear another one, or ask an approver")
    return refused


def _criterion(waiver: Waiver) -> str:
    """Give the criterion without the person; no criterion's id holds a colon."""
    return waiver.criterion.partition(":")[0]


def _by_grant(waiver: Waiver) -> tuple[datetime, str, str, str]:
    return (waiver.granted_at, waiver.deal_id, waiver.criterion, waiver.approver)


def _same(address: str) -> str:
    """Write an e-mail address the one way they are compared."""
    return address.strip().lower()
