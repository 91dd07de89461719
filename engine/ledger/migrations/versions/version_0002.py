"""Events, and the deals they make due."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
DUE = sa.text("set_aside_at IS NULL")


def upgrade() -> None:
    """Add the tables."""
    _make_event()
    _make_due_deal()


def _make_event() -> None:
    op.create_table(
        "event",
        sa.Column("id", KEY, nullable=False),
        sa.Column("crm", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("deals", sa.JSON(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_event_received_at", "event", ["received_at"], unique=False)
    op.create_index("ux_event", "event", ["crm", "event_id"], unique=True)


def _make_due_deal() -> None:
    op.create_table(
        "due_deal",
        sa.Column("crm", sa.Text(), nullable=False),
        sa.Column("deal_id", sa.Text(), nullable=False),
        sa.Column("asks", sa.Integer(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("ready_at", MOMENT, nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_aside_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("crm", "deal_id"),
    )
    op.create_index(
        "ix_due_deal_ready", "due_deal", ["crm", "ready_at"], unique=False, sqlite_where=DUE, postgresql_where=DUE
    )
