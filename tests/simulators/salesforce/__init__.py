"""A Salesforce org on 127.0.0.1: state, rules, limits and faults behind real HTTPS."""

from tests.simulators.salesforce.server import SalesforceSimulator

__all__ = ["SalesforceSimulator"]
