"""Compares the stages of a CRM with those the playbooks name; a stage nobody names has no gate."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from connectors.protocol import Health, Observation
from rules.playbook import Playbook
from rules.problems import did_you_mean


def names_of(playbook: Playbook, crm: str) -> dict[str, str]:
    """Give the CRM's names of a playbook's stages and outcomes, with the id each one stands for."""
    stages = {stage.crm.get(crm, stage.id): stage.id for stage in playbook.stages}
    return stages | {outcome.crm.get(crm, outcome.id): outcome.id for outcome in playbook.outcomes}


def compare_stages(
    held: Collection[str], playbooks: Sequence[Playbook], crm: str, *, all_known: bool
) -> Iterator[Observation]:
    """Say which stages of the CRM no playbook names and, where all of its stages are known, which ones it lacks."""
    named = {name: playbook.id for playbook in playbooks for name in names_of(playbook, crm)}
    unnamed = sorted(set(held) - set(named))
    for stage in unnamed:
        close = did_you_mean(stage, set(named) - set(held))
        way = close if close.startswith("did") else f"name it under `crm: {{{crm}: ...}}` of a stage or an outcome"
        says = f"no playbook names the stage `{stage}`: its deals have no gate"
        yield Observation(Health.WRONG, "stages", says, way)
    for playbook in playbooks if all_known else ():
        stages = {stage.crm.get(crm, stage.id) for stage in playbook.stages}
        for stage in sorted(stages - set(held)):
            says = f"`{playbook.id}` names the stage `{stage}`, which this CRM does not have"
            yield Observation(Health.UNWISE, "stages", says, did_you_mean(stage, unnamed))
    if not unnamed:
        yield Observation(Health.FINE, "stages", f"each of {len(set(held))} stages is named by a playbook")
