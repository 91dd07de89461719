"""The example pipeline, carried into each CRM."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

from connectors.protocol import Connector
from examples.company import AS_OF
from tests.connectors.salesforce.conftest import connector_of
from tests.same_pipeline import salesforce_carrier
from tests.same_pipeline.salesforce_carrier import SalesforceCarrier
from tests.same_pipeline.source import Rows, Source, example_pipeline, shipped_playbooks
from tests.simulators.salesforce import SalesforceSimulator
from tests.simulators.salesforce.installed import install_fields


@dataclass(frozen=True)
class Carried:
    """A pipeline in a CRM: what was carried, as it is called there; `back` gives our id of each of the CRM's."""

    source: Source
    there: Rows
    back: Mapping[str, str]
    open: Callable[[Path], AbstractContextManager[Connector]]
    """Connect, with a mirror at a path."""


@pytest.fixture(scope="module")
def salesforce() -> Iterator[Carried]:
    """Give the pipeline in an org; its clock stands at the pipeline's moment."""
    source = example_pipeline().without(salesforce_carrier.TAKEN_OUT)
    with SalesforceSimulator(now=AS_OF) as crm:
        install_fields(crm.org)
        carrier = SalesforceCarrier(crm.org, shipped_playbooks())
        carrier.carry(source.rows)
        back = {theirs: ours for ours, theirs in carrier.ids.items()}
        columns = salesforce_carrier.COLUMNS
        yield Carried(source, carrier.renamed(source.rows), back, lambda path: connector_of(crm, path, columns=columns))
