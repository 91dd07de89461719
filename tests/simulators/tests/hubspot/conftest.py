"""A simulated account and a plain caller of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulators.hubspot import HubSpotSimulator
from tests.simulators.tests.hubspot.calling import Caller


@pytest.fixture
def crm() -> Iterator[HubSpotSimulator]:
    with HubSpotSimulator() as simulator:
        yield simulator


@pytest.fixture
def call(crm: HubSpotSimulator) -> Iterator[Caller]:
    caller = Caller(crm)
    yield caller
    caller.session.close()
