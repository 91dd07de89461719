"""sObject Collections: up to 200 records a call, each with its own answer, or all of them or none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import TYPE_CHECKING, Any

from tests.simulators.salesforce.ids import id18
from tests.simulators.salesforce.paths import found_field, layout
from tests.simulators.salesforce.records import thing_of
from tests.simulators.salesforce.table import Record
from tests.simulators.salesforce.upserting import key_field, upsert
from tests.simulators.salesforce.wire import Refused, Request, Response, Route, V, json_of

if TYPE_CHECKING:
    from tests.simulators.salesforce.server import SalesforceSimulator

MOST, MOST_READ, MOST_CHUNKS = 200, 2000, 10
ROLLED_BACK = Refused(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)

One = Callable[[str, Record], dict[str, Any]]
"""Saves one record of an object, and gives its place in the answer."""


def create(simulator: SalesforceSimulator, request: Request) -> Response:
    by = simulator.user_of(request)
    return _saved(simulator, request, lambda name, record: _done(simulator.org.save(name, None, record, by=by)))


def update(simulator: SalesforceSimulator, request: Request) -> Response:
    by, seen = simulator.user_of(request), set[str]()

    def one(name: str, record: Record) -> dict[str, Any]:
        id_ = id18(str(record.pop("id", None) or record.pop("Id", None) or ""))
        if not id_:
            raise Refused("MISSING_ARGUMENT", "Id not specified in an update call")
        _once(seen, id_, f"duplicate id in list: {id_}")
        return _done(simulator.org.save(name, id_, record, by=by))

    return _saved(simulator, request, one)


def update_or_create(simulator: SalesforceSimulator, request: Request) -> Response:
    thing = thing_of(simulator, request)
    field, seen = key_field(simulator.org, thing, request.match["field"]), set[str]()

    def one(name: str, record: Record) -> dict[str, Any]:
        if name and name.lower() != thing.name.lower():
            raise Refused("INVALID_TYPE", f"the records must be of the type {thing.name}")
        value = next((value for key, value in record.items() if key.lower() == field.name.lower()), None)
        _once(seen, str(value).casefold(), f"Duplicate external id specified: {value}")
        id_, created = upsert(simulator.org, thing, field.name, value, record, by=simulator.user_of(request))
        return _done(id_) | {"created": created}

    return _saved(simulator, request, one)


def delete(simulator: SalesforceSimulator, request: Request) -> Response:
    ids = [each for each in request.query.get("ids", "").split(",") if each]
    whole = request.query.get("allOrNone", "").lower() == "true"

    def one(_name: str, record: Record) -> dict[str, Any]:
        object_ = simulator.org.object_of(record["id"])
        if not object_:
            raise Refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        simulator.org.remove(object_, record["id"], by=simulator.user_of(request))
        return _done(record["id"])

    return _each(simulator, [{"id": id18(each)} for each in ids], one, whole=whole)


def read(simulator: SalesforceSimulator, request: Request) -> Response:
    """Give records by id in the order of the ids; null for what is not there."""
    given = json_of(request) or {}
    if request.method == "GET":
        given = {name: request.query.get(name, "").split(",") for name in ("ids", "fields")}
    thing, ids, fields = thing_of(simulator, request), given.get("ids") or [], given.get("fields") or []
    if len(ids) > MOST_READ:
        raise Refused("EXCEEDED_ID_LIMIT", f"record limit reached. cannot retrieve more than {MOST_READ} records")
    for each in fields:
        found_field(simulator.org, thing, each)
    lay_out = layout(simulator.org, thing, list(dict.fromkeys([*fields, "Id"])), request.match["version"])
    rows = [simulator.org.records[thing.name].get(id18(str(each))) for each in ids]
    return Response(200, [lay_out(row) if row and not row.get("IsDeleted") else None for row in rows])


def _saved(simulator: SalesforceSimulator, request: Request, one: One) -> Response:
    body = json_of(request) or {}
    records = body.get("records")
    if not isinstance(records, list) or not all(isinstance(each, dict) for each in records):
        raise Refused("INVALID_ARGUMENT", "the `records` of the body must be a list of records")
    return _each(simulator, records, one, whole=bool(body.get("allOrNone")))


def _each(simulator: SalesforceSimulator, records: list[Record], one: One, *, whole: bool) -> Response:
    if len(records) > MOST:
        raise Refused("EXCEEDED_ID_LIMIT", f"record limit reached. cannot submit more than {MOST} records in this call")
    if sum(1 for _ in groupby(_type_of(each) for each in records)) > MOST_CHUNKS:
        raise Refused("INVALID_OPERATION", f"Cannot create or update more than {MOST_CHUNKS} chunks of different types")
    if not whole:
        with simulator.org.transaction():
            return Response(200, [_row(simulator, one, record) for record in records])
    answers: list[dict[str, Any]] = []
    try:
        with simulator.org.transaction():
            answers.extend(_row(simulator, one, record) for record in records)
            if not all(each["success"] for each in answers):
                raise ROLLED_BACK
    except Refused as refused:
        if refused is not ROLLED_BACK:
            raise
        return Response(200, list(_rolled_back(answers)))
    return Response(200, answers)


def _row(simulator: SalesforceSimulator, one: One, record: Record) -> dict[str, Any]:
    given = {name: value for name, value in record.items() if name != "attributes"}
    try:
        with simulator.org.transaction():
            return one(_type_of(record), given)
    except Refused as refused:
        if refused.whole:
            raise
        return refused.row()


def _rolled_back(answers: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    return (ROLLED_BACK.row() if each["success"] else each for each in answers)


def _type_of(record: Record) -> str:
    return str((record.get("attributes") or {}).get("type") or "")


def _once(seen: set[str], key: str, said: str) -> None:
    if key in seen:
        raise Refused("DUPLICATE_VALUE", said)
    seen.add(key)


def _done(id_: str) -> dict[str, Any]:
    return {"id": id_, "success": True, "errors": []}


MANY = V + "/composite/sobjects"
ROUTES = (
    Route("POST", MANY, create),
    Route("PATCH", MANY, update),
    Route("DELETE", MANY, delete),
    Route("POST", MANY + r"/(?P<object>\w+)", read),
    Route("GET", MANY + r"/(?P<object>\w+)", read),
    Route("PATCH", MANY + r"/(?P<object>\w+)/(?P<field>\w+)", update_or_create),
)
