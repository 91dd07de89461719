"""Says whether a pipeline's own rules can speak for a playbook: they bind every deal of the pipeline, and no other."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.hubspot.facts import AccountFacts, PipelineFacts
from rules.condition import AllOf, Compare, Condition, Literal, Operator, Reference
from rules.playbook import Playbook

CRM = "hubspot"


def stage_ids(playbook: Playbook) -> list[str]:
    """Give the ids of a playbook's stages in HubSpot, in the playbook's order."""
    return [stage.crm.get(CRM, stage.id) for stage in playbook.stages]


def pipelines_of(playbook: Playbook, facts: AccountFacts) -> list[PipelineFacts]:
    """Give the pipelines that have a stage of a playbook."""
    named = set(stage_ids(playbook))
    return [each for each in facts.pipelines if named.intersection(stage.id for stage in each.stages)]


def misfit(playbook: Playbook, playbooks: Sequence[Playbook], facts: AccountFacts) -> str:
    """Say why a rule of a pipeline would bind other deals than the playbook, or bind them otherwise; "": it fits."""
    found = pipelines_of(playbook, facts)
    if len(found) != 1:
        return "its stages stand in several pipelines" if found else "no pipeline of the account has its stages"
    (pipeline,) = found
    others = [each for each in playbooks if each is not playbook and pipeline in pipelines_of(each, facts)]
    if others:
        return f"`{others[0].id}` judges deals of the pipeline `{pipeline.label}` too"
    if not _covers(playbook.applies_to, pipeline):
        return f"it does not judge every deal of the pipeline `{pipeline.label}`"
    return _other_stages(stage_ids(playbook), pipeline)


def _other_stages(named: Sequence[str], pipeline: PipelineFacts) -> str:
    """Say how the open stages of a pipeline are not those that are named, in their order and before the closed ones."""
    held = [stage.id for stage in pipeline.stages if not stage.closed]
    lacking = [stage for stage in named if stage not in held]
    if lacking:
        return f"the pipeline `{pipeline.label}` has no open stage `{lacking[0]}`"
    unnamed = [stage.label for stage in pipeline.stages if not stage.closed and stage.id not in named]
    if unnamed:
        return f"it does not name the stage `{unnamed[0]}` of the pipeline `{pipeline.label}`"
    if [stage.id for stage in pipeline.stages][: len(named)] != list(named):
        return f"the pipeline `{pipeline.label}` has its stages in another order"
    return ""


def _covers(applies_to: Condition, pipeline: PipelineFacts) -> bool:
    """Whether a condition holds for every deal of a pipeline: it asks for nothing, or for this pipeline alone."""
    match applies_to:
        case AllOf(parts):
            return all(_covers(part, pipeline) for part in parts)
        case Compare(Reference("deals", "pipeline"), Operator.EQUALS | Operator.ONE_OF, Literal(value)):
            values = value if isinstance(value, tuple) else (value,)
            return pipeline.label in values
        case _:
            return False
