"""Deployments by the Metadata API, checked as far as a real org would, and what the Tooling API tells of rules."""

from __future__ import annotations

import base64
import io
import re
import zipfile
from typing import Any
from xml.etree import ElementTree as ET

from tests.simulators.salesforce_org.formula import FormulaError, UndefinedInFormulaError, evaluate
from tests.simulators.salesforce_org.org import Refused
from tests.simulators.salesforce_org.rest import V
from tests.simulators.salesforce_org.schema import Field, Thing, reference, standard_objects
from tests.simulators.salesforce_org.server import Request, Response, SalesforceSimulator, route
from tests.simulators.salesforce_org.validation import Rule, context_of

M = "{http://soap.sforce.com/2006/04/metadata}"
KINDS = {"Text": "string", "LongTextArea": "textarea", "Number": "double", "Date": "date", "DateTime": "datetime",
         "Checkbox": "boolean", "Picklist": "picklist"}  # fmt: skip


@route("POST", r"/services/Soap/m/[\d.]+(?:/\w+)*")
def soap(simulator: SalesforceSimulator, request: Request) -> Response:
    body = request.body.decode()
    if "checkDeployStatus" in body:
        found = re.search(r"asyncProcessId>([^<]+)<", body) or re.search(r">(0Af[^<]+)<", body)
        assert found is not None
        return _envelope("checkDeployStatusResponse", simulator.jobs[found[1]])
    packed = re.search(r"ZipFile>([^<]+)<", body, re.IGNORECASE)
    assert packed is not None
    id_ = f"0AfdM{len(simulator.jobs):010d}AAA"
    simulator.jobs[id_] = _deployed(simulator, base64.b64decode(packed[1]))
    return _envelope("deployResponse", f"<done>false</done><id>{id_}</id><state>Queued</state>")


@route("GET", V + "/tooling/query")
def tooling(simulator: SalesforceSimulator, request: Request) -> Response:
    text = request.query["q"]
    rows = []
    for number, rule in enumerate(sorted(simulator.org.rules.values(), key=lambda each: each.name)):
        rows.append({"Id": f"03d{number:012d}AAA", "ValidationName": rule.name, "Active": rule.active,
                     "Metadata": {"errorConditionFormula": rule.formula, "errorMessage": rule.message, "active": rule.active}})  # fmt: skip
    one = re.search(r"Id = '(\w+)'", text)
    if one:
        rows = [row for row in rows if row["Id"] == one[1]]
    elif "Metadata" in text:
        raise Refused(
            "MALFORMED_QUERY",
            "When retrieving results with Metadata or FullName fields, the query qualifications must specify no more than one row",
        )
    else:
        rows = [
            {name: row[name] for name in ("Id", "ValidationName", "Active")}
            for row in rows
            if row["ValidationName"].startswith("Dealgate")
        ]
    return Response(200, {"size": len(rows), "totalSize": len(rows), "done": True, "records": rows})


def _deployed(simulator: SalesforceSimulator, packed: bytes) -> str:
    """Apply a package, or nothing of it, and tell how that went."""
    archive = zipfile.ZipFile(io.BytesIO(packed))
    names = set(archive.namelist())
    failures: list[tuple[str, str]] = []
    if "package.xml" not in names:
        failures.append(("package.xml", "No package.xml found"))
    manifest = ET.fromstring(archive.read("package.xml"))
    listed = {
        f"{types.findtext(M + 'name')}:{member.text}" for types in manifest for member in types.findall(M + "members")
    }
    fields: list[tuple[str, Field]] = []
    rules: list[Rule] = []
    objects: list[tuple[str, ET.Element]] = []
    for name in sorted(names):
        if name.endswith(".object"):
            objects.append((name.removeprefix("objects/").removesuffix(".object"), ET.fromstring(archive.read(name))))
    for object_, root in objects:
        for each in root.findall(M + "fields"):
            field = _field(each)
            fields.append((object_, field))
            if object_ != "Dealgate_Heartbeat__c" and f"CustomField:{object_}.{field.name}" not in listed:
                failures.append((f"objects/{object_}.object", f"{field.name} is not in package.xml"))
        for each in root.findall(M + "validationRules"):
            rules.append(_rule(object_, each))
            if f"ValidationRule:{object_}.{rules[-1].name}" not in listed:
                failures.append((f"objects/{object_}.object", f"{rules[-1].name} is not in package.xml"))
    if not failures:
        _apply_fields(simulator, fields, {object_ for object_, _ in objects})
        failures = [failure for rule in rules for failure in _check(simulator, rule)]
    if not failures:
        for rule in rules:
            simulator.org.rules[f"{rule.object}.{rule.name}"] = rule
        held = {row["Name"] for row in simulator.org.rows("PermissionSet")}
        for name in sorted(names):
            label = name.removeprefix("permissionsets/").removesuffix(".permissionset")
            if name.startswith("permissionsets/") and label not in held:
                simulator.org.add("PermissionSet", Name=label, Label=label)
    return _result(failures, len(fields) + len(rules))


def _apply_fields(simulator: SalesforceSimulator, fields: list[tuple[str, Field]], objects: set[str]) -> None:
    org = simulator.org
    for object_ in sorted(objects - {"Opportunity", "Activity"}):
        if object_.lower() not in org.things:
            thing = Thing(object_, "a00")
            standard = standard_objects()["quote"].fields
            thing.add(
                *(standard[name] for name in ("id", "createddate", "lastmodifieddate", "systemmodstamp", "isdeleted"))
            )
            thing.add(reference("SetupOwnerId", "SetupOwner", "Organization", "User"))
            org.things[object_.lower()] = thing
    for object_, field in fields:
        for name in ("Task", "Event") if object_ == "Activity" else (object_,):
            if field.name.lower() not in org.things[name.lower()].fields:
                org.things[name.lower()].add(field)
                for row in org.records[name].values():
                    row.setdefault(field.name, field.default)


def _check(simulator: SalesforceSimulator, rule: Rule) -> list[tuple[str, str]]:
    """Refuse what a deployment refuses: a formula that cannot be read, a name or message that is too long."""
    found = []
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*", rule.name) or len(rule.name) > 40:
        found.append((rule.name, "The Validation Rule Name can only contain underscores and alphanumeric characters."))
    if len(rule.message) > 255:
        found.append((rule.name, "Error Message: data value too large"))
    blank = {each.name: each.default for each in simulator.org.things["opportunity"].fields.values()}
    try:
        for old in (None, blank):
            evaluate(rule.formula, context_of(simulator.org, rule.object, blank, old))
    except FormulaError as error:
        found.append((rule.name, str(error)))
    except UndefinedInFormulaError as error:
        found.append((rule.name, f"the formula leans on what a blank does: {error}"))
    return found


def _field(each: ET.Element) -> Field:
    kind = KINDS[each.findtext(M + "type") or ""]
    return Field(
        str(each.findtext(M + "fullName")), kind, int(each.findtext(M + "length") or 0),
        unique=each.findtext(M + "unique") == "true", external_id=each.findtext(M + "externalId") == "true",
        custom=True, default=False if kind == "boolean" else None,
    )  # fmt: skip


def _rule(object_: str, each: ET.Element) -> Rule:
    text = {
        name: each.findtext(M + name) or ""
        for name in ("fullName", "errorConditionFormula", "errorMessage", "errorDisplayField")
    }
    active = each.findtext(M + "active") == "true"
    return Rule(
        object_,
        text["fullName"],
        text["errorConditionFormula"],
        text["errorMessage"],
        text["errorDisplayField"],
        active,
    )


def _result(failures: list[tuple[str, str]], total: int) -> str:
    parts = "".join(
        f"<componentFailures><componentType>ValidationRule</componentType><fileName>{_xml(name)}</fileName><problem>{_xml(said)}</problem>"
        "<problemType>Error</problemType></componentFailures>"
        for name, said in failures
    )
    state = "Failed" if failures else "Succeeded"
    return (
        f"<details>{parts}</details><done>true</done><numberComponentErrors>{len(failures)}</numberComponentErrors>"
        f"<numberComponentsTotal>{total}</numberComponentsTotal><numberComponentsDeployed>{total - len(failures)}</numberComponentsDeployed>"
        f"<numberTestsTotal>0</numberTestsTotal><numberTestErrors>0</numberTestErrors><status>{state}</status>"
    )


def _envelope(name: str, result: Any) -> Response:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
        f'xmlns="http://soap.sforce.com/2006/04/metadata"><soapenv:Body><{name}><result>{result}</result></{name}></soapenv:Body></soapenv:Envelope>'
    )
    return Response(200, body.encode(), {"Content-Type": "text/xml;charset=UTF-8"})


def _xml(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
