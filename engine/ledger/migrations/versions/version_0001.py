"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
STANDING = sa.text("until IS NULL")
LIVE = sa.text("state IN ('planned', 'sending', 'in doubt')")


def upgrade() -> None:
    """Make the tables, those first that others refer to."""
    _make_playbook_text()
    _make_run()
    _make_run_playbook()
    _make_finding()
    _make_deal_seen()
    _make_change()
    _make_receipt()
    _make_waiver()
    _make_task_memory()


def _make_playbook_text() -> None:
    op.create_table(
        "playbook_text",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )


def _make_run() -> None:
    op.create_table(
        "run",
        sa.Column("id", KEY, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("crm", sa.Text(), nullable=False),
        sa.Column("as_of", MOMENT, nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("lease_until", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("totals", sa.JSON(), nullable=True),
        sa.Column("checksum", sa.String(length=64), nullable=True),
        sa.Column("refusals", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_run_state", "run", ["state"], unique=False)


def _make_run_playbook() -> None:
    op.create_table(
        "run_playbook",
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["hash"], ["playbook_text.hash"], name="fk_run_playbook_hash"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_run_playbook_run_id"),
        sa.PrimaryKeyConstraint("run_id", "name"),
    )


def _make_finding() -> None:
    op.create_table(
        "finding",
        sa.Column("id", KEY, nullable=False),
        sa.Column("deal_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("occurrence", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("criterion", sa.Text(), nullable=False),
        sa.Column("enforce", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("waiver", sa.Text(), nullable=False),
        sa.Column("says", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("until", MOMENT, nullable=True),
        sa.Column("until_run", KEY, nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_finding_run_id"),
        sa.ForeignKeyConstraint(["until_run"], ["run.id"], name="fk_finding_until_run"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_finding_deal_id", "finding", ["deal_id"], unique=False)
    op.create_index("ix_finding_run_id", "finding", ["run_id"], unique=False)
    op.create_index("ix_finding_until_run", "finding", ["until_run"], unique=False)
    op.create_index(
        "ux_finding_standing",
        "finding",
        ["key", "occurrence"],
        unique=True,
        sqlite_where=STANDING,
        postgresql_where=STANDING,
    )


def _make_deal_seen() -> None:
    op.create_table(
        "deal_seen",
        sa.Column("deal_id", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("checked_at", MOMENT, nullable=False),
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("stage_before", sa.Text(), nullable=True),
        sa.Column("checked_before", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_deal_seen_run_id"),
        sa.PrimaryKeyConstraint("deal_id"),
    )
    op.create_index("ix_deal_seen_run_id", "deal_seen", ["run_id"], unique=False)


def _make_change() -> None:
    op.create_table(
        "change",
        sa.Column("id", KEY, nullable=False),
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("deal_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("planned_at", MOMENT, nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_change_run_id"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_change_deal_id_kind", "change", ["deal_id", "kind"], unique=False)
    op.create_index(
        "ix_change_open", "change", ["state", "run_id", "id"], unique=False, sqlite_where=LIVE, postgresql_where=LIVE
    )
    op.create_index("ux_change_key", "change", ["run_id", "key"], unique=True)
    op.create_index("ux_change_live", "change", ["slot"], unique=True, sqlite_where=LIVE, postgresql_where=LIVE)


def _make_receipt() -> None:
    op.create_table(
        "receipt",
        sa.Column("id", KEY, nullable=False),
        sa.Column("change_id", KEY, nullable=False),
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("crm_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["change_id"], ["change.id"], name="fk_receipt_change_id"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_receipt_run_id"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_receipt_change_id", "receipt", ["change_id"], unique=False)
    op.create_index("ix_receipt_run_id", "receipt", ["run_id"], unique=False)


def _make_waiver() -> None:
    op.create_table(
        "waiver",
        sa.Column("id", KEY, nullable=False),
        sa.Column("deal_id", sa.Text(), nullable=False),
        sa.Column("criterion", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("approver", sa.Text(), nullable=False),
        sa.Column("granted_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_waiver_expires_at", "waiver", ["expires_at"], unique=False)


def _make_task_memory() -> None:
    op.create_table(
        "task_memory",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("deal_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=True),
        sa.Column("crm_id", sa.Text(), nullable=False),
        sa.Column("written_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_task_memory_deal_id", "task_memory", ["deal_id"], unique=False)
