"""Single records: read, create, update, upsert, delete, and what changed or was deleted in a stretch of time."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from tests.simulators.salesforce.clock import moment_of, stamp
from tests.simulators.salesforce.ids import LONG, id18
from tests.simulators.salesforce.paths import found_field, layout
from tests.simulators.salesforce.schema import Thing
from tests.simulators.salesforce.table import Record
from tests.simulators.salesforce.upserting import holders, upsert
from tests.simulators.salesforce.wire import Refused, Request, Response, Route, V, json_of, no_key, not_there

if TYPE_CHECKING:
    from tests.simulators.salesforce.server import SalesforceSimulator

PAGES = "/services/data/v{}/sobjects/{}/{}"


def create(simulator: SalesforceSimulator, request: Request) -> Response:
    thing = thing_of(simulator, request)
    id_ = simulator.org.save(thing.name, None, _body(request), by=simulator.user_of(request))
    where = PAGES.format(request.match["version"], thing.name, id_)
    return Response(201, {"id": id_, "success": True, "errors": []}, {"Location": where})


def read(simulator: SalesforceSimulator, request: Request) -> Response:
    thing = thing_of(simulator, request)
    return _shown(simulator, request, thing, _row(simulator, thing, request))


def read_by_key(simulator: SalesforceSimulator, request: Request) -> Response:
    thing = thing_of(simulator, request)
    found = holders(simulator.org, thing, request.match["field"], request.match["value"])
    if not found:
        raise not_there()
    if len(found) > 1:
        return _several(request, thing, found)
    return _shown(simulator, request, thing, found[0])


def update(simulator: SalesforceSimulator, request: Request) -> Response:
    thing = thing_of(simulator, request)
    row = _row(simulator, thing, request)
    since = request.headers.get("if-unmodified-since")
    if since and moment_of(row["LastModifiedDate"]).replace(microsecond=0) > parsedate_to_datetime(since):
        said = "The request could not be completed because a condition of it is not fulfilled"
        raise Refused("PRECONDITION_FAILED", said, status=412)
    simulator.org.save(thing.name, row["Id"], _body(request), by=simulator.user_of(request))
    return Response(204)


def delete(simulator: SalesforceSimulator, request: Request) -> Response:
    thing = thing_of(simulator, request)
    simulator.org.remove(thing.name, _row(simulator, thing, request)["Id"], by=simulator.user_of(request))
    return Response(204)


def update_or_create(simulator: SalesforceSimulator, request: Request) -> Response:
    """Upsert by an external id; several records that hold it are told by their addresses, with the status 300."""
    thing, (field, value) = thing_of(simulator, request), (request.match["field"], request.match["value"])
    found = holders(simulator.org, thing, field, value)
    if len(found) > 1:
        return _several(request, thing, found)
    if not found and request.query.get("updateOnly", "").lower() == "true":
        raise not_there()
    by = simulator.user_of(request)
    id_, created = upsert(simulator.org, thing, field, value, _body(request), by=by)
    return Response(201 if created else 200, {"id": id_, "success": True, "errors": [], "created": created})


def updated(simulator: SalesforceSimulator, request: Request) -> Response:
    rows, _, end = _changed(simulator, request, deleted=False)
    return Response(200, {"ids": [row["Id"] for row in rows], "latestDateCovered": stamp(end)})


def deleted(simulator: SalesforceSimulator, request: Request) -> Response:
    rows, start, end = _changed(simulator, request, deleted=True)
    told = [{"id": row["Id"], "deletedDate": row["SystemModstamp"]} for row in rows]
    covered = {"earliestDateAvailable": stamp(start), "latestDateCovered": stamp(end)}
    return Response(200, {"deletedRecords": told, **covered})


def thing_of(simulator: SalesforceSimulator, request: Request) -> Thing:
    """Find the object of a path; one that is not there is a resource that does not exist."""
    try:
        return simulator.org.thing(request.match["object"])
    except Refused:
        raise not_there() from None


def _row(simulator: SalesforceSimulator, thing: Thing, request: Request) -> Record:
    given = request.match["id"]
    row: Record | None = simulator.org.records[thing.name].get(id18(given))
    if row is None:
        raise not_there() if len(id18(given)) == LONG and given.startswith(thing.prefix) else no_key(given)
    if row.get("IsDeleted"):
        raise Refused("ENTITY_IS_DELETED", "entity is deleted", status=404)
    return row


def _shown(simulator: SalesforceSimulator, request: Request, thing: Thing, row: Record) -> Response:
    org = simulator.org
    asked = [each.strip() for each in request.query.get("fields", "").split(",") if each.strip()]
    for each in asked:
        found_field(org, thing, each)
    everything = [each.name for each in thing.fields.values() if org.field(thing.name, each.name)]
    shown = layout(
        org, thing, ["Id", *(each for each in asked or everything if each != "Id")], request.match["version"]
    )(row)
    changed = moment_of(row.get("LastModifiedDate") or row["CreatedDate"]).replace(microsecond=0)
    return Response(200, shown, {"Last-Modified": format_datetime(changed, usegmt=True)})


def _several(request: Request, thing: Thing, rows: list[Record]) -> Response:
    return Response(300, [PAGES.format(request.match["version"], thing.name, row["Id"]) for row in rows])


def _changed(
    simulator: SalesforceSimulator, request: Request, *, deleted: bool
) -> tuple[list[Record], datetime, datetime]:
    try:
        start, end = (
            datetime.fromisoformat(unquote(request.query[name]).replace(" ", "+")) for name in ("start", "end")
        )
    except (KeyError, ValueError):
        raise Refused("INVALID_REPLICATION_DATE", "a start and an end date are needed") from None
    table = simulator.org.records[thing_of(simulator, request).name]
    rows = [row for row in table.since("SystemModstamp", stamp(start)) if row["SystemModstamp"] < stamp(end)]
    return [row for row in rows if bool(row.get("IsDeleted")) is deleted], start, end


def _body(request: Request) -> dict[str, Any]:
    body = json_of(request) or {}
    if not isinstance(body, dict):
        raise Refused("JSON_PARSER_ERROR", "The HTTP entity body is required, but this request has no entity body.")
    return body


ONE = V + r"/sobjects/(?P<object>\w+)"
ROUTES = (
    Route("POST", ONE, create),
    Route("GET", ONE + "/updated", updated),
    Route("GET", ONE + "/deleted", deleted),
    Route("GET", ONE + r"/(?P<id>[^/]+)", read),
    Route("PATCH", ONE + r"/(?P<id>[^/]+)", update),
    Route("DELETE", ONE + r"/(?P<id>[^/]+)", delete),
    Route("GET", ONE + r"/(?P<field>\w+)/(?P<value>[^/]+)", read_by_key),
    Route("PATCH", ONE + r"/(?P<field>\w+)/(?P<value>[^/]+)", update_or_create),
)
