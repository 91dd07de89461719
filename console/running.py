"""What `plan`, `apply` and `sweep` share: judging a desk's deals, planning and writing what that asks for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version

from console.desk import Desk
from console.progress import Fill, counted, filling
from console.show.page import page, words
from engine.judge.plan import Plan
from engine.judge.plan_settings import PlanSettings, plan_settings
from engine.judge.surprise import parse_allow
from engine.ledger.runs import RunFacts
from engine.runs.apply import apply as apply_run
from engine.runs.batches import BatchOfVerdicts, plan_run
from engine.runs.check import Check, Question
from engine.runs.mistakes import Mistake
from engine.runs.worker import worker_is_gone, worker_name
from engine.runs.write_back import Applied, ApplySettings, WriteBack


@contextmanager
def batches_of(desk: Desk, deals: list[str] | None = None) -> Iterator[Iterator[BatchOfVerdicts]]:
    """Judge deals, all of them where none is named; what no playbook applies to any more is cleared."""
    waivers = desk.waivers()
    for each in waivers.refused:
        page(stderr=True).print(words(f"a waiver does not hold: {each}"))
    question = Question(desk.as_of, tuple(deals or ()), waivers=waivers.valid, clearing=True)
    with Check(desk.connector, desk.playbooks, question) as judging:
        yield counted(_untied(judging), desk.connector.watch)


def settings_of(desk: Desk, allow: list[str] | None) -> PlanSettings:
    """Gather how a run plans, with the guards that the user raised."""
    allowed, wrong = parse_allow(allow or ())
    if wrong:
        raise Mistake("\n".join(wrong))
    limits = {**desk.config.limits, **allowed}
    return plan_settings(desk.playbooks, desk.connector.name, correct_moves=desk.config.correct_moves, limits=limits)


def plan_of(desk: Desk, batches: Iterator[BatchOfVerdicts], settings: PlanSettings) -> Plan:
    """Plan a run; nothing is written."""
    return plan_run(batches, desk.connector, desk.ledger_to_read(), settings, desk.as_of)


def apply_of(desk: Desk, batches: Iterator[BatchOfVerdicts], settings: PlanSettings, kind: str) -> Applied:
    """Plan a run and write it; `kind` is what the store calls it."""
    facts = RunFacts(kind, desk.crm, desk.as_of, version("dealgate"), desk.playbooks)
    how = ApplySettings(settings, worker_name(), gone=worker_is_gone)
    with filling("writing") as fill:
        sent = _Sent(fill)
        means = WriteBack(desk.connector, desk.ledger(), how, _now, on_sent=sent.more, crm=desk.crm)
        return apply_run(batches, means, facts)


def _untied(judging: Check) -> Iterator[BatchOfVerdicts]:
    """Pass batches on; where playbooks tie, nothing is written until that is settled."""
    for batch in judging.batches():
        if judging.tally.ties:
            raise Mistake(str(judging.tally.ties[0]), "give one of the playbooks a higher `priority`")
        yield batch


class _Sent:
    """Counts what was sent, for whoever watches."""

    def __init__(self, fill: Fill) -> None:
        self.fill = fill
        self.count = 0

    def more(self, sent: int) -> None:
        """Count some more."""
        self.count += sent
        self.fill(self.count, None)


def _now() -> datetime:
    return datetime.now(UTC)
