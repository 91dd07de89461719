"""The search for the cheapest way out: what clears each finding, joined in order of price, verified by judging."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count

from engine.judge.repair.actions import Action, Price
from engine.judge.repair.needs import Alternative, Need, Needs, joined
from engine.judge.repair.proposals import Proposals
from engine.judge.seen import Look
from engine.judge.tables import Tables
from engine.judge.verdicts import GateStatus, Verdict
from engine.judge.waivers import Waiver

MOST_JUDGED = 200
MOST_STATES = 5_000
OPEN_GATES = {GateStatus.CLEAR, GateStatus.ADVISE}


@dataclass(frozen=True)
class Sight:
    """One deal as judged: its verdict, and what its conditions saw.

    `look_for` gives the look of a criterion or rule; `look_now` sees conditions of scorecards. Neither is asked before
    it is clear that more has to be done.
    """

    verdict: Verdict
    look_for: Callable[[str], Look]
    look_now: Look


Judge = Callable[[Tables, Sequence[Waiver]], Sight]
"""Judges the deal in its tables, with waivers, in the normal query."""
Try = Callable[[Sequence[Action]], Sight]
"""Judges the deal with actions done."""
Derive = Callable[[Sight, Sequence[Action]], Mapping[str, Sequence[Alternative]]]
"""Gives, for a deal as judged after actions, the alternatives that would clear each finding that shuts the gate."""


@dataclass(frozen=True)
class Found:
    """The cheapest needs that open the gate, the actions that meet them, and the deal as judged with them done."""

    needs: Needs
    actions: tuple[Action, ...]
    sight: Sight


@dataclass(frozen=True)
class _State:
    """Needs so far, the findings still to clear, and which alternative was chosen for each."""

    needs: Needs
    todo: tuple[str, ...]
    alternatives: Mapping[str, Sequence[Alternative]]
    chosen: tuple[tuple[str, Alternative], ...] = ()


@dataclass
class Search:
    """A best-first search over joined alternatives; `judged` counts how often the deal was judged."""

    proposals: Proposals
    attempt: Try
    derive: Derive
    judged: int = 0
    hopeless: set[tuple[str, Alternative]] = field(default_factory=set)
    serial: Iterator[int] = field(default_factory=count)

    def run(self, sight: Sight) -> Found | None:
        """Find the cheapest way, or None where none is found among 200 judged."""
        alternatives = self._feasible(self.derive(sight, ()))
        if not all(alternatives.values()):
            return None
        frontier: list[tuple[Price, int, _State]] = []
        self._push(frontier, _State((), _ordered(alternatives), alternatives))
        seen: set[tuple[frozenset[tuple[Need, int]], tuple[str, ...]]] = set()
        for _ in range(MOST_STATES):
            if not frontier or self.judged >= MOST_JUDGED:
                return None
            _, _, state = heappop(frontier)
            key = (frozenset(Counter(state.needs).items()), state.todo)
            if key in seen or any(each in self.hopeless for each in state.chosen):
                continue
            seen.add(key)
            if state.todo:
                self._expand(frontier, state)
            elif (found := self._verified(frontier, state)) is not None:
                return found
        return None

    def _feasible(self, found: Mapping[str, Sequence[Alternative]]) -> dict[str, list[Alternative]]:
        """Leave out alternatives of which a need cannot be met."""
        return {
            finding: [each for each in alternatives if all(map(self.proposals.is_feasible, each))]
            for finding, alternatives in found.items()
        }

    def _expand(self, frontier: list[tuple[Price, int, _State]], state: _State) -> None:
        """Clear the next finding in every way there is."""
        finding, *rest = state.todo
        for alternative in state.alternatives[finding]:
            if (finding, alternative) not in self.hopeless:
                for needs in joined(state.needs, alternative):
                    chosen = (*state.chosen, (finding, alternative))
                    self._push(frontier, _State(needs, tuple(rest), state.alternatives, chosen))

    def _push(self, frontier: list[tuple[Price, int, _State]], state: _State) -> None:
        price = self.proposals.price(state.needs)
        if price is not None:
            heappush(frontier, (price, next(self.serial), state))

    def _verified(self, frontier: list[tuple[Price, int, _State]], state: _State) -> Found | None:
        """Judge the deal with everything done; go on from there where that brings up something new."""
        actions = self.proposals.actions(state.needs)
        if actions is None:
            return None
        sight = self._judge(actions)
        gate = sight.verdict.gate
        if gate is not None and gate.status in OPEN_GATES:
            return Found(state.needs, actions, sight)
        left = set(shut_by(sight.verdict))
        lasting = [each for each in state.chosen if each[0] in left]
        for finding, alternative in lasting:
            self._doubt(finding, alternative)
        if left and not lasting:
            new = self._feasible(self.derive(sight, actions))
            self._push(frontier, _State(state.needs, _ordered(new), new, state.chosen))
        return None

    def _doubt(self, finding: str, alternative: Alternative) -> None:
        """Try an alternative alone, and set it aside where it does not clear its finding."""
        for needs in joined((), alternative):
            actions = self.proposals.actions(needs)
            if actions is None or self.judged >= MOST_JUDGED:
                continue
            if finding not in shut_by(self._judge(actions).verdict):
                return
        self.hopeless.add((finding, alternative))

    def _judge(self, actions: Sequence[Action]) -> Sight:
        self.judged += 1
        return self.attempt(actions)


def shut_by(verdict: Verdict) -> tuple[str, ...]:
    """Give the keys of the findings that shut a gate."""
    return tuple(each.key for each in verdict.findings if each.open and each.enforce.blocks)


def _ordered(alternatives: Mapping[str, Sequence[Alternative]]) -> tuple[str, ...]:
    """Take findings with the fewest alternatives first."""
    return tuple(sorted(alternatives, key=lambda finding: (len(alternatives[finding]), finding)))
