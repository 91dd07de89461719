"""What sellers and buyers say to each other in a deal that goes well: meetings, calls, mails and proposals."""

from __future__ import annotations

from datetime import datetime, timedelta

from examples.company import AS_OF, Row
from examples.story import Story, Visit, in_hours

SUBJECTS = {
    "Discovery": ("What you told us", "Two questions on your planning", "Who else should know"),
    "Fit Call": ("Whether we can help you", "What work like this costs"),
    "Account Review": ("Your year with us", "Numbers for the review"),
    "Security Review": ("Answers to your security questions", "Where your data is kept"),
    "Proposal": ("Questions on the proposal", "Numbers for finance", "Dates for your decision"),
    "Renewal Offer": ("Questions on the offer", "What is new in it"),
    "Negotiation": ("Open contract points", "Who signs, and when", "Getting ready to start"),
    "Agreement": ("Before we start", "Open contract points"),
    "Agreement Sent": ("Open contract points", "Who signs, and when"),
}
MIDDLE = ("Next steps", "What your colleagues asked", "Numbers for finance", "Dates for the workshop")
ANSWERS = ("Re: next steps", "Re: your questions", "Numbers you asked for", "Who should join", "Re: dates")


def hold_talks(story: Story) -> None:
    """Let both sides talk through every stage, and lately."""
    for visit in story.visits:
        _talk(story, visit)
        if "Proposal" in visit.stage.name or visit.stage.name == "Renewal Offer":
            _propose(story, visit)
    if story.is_open:
        _lately(story)
    _answer_in_the_end(story)
    story.activities.sort(key=lambda row: (row["happened_at"], row["kind"], row["subject"]))
    for place, row in enumerate(story.activities, start=1):
        row["id"] = f"ACT-{story.number:06}-{place:02}"


def say(story: Story, how: str, when: datetime, people: list[Row], subject: str) -> Row:
    """Add one activity, such as `inbound email`, with these people; calls and meetings were held."""
    direction, kind = how.split()
    row = {
        "kind": kind,
        "direction": direction,
        "happened_at": when,
        "contact_ids": [person["id"] for person in people],
        "status": "held" if kind in {"meeting", "call"} else None,
        "subject": subject,
    }
    story.activities.append(row)
    return row


def _talk(story: Story, visit: Visit) -> None:
    """Write every few days, get answers to most, and meet once."""
    rng, end = story.rng, visit.left or story.end
    pace = max(2.0, visit.stage.days / 4)
    moment = visit.entered + timedelta(days=rng.uniform(0.2, 1.5))
    while moment < end:
        sent = in_hours(rng, moment, end)
        kind = rng.choice(("email", "email", "call"))
        subject = rng.choice(SUBJECTS.get(visit.stage.name, MIDDLE))
        say(story, f"outbound {kind}", sent, _some(story, sent), subject)
        if rng.random() < 0.6 and (back := sent + timedelta(hours=rng.randrange(2, 40))) < end:
            answered = in_hours(rng, back, end)
            if answered > sent:
                say(story, "inbound email", answered, _some(story, answered, 1), rng.choice(ANSWERS))
        moment += timedelta(days=pace * rng.uniform(0.7, 1.4))
    middle = in_hours(rng, visit.entered + (end - visit.entered) * rng.uniform(0.4, 0.8), end)
    if middle > visit.entered and (visit.left or rng.random() < 0.8):
        say(story, "outbound meeting", middle, story.known_by(middle), visit.stage.meeting)


def _some(story: Story, moment: datetime, count: int = 2) -> list[Row]:
    """Pick who is in it among those known by then: more often those who were there early and matter."""
    known = story.known_by(moment)
    picked = story.rng.choices(known, [2, 3, 3, 1, 1][: len(known)], k=count)
    return [contact for contact in known if contact in picked]


def _propose(story: Story, visit: Visit) -> None:
    """Send a proposal early in the stage; the buyer looks at it, and answers before moving on."""
    rng, end = story.rng, visit.left or story.end
    sent = in_hours(rng, visit.entered + timedelta(days=rng.uniform(0.6, 3)), end)
    if sent <= visit.entered and visit.left is None:
        return
    sent = max(sent, visit.entered + timedelta(minutes=40))
    amount = story.deal["amount"]
    viewed = sent + timedelta(hours=rng.randrange(1, 30)) if rng.random() < 0.7 else None
    proposal = {
        "id": f"PRO-{story.number:06}-1",
        "sent_at": sent,
        "viewed_at": viewed if viewed and viewed < end else None,
        "answered_at": in_hours(rng, end - timedelta(days=rng.uniform(0, 1)), end) if visit.left else None,
        "expires_at": (sent + timedelta(days=60)).replace(hour=22, minute=0),
        "amount": amount,
    }
    if proposal["answered_at"] is not None and proposal["answered_at"] < sent:
        proposal["answered_at"] = end
    story.proposals.append(proposal)
    if story.kind == "enterprise":
        story.quotes.append({"primary": True, "total": amount})
        if rng.random() < 0.3:
            story.quotes.append({"primary": False, "total": round(amount * 1.15, -2)})


def _lately(story: Story) -> None:
    """Both sides were in touch in the last business days, and some have the next meeting in the diary."""
    rng, entered = story.rng, story.visits[-1].entered
    heard = in_hours(rng, AS_OF - timedelta(days=rng.uniform(2.5, 5)))
    wrote = in_hours(rng, AS_OF - timedelta(days=rng.uniform(2.4, 2.9)))
    if heard > story.visits[0].entered:
        say(story, "inbound email", heard, _some(story, heard, 1), rng.choice(ANSWERS))
    if wrote > entered:
        subject = rng.choice(SUBJECTS.get(story.visits[-1].stage.name, MIDDLE))
        say(story, rng.choice(("outbound email", "outbound call")), wrote, _some(story, wrote), subject)
    if rng.random() < 0.25:
        day = datetime.combine(story.deal["next_step_date"], AS_OF.time(), AS_OF.tzinfo)
        meeting = say(story, "outbound meeting", day.replace(hour=16), story.contacts, story.deal["next_step"])
        meeting["status"] = "planned"


def _answer_in_the_end(story: Story) -> None:
    """Before the last step, those who sign confirm in writing."""
    if story.progress < 0.8 or not story.contacts:
        return
    last = story.visits[-1]
    signers = story.people("Legal", "Decision Maker", "Economic Buyer") or story.contacts
    confirmed = in_hours(story.rng, last.entered + timedelta(days=2), story.end)
    if confirmed > last.entered:
        say(story, "inbound email", confirmed, signers[:1], "Re: terms and dates")
