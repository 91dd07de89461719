"""The tables Fivetran laid down are judged from the command line, and every engine prints the same document."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.warehouse.settings import Engine
from tests.cli.conftest import Run
from tests.connectors.warehouse.conftest import QUIET, Seeds, place_of, seeds, server, spark
from tests.connectors.warehouse.test_fivetran import OPPORTUNITY, history, hubspot
from tests.connectors.warehouse.warehouses import Place

__all__ = ["place_of", "seeds", "server", "spark"]
PLAYBOOK = """
playbook: recorded
version: 1
title: Recorded deals
applies_to: {name: {present: true}}
calendar: {timezone: Europe/Berlin}
currency: USD
qualification:
  title: Fit
  dimensions:
    - {id: amount, title: Amount, levels: [{points: 2, when: {amount: {at_least: 1000}}}]}
    - {id: met, title: Met, levels: [{points: 1, when: {activities: {some: {kind: [meeting, call], status: held}}}}]}
stages:
  - id: first
    title: First
    crm: {salesforce: Discovery, hubspot: "dF5lGB7+tSJ8VAb2vJKNuQ=="}
    exit_criteria:
      - id: seen
        says: They met us
        require: {activities: {some: {kind: meeting, status: held}}}
        enforce: hard
      - {id: stable, says: The amount stands, require: {amount: {changed_within: 30 days}}, enforce: soft}
  - id: second
    title: Second
    crm: {salesforce: Proposal, hubspot: "GavUFuuf4DrnQAoiRGlWpQ=="}
    exit_criteria: [{id: next, says: A next step is agreed, require: {filled: [next_step]}, enforce: soft}]
outcomes:
  won: {crm: {hubspot: "/n0+plNHbWErNq8Ek+NM3g=="}}
moves: {skip: soft, back: advise}
clocks: {stage_age: {limit: 30 days}, buyer_silence: {limit: 14 days}, close_date: {moved_later: {at_most: 1}}}
""".lstrip()
AS_OF = {"fivetran-salesforce-history": "2018-12-20T12:00:00Z", "fivetran-hubspot": "2021-02-10T12:00:00Z"}
ENGINES = [
    Engine.POSTGRESQL,
    pytest.param(Engine.SPARK, marks=[pytest.mark.filterwarnings(each) for each in QUIET]),
]


def document(place: Place, mapping: str, run: Run, folder: Path) -> dict[str, object]:
    where = f'url: "{place.url}"' if place.url else f"parquet: {place.folder / 'tables'}, engine: {place.engine.value}"
    (folder / "dealgate.yaml").write_text(f"crms:\n  w: {{type: warehouse, {where}, mapping: {mapping}}}\n", "utf-8")
    (folder / "recorded.yaml").write_text(PLAYBOOK, "utf-8")
    result = run("check", "-p", "recorded.yaml", "--as-of", AS_OF[mapping], "-f", "json")
    assert result.exit_code == 0, result.output
    printed: dict[str, object] = json.loads(result.stdout)
    return printed


@pytest.mark.parametrize("mapping", AS_OF)
@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_judges_what_was_recorded_alike(  # noqa: PLR0917 - fixtures
    mapping: str, engine: Engine, place_of: Callable[[Engine], Place], seeds: Seeds, run: Run, folder: Path
) -> None:
    tables = history(seeds) if mapping == "fivetran-salesforce-history" else hubspot(seeds)
    here, there = place_of(Engine.DUCKDB), place_of(engine)
    here.fill(tables)
    there.fill(tables)
    wanted = document(here, mapping, run, folder)
    assert document(there, mapping, run, folder) == wanted
    assert wanted["summary"]["problems"] == []  # type: ignore[index]


def test_a_recorded_opportunity_is_judged_by_all_that_was_told_of_it(
    place_of: Callable[[Engine], Place], seeds: Seeds, run: Run, folder: Path
) -> None:
    place = place_of(Engine.DUCKDB)
    place.fill(history(seeds))
    judged = document(place, "fivetran-salesforce-history", run, folder)
    deals: list[dict[str, object]] = judged["deals"]  # type: ignore[assignment]
    (deal,) = [each for each in deals if each["id"] == OPPORTUNITY]
    assert (deal["owner"], deal["stage"]) == ("Saurabh Kapadia", "second")
    assert deal["gate"] == {"status": "not_yet", "allowed_stage": "second", "unmet": ["next"]}
    assert deal["qualification"]["dimensions"] == {"amount": 2, "met": 1}  # type: ignore[index]
    assert len(deals) == 9
