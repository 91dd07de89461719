"""Runs revisions on the connection that the caller opened; `engine.ledger.migrate` is the only caller."""

from __future__ import annotations

from alembic import context

from engine.ledger.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
