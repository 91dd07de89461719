"""The digest of a sweep: what a manager wants to know in the morning, as a value that is kept, and in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

MOST = 10
"""How many crossings and reasons are told; the others are counted."""
NO_REASON = "no reason was given"
WRITTEN = {
    "flags": "flags",
    "tasks_created": "new tasks",
    "tasks_updated": "tasks changed",
    "tasks_completed": "tasks completed",
    "moves": "moves undone",
}
"""What is counted as written, and what it is called."""


@dataclass(frozen=True, slots=True)
class Digest:
    """What a sweep came to, in JSON values.

    `totals` are the run's counts, `outcomes` its changes by what became of them; `reasons` say why some were not done,
    each with a count and a deal; `crossings` are deals that moved through a closed gate, in JSON and, in `crossed`, in
    words; `waiting` counts changes that another run's held up; `resumed` counts what earlier runs had left; `untold`
    says why the CRM was not told of the sweep's end.
    """

    run: int
    as_of: datetime
    checksum: str = ""
    totals: Mapping[str, int] = field(default_factory=dict)
    outcomes: Mapping[str, int] = field(default_factory=dict)
    reasons: Sequence[Mapping[str, Any]] = ()
    crossings: Sequence[Mapping[str, Any]] = ()
    crossed: Sequence[str] = ()
    refusals: Sequence[str] = ()
    waiting: int = 0
    resumed: Mapping[str, int] = field(default_factory=dict)
    cost: str = ""
    untold: str = ""

    @property
    def changes(self) -> int:
        """How many changes were planned."""
        return sum(self.totals.get(name, 0) for name in WRITTEN)

    @property
    def lines(self) -> Iterator[str]:
        """Say it, a line each."""
        counts = self.totals
        yield (
            f"{counts['deals']:,} deals judged, {counts['open_deals']:,} of them open; "
            f"{counts['newly_blocked']:,} newly blocked"
        )
        yield from self._crossed()
        yield from self._resumed()
        yield from self._refused() if self.refusals else self._wrote()

    def to_json(self) -> dict[str, Any]:
        """Lay it out as JSON values."""
        values = {name: getattr(self, name) for name in FIELDS if name != "as_of"}
        lists = {name: list(values[name]) for name in ("reasons", "crossings", "crossed", "refusals")}
        return values | lists | {"as_of": self.as_of.isoformat()}

    def _crossed(self) -> Iterator[str]:
        """Name the deals that moved through a closed gate since the last check."""
        for each in self.crossed[:MOST]:
            yield f"gate crossed: {each}"
        if len(self.crossings) > MOST:
            yield f"and {len(self.crossings) - MOST} other crossings: `--format json` lists them"

    def _resumed(self) -> Iterator[str]:
        counts = self.resumed
        if any(counts.values()):
            yield (
                f"an earlier run was cut off: {counts['finished']} finished, {counts['doubted']:,} changes read back, "
                f"{counts['dropped']:,} judged again"
            )

    def _refused(self) -> Iterator[str]:
        yield f"nothing was written: {'; '.join(self.refusals)}"
        yield "  help: look at `dealgate plan`, then allow it by `--allow`"

    def _wrote(self) -> Iterator[str]:
        counts = ((self.totals[name], what) for name, what in WRITTEN.items())
        asked = ", ".join(f"{count:,} {what}" for count, what in counts if count)
        yield f"written: {asked}" if asked else "nothing had to be written"
        wrong = {name: count for name, count in self.outcomes.items() if name != "done"}
        if wrong:
            yield "; ".join(f"{count:,} {name}" for name, count in sorted(wrong.items()))
        yield from self._reasons()
        if self.waiting:
            yield f"{self.waiting:,} changes wait for another run"
        if self.cost:
            yield self.cost

    def _reasons(self) -> Iterator[str]:
        """Give the commonest reasons why something was not written, with one deal each."""
        for each in self.reasons[:MOST]:
            yield f"  {each['count']:,} x {each['reason']} (such as deal {each['deal']})"
        if len(self.reasons) > MOST:
            yield f"  and {len(self.reasons) - MOST} other reasons: `--format json` lists them"


FIELDS = tuple(Digest.__dataclass_fields__)


def digest_of(values: Mapping[str, Any]) -> Digest:
    """Read back what `to_json` laid out."""
    return Digest(**{**values, "as_of": datetime.fromisoformat(values["as_of"])})


def reasons_of(not_done: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Count why changes were not done, the commonest reason first, with the first deal it was given for."""
    counted, deals = Counter[str](), dict[str, str]()
    for each in not_done:
        reason = each["reason"] or NO_REASON
        counted[reason] += 1
        deals.setdefault(reason, each["deal"])
    return [{"reason": reason, "count": count, "deal": deals[reason]} for reason, count in counted.most_common()]
