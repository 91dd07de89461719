"""What may stand against a deal: every hard or soft criterion, clock and rule of a playbook, with its words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rules.clock_findings import findings_of
from rules.do_words import do_words
from rules.playbook import Criterion, Playbook


@dataclass(frozen=True, slots=True)
class Standing:
    """One thing that may block a deal, by the id its findings carry: what it says, and what to do."""

    id: str
    says: str
    do: str = ""

    @property
    def words(self) -> str:
        """Say in one line what is required and what to do."""
        return f"{self.says}: {self.do}" if self.do else self.says


SAID: Mapping[str, Standing] = {
    each.id: each
    for each in (
        Standing("proposal.follow_up", "Every proposal is followed up in time", "follow up with the buyer"),
        Standing("proposal.silence", "No buyer is left alone with a proposal", "get in touch with the buyer"),
        Standing("next_step", "A next step is agreed, with a date to come", "agree it and write it down"),
        Standing("stage_age", "No deal stands in a stage for too long", "move it on, move it back or close it"),
        Standing("buyer_silence", "The buyer is heard from", "have the buyer answer, or close the deal"),
        Standing("seller_silence", "We are in touch with the buyer", "get in touch with the buyer"),
        Standing("close_date", "The close date is not put off again and again", "agree a date that the buyer keeps"),
    )
}
"""What built-in clocks say where nothing about the deal at hand is known."""


def standing_of(criterion: Criterion, playbook: Playbook) -> Standing:
    """Give the words of a criterion; of one that asks about each person, without what to do about whom."""
    do = criterion.do or ("" if criterion.for_each else do_words(criterion.require, playbook))
    return Standing(criterion.id, criterion.says, do)


def clocks_and_rules(playbook: Playbook) -> Iterator[tuple[Standing, str]]:
    """Yield what blocks beside criteria, each with why no formula asks it."""
    for clock in playbook.clocks:
        if clock.enforce.blocks:
            for id_ in findings_of(clock):
                yield SAID.get(id_) or Standing(id_, getattr(clock, "says", id_)), "it counts time"
    for rule in playbook.rules:
        if rule.enforce.blocks:
            yield Standing(rule.id, rule.says, rule.do), "it is a rule, which may read findings and history"
