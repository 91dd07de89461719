"""The embedded CRM: a SQLite file or a folder of canonical CSV files."""
