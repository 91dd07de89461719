"""The ways in which careless reps spoil a good deal, one function each; they change the story in place."""

from __future__ import annotations

from datetime import datetime, timedelta

from examples.company import AS_OF
from examples.story import Story, in_hours, workdays_after
from examples.words import PASTED, PLACEHOLDERS, WEAK_NEXT_STEPS

TEXTS = {
    "enterprise": ("pain", "success_metrics", "decision_criteria", "decision_process", "paper_process"),
    "small-business": ("pain",),
    "services": ("trigger", "situation", "desired_result"),
    "renewals": ("what_changed", "results_so_far", "needs_today"),
}
SIGNERS = {"enterprise": "Economic Buyer", "small-business": "Decision Maker", "services": "Decision Maker"}


def leave_blank(story: Story) -> None:
    """Leave a text empty."""
    name = story.rng.choice(TEXTS[story.kind])
    story.deal[name] = None
    story.field_changes = [row for row in story.field_changes if row["field"] != name]


def fill_with_nothing(story: Story) -> None:
    """Fill a text with a placeholder."""
    name = story.rng.choice(TEXTS[story.kind])
    if story.deal.get(name):
        story.deal[name] = story.rng.choice(PLACEHOLDERS)


def paste(story: Story) -> None:
    """Paste what was pasted into other deals."""
    name = "desired_result" if story.kind == "services" else "pain"
    if story.deal.get(name):
        story.deal[name] = story.rng.choice(PASTED)


def never_meet_the_signer(story: Story) -> None:
    """Work without the person who signs."""
    absent = {person["id"] for person in story.people(SIGNERS[story.kind])}
    story.contacts = [person for person in story.contacts if person["id"] not in absent]
    for row in story.activities:
        row["contact_ids"] = [person for person in row["contact_ids"] if person not in absent]


def do_not_ask_the_signer(story: Story) -> None:
    """Never ask those who sign what they want."""
    for person in story.people("Economic Buyer"):
        person["wants"] = story.rng.choice((None, "tbd", "Good price"))


def talk_to_one_only(story: Story) -> None:
    """Know only the first contact."""
    story.contacts = story.contacts[:1]
    known = {person["id"] for person in story.contacts}
    for row in story.activities:
        row["contact_ids"] = [person for person in row["contact_ids"] if person in known]


def hold_no_meeting(story: Story) -> None:
    """Meetings were booked, and did not take place."""
    for row in story.activities:
        if row["kind"] == "meeting" and row["status"] == "held":
            row["status"] = story.rng.choice(("missed", "cancelled"))


def break_the_next_step(story: Story) -> None:
    """Let the next step pass."""
    late = AS_OF - timedelta(days=story.rng.randrange(2, 40))
    story.deal["next_step_date"] = max(late, story.visits[0].entered).date()
    _cancel_plans(story)


def agree_on_nothing(story: Story) -> None:
    """Agree on no dated next step."""
    story.deal["next_step"] = story.rng.choice((*WEAK_NEXT_STEPS, None))
    story.deal["next_step_date"] = None
    story.field_changes = [row for row in story.field_changes if not row["field"].startswith("next_step")]
    _cancel_plans(story)


def promise_it_far_away(story: Story) -> None:
    """Put the next step off for weeks."""
    story.deal["next_step_date"] = workdays_after(AS_OF.date(), story.rng.randrange(25, 50))
    _cancel_plans(story)


def leave_the_proposal_alone(story: Story) -> None:
    """Send the proposal, and wait."""
    rng = story.rng
    waiting = [row for row in story.proposals if row["answered_at"] is None]
    if not waiting:
        return
    sent: datetime = in_hours(rng, AS_OF - timedelta(days=rng.uniform(6, 19)))
    waiting[-1] |= {"sent_at": sent, "viewed_at": None}
    story.activities = [row for row in story.activities if row["happened_at"] <= sent]
    story.visits[-1].entered = min(story.visits[-1].entered, sent - timedelta(days=1))
    _entered_earlier(story)


def go_quiet(story: Story) -> None:
    """Let the buyer stop answering while the seller goes on for a while."""
    quiet = AS_OF - timedelta(days=story.rng.randrange(15, 45))
    story.activities = [
        row for row in story.activities if row["happened_at"] <= quiet or row["direction"] == "outbound"
    ]
    _cancel_plans(story)
    for row in story.activities:
        if row["kind"] == "meeting" and row["happened_at"] > quiet:
            row["status"] = "missed"


def forget_it(story: Story) -> None:
    """Nobody has touched the deal for weeks, and everything in it is out of date."""
    rng = story.rng
    stayed = AS_OF - story.visits[-1].entered
    shift = timedelta(days=rng.randrange(38, 130))
    for visit in story.visits:
        visit.entered -= shift
        visit.left = visit.left and visit.left - shift
    for row in (*story.activities, *story.stage_changes, *story.proposals, *story.field_changes):
        for name in ("happened_at", "changed_at", "sent_at", "viewed_at", "expires_at"):
            if row.get(name):
                row[name] -= shift
    _cancel_plans(story)
    story.deal["created_at"] -= shift
    story.deal["stage_entered_at"] -= shift
    story.deal["next_step_date"] = (AS_OF - shift + timedelta(days=rng.randrange(1, 9))).date()
    story.deal["close_date"] = (AS_OF - min(shift, stayed) + timedelta(days=rng.randrange(-20, 60))).date()


def push_the_date(story: Story) -> None:
    """Move the close date later again and again."""
    rng, deal = story.rng, story.deal
    planned = deal["close_date"] - timedelta(days=35)
    moment = story.visits[0].entered + timedelta(days=3)
    for _ in range(rng.randrange(2, 5)):
        later = planned + timedelta(days=rng.randrange(10, 32))
        moment += (AS_OF - moment) * 0.4
        story.changed("close_date", later, in_hours(rng, moment), planned)
        planned = later
    deal["close_date"] = planned


def let_the_date_pass(story: Story) -> None:
    """Leave a close date that has passed."""
    story.deal["close_date"] = (AS_OF - timedelta(days=story.rng.randrange(1, 25))).date()


def skip_a_stage(story: Story) -> None:
    """Jump into the present stage from the one before the last."""
    needed = [visit for visit in story.visits if visit.stage.visited == 1]
    if len(needed) > 2:
        skipped = needed[-2]
        story.visits = [visit for visit in story.visits if visit is not skipped]
        name = skipped.stage.name
        story.stage_changes = [row for row in story.stage_changes if row["to_stage"] != name]
        for row in story.stage_changes:
            if row["from_stage"] == name:
                row["from_stage"] = story.visits[-2].stage.name


def go_back(story: Story) -> None:
    """Step back from the stage after the present one."""
    stages, here = story.pipeline.stages, story.visits[-1]
    after = [stage for stage in stages[stages.index(here.stage) + 1 :] if stage.visited == 1]
    back = in_hours(story.rng, here.entered + (AS_OF - here.entered) * 0.6)
    if not after or back - here.entered < timedelta(days=2):
        return
    there = in_hours(story.rng, here.entered + (back - here.entered) * 0.3)
    for source, to, when in ((here.stage, after[0], there), (after[0], here.stage, back)):
        story.stage_changes.append(
            {
                "from_stage": source.name,
                "to_stage": to.name,
                "changed_at": when,
                "changed_by": story.deal["owner_id"],
            }
        )
    here.entered = story.deal["stage_entered_at"] = back


def grant_a_discount(story: Story) -> None:
    """Give a discount, mostly without asking."""
    story.deal["discount"] = story.rng.choice((18, 20, 25, 30))
    story.deal["discount_approved"] = story.rng.random() < 0.4


def commit_early(story: Story) -> None:
    """Forecast a deal whose buyer hardly speaks."""
    story.deal["forecast"] = "Commit"
    for row in story.activities:
        if row["direction"] == "inbound" and story.rng.random() < 0.7:
            row["contact_ids"] = []


def sell_to_a_stranger(story: Story) -> None:
    """Pursue a client that does not fit."""
    story.deal["practice"] = story.rng.choice(("Staffing", "Other"))
    story.account |= {"industry": "Hospitality", "employees": story.rng.randrange(8, 45), "bought_advice": False}


def answer_a_tender(story: Story) -> None:
    """Answer a request for proposals."""
    story.deal["name"] = f"RFP {story.rng.randrange(1000, 9999)} {story.account['name']}"


def offer_late(story: Story) -> None:
    """Begin shortly before the contract ends, or after."""
    days = story.rng.randrange(-12, 55)
    story.deal["contract_end"] = (AS_OF + timedelta(days=days)).date()
    story.deal["close_date"] = max(story.deal["contract_end"], AS_OF.date() + timedelta(days=2))


def trust_old_needs(story: Story) -> None:
    """Offer on what was written down before the last purchase."""
    for row in story.field_changes:
        if row["field"] in {"what_changed", "needs_today"}:
            row["changed_at"] = story.visits[0].entered - timedelta(days=story.rng.randrange(430, 600))


def send_no_quote(story: Story) -> None:
    """Win without anything sent."""
    story.quotes.clear()
    if story.kind == "small-business":
        story.proposals.clear()


def quote_another_sum(story: Story) -> None:
    """Win for another sum than was quoted."""
    for row in story.quotes:
        row["total"] = round(row["total"] * 1.1, -2)


def give_no_reason(story: Story) -> None:
    """Close without saying why."""
    story.deal["lost_reason"] = None
    story.deal["no_reason"] = None


def _cancel_plans(story: Story) -> None:
    story.activities = [row for row in story.activities if row["status"] != "planned"]


def _entered_earlier(story: Story) -> None:
    """Keep the history in step with a stage that was entered earlier than first told."""
    entered = story.visits[-1].entered
    story.deal["stage_entered_at"] = entered
    story.stage_changes[-1]["changed_at"] = entered
    for row in story.stage_changes[:-1]:
        row["changed_at"] = min(row["changed_at"], entered - timedelta(days=1))
    story.deal["created_at"] = min(story.deal["created_at"], story.stage_changes[0]["changed_at"])
