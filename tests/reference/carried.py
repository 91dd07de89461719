"""What of a playbook rulesets carry: the playbook without the parts they refuse, for all evaluators to judge by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rules.condition import MET, Condition
from rules.playbook import Criterion, Playbook, ProgressClock, Scorecard
from rules.ruleset_conditions import Translator
from rules.ruleset_refusals import reasons


def carried_part(playbook: Playbook, crm: str = "local") -> Playbook:
    """Leave out every criterion, level, segment, clock and rule of which something is refused."""
    translator = Translator(playbook, crm)

    def fits(*conditions: Condition | None) -> bool:
        return not any(why for each in conditions if each is not None for why in reasons(each, translator))

    def criteria(listed: Iterable[Criterion]) -> tuple[Criterion, ...]:
        return tuple(each for each in listed if fits(each.when, each.require))

    def card(scorecard: Scorecard | None) -> Scorecard | None:
        if scorecard is None:
            return None
        kept = [
            replace(each, levels=tuple(level for level in each.levels if fits(level.when)))
            for each in scorecard.dimensions
        ]
        return replace(scorecard, dimensions=tuple(kept))

    return replace(
        playbook,
        applies_to=playbook.applies_to if fits(playbook.applies_to) else MET,
        segments=tuple(each for each in playbook.segments if fits(each.when)),
        ideal_client=card(playbook.ideal_client),
        qualification=card(playbook.qualification),
        every_stage=criteria(playbook.every_stage),
        stages=tuple(
            replace(each, entry_criteria=criteria(each.entry_criteria), exit_criteria=criteria(each.exit_criteria))
            for each in playbook.stages
        ),
        outcomes=tuple(replace(each, criteria=criteria(each.criteria)) for each in playbook.outcomes),
        clocks=tuple(each for each in playbook.clocks if not isinstance(each, ProgressClock) or fits(each.when)),
        rules=tuple(each for each in playbook.rules if fits(each.when, each.require)),
    )
