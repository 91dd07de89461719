"""The example pipeline, carried into each CRM."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from connectors.protocol import Connector
from examples.company import AS_OF
from tests.connectors.hubspot import accounts
from tests.connectors.salesforce.conftest import connector_of
from tests.same_pipeline import hubspot_carrier, salesforce_carrier
from tests.same_pipeline.hubspot_carrier import HubSpotCarrier
from tests.same_pipeline.salesforce_carrier import SalesforceCarrier
from tests.same_pipeline.source import Rows, Source, example_pipeline, shipped_playbooks
from tests.simulators.clock import Clock
from tests.simulators.hubspot import HubSpotSimulator
from tests.simulators.salesforce import SalesforceSimulator
from tests.simulators.salesforce.installed import install_fields

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"


@dataclass(frozen=True)
class Carried:
    """A pipeline in a CRM: what was carried, as it is called there; `back` gives our id of each of the CRM's."""

    crm: str
    source: Source
    there: Rows
    back: Mapping[str, str]
    open: Callable[[Path], AbstractContextManager[Connector]]
    """Connect, with a mirror at a path."""


@pytest.fixture(scope="module", params=["salesforce", "hubspot"])
def carried(request: pytest.FixtureRequest) -> Iterator[Carried]:
    """Give the pipeline in a CRM whose clock stands at the pipeline's moment."""
    with {"salesforce": _in_salesforce, "hubspot": _in_hubspot}[request.param]() as found:
        yield found


@contextmanager
def _in_salesforce() -> Iterator[Carried]:
    source = example_pipeline().without(salesforce_carrier.TAKEN_OUT)
    columns = salesforce_carrier.COLUMNS
    with SalesforceSimulator(now=AS_OF) as crm:
        install_fields(crm.org)
        carrier = SalesforceCarrier(crm.org, shipped_playbooks())
        carrier.carry(source.rows)
        back = {theirs: ours for ours, theirs in carrier.ids.items()}
        there = carrier.renamed(source.rows)
        yield Carried("salesforce", source, there, back, lambda path: connector_of(crm, path, columns=columns))


@contextmanager
def _in_hubspot() -> Iterator[Carried]:
    source = example_pipeline().without(hubspot_carrier.TAKEN_OUT)
    columns = hubspot_carrier.COLUMNS
    with HubSpotSimulator(clock=Clock(AS_OF)) as crm:
        accounts.install_properties(crm.account)
        carrier = HubSpotCarrier(crm.account, shipped_playbooks(), source.rows)
        carrier.carry()
        back = {theirs: ours for ours, theirs in carrier.ids.items()}
        there = carrier.renamed()
        yield Carried("hubspot", source, there, back, lambda path: accounts.connector_of(crm, path, columns=columns))
