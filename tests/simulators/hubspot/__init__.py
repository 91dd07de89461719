"""A HubSpot account on 127.0.0.1: state, rules, limits and faults behind real HTTP."""

from tests.simulators.hubspot.account import Account
from tests.simulators.hubspot.server import HubSpotSimulator
from tests.simulators.hubspot.store import Source

__all__ = ["Account", "HubSpotSimulator", "Source"]
