"""The playbook language: its schema, loading with file:line problems, conditions, and their translations."""
