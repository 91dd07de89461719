"""The store's tables through time, as Alembic revisions."""
