"""Deployments by the Metadata API over SOAP, all of a package or nothing of it."""

from __future__ import annotations

import base64
import binascii
import re
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from tests.simulators.salesforce.ids import new_id
from tests.simulators.salesforce.package import Failure, Package, failures_of, read_package
from tests.simulators.salesforce.schema import reference
from tests.simulators.salesforce.wire import Request, Response, Route

if TYPE_CHECKING:
    from tests.simulators.salesforce.org import Org
    from tests.simulators.salesforce.server import SalesforceSimulator

XML = {"Content-Type": "text/xml;charset=UTF-8"}
BOTH_ACTIVITIES = ("Task", "Event")


@dataclass
class Deployment:
    """One deployment: how often it is still to be asked about, and what became of it."""

    polls: int
    package: Package
    check_only: bool

    @property
    def result(self) -> str:
        """Lay out how it went."""
        failures = self.package.failures
        parts = "".join(_failed(each) for each in failures)
        total = max(self.package.components, len(failures))
        return (
            f"<checkOnly>{str(self.check_only).lower()}</checkOnly><details>{parts}</details><done>true</done>"
            f"<numberComponentErrors>{len(failures)}</numberComponentErrors>"
            f"<numberComponentsDeployed>{0 if failures else total}</numberComponentsDeployed>"
            f"<numberComponentsTotal>{total}</numberComponentsTotal><numberTestErrors>0</numberTestErrors>"
            f"<numberTestsCompleted>0</numberTestsCompleted><numberTestsTotal>0</numberTestsTotal>"
            f"<status>{'Failed' if failures else 'Succeeded'}</status><success>{str(not failures).lower()}</success>"
        )


def soap(simulator: SalesforceSimulator, request: Request) -> Response:
    """Start a deployment, or tell how one goes."""
    try:
        body = {each.tag.partition("}")[2]: each.text or "" for each in ET.fromstring(request.body).iter()}
    except ET.ParseError:
        return _fault("soapenv:Client", "the request is no XML")
    if "checkDeployStatus" in body:
        return _status(simulator, body.get("asyncProcessId", ""))
    if "deploy" in body and body.get("ZipFile"):
        return _deploy(simulator, body)
    return _fault("soapenv:Client", "No operation available for this request")


def _deploy(simulator: SalesforceSimulator, body: dict[str, str]) -> Response:
    try:
        package = read_package(base64.b64decode(body["ZipFile"]))
    except (binascii.Error, zipfile.BadZipFile, ET.ParseError) as error:
        return _fault("sf:INVALID_ZIP", f"the package cannot be read: {error}")
    check_only = body.get("checkOnly", "").lower() == "true"
    _deployed(simulator.org, package, keep=not check_only)
    id_ = new_id("0Af", len(simulator.jobs) + 1)
    simulator.jobs[id_] = Deployment(simulator.job_polls, package, check_only)
    return _answer("deployResponse", f"<done>false</done><id>{id_}</id><state>Queued</state>")


def _status(simulator: SalesforceSimulator, id_: str) -> Response:
    job = simulator.jobs.get(id_)
    if not isinstance(job, Deployment):
        return _fault("sf:INVALID_CROSS_REFERENCE_KEY", f"invalid cross reference id {id_}")
    job.polls -= 1
    if job.polls > 0:
        counts = "".join(f"<{each}>0</{each}>" for each in COUNTS)
        return _answer(
            "checkDeployStatusResponse", f"<done>false</done><id>{id_}</id>{counts}<status>InProgress</status>"
        )
    return _answer("checkDeployStatusResponse", f"<id>{id_}</id>{job.result}")


def _deployed(org: Org, package: Package, *, keep: bool) -> None:
    """Put a package into the org; where anything of it fails, everything is as it was."""
    things, fields = dict(org.things), {name: dict(each.fields) for name, each in org.things.items()}
    if not package.failures:
        _add_fields(org, package)
        package.failures += [failure for rule in package.rules for failure in failures_of(org, rule)]
    if package.failures or not keep:
        org.things = things
        for name, each in fields.items():
            org.things[name].fields = each
        return
    org.rules |= {f"{rule.object}.{rule.name}": rule for rule in package.rules}
    held = {row["Name"] for row in org.rows("PermissionSet")}
    for name in package.permission_sets:
        if name not in held:
            org.add("PermissionSet", Name=name, Label=name)


def _add_fields(org: Org, package: Package) -> None:
    for object_ in package.objects:
        if object_.endswith("__c") and object_.lower() not in org.things:
            owner = reference("SetupOwnerId", "SetupOwner", "Organization", "User")
            org.add_object(object_, org.free_prefix(), owner, custom_setting=True)
    for object_, field in package.fields:
        for name in BOTH_ACTIVITIES if object_ == "Activity" else (object_,):
            if name.lower() not in org.things:
                package.failures.append(("CustomField", f"objects/{object_}.object", f"no object {name}"))
            elif org.things[name.lower()].find(field.name) is None:
                org.things[name.lower()].add(field)


def _failed(failure: Failure) -> str:
    kind, name, said = (escape(each) for each in failure)
    return (
        f"<componentFailures><componentType>{kind}</componentType><fileName>{name}</fileName><fullName>{name}</fullName>"
        f"<problem>{said}</problem><problemType>Error</problemType><success>false</success></componentFailures>"
    )


def _answer(name: str, result: str) -> Response:
    return _envelope(f"<{name}><result>{result}</result></{name}>")


def _fault(code: str, said: str) -> Response:
    fault = f"<soapenv:Fault><faultcode>{code}</faultcode><faultstring>{escape(said)}</faultstring></soapenv:Fault>"
    return _envelope(fault, 500)


def _envelope(body: str, status: int = 200) -> Response:
    whole = (
        '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
        f'xmlns="http://soap.sforce.com/2006/04/metadata"><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>'
    )
    return Response(status, re.sub(r">\s+<", "><", whole).encode(), dict(XML))


COUNTS = (
    "numberComponentErrors", "numberComponentsDeployed", "numberComponentsTotal", "numberTestErrors",
    "numberTestsCompleted", "numberTestsTotal",
)  # fmt: skip
ROUTES = (Route("POST", r"/services/Soap/m/[\d.]+(?:/\w+)*", soap),)
