"""The project an administrator reads: the app as it ships, what is enforced where, and what is left to click."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.hubspot.facts import AccountFacts
from connectors.hubspot.install.app import app_files
from connectors.hubspot.install.fitting import pipelines_of
from connectors.hubspot.install.rules import SKIP, PipelineRule, PlaybookGates
from connectors.hubspot.install.setting_up import setup_page
from connectors.hubspot.settings import HubSpotSettings
from rules.playbook import Playbook


def project_files(
    playbooks: Sequence[Playbook],
    made: Mapping[str, PlaybookGates],
    facts: AccountFacts,
    settings: HubSpotSettings,
    properties: Sequence[str],
) -> dict[str, bytes]:
    """Give every file of the project by its path; `properties` are those of a deal that the playbooks read."""
    found = app_files(settings.webhooks_url, properties, [each.gates.stale_after for each in playbooks])
    found["GATES.md"] = _gates_page(playbooks, made, facts).encode()
    found["SETUP.md"] = setup_page(playbooks, made, facts, events=settings.events is not None).encode()
    return found


def _gates_page(playbooks: Sequence[Playbook], made: Mapping[str, PlaybookGates], facts: AccountFacts) -> str:
    """Say in plain words which criterion is asked where."""
    lines = ["# What is enforced where", ""]
    for playbook in playbooks:
        lines += [f"## {playbook.title} ({playbook.name})", ""]
        lines += [*_at_once(playbook, made[playbook.name], facts), *_as_last_checked(playbook, made[playbook.name])]
        lines += _by_dealgate(made[playbook.name])
    return "\n".join(lines)


def _at_once(playbook: Playbook, found: PlaybookGates, facts: AccountFacts) -> list[str]:
    labels = {stage.id: stage.label for each in pipelines_of(playbook, facts) for stage in each.stages}
    rules = [f"- {_rule(each, labels)}" for each in found.rules]
    lines = ["Refused by a rule of the pipeline, at the moment of moving:", "", *(rules or ["- nothing"]), ""]
    if rules:
        lines += ["These rules know no waivers: a deal that is excepted is moved by a super admin.", ""]
    return lines


def _as_last_checked(playbook: Playbook, found: PlaybookGates) -> list[str]:
    """List what gate properties hold back, or say why there are none."""
    if found.why_no_gates:
        return ["No stage has a gate property:", "", f"- {found.why_no_gates}", ""]
    says = {each.id: each.says for each in playbook.criteria()} | {each.id: each.says for each in playbook.rules}
    held = [f"- {says[each]} (`{each}`)" if each in says else f"- `{each}`" for each in found.held]
    stages = ", ".join(stage.label or stage.id for stage in found.gates)
    return [
        f"Refused as of the last check, by the gate properties of {stages}, once they are required (SETUP.md):",
        "",
        *(held or ["- nothing"]),
        "",
        "A deal that was never judged may enter none of these stages, and a gate stays as it is when sweeps stop.",
        "",
    ]


def _by_dealgate(found: PlaybookGates) -> list[str]:
    """List what HubSpot does not judge, each with why."""
    left = [f"- `{each.what.partition(': ')[2]}`: {each.wrong}" for each in found.left]
    return ["Judged by Dealgate, and corrected by it where `correct_moves` is on:", "", *(left or ["- nothing"]), ""]


def _rule(rule: PipelineRule, labels: Mapping[str, str]) -> str:
    named = ", ".join(labels.get(each, each) for each in rule.stages)
    return f"passing over {named} (`moves.skip`)" if rule.kind == SKIP else f"going back from {named} (`moves.back`)"
