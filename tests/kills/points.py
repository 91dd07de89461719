"""The named points at which a process is killed: a function of the product, and whether before or after it ran."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Point:
    """A moment in the life of an event, or of a sweep; `where` names functions as their callers look them up."""

    area: str
    says: str
    where: tuple[str, ...]
    after: bool = False
    counts: Callable[..., Any] | None = None
    """Says of a call's arguments (after it: of what it gave) whether it is one of those that count; None: all are."""
    often: int = 1
    """How often it comes at least: which of those times is drawn."""
    recovering: bool = False
    """Whether it comes while a process settles what a killed one left, and not only when all is quiet."""


def _before(area: str, says: str, *where: str, recovering: bool = False, often: int = 1) -> Point:
    return Point(area, says, where, recovering=recovering, often=often)


def _after(
    area: str,
    says: str,
    *where: str,
    counts: Callable[..., Any] | None = None,
    recovering: bool = False,
    often: int = 1,
) -> Point:
    return Point(area, says, where, after=True, counts=counts, recovering=recovering, often=often)


REPLIES = tuple(
    f"connectors.{kind}.events.listener:{name}.reply"
    for kind, name in (("hubspot", "HubSpotListener"), ("salesforce", "SalesforceListener"))
)
TASKS_MADE = tuple(f"connectors.{kind}.writing:Writer._create_tasks" for kind in ("hubspot", "salesforce"))
CALLED = "requests.sessions:Session.send"

EVENTS = (
    _before("intake", "events came, nothing is written", "web.keeping:accept_all"),
    _after("intake", "events are written, not committed", "web.keeping:accept_all"),
    _after("intake", "events are committed, nobody is woken", "web.keeping:Keeping._accept"),
    _before("intake", "workers are woken, the answer is not sent", *REPLIES),
    _after("check", "deals are claimed, not committed", "engine.ledger.due:claim", counts=lambda claim: claim.deals),
    _before("check", "deals are claimed", "engine.runs.due:DueDeals._look"),
    _after("check", "a run began", "engine.runs.apply:start_run"),
    _before("check", "deals are judged, not planned", "engine.runs.batches:plan"),
    _before("check", "changes are planned, not recorded", "engine.runs.apply:record_piece"),
    _after("check", "changes are recorded, not committed", "engine.runs.apply:record_piece"),
    _before("check", "changes are committed, before the guard", "engine.runs.apply:record_totals"),
    _before("apply", "the guard let them pass, nothing is sent", "engine.runs.apply:send_run"),
    _after("apply", "sending is recorded, not committed", "engine.ledger.outbox:claim", counts=lambda claimed: claimed),
    _before("apply", "sending is committed, nothing is sent", "engine.runs.send:send"),
    _before("apply", "flags are sent, tasks are not", *TASKS_MADE),
    _before("apply", "the CRM committed, no receipt is written", "engine.runs.send:_conclude"),
    _after("apply", "receipts are written, not committed", "engine.ledger.outbox:conclude"),
    _before("apply", "all is sent, the run is not closed", "engine.runs.apply:_Run.finish"),
    _before("let go", "the run is closed, its deals are not let go", "engine.runs.due:DueDeals._let_go"),
    _after("let go", "deals are let go, not committed", "engine.ledger.due:finish"),
    _after("let go", "deals are let go", "engine.runs.due:DueDeals._let_go"),
)
RECOVERING = (
    _before("recovery", "a killed run is looked for", "engine.runs.apply:resume", recovering=True),
    _after("recovery", "doubts are recorded, not committed", "engine.ledger.outbox:put_in_doubt", recovering=True),
    _after("recovery", "a killed run is taken over, not committed", "engine.runs.resume:take_over", recovering=True),
    _before("recovery", "a killed run is taken over, nothing is read back", "engine.runs.resume:read_back",
            recovering=True),
    _before("recovery", "it was read back, nothing is sent again", "engine.runs.resume:send_run", recovering=True),
)  # fmt: skip
"""Points at which a process dies that settles what a killed one left: each comes after one that was sending."""
SENDING = next(each for each in EVENTS if each.says == "sending is committed, nothing is sent")
"""What comes before a point of recovering, so that there is something to settle."""
CALLS = (
    _before("a call", "the CRM is about to be called", CALLED, often=8),
    _after("a call", "the CRM answered, nobody heard it", CALLED, often=8),
)
"""Points that come several times in a round: which time is drawn."""
SWEEPS = (
    _after("sweep", "a sweep is asked for, not committed", "engine.runs.sweep_by_hand:ask"),
    _after("sweep", "a sweep began, nothing is read", "engine.runs.sweeps:begin"),
    _after("sweep", "a part is read, not committed", "engine.runs.sweep_reading:put_part", often=4),
    _after("sweep", "some parts are read", "engine.runs.sweep_reading:_store", often=4),
    _after("sweep", "all parts are read", "engine.runs.sweeps:read"),
    _before("sweep", "parts are claimed", "engine.runs.sweeps:judge_parts"),
    _after("sweep", "a part is judged, not committed", "engine.runs.sweep_judging:finish_part", often=4),
    _after("sweep", "some parts are judged", "engine.runs.sweep_judging:record_part", often=4),
    _before("sweep", "all parts are judged, before the guard", "engine.runs.sweeps:conclude"),
    _after("sweep", "the guard let it pass, not committed", "engine.runs.sweep_leading:record_totals"),
    _after("sweep", "the guard let it pass", "engine.runs.sweeps:conclude"),
    _before("sweep", "a sweep is about to send", "engine.runs.sweep_writing:send"),
    _after("sweep", "some of it is sent", "engine.runs.sweeps:write_some", counts=bool),
    _before("sweep", "all of it is sent", "engine.runs.sweeps:finish"),
    _before("sweep", "its run is closed, its digest is not kept", "engine.runs.sweep_leading:_tell"),
    _after("sweep", "its digest is kept, not committed", "engine.runs.sweep_leading:end"),
)
NAMED = {each.says: each for each in (*EVENTS, *RECOVERING, *CALLS, *SWEEPS)}
