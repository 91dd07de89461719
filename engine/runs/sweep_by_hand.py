"""A sweep by hand: the same steps as in a service, one after another until its end, and every failure told at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from threading import Event
from typing import Any

from connectors.protocol import CrmError
from engine.ledger.errors import LostSweepError
from engine.ledger.runs import stored_run
from engine.ledger.sweeps import BY_HAND, Sweep, SweepState, ask, move_on, sweep_of
from engine.ledger.sweeps import pause as leave_alone
from engine.runs.mistakes import Mistake
from engine.runs.sweep_hand import SweepPatience
from engine.runs.sweeps import Sweeps

PATIENCE = SweepPatience(resume_within=timedelta(hours=1), waits=False)
"""By hand nobody waits for what is in doubt, and an older sweep is not gone on with."""
PAUSE = 0.5
"""How long to wait for what others do in the same sweep, in seconds."""
ASKED = ("correct_moves", "limits")
Wait = Callable[[float], object]


class SweepUnderWay(Mistake):
    """Another sweep of this CRM goes on; its progress is told."""

    def __init__(self, found: Sweep, progress: str) -> None:
        what = f"sweep `{found.slot}` of CRM `{found.crm}` is under way: {progress}"
        super().__init__(what, "wait for its end; `dealgate status` shows how it goes on")


def sweep_by_hand(sweeps: Sweeps, asked: Mapping[str, Any], *, as_of_asked: bool, wait: Wait | None = None) -> Sweep:
    """Sweep the CRM, and give the sweep as it ended.

    One that was left by a worker who is gone is gone on with, if it was asked in the same way; else it is settled
    first. Raises SweepUnderWay where somebody is at it. Where the CRM fails, what was done so far is kept, and the next
    sweep goes on with it.
    """
    found = sweeps.live()
    led = None if found is None else _taken_over(sweeps, found)
    if led is not None and not _asks_the_same(sweeps, led, asked, as_of_asked=as_of_asked):
        _settle(sweeps, led)
        led = None
    if led is None:
        led = _asked_for(sweeps, asked)
    elif led.state is SweepState.WAITING:
        with sweeps.ledger.writing() as connection:
            led = move_on(connection, led, sweeps.lease(), settings=dict(asked))
    return _until_its_end(sweeps, led, wait or Event().wait)


def progress(sweeps: Sweeps, found: Sweep) -> str:
    """Say how far a sweep came."""
    if found.state is SweepState.JUDGING:
        done = sweeps.parts(found)
        return f"{done.deals_done:,} of {done.deals:,} deals are judged"
    return {
        SweepState.WAITING: "it is about to begin",
        SweepState.READING: "the CRM is being read",
        SweepState.APPLYING: "it is being written",
    }.get(found.state, "it is over")


def _taken_over(sweeps: Sweeps, found: Sweep) -> Sweep:
    led = sweeps.lead(found, at_once=True)
    if led is None:
        raise SweepUnderWay(found, progress(sweeps, found))
    return led


def _asks_the_same(sweeps: Sweeps, led: Sweep, asked: Mapping[str, Any], *, as_of_asked: bool) -> bool:
    """Whether a sweep that was left is the one that is asked for now: young, by the same playbooks and limits."""
    if led.run_id is None:
        return True
    if as_of_asked or sweeps.is_over(led) or any(led.settings.get(name) != asked[name] for name in ASKED):
        return False
    with sweeps.ledger.reading() as connection:
        texts = stored_run(connection, led.run_id).playbooks
    return texts == tuple((each.name, each.text) for each in sweeps.watched.playbooks)


def _settle(sweeps: Sweeps, led: Sweep) -> None:
    """Finish a sweep whose changes have passed the guard, if it is young; give another one up."""
    if led.state is SweepState.APPLYING and not sweeps.is_over(led):
        _until_its_end(sweeps, led, Event().wait)
    else:
        sweeps.give_up(led, "another one was asked for by hand")


def _asked_for(sweeps: Sweeps, asked: Mapping[str, Any]) -> Sweep:
    now = sweeps.now()
    with sweeps.ledger.writing() as connection:
        ask(connection, sweeps.watched.crm, f"{BY_HAND} {now.isoformat()}", now, asked)
    found = sweeps.live()
    if found is None:
        raise Mistake(f"the sweep of CRM `{sweeps.watched.crm}` was ended by somebody else", "start it again")
    return _taken_over(sweeps, found)


def _until_its_end(sweeps: Sweeps, led: Sweep, wait: Wait) -> Sweep:
    try:
        while True:
            done = _step(sweeps)
            with sweeps.ledger.reading() as connection:
                found = sweep_of(connection, led.id)
            if not found.state.live:
                return found
            if not done:
                wait(PAUSE)
    except CrmError as error:
        with sweeps.ledger.writing() as connection:
            leave_alone(connection, led, sweeps.now(), str(error))
        sweeps.let_go()
        raise
    except (Exception, KeyboardInterrupt) as error:
        _stop(sweeps, error)
        raise


def _step(sweeps: Sweeps) -> int:
    """Do the next thing; where another leads by now, go on beside it."""
    try:
        return sweeps.step()
    except LostSweepError:
        sweeps.close()
        return 0


def _stop(sweeps: Sweeps, error: BaseException) -> None:
    """Give up what was not judged to its end; what passed the guard is left to be finished by others."""
    found = sweeps.live()
    if found is None or found.worker != sweeps.worker:
        sweeps.close()
    elif found.state is SweepState.APPLYING:
        sweeps.let_go()
    else:
        sweeps.give_up(found, str(error) or "it was interrupted")
