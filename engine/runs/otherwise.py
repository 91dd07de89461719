"""In what a verdict differs from what the ledger recorded of it, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.judge.verdicts import Verdict
from engine.ledger.as_recorded import Recorded
from engine.ledger.verdicts import content_of

WORDS = {
    "stage": "its stage",
    "status": "its gate",
    "allowed_stage": "the stage it is allowed",
    "unmet": "what is open against it",
    "score": "its score",
    "band": "its band",
}
PARTS = ("state", "strictness", "waiver")


@dataclass(frozen=True, slots=True)
class Otherwise:
    """A deal that is judged otherwise now; `differs` says in what, as far as the ledger can tell."""

    deal_id: str
    differs: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """Say it in one line."""
        return f"deal {self.deal_id} is judged otherwise: {'; '.join(self.differs) or 'in its words alone'}"


def otherwise(verdict: Verdict, recorded: Recorded) -> Otherwise:
    """Compare a verdict with what was recorded of it."""
    return Otherwise(verdict.deal_id, (*_of_verdict(verdict, recorded.verdict), *_of_findings(verdict, recorded)))


def _of_verdict(verdict: Verdict, recorded: Mapping[str, object]) -> Iterator[str]:
    now = content_of(verdict)
    for name, what in WORDS.items():
        if recorded and recorded[name] != now[name]:
            yield f"{what} was {_said(recorded[name])} and is {_said(now[name])}"


def _of_findings(verdict: Verdict, recorded: Recorded) -> Iterator[str]:
    before = recorded.findings
    now = {each.key: (each.state.value, each.enforce.value, each.waiver) for each in verdict.findings}
    for key in sorted(before.keys() | now.keys()):
        name = f"finding `{key.removeprefix(f'{verdict.deal_id}:')}`"
        if key not in now:
            yield f"{name} is gone"
        elif key not in before:
            yield f"{name} is new"
        else:
            for part, old, new in zip(PARTS, before[key], now[key], strict=True):
                if old != new:
                    yield f"the {part} of {name} was {_said(old)} and is {_said(new)}"


def _said(value: object) -> str:
    words = ", ".join(value) if isinstance(value, list) else str(value)
    return f"`{words}`" if words else "nothing"
