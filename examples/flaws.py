"""What goes wrong in deals: each flaw spoils a good story in one believable way, more often where a rep is careless."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from examples import careless
from examples.company import KINDS
from examples.story import Story


@dataclass(frozen=True, slots=True)
class Flaw:
    """One way to spoil a deal: how often an average rep does it, in which kinds of deal, from how far on."""

    chance: float
    spoil: Callable[[Story], None]
    kinds: tuple[str, ...] = KINDS
    progress: float = 0.0
    ending: str | None = "open"


def spoil(story: Story) -> None:
    """Spoil a deal as often as its owner is careless."""
    carelessness = 1.75 * (1.25 - story.company.diligence[story.deal["owner_id"]])
    for flaw in FLAWS:
        here = story.kind in flaw.kinds and story.progress >= flaw.progress and story.deal["outcome"] == flaw.ending
        if here and story.rng.random() < flaw.chance * carelessness:
            flaw.spoil(story)


ENTERPRISE, SMALL, SERVICES, RENEWALS = (("enterprise",), ("small-business",), ("services",), ("renewals",))

FLAWS = (
    Flaw(0.04, careless.leave_blank),
    Flaw(0.05, careless.fill_with_nothing),
    Flaw(0.05, careless.paste, ENTERPRISE + SMALL + SERVICES),
    Flaw(0.08, careless.never_meet_the_signer, ENTERPRISE + SMALL + SERVICES, 0.3),
    Flaw(0.10, careless.do_not_ask_the_signer, ENTERPRISE, 0.38),
    Flaw(0.06, careless.talk_to_one_only, progress=0.4),
    Flaw(0.05, careless.hold_no_meeting, progress=0.3),
    Flaw(0.12, careless.break_the_next_step),
    Flaw(0.07, careless.agree_on_nothing),
    Flaw(0.04, careless.promise_it_far_away),
    Flaw(0.4, careless.leave_the_proposal_alone, progress=0.5),
    Flaw(0.06, careless.go_quiet, progress=0.2),
    Flaw(0.10, careless.forget_it),
    Flaw(0.05, careless.go_back, progress=0.2),
    Flaw(0.08, careless.push_the_date, progress=0.2),
    Flaw(0.07, careless.let_the_date_pass),
    Flaw(0.06, careless.skip_a_stage, progress=0.5),
    Flaw(0.12, careless.grant_a_discount, ENTERPRISE, 0.8),
    Flaw(0.08, careless.commit_early, ENTERPRISE, 0.4),
    Flaw(0.14, careless.sell_to_a_stranger, SERVICES),
    Flaw(0.07, careless.answer_a_tender, SERVICES),
    Flaw(0.2, careless.offer_late, RENEWALS),
    Flaw(0.14, careless.trust_old_needs, RENEWALS),
    Flaw(0.16, careless.send_no_quote, ENTERPRISE + SMALL, ending="won"),
    Flaw(0.12, careless.quote_another_sum, ENTERPRISE, ending="won"),
    Flaw(0.10, careless.leave_blank, ending="won"),
    Flaw(0.22, careless.give_no_reason, ending="lost"),
    Flaw(0.30, careless.give_no_reason, SERVICES, ending=None),
)
