"""The playbooks that judge now, and what keeps newer files from replacing them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Loaded:
    """Which playbooks judge, by id and version, and since when.

    `problem` says in words why the files as they are now could not be loaded since `problem_at`; "" where they were.
    """

    playbooks: tuple[str, ...]
    since: datetime
    problem: str = ""
    problem_at: datetime | None = None
