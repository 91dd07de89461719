"""A simulated org with a few deals, and a client of the standard library."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.simulators.salesforce import SalesforceSimulator
from tests.simulators.salesforce.installed import install_fields
from tests.simulators.tests.plain import Plain


@pytest.fixture
def crm() -> Iterator[SalesforceSimulator]:
    with SalesforceSimulator() as crm:
        install_fields(crm.org)
        yield crm


@pytest.fixture
def plain(crm: SalesforceSimulator) -> Iterator[Plain]:
    with Plain(crm) as client:
        yield client


def deal(crm: SalesforceSimulator, name: str = "Deal", **fields: Any) -> str:
    usual = {"StageName": "Qualification", "CloseDate": "2026-12-31"}
    return crm.org.add("Opportunity", Name=name, **{**usual, **fields})


def deals(crm: SalesforceSimulator, count: int) -> list[str]:
    return [deal(crm, f"Deal {number}") for number in range(count)]
