"""The local CRM: a SQLite file or a folder of CSV files, and the import that makes one of any CRM's exports."""

from connectors.local.connect import connect

__all__ = ["connect"]
