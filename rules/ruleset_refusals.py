"""What of a playbook rulesets cannot carry, by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rules.condition import Compare, Condition, walk
from rules.lint_source import Asked, all_conditions
from rules.playbook import Playbook
from rules.ruleset_comparisons import NotCarriedError
from rules.ruleset_conditions import Translator


@dataclass(frozen=True, slots=True)
class Refusal:
    """One condition that cannot be carried: what asks it, and why not."""

    asked: Asked
    why: str

    def __str__(self) -> str:
        return f"{self.asked.words} asks {self.why}"


def refusals(playbook: Playbook, crm: str = "local") -> tuple[Refusal, ...]:
    """List all that rulesets cannot carry, each once, in the playbook's order."""
    translator = Translator(playbook, crm)
    found = (Refusal(asked, why) for asked in all_conditions(playbook) for why in reasons(asked.condition, translator))
    return tuple(dict.fromkeys(found))


def reasons(condition: Condition, translator: Translator) -> Iterator[str]:
    """Yield why parts of a condition cannot be carried; those about related rows are among them."""
    for node in walk(condition):
        if not isinstance(node, Compare):
            continue
        try:
            translator.comparisons(node)
        except NotCarriedError as error:
            yield str(error)
