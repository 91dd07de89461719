"""The import: arbitrary CSV exports become a local CRM through a mapping file."""

from connectors.local.importing.loading import load_mapping
from connectors.local.importing.report import FileReport, ImportReport, Progress
from connectors.local.importing.run import import_csv

__all__ = ["FileReport", "ImportReport", "Progress", "import_csv", "load_mapping"]
