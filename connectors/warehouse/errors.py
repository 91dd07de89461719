"""What can be wrong with a warehouse before anything of it is read."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.protocol import CrmError
from rules.problems import Problem, render_problems


class MappingError(CrmError):
    """A mapping cannot be used, or does not fit the database; all that is wrong is told at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(render_problems(problems))
        self.problems = tuple(problems)


class WarehouseSettingsError(CrmError):
    """What was said of a warehouse does not go together."""

    def __init__(self, wrong: str, advice: str) -> None:
        super().__init__(f"{wrong}\n  help: {advice}")


class ReadOnlyError(CrmError):
    """Somebody asked to write into a warehouse."""

    def __init__(self) -> None:
        super().__init__("a warehouse is only read\n  help: `plan`, `apply` and `sweep` work on the CRM itself")
