"""Queries, single records, collections, composite, describe and limits."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from tests.simulators.salesforce_org import soql
from tests.simulators.salesforce_org.org import Record, Refused, id18
from tests.simulators.salesforce_org.server import LIMIT, Request, Response, SalesforceSimulator, route

V = r"/services/data/v(?P<version>[\d.]+)"
MOST = 200
REQUIRES_ID = "id"
BAD_KEY = "Provided external ID field does not exist or is not accessible: "


@route("GET", "/services/data")
def versions(simulator: SalesforceSimulator, _request: Request) -> Response:
    known = ("65.0", simulator.api_version)
    return Response(200, [{"label": f"v{each}", "url": f"/services/data/v{each}", "version": each} for each in known])


@route("GET", V + "/(?P<kind>query|queryAll)")
def query(simulator: SalesforceSimulator, request: Request) -> Response:
    asked, rows = soql.run(
        simulator.org, request.query.get("q", ""), deleted=request.match["kind"].lower() == "queryall"
    )
    if asked.count:
        return Response(200, {"totalSize": len(rows), "done": True, "records": []})
    projected = soql.project(simulator.org, asked, request.match["version"])
    hint = re.search(r"batchSize=(\d+)", request.headers.get("sforce-query-options", ""))
    size = min(simulator.page, int(hint[1]) if hint else simulator.page)
    return _page(simulator, request, [projected(row) for row in rows], 0, size)


@route("GET", V + r"/(?:query|queryAll)/(?P<locator>0r8[\w]+)-(?P<start>\d+)")
def query_more(simulator: SalesforceSimulator, request: Request) -> Response:
    found = simulator.cursors.get(request.match["locator"])
    if found is None or simulator.faults.take("lost_locators"):
        raise Refused("INVALID_QUERY_LOCATOR", "invalid query locator")
    return _page(simulator, request, found[0], int(request.match["start"]), found[1], request.match["locator"])


@route("GET", V + "/limits")
def limits(simulator: SalesforceSimulator, _request: Request) -> Response:
    left = LIMIT - simulator.api_calls
    return Response(200, {"DailyApiRequests": {"Max": LIMIT, "Remaining": left},
                          "DailyBulkV2QueryJobs": {"Max": 10000, "Remaining": 10000}})  # fmt: skip


@route("GET", V + "/limits/recordCount")
def record_count(simulator: SalesforceSimulator, request: Request) -> Response:
    names = [each for each in request.query.get("sObjects", "").split(",") if each.lower() in simulator.org.things]
    return Response(200, {"sObjects": [{"count": len(simulator.org.rows(each)), "name": each} for each in names]})


@route("GET", V + r"/sobjects/(?P<object>\w+)/describe")
def describe(simulator: SalesforceSimulator, request: Request) -> Response:
    org, name = simulator.org, request.match["object"]
    try:
        thing = org.thing(name)
    except Refused:
        raise Refused("NOT_FOUND", "The requested resource does not exist", status=404) from None
    fields = [each.described() for each in thing.fields.values() if org.field(name, each.name) and "." not in each.name]
    return Response(200, {"name": thing.name, "keyPrefix": thing.prefix, "queryable": True, "updateable": True,
                          "custom": thing.name.endswith("__c"), "fields": fields, "childRelationships": []})  # fmt: skip


@route("GET", V + "/sobjects")
def describe_global(simulator: SalesforceSimulator, _request: Request) -> Response:
    things = [each for each in simulator.org.things.values() if each.present]
    return Response(
        200, {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": [{"name": each.name} for each in things]}
    )


@route("GET", V + r"/sobjects/(?P<object>\w+)/(?P<id>\w+)")
def read(simulator: SalesforceSimulator, request: Request) -> Response:
    org, name = simulator.org, org_name(simulator, request)
    row = org.records[name].get(id18(request.match["id"]))
    if row is None or row.get("IsDeleted"):
        raise Refused("NOT_FOUND", "The requested resource does not exist", status=404)
    fields = [each for each in request.query.get("fields", "").split(",") if each]
    answer = {"attributes": {"type": name, "url": request.path}, "Id": row["Id"]}
    answer |= {field: soql.reading(org, name, field)(row) for field in fields} if fields else row
    changed = datetime.fromisoformat(row["LastModifiedDate"]).astimezone(UTC)
    return Response(200, answer, {"Last-Modified": format_datetime(changed.replace(microsecond=0), usegmt=True)})


@route("POST", V + r"/sobjects/(?P<object>\w+)")
def create(simulator: SalesforceSimulator, request: Request) -> Response:
    made = simulator.org.save(org_name(simulator, request), "", request.json or {})
    return Response(201, {"id": made, "success": True, "errors": []}, {"Location": f"{request.path}/{made}"})


@route("PATCH", V + r"/sobjects/(?P<object>\w+)/(?P<id>\w+)")
def update(simulator: SalesforceSimulator, request: Request) -> Response:
    org, name, id_ = simulator.org, org_name(simulator, request), request.match["id"]
    since = request.headers.get("if-unmodified-since")
    row = org.records[name].get(id18(id_))
    if since and row is not None:
        changed = datetime.fromisoformat(row["LastModifiedDate"]).replace(microsecond=0)
        if changed > parsedate_to_datetime(since):
            return Response(412, [{"errorCode": "PRECONDITION_FAILED", "message": "record was modified"}])
    org.save(name, id_, request.json or {})
    return Response(204)


@route("DELETE", V + r"/sobjects/(?P<object>\w+)/(?P<id>\w+)")
def delete(simulator: SalesforceSimulator, request: Request) -> Response:
    simulator.org.delete(org_name(simulator, request), request.match["id"])
    return Response(204)


@route("PATCH", V + r"/sobjects/(?P<object>\w+)/(?P<field>\w+)/(?P<value>[^/]+)")
def upsert(simulator: SalesforceSimulator, request: Request) -> Response:
    name = org_name(simulator, request)
    made, created = _upserted(simulator, name, request.match["field"], request.match["value"], request.json or {})
    return Response(201 if created else 200, {"id": made, "success": True, "errors": [], "created": created})


@route("PATCH", V + "/composite/sobjects")
def update_many(simulator: SalesforceSimulator, request: Request) -> Response:
    def one(name: str, record: Record) -> dict[str, Any]:
        id_ = str(record.pop("id", record.pop("Id", "")))
        if not id_:
            raise Refused("MISSING_ARGUMENT", "Id not specified in an update call")
        return {"id": simulator.org.save(name, id_, record), "success": True, "errors": []}

    return _many(request, one)


@route("POST", V + "/composite/sobjects")
def create_many(simulator: SalesforceSimulator, request: Request) -> Response:
    return _many(
        request, lambda name, record: {"id": simulator.org.save(name, "", record), "success": True, "errors": []}
    )


@route("PATCH", V + r"/composite/sobjects/(?P<object>\w+)/(?P<field>\w+)")
def upsert_many(simulator: SalesforceSimulator, request: Request) -> Response:
    name, field = org_name(simulator, request), request.match["field"]
    found = simulator.org.field(name, field)
    if found is None or not found.external_id:
        raise Refused("NOT_FOUND", BAD_KEY + field, status=404)

    def one(_name: str, record: Record) -> dict[str, Any]:
        made, created = _upserted(simulator, name, field, str(record.pop(field)), record)
        return {"id": made, "success": True, "errors": [], "created": created}

    return _many(request, one)


@route("POST", V + "/composite")
def composite(simulator: SalesforceSimulator, request: Request) -> Response:
    asked = request.json["compositeRequest"]
    if len(asked) > 25:
        raise Refused("PROCESSING_HALTED", "The composite request can have at most 25 subrequests")
    parts = [_part(simulator, each, request) for each in asked]
    return Response(200, {"compositeResponse": parts})


def org_name(simulator: SalesforceSimulator, request: Request) -> str:
    """Spell the object of a path; one that is not there is a resource that does not exist."""
    try:
        return simulator.org.thing(request.match["object"]).name
    except Refused:
        raise Refused("NOT_FOUND", "The requested resource does not exist", status=404) from None


def _part(simulator: SalesforceSimulator, asked: dict[str, Any], whole: Request) -> dict[str, Any]:
    parts = urlsplit(asked["url"])
    body = json.dumps(asked["body"]).encode() if asked.get("body") else b""
    inner = Request(asked["method"], unquote_plus(parts.path), dict(parse_qsl(parts.query)), whole.headers, body)
    answer = simulator.routed(inner)
    return {
        "body": answer.body,
        "httpHeaders": {},
        "httpStatusCode": answer.status,
        "referenceId": asked["referenceId"],
    }


def _many(request: Request, one: Any) -> Response:
    records = (request.json or {}).get("records", [])
    if len(records) > MOST:
        raise Refused("EXCEEDED_ID_LIMIT", f"record limit reached. cannot submit more than {MOST} records")
    return Response(200, [_row(one, dict(record)) for record in records])


def _row(one: Any, record: Record) -> dict[str, Any]:
    name = record.pop("attributes", {}).get("type", "")
    try:
        answer: dict[str, Any] = one(name, record)
    except Refused as refused:
        return {
            "success": False,
            "errors": [{"statusCode": refused.code, "message": refused.message, "fields": refused.fields}],
        }
    return answer


def _upserted(simulator: SalesforceSimulator, name: str, field: str, value: str, record: Record) -> tuple[str, bool]:
    org = simulator.org
    known = org.field(name, field)
    if known is None or not known.external_id:
        raise Refused("NOT_FOUND", BAD_KEY + field, status=404)
    found = [row for row in org.rows(name) if row.get(known.name) == value]
    if len(found) > 1:
        raise Refused("DUPLICATE_EXTERNAL_ID", f"{field} is specified more than once", status=300)
    if found:
        return org.save(name, found[0]["Id"], record), False
    return org.save(name, "", {**record, known.name: value}), True


def _page(
    simulator: SalesforceSimulator, request: Request, records: list[Any], start: int, size: int, locator: str = ""
) -> Response:
    body: dict[str, Any] = {"totalSize": len(records), "done": start + size >= len(records)}
    if not body["done"]:
        locator = locator or f"0r8xx{len(simulator.cursors):010d}"
        simulator.cursors[locator] = (records, size)
        body["nextRecordsUrl"] = f"/services/data/v{request.match['version']}/query/{locator}-{start + size}"
    return Response(200, body | {"records": records[start : start + size]})


def all_rows(simulator: SalesforceSimulator, text: str, *, deleted: bool) -> Iterator[dict[str, Any]]:
    """Give the records of a query, without pages."""
    asked, rows = soql.run(simulator.org, text, deleted=deleted)
    projected = soql.project(simulator.org, asked, simulator.api_version)
    return (projected(row) for row in rows)
