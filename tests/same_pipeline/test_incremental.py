"""A mirror that was kept fresh for weeks holds what one made anew holds, whatever people did meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from connectors.protocol import Connector
from engine.judge.tables import Tables
from rules.condition import Compare, Literal, Operator, Reference
from rules.playbook import CloseDateClock, Criterion, Enforce, Playbook, ProposalClock, Stage
from rules.types import Duration, Field, FieldType, Unit
from tests.connectors.hubspot import accounts
from tests.connectors.salesforce.conftest import connector_of
from tests.same_pipeline import hubspot_churn, salesforce_churn
from tests.same_pipeline.comparing import told
from tests.same_pipeline.conftest import NIGHTLY
from tests.simulators.hubspot import HubSpotSimulator
from tests.simulators.salesforce import SalesforceSimulator
from tests.simulators.salesforce.installed import install_fields

SEEDS = range(40) if NIGHTLY else range(1)
SWEEPS, ACTIONS = (40, 12) if NIGHTLY else (4, 40)
REASONS = {"salesforce": "Pain__c", "hubspot": "identified_pain"}
CHANGED = Compare(Reference("deals", "pain", FieldType.TEXT), Operator.CHANGED_WITHIN, Literal(Duration(30, Unit.DAYS)))
PLAYBOOK = Playbook(
    "p",
    1,
    "P",
    (Stage("a", "A", crm={"hubspot": "appointmentscheduled"}),),
    fields=(Field("pain", FieldType.TEXT, crm=REASONS),),
    every_stage=(Criterion("fresh", "It is fresh", CHANGED, Enforce.ADVISE),),
    clocks=(CloseDateClock(Literal(2), Enforce.ADVISE), ProposalClock(None, None, None, Enforce.ADVISE)),
)
Open = Callable[[Path], AbstractContextManager[Connector]]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_mirror_of_an_org_kept_fresh_equals_one_made_anew(seed: int, tmp_path: Path) -> None:
    with SalesforceSimulator() as crm:
        install_fields(crm.org)
        churn = salesforce_churn.Churn(crm, Random(seed))  # noqa: S311 - made-up days
        columns = {"proposals.sent_at": "Sent_At__c"}
        hold(lambda path: connector_of(crm, path, columns=columns), churn, tmp_path)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_mirror_of_an_account_kept_fresh_equals_one_made_anew(seed: int, tmp_path: Path) -> None:
    with HubSpotSimulator() as crm:
        accounts.install_properties(crm.account)
        churn = hubspot_churn.Churn(crm, Random(seed))  # noqa: S311 - made-up days
        hold(lambda path: accounts.connector_of(crm, path), churn, tmp_path)


def hold(open_: Open, churn: salesforce_churn.Churn | hubspot_churn.Churn, folder: Path) -> None:
    """Sweep night after night, and compare each time with a mirror made that night."""
    swept(open_, folder / "kept.duckdb")
    for night in range(SWEEPS):
        churn.begin()
        for _ in range(ACTIONS):
            churn.act()
        now, kept = churn.crm.clock.now, swept(open_, folder / "kept.duckdb")
        churn.crm.clock.now = now
        anew = swept(open_, folder / f"{night}.duckdb")
        assert kept.tables.keys() == anew.tables.keys()
        differ = {name: told(kept[name], anew[name]) for name in anew.tables}
        assert {name: difference for name, difference in differ.items() if difference} == {}, churn.done
        churn.crm.clock.advance(timedelta(hours=churn.dice.randrange(30)))


def swept(open_: Open, mirror: Path) -> Tables:
    with open_(mirror) as connector:
        (tables,) = connector.read([PLAYBOOK])
        return tables
