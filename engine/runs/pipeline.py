"""One CRM's pipeline: its deals, the playbooks that judge them, and the store that remembers what was written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

from connectors.protocol import Connector
from engine.judge.plan_settings import PlanSettings
from engine.ledger.runs import RunFacts
from engine.ledger.store import Ledger
from engine.runs.apply import apply
from engine.runs.batches import BatchOfVerdicts
from engine.runs.check import Check
from engine.runs.mistakes import Mistake
from engine.runs.worker import worker_is_gone, worker_name
from engine.runs.write_back import Applied, ApplySettings, Now, OnSent, WriteBack, nobody_watches
from rules.playbook import Playbook


def utc_now() -> datetime:
    """Read the clock of this machine."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Pipeline:
    """What is judged and written together; `crm` is what the store calls the CRM, `part` names one of several workers.

    `now` is the clock that leases and receipts go by, and not the moment that deals are judged for.
    """

    crm: str
    connector: Connector
    playbooks: Sequence[Playbook]
    ledger: Ledger
    part: str = ""
    now: Now = utc_now

    def write(
        self,
        batches: Iterable[BatchOfVerdicts],
        settings: PlanSettings,
        kind: str,
        as_of: datetime,
        on_sent: OnSent = nobody_watches,
    ) -> Applied:
        """Plan a run and write it; `kind` is what the store calls it."""
        facts = RunFacts(kind, self.crm, as_of, version("dealgate"), self.playbooks)
        how = ApplySettings(settings, worker_name(self.part), gone=worker_is_gone)
        return apply(batches, WriteBack(self.connector, self.ledger, how, self.now, on_sent, self.crm), facts)


def untied(judging: Check) -> Iterator[BatchOfVerdicts]:
    """Pass batches on; where playbooks tie, nothing is written until that is settled."""
    for batch in judging.batches():
        if judging.tally.ties:
            raise Mistake(str(judging.tally.ties[0]), "give one of the playbooks a higher `priority`")
        yield batch
