"""Compares the stages of a CRM with those the playbooks name; a stage nobody names has no gate."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from connectors.protocol import Health, Observation
from rules.playbook import Playbook
from rules.problems import did_you_mean
from rules.value_words import counted


def names_of(playbook: Playbook, crm: str) -> dict[str, str]:
    """Give the CRM's names of a playbook's stages and outcomes, with the id each one stands for."""
    stages = {stage.crm.get(crm, stage.id): stage.id for stage in playbook.stages}
    return stages | {outcome.crm.get(crm, outcome.id): outcome.id for outcome in playbook.outcomes}


def unnamed(held: Iterable[str], playbooks: Sequence[Playbook], crm: str) -> list[str]:
    """Name the stages of the CRM that no playbook names, sorted."""
    return sorted(set(held) - {name for playbook in playbooks for name in names_of(playbook, crm)})


def compare_stages(
    held: Collection[str],
    playbooks: Sequence[Playbook],
    crm: str,
    *,
    all_known: bool,
    open_deals: Mapping[str, int] | None = None,
) -> Iterator[Observation]:
    """Say which stages of the CRM no playbook names and, where all of its stages are known, which ones it lacks.

    `open_deals` says how many open deals stand in a stage, where that is known; where none does, it is no harm.
    """
    named = {name: playbook.id for playbook in playbooks for name in names_of(playbook, crm)}
    missing = unnamed(held, playbooks, crm)
    for stage in missing:
        close = did_you_mean(stage, set(named) - set(held))
        way = close if close.startswith("did") else f"name it under `crm: {{{crm}: ...}}` of a stage or an outcome"
        yield _unnamed(stage, None if open_deals is None else open_deals.get(stage, 0), way)
    for playbook in playbooks if all_known else ():
        stages = {stage.crm.get(crm, stage.id) for stage in playbook.stages}
        for stage in sorted(stages - set(held)):
            says = f"`{playbook.id}` names the stage `{stage}`, which this CRM does not have"
            yield Observation(Health.UNWISE, "stages", says, did_you_mean(stage, missing))
    if not missing:
        yield Observation(Health.FINE, "stages", f"each of {len(set(held))} stages is named by a playbook")


def _unnamed(stage: str, deals: int | None, way: str) -> Observation:
    says = f"no playbook names the stage `{stage}`"
    if deals == 0:
        return Observation(Health.UNWISE, "stages", f"{says}; no open deal stands in it now", way)
    whose = "its deals" if deals is None else f"its {counted(deals, 'open deal')}"
    has = "has" if deals == 1 else "have"
    return Observation(Health.WRONG, "stages", f"{says}: {whose} {has} no gate", way)
