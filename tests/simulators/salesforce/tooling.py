"""What the Tooling API tells of validation rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.simulators.salesforce.ids import new_id
from tests.simulators.salesforce.parsing import Both, Compare, Condition, Literal, Query, parsed
from tests.simulators.salesforce.validation import Rule
from tests.simulators.salesforce.wire import Refused, Request, Response, Route, V

if TYPE_CHECKING:
    from tests.simulators.salesforce.server import SalesforceSimulator

ONE_ROW_ONLY = (
    "When retrieving results with Metadata or FullName fields, the query qualifications must specify no more than one row "
    "for retrieval. Result size: {}"
)
FIELDS = frozenset({"Id", "ValidationName", "Active", "ErrorMessage", "ErrorDisplayField", "FullName", "Metadata"})


def query(simulator: SalesforceSimulator, request: Request) -> Response:
    """Run a query on ValidationRule: equality and LIKE on its fields, joined by AND."""
    asked = parsed(request.query.get("q", ""))
    if asked.object.lower() != "validationrule":
        raise Refused("INVALID_TYPE", f"sObject type '{asked.object}' is not supported.")
    rules = [row for row in _rows(simulator) if asked.where is None or _meets(asked.where, row)]
    paths = _paths(asked)
    if {"Metadata", "FullName"} & set(paths) and len(rules) > 1:
        raise Refused("MALFORMED_QUERY", ONE_ROW_ONLY.format(len(rules)))
    url = f"/services/data/v{request.match['version']}/tooling/sobjects/ValidationRule/"
    shown = [
        {"attributes": {"type": "ValidationRule", "url": url + row["Id"]}} | {path: row[path] for path in paths}
        for row in rules
    ]
    return Response(200, {"size": len(shown), "totalSize": len(shown), "done": True, "queryLocator": None,
                          "entityTypeName": "ValidationRule", "records": shown})  # fmt: skip


def _rows(simulator: SalesforceSimulator) -> list[dict[str, Any]]:
    rules = sorted(simulator.org.rules.values(), key=lambda each: (each.object, each.name))
    return [_row(number, rule) for number, rule in enumerate(rules, start=1)]


def _row(number: int, rule: Rule) -> dict[str, Any]:
    told = {"description": None, "urls": None, "shouldEvaluateOnClient": None}
    whole = {"active": rule.active, "errorConditionFormula": rule.formula, "errorDisplayField": rule.field or None,
             "errorMessage": rule.message}  # fmt: skip
    return {"Id": new_id("03d", number), "ValidationName": rule.name, "Active": rule.active, "ErrorMessage": rule.message,
            "ErrorDisplayField": rule.field or None, "FullName": f"{rule.object}.{rule.name}",
            "EntityDefinition.QualifiedApiName": rule.object, "EntityDefinitionId": rule.object,
            "Metadata": told | whole}  # fmt: skip


def _paths(asked: Query) -> list[str]:
    paths = [each for each in asked.fields if isinstance(each, str)]
    for each in paths:
        if each not in FIELDS:
            raise Refused("INVALID_FIELD", f"No such column '{each}' on entity 'ValidationRule'.")
    return paths


def _meets(condition: Condition, row: dict[str, Any]) -> bool:
    match condition:
        case Both(parts, every):
            return (all if every else any)(_meets(part, row) for part in parts)
        case Compare(path, sign, Literal() as literal, _) if path in row:
            held, wanted = str(row[path]).casefold(), literal.text.casefold()
            if sign == "LIKE" and wanted.endswith("%") and "%" not in wanted[:-1]:
                return held.startswith(wanted[:-1])
            if sign == "=":
                return held == wanted
    raise Refused("MALFORMED_QUERY", "this condition is not understood here")


ROUTES = (Route("GET", V + "/tooling/query", query),)
