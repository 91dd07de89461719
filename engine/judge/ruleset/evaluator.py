"""A playbook judged by rulesets: the same verdicts as the table engine's, found in another way.

What is asked, in which order, and what the CRM does not deliver comes from the compiled playbook; every comparison is
durable-rules'. Where words are wanted, what conditions saw is told by the table engine, and nothing else of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pyarrow as pa

from engine.judge.copies import shared_texts
from engine.judge.evaluate import Evaluator
from engine.judge.judged import Judged
from engine.judge.query.compiled import Compiled, compile_playbook
from engine.judge.query.judgement import Judgement
from engine.judge.query.readers import deal_column
from engine.judge.query.rules import UNTOLD
from engine.judge.query.scope import NOW, WHO_DID_WHAT, Build, Scope
from engine.judge.ruleset.answer import Answer, state_of
from engine.judge.ruleset.asking import Asking
from engine.judge.ruleset.clocks import Clocks
from engine.judge.ruleset.criteria import put_criterion
from engine.judge.ruleset.gate import put_gate
from engine.judge.ruleset.matcher import Matcher
from engine.judge.ruleset.merging import merged
from engine.judge.ruleset.moves import put_move, put_rules, put_won_too_early
from engine.judge.ruleset.records import records_of
from engine.judge.ruleset.scores import add_scorecard, add_segments
from engine.judge.ruleset.sight import Found, Sight, World
from engine.judge.ruleset.standing import Map, entered, left, standing
from engine.judge.ruleset.talks import Talks, buyers_seen
from engine.judge.ruleset.wording import LATELY
from engine.judge.tables import Tables, canonical_types
from engine.judge.waivers import Waiver
from rules.condition import Condition
from rules.playbook import Criterion, Kind, Playbook, Rule
from rules.ruleset_conditions import Translator
from rules.table import UNKNOWN

Delivered = Mapping[str, frozenset[str]]


class RulesetEvaluator(Evaluator):
    """A playbook ready to judge batches by rules; stands wherever an `Evaluator` stands. Close it when done.

    Raises RulesetsMissingError where the library is not installed, and NotCarriedError where it meets a condition that
    rulesets cannot carry (`rules.ruleset_refusals` lists them beforehand). `compiled` is the playbook compiled for such
    tables, where that was done before.
    """

    def __init__(
        self,
        playbook: Playbook,
        crm: str = "local",
        *,
        delivered: Delivered,
        tracked: frozenset[str] | None = None,
        threads: int | None = None,
        compiled: Compiled | None = None,
    ) -> None:
        super().__init__(playbook, crm, delivered=delivered, tracked=tracked, threads=threads)
        self._delivered, self._tracked = delivered, tracked
        self._matcher = Matcher()
        self._asking = Asking(Translator(playbook, crm, tracked), self._matcher)
        self._build = Build(playbook, crm, delivered, tracked, counting=False, offsets=(), read={})
        self._asked = compiled

    @property
    def compiled(self) -> Compiled:
        """What is asked, and what cannot be judged for want of data."""
        if self._asked is None:
            self._asked = compile_playbook(self.playbook, self.crm, self._delivered, self._tracked)
        return self._asked

    def evaluate(
        self,
        tables: Tables,
        as_of: datetime,
        waivers: Sequence[Waiver] = (),
        texts: pa.Table | None = None,
        *,
        observing: bool = False,
    ) -> Judged:
        """Judge one batch; `texts` are shared over the whole pipeline (None: this batch is the whole of it)."""
        seen = super().evaluate(tables, as_of, waivers, texts, observing=True) if observing else None
        compiled = self.compiled if seen is None else seen.compiled
        if texts is None:
            texts = shared_texts([tables["deals"]], compiled.copied, compiled.endings)
        answer = self._answer(compiled, tables, as_of, waivers, texts)
        table = answer.table() if seen is None else merged(answer, seen.deals)
        return Judged(table, compiled, as_of)

    def close(self) -> None:
        """End the child process and give back every connection."""
        self._matcher.close()
        super().close()

    def _answer(
        self, compiled: Compiled, tables: Tables, as_of: datetime, waivers: Sequence[Waiver], texts: pa.Table
    ) -> Answer:
        deals = self._deals(tables, as_of, texts)
        add_segments(self._asking, self.playbook.segments, deals, self._judgeable)
        applies = self._applies(deals)
        for card in self.playbook.scorecards:
            add_scorecard(self._asking, card, deals, self._judgeable)
        answer = Answer(deals, _waived(deals, waivers, as_of), self.playbook.calendar.timezone)
        answer.columns |= self._place_columns(deals) | {"_applies": applies}
        self._judge(answer, compiled.judgements)
        put_gate(answer, self._asking, self._stages)
        return answer

    def _judge(self, answer: Answer, judgements: Sequence[Judgement]) -> None:
        deals, scopes = answer.deals, {NOW: answer.deals}
        talks = Talks(self._asking, deals, self._tells_who_did_what)
        clocks = Clocks(answer, self._asking, talks, self._stages, self._tracked)
        for each in judgements:
            if isinstance(each.source, Criterion):
                if each.scope not in scopes:
                    scopes[each.scope] = self._at(each.scope, deals)
                put_criterion(answer, self._asking, each, scopes[each.scope])
            elif each.id.startswith("moves.") and each.kind is Kind.BYPASS:
                put_move(answer, self._asking, each, self.playbook)
            elif each.kind is Kind.BYPASS:
                history = "stage_changes" in self._delivered
                put_won_too_early(answer, self._asking, each, self.playbook, history=history)
            elif not isinstance(each.source, Rule):
                clocks.put(each)
        put_rules(answer, self._asking, judgements, UNTOLD)

    def _deals(self, tables: Tables, as_of: datetime, texts: pa.Table) -> list[Sight]:
        """Look at each deal as of now, its place and its latest talks beside it."""
        records = records_of(self.playbook, tables)
        derives, types = self._build.derives_buyer_activity, canonical_types(self.playbook)
        world = World(self.playbook, records, self._calendar, derives, types, self._tracked)
        known = Map(self.playbook, self.crm)
        shared = {(row["field"], row["text"]): (row["first_account"], row["last_account"]) for row in texts.to_pylist()}
        found: list[Sight] = []
        for deal in records.deals:
            sight = Sight(world, deal, as_of, Found(shared=shared))
            changes = sight.changes("stage_changes")
            place = standing(deal, changes, known)
            whole = {**deal, "stage_entered_at": entered(deal, changes)}
            found.append(replace(sight, deal=whole, rows={"place": place}))
        lately = self._asking.truths(LATELY, found)
        placed = [self._ended(sight, lately=bool(truth)) for sight, truth in zip(found, lately, strict=True)]
        return self._with_buyers(placed)

    def _ended(self, sight: Sight, *, lately: bool) -> Sight:
        """Say beside a deal's place whether it ended lately, and was won."""
        place, outcomes = sight.rows["place"], self.playbook.outcomes
        won = {"won", *(each.id for each in outcomes if each.counts_as == "won")}
        ended = {"ended": lately, "won": lately and place["outcome"] in won}
        return replace(sight, rows={"place": {**place, **ended}})

    def _with_buyers(self, sights: Sequence[Sight]) -> list[Sight]:
        if not self._build.derives_buyer_activity:
            return list(sights)
        seen = buyers_seen(self._asking, sights)
        return [replace(sight, buyer_seen=own) for sight, own in zip(sights, seen, strict=True)]

    def _at(self, scope: Scope, deals: Sequence[Sight]) -> list[Sight]:
        """Look at each deal as it was when it last left a stage, where that is behind it and known (rule 4)."""
        known = Map(self.playbook, self.crm)
        moved = []
        for sight in deals:
            cut = left(scope.stage, sight.rows["place"], sight.changes("stage_changes"), known)
            moved.append(replace(sight, scope=scope, cut=cut, now=cut or sight.now, tallies={}))
        return self._with_buyers(moved)

    def _applies(self, deals: Sequence[Sight]) -> list[int]:
        if not self._judgeable(self.playbook.applies_to):
            return [UNKNOWN] * len(deals)
        return [state_of(each) for each in self._asking.truths(self.playbook.applies_to, deals)]

    def _place_columns(self, deals: Sequence[Sight]) -> dict[str, list[Any]]:
        columns = {
            f"_{name}": [sight.rows["place"][name] for sight in deals] for name in ("stage", "standing", "outcome")
        }
        columns |= {"id": [sight.deal["id"] for sight in deals], "_segment": [sight.found.segment for sight in deals]}
        scores = {score: None for sight in deals for score in sight.found.scores if not score.percent}
        return columns | {deal_column(score): [sight.found.scores[score] for sight in deals] for score in scores}

    def _judgeable(self, condition: Condition) -> bool:
        return not any(self._build.missing(condition))

    @property
    def _tells_who_did_what(self) -> bool:
        return not self._build.lacking("activities", WHO_DID_WHAT)

    @property
    def _stages(self) -> tuple[str, ...]:
        return tuple(stage.id for stage in self.playbook.stages)


def _waived(deals: Sequence[Sight], waivers: Sequence[Waiver], as_of: datetime) -> list[frozenset[str]]:
    held = [each for each in waivers if each.holds(as_of)]
    return [frozenset(each.criterion for each in held if each.deal_id == sight.deal["id"]) for sight in deals]
