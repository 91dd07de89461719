"""State in SQL: runs, findings, the outbox of changes, receipts and waivers."""
