"""Which playbook judges which deal (rule 8): the one that applies, of several the one with the highest priority."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rules.playbook import Playbook


@dataclass(frozen=True, slots=True)
class Tie:
    """Several playbooks of equal priority apply to one deal, so none of them judges it."""

    deal_id: str
    playbooks: tuple[str, ...]

    def __str__(self) -> str:
        named = " and ".join(f"`{each}`" for each in self.playbooks)
        return f"playbooks {named} both apply to deal `{self.deal_id}` with the same `priority`"


@dataclass(frozen=True, slots=True)
class Assignment:
    """The deals of a batch by the id of the playbook that judges them, and those that none does."""

    deals: Mapping[str, tuple[str, ...]]
    no_playbook: tuple[str, ...] = ()
    ties: tuple[Tie, ...] = ()


Applies = Mapping[str, bool | None]
"""By deal id: whether a playbook's `applies_to` is met; None where that is unknown."""


def assign(playbooks: Sequence[Playbook], applies: Mapping[str, Applies], deal_ids: Sequence[str]) -> Assignment:
    """Give each deal to one playbook; `applies` holds the answers by playbook id.

    An unknown `applies_to` counts as applying; between equal priorities a playbook that surely applies comes before
    one that only may.
    """
    deals: dict[str, list[str]] = {each.id: [] for each in playbooks}
    none: list[str] = []
    ties: list[Tie] = []
    for deal_id in deal_ids:
        first = _first(playbooks, {each.id: applies[each.id].get(deal_id, False) for each in playbooks})
        if not first:
            none.append(deal_id)
        elif len(first) > 1:
            ties.append(Tie(deal_id, tuple(sorted(each.id for each in first))))
        else:
            deals[first[0].id].append(deal_id)
    return Assignment({name: tuple(ids) for name, ids in deals.items()}, tuple(none), tuple(ties))


def _first(playbooks: Sequence[Playbook], answers: Applies) -> list[Playbook]:
    """List the playbooks that come first for a deal: none, the one that judges it, or several that tie."""
    taking = [each for each in playbooks if answers[each.id] is not False]
    highest = max((each.priority for each in taking), default=0)
    foremost = [each for each in taking if each.priority == highest]
    return [each for each in foremost if answers[each.id]] or foremost
