"""A Salesforce org on 127.0.0.1: state, rules, limits and faults behind real HTTPS."""

from tests.simulators.salesforce_org import auth, bulk, metadata, rest
from tests.simulators.salesforce_org.server import SalesforceSimulator

__all__ = ["SalesforceSimulator", "auth", "bulk", "metadata", "rest"]
