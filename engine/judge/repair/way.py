"""The cheapest way to clear a deal's gate: few honest actions, verified by judging the repaired deal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.judge.repair.actions import Action
from engine.judge.repair.apply import apply_actions
from engine.judge.repair.deriving import alternatives_of, kept, owner_of, owners_waivers_left
from engine.judge.repair.facts import Facts, facts_of
from engine.judge.repair.needs import Alternative
from engine.judge.repair.proposals import Proposals
from engine.judge.repair.search import OPEN_GATES, Judge, Search, Sight
from engine.judge.repair.way_words import way_words
from engine.judge.tables import Tables
from engine.judge.verdicts import Verdict
from engine.judge.waivers import Waiver
from rules.playbook import Playbook


@dataclass(frozen=True, slots=True)
class Way:
    """The actions that open a deal's gate, what a reader is told of each, and the verdict once they are done."""

    actions: tuple[Action, ...]
    words: tuple[str, ...]
    verdict_after: Verdict


def cheapest_way(
    sight: Sight,
    tables: Tables,
    as_of: datetime,
    judge: Judge,
    *,
    playbook: Playbook,
    crm: str,
    waivers: Sequence[Waiver] = (),
) -> Way | None:
    """Find the cheapest way to let a deal advance; None for a deal without a gate, or where none of 200 tried does.

    `sight` is the deal as it was judged, `tables` hold its batch, `judge` judges tables the normal way; `waivers` are
    those in force.
    """
    verdict = sight.verdict
    if verdict.gate is None:
        return None
    if verdict.gate.status in OPEN_GATES:
        return Way((), (), verdict)

    def after(actions: Sequence[Action]) -> tuple[Tables, tuple[Waiver, ...]]:
        return apply_actions(tables, verdict.deal_id, actions, as_of, playbook=playbook, crm=crm)

    def facts_after(changed: Tables, segment: str) -> Facts:
        return facts_of(changed, verdict.deal_id, as_of, playbook=playbook, crm=crm, segment=segment)

    def attempt(actions: Sequence[Action]) -> Sight:
        changed, granted = after(actions)
        return judge(changed, (*waivers, *granted))

    def derive(seen: Sight, actions: Sequence[Action]) -> Mapping[str, Sequence[Alternative]]:
        return alternatives_of(seen, facts_after(after(actions)[0], seen.verdict.segment), waivers)

    facts = facts_after(tables, verdict.segment)
    proposals = Proposals(facts, kept(facts), owner_of(facts), owners_waivers_left(facts, waivers))
    found = Search(proposals, attempt, derive).run(sight)
    if found is None:
        return None
    return Way(found.actions, way_words(found.needs, found.actions, facts), found.sight.verdict)
