"""What `plan`, `apply` and `sweep` share: judging a desk's deals, planning and writing what that asks for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from connectors.warehouse.errors import ReadOnlyError
from console.desk import Desk
from console.progress import Fill, counted, filling
from console.show.page import page, words
from engine.judge.plan import Plan
from engine.judge.plan_settings import PlanSettings, plan_settings
from engine.judge.surprise import parse_allow
from engine.runs.batches import BatchOfVerdicts, plan_run
from engine.runs.check import Check, Question
from engine.runs.mistakes import Mistake
from engine.runs.pipeline import Pipeline, untied
from engine.runs.write_back import Applied


def refuse_read_only(desk: Desk) -> None:
    """Raise ReadOnlyError where the CRM is judged and never written."""
    if desk.connector.capabilities.read_only:
        raise ReadOnlyError


@contextmanager
def batches_of(desk: Desk, deals: list[str] | None = None) -> Iterator[Iterator[BatchOfVerdicts]]:
    """Judge deals, all of them where none is named; what no playbook applies to any more is cleared."""
    refuse_read_only(desk)
    waivers = desk.waivers()
    for each in waivers.refused:
        page(stderr=True).print(words(f"a waiver does not hold: {each}"))
    question = Question(desk.as_of, desk.deal_ids(deals), waivers=waivers.valid, clearing=True)
    with Check(desk.connector, desk.playbooks, question) as judging:
        yield counted(untied(judging), desk.connector.watch)


def settings_of(desk: Desk, allow: list[str] | None) -> PlanSettings:
    """Gather how a run plans, with the guards that the user raised."""
    moves, limits = desk.config.correct_moves, limits_of(desk, allow)
    return plan_settings(desk.playbooks, desk.connector.name, correct_moves=moves, limits=limits)


def limits_of(desk: Desk, allow: list[str] | None) -> dict[str, float]:
    """Give the limits of the surprise guards, with those that the user raised."""
    allowed, wrong = parse_allow(allow or ())
    if wrong:
        raise Mistake("\n".join(wrong))
    return {**desk.config.limits, **allowed}


def plan_of(desk: Desk, batches: Iterator[BatchOfVerdicts], settings: PlanSettings) -> Plan:
    """Plan a run; nothing is written."""
    return plan_run(batches, desk.connector, desk.ledger_to_read(), settings, desk.as_of)


def apply_of(desk: Desk, batches: Iterator[BatchOfVerdicts], settings: PlanSettings, kind: str) -> Applied:
    """Plan a run and write it; `kind` is what the store calls it."""
    pipeline = Pipeline(desk.crm, desk.connector, desk.playbooks, desk.ledger())
    with filling("writing") as fill:
        sent = _Sent(fill)
        return pipeline.write(batches, settings, kind, desk.as_of, on_sent=sent.more)


class _Sent:
    """Counts what was sent, for whoever watches."""

    def __init__(self, fill: Fill) -> None:
        self.fill = fill
        self.count = 0

    def more(self, sent: int) -> None:
        """Count some more."""
        self.count += sent
        self.fill(self.count, None)
