"""The ledger's tables.

Runs and what they judged from, findings, verdicts, deals seen, outbox, receipts, waivers, tasks as written, events, due
deals, sweeps and their parts.

Their history is in `migrations/`; a test compares both.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)

NAMES = {"ix": "ix_%(table_name)s_%(column_0_N_name)s", "fk": "fk_%(table_name)s_%(column_0_name)s"}
BIG_KEY = BigInteger().with_variant(Integer(), "sqlite")
"""An auto-incremented key; SQLite counts only plain integers."""
LARGEST_KEY = 2**63 - 1


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC, to the microsecond, on databases with time zones and without."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:  # noqa: ANN401 - as declared by SQLAlchemy
        """Keep the zone where the database can."""
        return dialect.type_descriptor(DateTime(timezone=dialect.name != "sqlite"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC, without a zone where the database has none."""
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give back a moment that knows it is UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(naming_convention=NAMES)

playbook_text = Table(
    "playbook_text",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("text", Text, nullable=False),
)

run = Table(
    "run",
    metadata,
    Column("id", BIG_KEY, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("crm", Text, nullable=False),
    Column("as_of", UtcTime, nullable=False),
    Column("engine", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("worker", Text, nullable=False),
    Column("lease_until", UtcTime, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime),
    Column("totals", JSON),
    Column("checksum", String(64)),
    Column("refusals", JSON),
    Column("problems", JSON),
    Index(None, "state"),
)

run_playbook = Table(
    "run_playbook",
    metadata,
    Column("run_id", BIG_KEY, ForeignKey("run.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("hash", String(64), ForeignKey("playbook_text.hash"), nullable=False),
    Column("number", Integer, nullable=False, server_default="0"),
)

STANDING = text("until IS NULL")
finding = Table(
    "finding",
    metadata,
    Column("id", BIG_KEY, primary_key=True),
    Column("deal_id", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("occurrence", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("criterion", Text, nullable=False),
    Column("enforce", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("waiver", Text, nullable=False),
    Column("says", Text, nullable=False),
    Column("because", Text, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("run_id", BIG_KEY, ForeignKey("run.id"), nullable=False),
    Column("until", UtcTime),
    Column("until_run", BIG_KEY, ForeignKey("run.id")),
    Index("ux_finding_standing", "key", "occurrence", unique=True, sqlite_where=STANDING, postgresql_where=STANDING),
    Index(None, "deal_id"),
    Index(None, "run_id"),
    Index(None, "until_run"),
)
"""One row a transition: what a finding was from `since` `until` something about it changed (null: it still stands)."""

deal_seen = Table(
    "deal_seen",
    metadata,
    Column("deal_id", Text, primary_key=True),
    Column("stage", Text, nullable=False),
    Column("checked_at", UtcTime, nullable=False),
    Column("run_id", BIG_KEY, ForeignKey("run.id"), nullable=False),
    Column("stage_before", Text),
    Column("checked_before", UtcTime),
    Index(None, "run_id"),
)
"""The stage each deal stood in, in the CRM's words, at its last check and at the one before (to take a run back)."""

LIVE = text("state IN ('planned', 'sending', 'in doubt')")
change = Table(
    "change",
    metadata,
    Column("id", BIG_KEY, primary_key=True),
    Column("run_id", BIG_KEY, ForeignKey("run.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("slot", Text, nullable=False),
    Column("deal_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("planned_at", UtcTime, nullable=False),
    Column("worker", Text, nullable=False),
    Column("lease_until", UtcTime),
    Column("sent_at", UtcTime),
    Column("finished_at", UtcTime),
    Index("ux_change_key", "run_id", "key", unique=True),
    Index("ux_change_live", "slot", unique=True, sqlite_where=LIVE, postgresql_where=LIVE),
    Index("ix_change_open", "state", "run_id", "id", sqlite_where=LIVE, postgresql_where=LIVE),
    Index(None, "deal_id", "kind"),
)
"""The outbox. `slot` names what is written to (a deal's flags, a task, a deal's stage): one live change for each.

Queries for live changes say `LIVE` in its very words, so that SQLite finds their index.
"""

receipt = Table(
    "receipt",
    metadata,
    Column("id", BIG_KEY, primary_key=True),
    Column("change_id", BIG_KEY, ForeignKey("change.id"), nullable=False),
    Column("run_id", BIG_KEY, ForeignKey("run.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("crm_id", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Index(None, "run_id"),
    Index(None, "change_id"),
)

waiver = Table(
    "waiver",
    metadata,
    Column("id", BIG_KEY, primary_key=True),
    Column("deal_id", Text, nullable=False),
    Column("criterion", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("approver", Text, nullable=False),
    Column("granted_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
    Index(None, "expires_at"),
)

task_memory = Table(
    "task_memory",
    metadata,
    Column("key", Text, primary_key=True),
    Column("deal_id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("due", Date),
    Column("status", Text, nullable=False),
    Column("owner_id", Text),
    Column("crm_id", Text, nullable=False),
    Column("written_at", UtcTime, nullable=False),
    Index(None, "deal_id"),
)
"""Each task as we last wrote it: what tells a person's hand from ours."""

event = Table(
    "event",
    metadata,
    Column("id", BIG_KEY, primary_key=True),
    Column("crm", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("deals", JSON, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Index("ux_event", "crm", "event_id", unique=True),
    Index(None, "received_at"),
)
"""What CRMs said happened, each event once."""

DUE = text("set_aside_at IS NULL")
due_deal = Table(
    "due_deal",
    metadata,
    Column("crm", Text, primary_key=True),
    Column("deal_id", Text, primary_key=True),
    Column("asks", Integer, nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    Column("ready_at", UtcTime, nullable=False),
    Column("worker", Text, nullable=False),
    Column("lease_until", UtcTime),
    Column("attempts", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("set_aside_at", UtcTime),
    Index("ix_due_deal_ready", "crm", "ready_at", sqlite_where=DUE, postgresql_where=DUE),
)
"""Deals to look at, a row each. `asks` counts how often one was asked for, `attempts` how often it failed in a row;
`asked_at` is since when it waits.

Queries for due deals say `DUE` in its very words, so that SQLite finds their index.
"""

stored_input = Table(
    "stored_input",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("data", LargeBinary, nullable=False),
    Column("stored_at", UtcTime, nullable=False),
    Index(None, "stored_at"),
)
"""What runs judged from, by the SHA-256 of its bytes, so that what did not change is stored once."""

run_input = Table(
    "run_input",
    metadata,
    Column("run_id", BIG_KEY, ForeignKey("run.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("deals", Integer, nullable=False),
    Column("tables", String(64), nullable=False),
    Column("context", String(64), nullable=False),
    Column("verdicts", String(64), nullable=False),
    Column("digests", LargeBinary, nullable=False),
)
"""The pieces of a run: hashes of the tables and of what else was judged from, and of the verdicts that came of it."""

LIVE_SWEEP = text("state IN ('waiting', 'reading', 'judging', 'applying')")
sweep = Table(
    "sweep",
    metadata,
    Column("id", BIG_KEY, primary_key=True),
    Column("crm", Text, nullable=False),
    Column("slot", Text, nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("state", Text, nullable=False),
    Column("run_id", BIG_KEY, ForeignKey("run.id")),
    Column("worker", Text, nullable=False),
    Column("lease_until", UtcTime),
    Column("ready_at", UtcTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("context", String(64)),
    Column("settings", JSON),
    Column("started_at", UtcTime),
    Column("finished_at", UtcTime),
    Column("digest", JSON),
    Index("ux_sweep_slot", "crm", "slot", unique=True),
    Index("ux_sweep_live", "crm", unique=True, sqlite_where=LIVE_SWEEP, postgresql_where=LIVE_SWEEP),
    Index(None, "run_id"),
)
"""A sweep of a CRM: `slot` is its local date, or says that it was asked for by hand, and when. One is live a CRM."""

sweep_part = Table(
    "sweep_part",
    metadata,
    Column("sweep_id", BIG_KEY, ForeignKey("sweep.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("deals", Integer, nullable=False),
    Column("tables", String(64), nullable=False),
    Column("written", String(64), nullable=False),
    Column("state", Text, nullable=False),
    Column("worker", Text, nullable=False),
    Column("lease_until", UtcTime),
    Column("attempts", Integer, nullable=False),
    Column("result", JSON),
    Column("lines", LargeBinary),
)
"""At most a thousand deals of a sweep: hashes of their tables and of what the CRM held of ours; what came of it.

`lines` are what the run's checksum is taken of, part by part.
"""

verdict = Table(
    "verdict",
    metadata,
    Column("id", BIG_KEY, primary_key=True),
    Column("deal_id", Text, nullable=False),
    Column("run_id", BIG_KEY, ForeignKey("run.id"), nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("playbook", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("allowed_stage", Text, nullable=False),
    Column("unmet", JSON, nullable=False),
    Column("score", Text, nullable=False),
    Column("band", Text, nullable=False),
    Column("crossing", Text, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Index(None, "deal_id", "since"),
    Index(None, "run_id"),
)
"""A deal's verdict from `since` on, a row whenever something changed; `crossing` says how it crossed its gate."""
