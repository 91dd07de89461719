"""A mirror that was kept fresh for weeks holds what one made anew holds, whatever people did meanwhile."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from engine.judge.tables import Tables
from rules.playbook import Playbook, Stage
from rules.types import Field, FieldType
from tests.connectors.salesforce.conftest import connector_of
from tests.same_pipeline.comparing import told
from tests.same_pipeline.conftest import NIGHTLY
from tests.same_pipeline.salesforce_churn import Churn
from tests.simulators.salesforce import SalesforceSimulator
from tests.simulators.salesforce.installed import install_fields

SEEDS = range(40) if NIGHTLY else range(1)
SWEEPS, ACTIONS = (40, 12) if NIGHTLY else (8, 25)
PLAYBOOK = Playbook(
    "p", 1, "P", (Stage("a", "A"),), fields=(Field("pain", FieldType.TEXT, crm={"salesforce": "Pain__c"}),)
)
COLUMNS = {"proposals.sent_at": "Sent_At__c"}


def swept(crm: SalesforceSimulator, mirror: Path) -> Tables:
    with connector_of(crm, mirror, columns=COLUMNS) as connector:
        (tables,) = connector.read([PLAYBOOK])
        return tables


@pytest.mark.parametrize("seed", SEEDS)
def test_a_mirror_kept_fresh_equals_one_made_anew(seed: int, tmp_path: Path) -> None:
    dice = Random(seed)  # noqa: S311 - made-up days
    with SalesforceSimulator() as crm:
        install_fields(crm.org)
        churn = Churn(crm, dice)
        swept(crm, tmp_path / "kept.duckdb")
        for night in range(SWEEPS):
            churn.done.clear()
            for _ in range(ACTIONS):
                churn.act()
            kept, anew = swept(crm, tmp_path / "kept.duckdb"), swept(crm, tmp_path / f"{night}.duckdb")
            differ = {name: told(kept[name], anew[name]) for name in anew.tables}
            assert {name: difference for name, difference in differ.items() if difference} == {}, churn.done
            crm.clock.advance(timedelta(hours=dice.randrange(30)))
