"""Sweeps in parts that workers share; what runs judged from, kept to judge it again; verdicts as they changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
LIVE_SWEEP = sa.text("state IN ('waiting', 'reading', 'judging', 'applying')")


def upgrade() -> None:
    """Add the tables."""
    _make_stored_input()
    _make_run_input()
    _make_sweep()
    _make_sweep_part()
    _make_verdict()
    op.add_column("run", sa.Column("problems", sa.JSON(), nullable=True))
    op.add_column("run_playbook", sa.Column("number", sa.Integer(), nullable=False, server_default="0"))


def _make_stored_input() -> None:
    op.create_table(
        "stored_input",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index("ix_stored_input_stored_at", "stored_input", ["stored_at"], unique=False)


def _make_run_input() -> None:
    op.create_table(
        "run_input",
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("deals", sa.Integer(), nullable=False),
        sa.Column("tables", sa.String(64), nullable=False),
        sa.Column("context", sa.String(64), nullable=False),
        sa.Column("verdicts", sa.String(64), nullable=False),
        sa.Column("digests", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_run_input_run_id"),
        sa.PrimaryKeyConstraint("run_id", "number"),
    )


def _make_sweep() -> None:
    op.create_table(
        "sweep",
        sa.Column("id", KEY, nullable=False),
        sa.Column("crm", sa.Text(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("run_id", KEY, nullable=True),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("ready_at", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("context", sa.String(64), nullable=True),
        sa.Column("settings", sa.JSON(), nullable=True),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("digest", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_sweep_run_id"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ux_sweep_slot", "sweep", ["crm", "slot"], unique=True)
    op.create_index(
        "ux_sweep_live", "sweep", ["crm"], unique=True, sqlite_where=LIVE_SWEEP, postgresql_where=LIVE_SWEEP
    )
    op.create_index("ix_sweep_run_id", "sweep", ["run_id"], unique=False)


def _make_sweep_part() -> None:
    op.create_table(
        "sweep_part",
        sa.Column("sweep_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("deals", sa.Integer(), nullable=False),
        sa.Column("tables", sa.String(64), nullable=False),
        sa.Column("written", sa.String(64), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("lines", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["sweep_id"], ["sweep.id"], name="fk_sweep_part_sweep_id"),
        sa.PrimaryKeyConstraint("sweep_id", "number"),
    )


def _make_verdict() -> None:
    op.create_table(
        "verdict",
        sa.Column("id", KEY, nullable=False),
        sa.Column("deal_id", sa.Text(), nullable=False),
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("playbook", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("allowed_stage", sa.Text(), nullable=False),
        sa.Column("unmet", sa.JSON(), nullable=False),
        sa.Column("score", sa.Text(), nullable=False),
        sa.Column("band", sa.Text(), nullable=False),
        sa.Column("crossing", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_verdict_run_id"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_verdict_deal_id_since", "verdict", ["deal_id", "since"], unique=False)
    op.create_index("ix_verdict_run_id", "verdict", ["run_id"], unique=False)
