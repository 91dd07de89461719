"""What the org tells of itself: versions, objects, fields, limits, and how many records there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.simulators.salesforce.records import thing_of
from tests.simulators.salesforce.schema import Thing
from tests.simulators.salesforce.wire import Request, Response, Route, V

if TYPE_CHECKING:
    from tests.simulators.salesforce.org import Org
    from tests.simulators.salesforce.server import SalesforceSimulator

RELEASES = {"64.0": "Summer '25", "65.0": "Winter '26", "66.0": "Spring '26", "67.0": "Summer '26"}
LIMITS = {
    "DailyBulkV2QueryJobs": 10000, "DailyBulkV2QueryFileStorageMB": 976562, "DailyBulkApiBatches": 15000,
    "HourlyPublishedPlatformEvents": 50000, "DataStorageMB": 1024, "FileStorageMB": 1024,
}  # fmt: skip


FORBIDDEN = {"createable": False, "updateable": False}
"""How a field is described that the signed-in user may not write."""


def versions(simulator: SalesforceSimulator, _request: Request) -> Response:
    known = {**RELEASES, simulator.api_version: RELEASES.get(simulator.api_version, "Next")}
    listed = [
        {"label": label, "url": f"/services/data/v{each}", "version": each} for each, label in sorted(known.items())
    ]
    return Response(200, listed)


def resources(_simulator: SalesforceSimulator, request: Request) -> Response:
    names = ("tooling", "composite", "query", "queryAll", "sobjects", "limits", "jobs")
    return Response(200, {name: f"/services/data/v{request.match['version']}/{name}" for name in names})


def limits(simulator: SalesforceSimulator, _request: Request) -> Response:
    left = max(0, simulator.daily_limit - simulator.api_calls)
    others = {name: {"Max": most, "Remaining": most} for name, most in LIMITS.items()}
    return Response(200, {"DailyApiRequests": {"Max": simulator.daily_limit, "Remaining": left}, **others})


def record_count(simulator: SalesforceSimulator, request: Request) -> Response:
    """Count records, roughly in truth and exactly here; what is not asked for is counted too where nothing is named."""
    org = simulator.org
    asked = [each.strip().lower() for each in request.query.get("sObjects", "").split(",") if each.strip()]
    things = [each for name, each in org.things.items() if (name in asked or not asked) and each.present]
    return Response(200, {"sObjects": [{"count": _count(org, each), "name": each.name} for each in things]})


def describe(simulator: SalesforceSimulator, request: Request) -> Response:
    org, version, thing = simulator.org, request.match["version"], thing_of(simulator, request)
    seen = (each for each in thing.fields.values() if "." not in each.name and org.field(thing.name, each.name))
    fields = [each.described() | (FORBIDDEN if org.forbidden(thing.name, each.name) else {}) for each in seen]
    more = {
        "actionOverrides": [], "childRelationships": _children(org, thing), "compactLayoutable": True,
        "defaultImplementation": None, "extendedBy": None, "extendsInterfaces": None, "fields": fields,
        "implementedBy": None, "implementsInterfaces": None, "listviewable": None, "lookupLayoutable": None,
        "namedLayoutInfos": [], "networkScopeFieldName": None, "recordTypeInfos": _record_types(org, thing),
        "searchLayoutable": True, "sobjectDescribeOption": "FULL", "supportedScopes": [{"label": "All", "name": "everything"}],
    }  # fmt: skip
    return Response(200, thing.summary(version) | more)


def basics(simulator: SalesforceSimulator, request: Request) -> Response:
    """Give an object's summary, and the records that were looked at last: none, since nobody looks."""
    summary = thing_of(simulator, request).summary(request.match["version"])
    return Response(200, {"objectDescribe": summary, "recentItems": []})


def describe_global(simulator: SalesforceSimulator, request: Request) -> Response:
    things = [each for each in simulator.org.things.values() if each.present]
    listed = [each.summary(request.match["version"]) for each in things]
    return Response(200, {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": listed})


def _count(org: Org, thing: Thing) -> int:
    rows = org.records[thing.name]
    return len(rows) - len(rows.where("IsDeleted", [True]))


def _children(org: Org, thing: Thing) -> list[dict[str, Any]]:
    return [
        {
            "cascadeDelete": field.cascade, "childSObject": child.name, "deprecatedAndHidden": False, "field": field.name,
            "junctionIdListNames": [], "junctionReferenceTo": [], "relationshipName": field.child or None,
            "restrictedDelete": False,
        }
        for child in org.things.values()
        for field in child.fields.values()
        if thing.name in field.refers_to and child.present
    ]  # fmt: skip


def _record_types(org: Org, thing: Thing) -> list[dict[str, Any]]:
    return [
        {
            "active": True, "available": True, "defaultRecordTypeMapping": False, "developerName": row.get("DeveloperName"),
            "master": False, "name": row.get("Name"), "recordTypeId": row["Id"], "urls": {},
        }
        for row in org.records["RecordType"].values()
        if row.get("SobjectType") == thing.name
    ]  # fmt: skip


ROUTES = (
    Route("GET", "/services/data", versions),
    Route("GET", V, resources),
    Route("GET", V + "/limits", limits),
    Route("GET", V + "/limits/recordCount", record_count),
    Route("GET", V + "/sobjects", describe_global),
    Route("GET", V + r"/sobjects/(?P<object>\w+)", basics),
    Route("GET", V + r"/sobjects/(?P<object>\w+)/describe", describe),
)
