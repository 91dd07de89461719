"""A count of every request that was made."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True)
class Call:
    """One request that was made; `counts`: whether it is one of the day's calls."""

    method: str
    path: str
    kind: str
    counts: bool
    status: int = 0


class Calls(list[Call]):
    """Every request in order; `allow` names how many calls a run may make."""

    def __init__(self) -> None:
        super().__init__()
        self.counted = 0
        self._allowed: int | None = None

    def note(self, call: Call) -> None:
        self.append(call)
        self.counted += call.counts

    def of(self, kind: str) -> list[Call]:
        """Give those of a kind: list, record, read, write, search, associations, properties, pipelines, owners..."""
        return [call for call in self if call.kind == kind]

    @property
    def kinds(self) -> Counter[str]:
        """Count them by kind."""
        return Counter(call.kind for call in self)

    def forget(self) -> None:
        """Start counting anew."""
        self.clear()
        self.counted = 0

    def allow(self, most: int | None) -> None:
        """Fail the run, where the simulator is closed, if more calls were made from now on."""
        self._allowed = None if most is None else self.counted + most

    @property
    def over(self) -> int:
        """How many more were made than allowed."""
        return 0 if self._allowed is None else max(0, self.counted - self._allowed)
