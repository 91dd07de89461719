"""Compares what stands in the org with what the playbooks ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.protocol import Difference
from connectors.salesforce import names
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.facts import OrgFacts
from connectors.salesforce.install.parts import FIELDS, ValidationRule
from connectors.salesforce.install.project import rules_in
from connectors.salesforce.install.rules import PlaybookRules

INSTALL = "run `dealgate install`, or deploy the project again"
DESCRIBED = {
    "Text": "string", "LongTextArea": "textarea", "Number": "double", "Date": "date", "DateTime": "datetime",
    "Checkbox": "boolean",
}  # fmt: skip
"""How the API describes a field of a metadata type."""


def drift(client: SalesforceClient, facts: OrgFacts, made: Mapping[str, PlaybookRules]) -> list[Difference]:
    """List every difference, sorted."""
    found = [*_fields(facts), *_rules(client, rules_in(made)), *_access(client)]
    return sorted(set(found))


def _fields(facts: OrgFacts) -> Iterator[Difference]:
    for each in FIELDS:
        held = facts.field("Opportunity", each.name)
        what = f"field Opportunity.{each.name}"
        if held is None:
            yield Difference(
                what, "is missing, or hidden from the signed-in user", f"{INSTALL}; assign {names.ENGINE_SET}"
            )
        elif held.kind != DESCRIBED[each.kind]:
            yield Difference(what, f"is a {held.kind}, not a {DESCRIBED[each.kind]}", "delete it, then install")
        elif held.length < each.length:
            yield Difference(what, f"holds {held.length} characters, not {each.length}", INSTALL)
        elif not held.updateable:
            yield Difference(what, "may not be written by the signed-in user", f"assign {names.ENGINE_SET}")
    key = facts.field("Task", names.KEY)
    if key is None:
        yield Difference(f"field Task.{names.KEY}", "is missing, or hidden from the signed-in user", INSTALL)
    elif not (key.unique and key.external_id):
        yield Difference(
            f"field Task.{names.KEY}", "is not a unique external id", "make it unique, or tasks may double"
        )


def _rules(client: SalesforceClient, wanted: list[ValidationRule]) -> Iterator[Difference]:
    held = {each["ValidationName"]: each for each in _rules_held(client)}
    for rule in wanted:
        found, what = held.pop(rule.name, None), f"validation rule {rule.name}"
        if found is None:
            yield Difference(what, "is missing", INSTALL)
            continue
        metadata = _metadata(client, found["Id"])
        if not found["Active"]:
            yield Difference(what, "is switched off", "switch it on in Setup, or install again")
        if _plain(metadata.get("errorConditionFormula")) != _plain(rule.formula):
            yield Difference(what, "asks something else than the playbook", INSTALL)
        elif metadata.get("errorMessage") != rule.message:
            yield Difference(what, "says something else than the playbook", INSTALL)
    for name in held:
        yield Difference(f"validation rule {name}", "is asked for by no playbook", "delete it in Setup")


def _rules_held(client: SalesforceClient) -> list[dict[str, Any]]:
    soql = "SELECT Id, ValidationName, Active FROM ValidationRule WHERE ValidationName LIKE 'Dealgate%'"
    answer = client.get("tooling/query", {"q": soql})
    return list(answer["records"])


def _metadata(client: SalesforceClient, id_: str) -> Mapping[str, Any]:
    """Read one rule in full: Salesforce gives the metadata of one at a time."""
    answer = client.get("tooling/query", {"q": f"SELECT Metadata FROM ValidationRule WHERE Id = '{id_}'"})
    found: Mapping[str, Any] = answer["records"][0]["Metadata"]
    return found


def _access(client: SalesforceClient) -> Iterator[Difference]:
    held = {row["Name"] for row in client.query("SELECT Name FROM PermissionSet WHERE Name LIKE 'Dealgate%'").rows()}
    for name in (names.ENGINE_SET, names.READER_SET):
        if name not in held:
            yield Difference(f"permission set {name}", "is missing", INSTALL)


def _plain(formula: object) -> str:
    return " ".join(str(formula or "").split())
