"""The page of a project that says in plain words which criterion is enforced where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from connectors.salesforce.install.rules import PlaybookRules
from rules.playbook import Playbook
from rules.policies import CLOSED

NOTHING = "- nothing"


def gates_page(playbooks: Sequence[Playbook], made: Mapping[str, PlaybookRules]) -> str:
    """Write the page as Markdown."""
    lines = ["# What is enforced where", ""]
    for playbook in playbooks:
        lines += _about(playbook, made[playbook.name])
    return "\n".join(lines)


def _about(playbook: Playbook, found: PlaybookRules) -> Iterator[str]:
    says = {each.id: each.says for each in playbook.criteria()}
    yield from (f"## {playbook.title} ({playbook.name})", "")
    yield from ("Asked by a rule of the org, at the moment of saving:", "")
    yield from [f"- {says[each]} (`{each}`)" for each in sorted(found.asked)] or [NOTHING]
    yield from ("", "Refused by a rule of the org as of the last check, in these words:", "")
    yield from [f"- {each.standing.says} (`{each.standing.id}`): {each.why}" for each in found.left] or [NOTHING]
    stale = "go on refusing what was last refused" if playbook.gates.when_stale == CLOSED else "let every move through"
    yield from ("", f"Rules of the last check {stale} once no sweep has ended for {playbook.gates.stale_after}.", "")
