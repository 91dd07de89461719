"""Makes in the account what the playbooks need; what stands already as it should is left alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.hubspot import names
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.facts import AccountFacts, PipelineFacts
from connectors.hubspot.install.drift import all_parts, asked_rules, pipelines_named
from connectors.hubspot.install.making import Made, make_properties
from connectors.hubspot.install.pipeline_rules import LackingError, compare_rule, make_rule, read_rules, surplus
from connectors.hubspot.install.properties import read_standing
from connectors.hubspot.install.rules import PipelineRule, PlaybookGates
from connectors.protocol import Difference, Installed
from rules.playbook import Playbook

CARD = "put the card Dealgate on the deal's page: SETUP.md of the project says how, `dealgate install --dry-run`"
REQUIRE = "require the gate properties in their stages, once a sweep has filled them in: SETUP.md says how"


def deploy(
    client: HubSpotClient, facts: AccountFacts, playbooks: Sequence[Playbook], made: Mapping[str, PlaybookGates]
) -> Installed:
    """Make properties and rules, each by itself: one that is refused stops no other."""
    done = make_properties(client, all_parts(made), read_standing(client, facts))
    for pipeline in pipelines_named(facts, playbooks):
        done += _rules(client, pipeline, asked_rules(made, pipeline))
    notes = [*done.notes]
    if done.made:
        notes.append(CARD)
    if any(names.GATE in each for each in done.made):
        notes.append(REQUIRE)
    return Installed(done.made, done.refused, tuple(notes))


def _rules(client: HubSpotClient, pipeline: PipelineFacts, asked: Sequence[PipelineRule]) -> Made:
    """Make the rules of one pipeline; one whose subscription has none is told, and is no failure."""
    try:
        held = read_rules(client, pipeline.id)
    except LackingError as lacking:
        wrong = [Difference(f"rule against {each.words}", str(lacking), lacking.help) for each in asked]
        if lacking.subscription:
            return Made(notes=tuple(f"not made: {each.what}: {each.wrong}; {each.help}" for each in wrong))
        return Made(refused=tuple(wrong))
    done = Made(notes=tuple(f"{each.what} {each.wrong}; {each.help}" for each in surplus(pipeline, asked, held)))
    for rule in asked:
        if compare_rule(rule, held, {}, "") is None:
            continue
        refused = make_rule(client, rule, held)
        done += Made(refused=(refused,)) if refused else Made((f"rule against {rule.words}",))
        held = held or {}
    return done
