"""Collects what is wrong with the rows of a CRM, each by name, without holding a million of them."""

from __future__ import annotations

from collections import Counter

from rules.problems import Place, Problem

MOST = 1_000
LONGEST = 60


class Troubles:
    """Problems found while reading; of each file and code only the first thousand are kept, the rest counted."""

    def __init__(self) -> None:
        self._kept: dict[Problem, None] = {}
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, place: Place, code: str, message: str, advice: str = "") -> None:
        """Keep a problem, or count it where many like it are kept."""
        problem = Problem(place, code, message, advice)
        if problem in self._kept:
            return
        self._counts[(place.file, code)] += 1
        if self._counts[(place.file, code)] <= MOST:
            self._kept[problem] = None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All that was kept, sorted by place, and how many more there were."""
        more = [
            Problem(Place(file, 1, 1), code, f"{count - MOST:,} more problems like these are not shown")
            for (file, code), count in self._counts.items()
            if count > MOST
        ]
        return tuple(sorted([*self._kept, *more]))

    def __len__(self) -> int:
        return sum(self._counts.values())


def shown(text: str) -> str:
    """Quote a user's cell in one line, cut where it runs on."""
    flat = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text[: LONGEST + 1])
    return f"`{flat if len(text) <= LONGEST else flat[:LONGEST] + '…'}`"
