"""A count of every request that was made."""

from __future__ import annotations

import re
from dataclasses import dataclass

FREE = re.compile(r"/services/(oauth2/.*|data/?)|/id/.*")
KINDS = (
    ("token", r"/services/oauth2/token"), ("versions", r"/services/data/?"), ("bulk", r".*/jobs/.*"),
    ("metadata", r"/services/Soap/m/.*"), ("query", r".*/query(All)?(/.*)?"), ("limits", r".*/limits.*"),
    ("describe", r".*/describe|.*/sobjects"), ("collections", r".*/composite/sobjects.*"),
    ("composite", r".*/composite.*"), ("record", r".*/sobjects/.*"),
)  # fmt: skip


@dataclass(frozen=True)
class Call:
    """One request that was made; `counts` is whether it is one of the day's API requests."""

    method: str
    path: str
    kind: str
    counts: bool


class Calls(list[Call]):
    """Every request in order; `allow` names how many API requests a run may make."""

    def __init__(self) -> None:
        super().__init__()
        self.counted = 0
        self._allowed: int | None = None

    def note(self, method: str, path: str) -> Call:
        kind = next((name for name, pattern in KINDS if re.fullmatch(pattern, path, re.IGNORECASE)), "other")
        call = Call(method, path, kind, not FREE.fullmatch(path))
        self.append(call)
        self.counted += call.counts
        return call

    def of(self, kind: str) -> list[Call]:
        return [call for call in self if call.kind == kind]

    def forget(self) -> None:
        """Start counting anew."""
        self.clear()
        self.counted = 0

    def allow(self, most: int | None) -> None:
        """Fail the run, where the simulator is closed, if more API requests were made from now on."""
        self._allowed = None if most is None else self.counted + most

    @property
    def over(self) -> int:
        """How many more were made than allowed."""
        return 0 if self._allowed is None else max(0, self.counted - self._allowed)
