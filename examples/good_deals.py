"""Tells a deal as it should go: every stage in order, each field filled when the buyer could have said it."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from examples.company import AS_OF, Company, Row, person_name
from examples.pipelines import OPEN_WEIGHTS, PIPELINES, Pipeline, Stage
from examples.story import Story, Visit, in_hours, workdays_after
from examples.talks import hold_talks
from examples.words import (
    ADDS,
    CHANGES,
    COMPETITORS,
    CONSEQUENCES,
    CRITERIA,
    LOST_REASONS,
    NEEDS_TODAY,
    NEXT_STEPS,
    NO_FIT,
    PAPER,
    PROCESSES,
    RESULTS,
    REWARDS,
    TITLES,
    TRIGGERS,
    WANTS,
    WHY_US,
)

MONTHS = ("January", "February", "March", "April")
ENDINGS = (("open", 66), ("won", 16), ("lost", 12), ("no", 6))


def tell(number: int, company: Company) -> Story:
    """Tell the deal of this number, always the same; every sixth shares the client of the one before."""
    rng = Random(f"{company.seed}/deal/{number}")
    client = number - (number % 6 == 5)
    kind = company.kind_of(client)
    account, industry = company.client(client)
    pipeline = PIPELINES[kind]
    ending = rng.choices([each for each, _ in ENDINGS], [weight for _, weight in ENDINGS])[0]
    if ending == "no" and not pipeline.good_no:
        ending = "lost"
    visits = _visits(rng, pipeline, ending)
    deal = _deal(rng, number, kind, ending, visits)
    deal |= {"account_id": account["id"], "name": f"{account['name']} {rng.choice(industry.project)}"}
    deal["owner_id"] = rng.choice(company.reps[kind])["id"]
    story = Story(number, kind, pipeline, company, industry, rng, deal, account, visits)
    _meet_people(story)
    _move(story)
    FILLED[kind](story)
    _close(story, ending)
    hold_talks(story)
    return story


def fill(story: Story, share: float, name: str, value: object) -> None:
    """Fill a field once the deal has come so far."""
    if story.progress < share:
        return
    story.deal[name] = value
    first = story.visits[0].entered
    story.changed(name, value, in_hours(story.rng, first + (story.end - first) * min(1.0, share / story.progress)))


def compose(story: Story, texts: tuple[str, ...]) -> str:
    """Choose a text and put numbers, a month and a person's title into it."""
    rng = story.rng
    who = story.rng.choice(TITLES["Economic Buyer"])
    return rng.choice(texts).format(
        n=rng.randrange(11, 48), m=rng.randrange(3, 10), month=rng.choice(MONTHS), who=f"the {who}"
    )


def _own(story: Story, texts: tuple[str, ...], more: tuple[str, ...]) -> str:
    """Say what hurts or helps and what comes of it, in words no other company uses."""
    rng = story.rng
    what = rng.choice(more).format(
        month=rng.choice(MONTHS), title=rng.choice(TITLES["Champion"]).lower(), k=rng.randrange(2, 30)
    )
    return f"{compose(story, texts)}; {what}"


def _visits(rng: Random, pipeline: Pipeline, ending: str) -> list[Visit]:
    """Walk through the stages backwards from now or from the day the deal closed."""
    reached = _reached(rng, pipeline, ending)
    moment = AS_OF if ending == "open" else in_hours(rng, AS_OF - timedelta(days=2 + 105 * rng.random() ** 2))
    visits: list[Visit] = []
    left = None if ending == "open" else moment
    for stage in reversed(reached):
        entered = in_hours(rng, moment - timedelta(days=max(1.0, stage.days * rng.uniform(0.35, 1.15))), moment)
        visits.insert(0, Visit(stage, entered, left))
        moment = left = entered
    return visits


def _reached(rng: Random, pipeline: Pipeline, ending: str) -> list[Stage]:
    stages = pipeline.stages
    needed = [index for index, stage in enumerate(stages) if stage.visited == 1]
    quarter = {"won": 3, "no": rng.choice((0, 0, 1)), "lost": rng.choice((0, 1, 1, 2, 2, 3))}.get(ending)
    if quarter is None:
        quarter = rng.choices(range(4), OPEN_WEIGHTS)[0]
    last = needed[min(quarter, len(needed) - 1)]
    return [stage for stage in stages[: last + 1] if stage.visited == 1 or rng.random() < stage.visited]


def _deal(rng: Random, number: int, kind: str, ending: str, visits: list[Visit]) -> Row:
    pipeline = PIPELINES[kind]
    low, high = pipeline.amounts
    amount = round(low * (high / low) ** (rng.random() ** 1.4), -2)
    closed = visits[-1].left
    ahead = sum(stage.days for stage in pipeline.stages) * rng.uniform(0.5, 1.0) + 8
    expected = (closed or AS_OF) + timedelta(days=0 if closed else ahead)
    return {
        "id": f"OPP-{number:06}",
        "pipeline": pipeline.name,
        "stage": visits[-1].stage.name,
        "amount": int(amount),
        "currency": "USD",
        "type": rng.choice(("Renewal", "Renewal", "Upsell", "Cross-sell")) if kind == "renewals" else "New Business",
        "created_at": visits[0].entered,
        "stage_entered_at": visits[-1].entered,
        "close_date": expected.date(),
        "closed_at": closed,
        "outcome": None if ending == "no" else ending,
        "forecast": "Pipeline",
    }


def _meet_people(story: Story) -> None:
    """Name the people known by now; a role of "" is someone of whom nobody wrote down the role."""
    for place, (role, share) in enumerate(story.pipeline.people, start=1):
        if story.progress < share:
            continue
        contact: Row = {
            "id": f"CON-{story.number:06}-{place}",
            "name": person_name(story.rng),
            "title": story.rng.choice(TITLES.get(role, TITLES["Business User"])),
            "role": role or None,
            "known_at": share,
            "wants": None,
            "joined": None,
        }
        if role == "Executive Sponsor":
            contact["joined"] = (AS_OF - timedelta(days=story.rng.randrange(200, 2600))).date()
        if role in {"Economic Buyer", "Champion"} and story.kind == "enterprise" and story.progress > share + 0.04:
            contact["wants"] = story.rng.choice(WANTS)
        story.contacts.append(contact)


def _move(story: Story) -> None:
    before = None
    for visit in story.visits:
        story.stage_changes.append(
            {
                "from_stage": before,
                "to_stage": visit.stage.name,
                "changed_at": visit.entered,
                "changed_by": story.deal["owner_id"],
            }
        )
        before = visit.stage.name


def _enterprise(story: Story) -> None:
    rng = story.rng
    fill(story, 0.05, "pain", _own(story, story.industry.pains, CONSEQUENCES))
    fill(story, 0.2, "success_metrics", compose(story, story.industry.gains))
    fill(story, 0.25, "competitors", sorted(rng.sample(COMPETITORS, rng.randrange(1, 3))))
    fill(story, 0.28, "decision_criteria", compose(story, CRITERIA))
    fill(story, 0.32, "decision_process", compose(story, PROCESSES))
    fill(story, 0.32, "needed_by", story.deal["close_date"] + timedelta(days=rng.randrange(32, 75)))
    fill(story, 0.45, "why_us", rng.choice(WHY_US))
    if any(visit.stage.name == "Security Review" for visit in story.visits):
        fill(story, 0.58, "security_cleared", value=True)
    fill(story, 0.62, "close_plan", f"https://example.com/plans/{story.deal['id'].lower()}")
    fill(story, 0.7, "paper_process", compose(story, PAPER))
    fill(story, 0.8, "discount", rng.choice((0, 0, 5, 8, 10, 12, 18, 22)))
    fill(story, 0.8, "terms_sent", story.visits[-1].entered.date())
    if story.deal.get("discount", 0) > 15:
        story.deal["discount_approved"] = True
        when = in_hours(rng, story.visits[-1].entered + timedelta(days=1), story.end)
        story.changed("discount_approved", "true", when, "false", story.company.deal_desk)


def _small_business(story: Story) -> None:
    rng = story.rng
    fill(story, 0.05, "pain", _own(story, story.industry.pains, CONSEQUENCES))
    fill(story, 0.12, "budget", round(story.deal["amount"] * rng.choice((0.8, 1, 1, 1.1, 1.25)), -2))
    fill(story, 0.15, "go_live", (AS_OF + timedelta(days=rng.randrange(12, 90))).date())
    fill(story, 0.0, "source", rng.choice(("Web", "Web", "Referral", "Event", "Partner")))


def _services(story: Story) -> None:
    rng = story.rng
    fill(story, 0.08, "trigger", rng.choice(TRIGGERS))
    fill(story, 0.1, "practice", rng.choice(("Operations", "Planning", "Planning", "Change", "Training")))
    fill(story, 0.12, "price_range_at", workdays_after(story.visits[0].entered.date(), 2))
    fill(story, 0.3, "situation", _own(story, story.industry.pains, CONSEQUENCES))
    fill(story, 0.35, "desired_result", _own(story, story.industry.gains, REWARDS))
    fill(story, 0.4, "paid_discovery", rng.random() < 0.35)
    fill(story, 0.76, "terms_sent", story.visits[-1].entered.date())


def _renewals(story: Story) -> None:
    rng, deal = story.rng, story.deal
    bought = story.visits[0].entered - timedelta(days=rng.randrange(200, 420))
    deal["last_purchase"] = bought.date()
    deal["contract_end"] = deal["close_date"] + timedelta(days=rng.randrange(20, 90))
    deal["current_value"] = round(deal["amount"] * rng.choice((0.85, 0.9, 1, 1, 0.95)), -2)
    fill(story, 0.06, "what_changed", compose(story, CHANGES))
    fill(story, 0.08, "results_so_far", compose(story, RESULTS))
    fill(story, 0.3, "needs_today", compose(story, NEEDS_TODAY))
    if deal["type"] != "Renewal":
        fill(story, 0.35, "what_it_adds", rng.choice(ADDS))


FILLED = {"enterprise": _enterprise, "small-business": _small_business, "services": _services, "renewals": _renewals}


def _close(story: Story, ending: str) -> None:
    """Say what comes next, or how it ended."""
    if ending == "open":
        _agree_next_step(story)
        return
    story.deal["stage"] = {"won": "Closed Won", "lost": "Closed Lost", "no": story.pipeline.good_no}[ending]
    closed: datetime = story.deal["closed_at"]
    story.stage_changes.append(
        {
            "from_stage": story.visits[-1].stage.name,
            "to_stage": story.deal["stage"],
            "changed_at": closed,
            "changed_by": story.deal["owner_id"],
        }
    )
    story.deal["stage_entered_at"] = closed
    story.deal["forecast"] = "Closed" if ending == "won" else "Omitted"
    if ending == "lost":
        story.deal["lost_reason"] = story.rng.choice(LOST_REASONS)
    if ending == "no" and story.kind == "services":
        story.deal["no_reason"] = story.rng.choice(NO_FIT)


def _agree_next_step(story: Story) -> None:
    rng, progress = story.rng, story.progress
    when = "start" if story.kind == "services" and progress >= 0.75 else "early"
    if when == "early" and progress >= 0.25:
        when = "middle" if progress < 0.5 else "late"
    agreed = in_hours(rng, AS_OF - timedelta(days=rng.uniform(0.5, 6)))
    story.deal["next_step"] = rng.choice(NEXT_STEPS[when])
    story.deal["next_step_date"] = workdays_after(AS_OF.date(), rng.randrange(0, 7))
    story.changed("next_step", story.deal["next_step"], agreed)
    story.changed("next_step_date", story.deal["next_step_date"], agreed)
    if progress > 0.75 and rng.random() < 0.6:
        story.deal["forecast"] = rng.choice(("Best Case", "Commit"))
