"""SETUP.md: what an administrator clicks, in order, since HubSpot lets nobody do it through the API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from connectors.hubspot.facts import AccountFacts, StageFacts
from connectors.hubspot.install.fitting import pipelines_of
from connectors.hubspot.install.parts import gate_parts
from connectors.hubspot.install.rules import PlaybookGates
from rules.playbook import Playbook


def setup_page(
    playbooks: Sequence[Playbook], made: Mapping[str, PlaybookGates], facts: AccountFacts, *, events: bool
) -> str:
    """Write the steps; those about gate properties only where there are some."""
    steps = [_properties(), _app(events=events)]
    gated = [(each, made[each.name]) for each in playbooks if made[each.name].gates]
    if gated:
        steps += [_sweep(), _require(gated, facts), _restrict(), _try_it()]
    numbered = (f"## {number}. {title}\n\n{text}" for number, (title, text) in enumerate(steps, start=1))
    begins = "What is left to click, in this order. GATES.md says what is enforced where.\n"
    return "\n".join(["# Setting up", "", begins, *numbered, *_never(gated=bool(gated))])


Step = tuple[str, str]
"""A step's title and its text."""


def _properties() -> Step:
    return "Properties and rules", (
        "`dealgate install hubspot` makes the properties, and the rules of pipelines where the account has them\n"
        "(Professional and Enterprise). `dealgate install hubspot --check` says later what is no longer so.\n"
    )


def _app(*, events: bool) -> Step:
    holds = "the cards for the deal's page, and the webhooks" if events else "the cards for the deal's page"
    return "The app", (
        f"It holds {holds}. README.md says how to upload it, to install it, and to put a card where reps look\nfirst.\n"
    )


def _sweep() -> Step:
    return "A sweep, before anything is required", (
        "`dealgate sweep` fills in the gate properties of every open deal. A gate that is required while it is still\n"
        "blank keeps every deal out of its stage.\n"
    )


def _require(gated: Sequence[tuple[Playbook, PlaybookGates]], facts: AccountFacts) -> Step:
    lines = [
        "Settings > Objects > Deals > Pipelines. In the row of each stage below: Conditional logic rules (hover) >",
        "Add rule > Add property under Dependent properties, tick Required > Save logic.",
        "",
    ]
    for playbook, found in gated:
        (pipeline,) = pipelines_of(playbook, facts)
        lines += [f"| pipeline {pipeline.label}, stage | require |", "|---|---|"]
        lines += [
            f"| {stage.label} (`{stage.id}`) | {label} (`{name}`) |" for stage, label, name in _named(found.gates)
        ]
        lines.append("")
    lines.append(
        "HubSpot lets nobody read through the API whether this was done: try it (below), and again after changes.\n"
    )
    return "Require each gate property in its stage", "\n".join(lines)


def _restrict() -> Step:
    return "Let nobody else fill them in", (
        "A rep who is asked for a required property can fill it in. Where the subscription has it (Enterprise):\n"
        "Settings > Properties, each of the gate properties above: Manage access, and let super admins alone edit it.\n"
        "Elsewhere a gate filled in by hand opens; the next check blanks it again, and a move made meanwhile is named\n"
        "and, where `correct_moves` is on, undone.\n"
    )


def _try_it() -> Step:
    return "Try it, as a rep", (
        "Not as a super admin. Move a deal whose gate is blank: HubSpot asks for the gate property and does not save.\n"
        "Do what the card says, run `dealgate apply --deal ID --yes`, and move it again: it goes through.\n"
    )


def _never(*, gated: bool) -> Iterator[str]:
    """Say what gets past all of it."""
    yield "## What HubSpot lets through all the same\n"
    yield "- workflows, imports, and whatever writes by an API of before 2026-09"
    yield "- super admins and users who may edit property settings, past rules of pipelines"
    yield "- calls that carry no user, past rules of pipelines"
    if gated:
        yield "- whoever fills in a gate property: who may edit it, and who creates a deal in its stage"
    yield "\nDealgate finds such a move with its next check, names it, and undoes it where `correct_moves` is on.\n"


def _named(stages: Sequence[StageFacts]) -> list[tuple[StageFacts, str, str]]:
    return [(stage, part.label, part.name) for stage, part in zip(stages, gate_parts(stages), strict=True)]
