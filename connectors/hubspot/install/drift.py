"""Compares what stands in the account with what the playbooks ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.facts import AccountFacts, PipelineFacts
from connectors.hubspot.install.fitting import CRM, pipelines_of
from connectors.hubspot.install.parts import KEY, PROPERTIES, PropertyPart, gate_parts
from connectors.hubspot.install.pipeline_rules import Held, LackingError, compare_rule, read_rules
from connectors.hubspot.install.pipeline_rules import surplus as surplus_rules
from connectors.hubspot.install.properties import INSTALL, compare, read_standing
from connectors.hubspot.install.properties import surplus as surplus_properties
from connectors.hubspot.install.rules import PipelineRule, PlaybookGates
from connectors.protocol import Difference
from connectors.stage_names import names_of
from rules.playbook import Playbook
from rules.problems import did_you_mean


def drift(
    client: HubSpotClient, facts: AccountFacts, playbooks: Sequence[Playbook], made: Mapping[str, PlaybookGates]
) -> list[Difference]:
    """List every difference, sorted."""
    standing = read_standing(client, facts)
    parts = all_parts(made)
    found = [each for part in parts for each in compare(part, standing)]
    found += surplus_properties(parts, standing)
    found += _rules(client, facts, playbooks, made)
    found += _stages(facts, playbooks)
    return sorted(set(found))


def all_parts(made: Mapping[str, PlaybookGates]) -> list[PropertyPart]:
    """Give every property that is asked for."""
    return [*PROPERTIES, KEY, *gate_parts(stage for each in made.values() for stage in each.gates)]


def asked_rules(made: Mapping[str, PlaybookGates], pipeline: PipelineFacts) -> list[PipelineRule]:
    """Give the rules that are asked for in a pipeline."""
    return [rule for each in made.values() for rule in each.rules if rule.pipeline == pipeline.id]


def pipelines_named(facts: AccountFacts, playbooks: Sequence[Playbook]) -> list[PipelineFacts]:
    """Give the pipelines that the playbooks name stages of, each once."""
    found = [pipeline for playbook in playbooks for pipeline in pipelines_of(playbook, facts)]
    return [each for each in facts.pipelines if each in found]


def _rules(
    client: HubSpotClient, facts: AccountFacts, playbooks: Sequence[Playbook], made: Mapping[str, PlaybookGates]
) -> Iterator[Difference]:
    for pipeline in pipelines_named(facts, playbooks):
        asked = asked_rules(made, pipeline)
        try:
            held: Held | None = read_rules(client, pipeline.id)
        except LackingError as lacking:
            yield from (Difference(f"rule against {each.words}", str(lacking), lacking.help) for each in asked)
            continue
        labels = {stage.id: stage.label for stage in pipeline.stages}
        compared = (compare_rule(each, held, labels, INSTALL) for each in asked)
        yield from (each for each in compared if each is not None)
        yield from surplus_rules(pipeline, asked, held)


def _stages(facts: AccountFacts, playbooks: Sequence[Playbook]) -> Iterator[Difference]:
    """Name the stages and outcomes of playbooks that the account no longer has."""
    held = {stage.id: stage.label for stage in facts.stages}
    unnamed = sorted(set(held) - {name for playbook in playbooks for name in names_of(playbook, CRM)})
    for playbook in playbooks:
        for stage in playbook.stages:
            name = stage.crm.get(CRM, stage.id)
            if name not in held:
                near = did_you_mean(name, unnamed)
                help_ = near if near.startswith("did") else "name another under `crm: {hubspot: ...}`, by its id"
                yield Difference(f"stage {name}", f"is named by `{playbook.id}`, and no pipeline has it", help_)
