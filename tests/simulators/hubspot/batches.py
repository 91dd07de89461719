"""Calls of many: read, create, update, upsert, archive; what fails in part is told beside what did not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from tests.simulators.hubspot import saving
from tests.simulators.hubspot.objects import (
    MOST,
    MOST_WITH_HISTORY,
    OBJECTS,
    READ,
    WRITE,
    answered,
    checked,
    joined,
    told,
)
from tests.simulators.hubspot.schema import Kind
from tests.simulators.hubspot.wire import Refused, Route, asked, inputs, invalid, route
from tests.simulators.serving import Request, Response

if TYPE_CHECKING:
    from tests.simulators.hubspot.account import Account

BATCH = OBJECTS + "/batch"
Input = Mapping[str, Any]
Done = dict[str, Any]


def many(account: Account, status: int, results: list[Done], errors: list[Done]) -> Response:
    """Lay out the answer of a call of many, its results in an order of HubSpot's own."""
    if not account.faults.in_order:
        account.random.shuffle(results)
    now = account.now()
    body: Done = {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}
    if not errors:
        return Response(status, body)
    return Response(account.faults.partial_status, body | {"numErrors": len(errors), "errors": errors})


def missing(kind: Kind, ids: Iterable[str]) -> Done:
    """Say that some records are not there."""
    said = f"Could not get some {kind.singular.upper()} objects, they may be deleted or not exist. Check that ids are"
    return Refused("OBJECT_NOT_FOUND", f"{said} valid.").part(ids=list(ids))


def _read(account: Account, request: Request) -> Response:
    kind, body = account.kind(request.match["object"]), asked(request)
    histories = [str(each) for each in body.get("propertiesWithHistory") or ()]
    ids = [str(each.get("id")) for each in inputs(request, MOST_WITH_HISTORY if histories else MOST)]
    by, table = str(body.get("idProperty") or "hs_object_id"), account.tables[kind.name]
    if by != "hs_object_id":
        property_ = account.property(kind.name, by)
        if not (property_ and property_.unique) and by != "email":
            raise invalid(f"The property '{by}' is not a unique identifier property")
    found, lost = [], []
    for each in dict.fromkeys(ids):
        item = table.get(each if by == "hs_object_id" else table.holder(by, each))
        if item is None or bool(item.archived) != (request.query.get("archived") == "true"):
            lost.append(each)
        else:
            found.append(told(account, kind, item, body.get("properties") or (), histories))
    return many(account, 200, found, [missing(kind, lost)] if lost else [])


def _create(account: Account, request: Request) -> Response:
    kind, dated = account.kind(request.match["object"]), request.match["dated"]

    def one(given: Input) -> Done:
        checked(account, kind, given.get("associations") or ())
        saved = saving.create(account, kind.name, given.get("properties") or {}, account.app, dated=dated)
        joined(account, kind, saved.item.id, given.get("associations") or ())
        return answered(account, kind, saved)

    return _each(account, kind, inputs(request, MOST), one, 201)


def _update(account: Account, request: Request) -> Response:
    kind, dated = account.kind(request.match["object"]), request.match["dated"]
    given = inputs(request, MOST)
    _no_twins(str(each.get("id")) for each in given)

    def one(each: Input) -> Done:
        id_ = _named(account, kind, each)
        return answered(account, kind, saving.change(account, kind.name, id_, each.get("properties") or {},
                                                     account.app, dated=dated))  # fmt: skip

    return _each(account, kind, given, one, 200)


def _upsert(account: Account, request: Request) -> Response:
    kind, dated = account.kind(request.match["object"]), request.match["dated"]
    given = inputs(request, MOST)
    _no_twins(str(each.get("id")) for each in given)

    def one(each: Input) -> Done:
        by, key = str(each.get("idProperty") or ""), str(each.get("id"))
        property_ = account.property(kind.name, by)
        if not (property_ and property_.unique) and not (kind.name == "contacts" and by == "email"):
            raise invalid(f"The property '{by}' is not a unique identifier property")
        id_, properties = account.tables[kind.name].holder(by, key), each.get("properties") or {}
        if id_:
            saved = saving.change(account, kind.name, id_, properties, account.app, dated=dated)
        else:
            saved = saving.create(account, kind.name, {by: key, **properties}, account.app, dated=dated)
        return answered(account, kind, saved) | {"new": saved.new}

    return _each(account, kind, given, one, 200)


def _archive(account: Account, request: Request) -> Response:
    kind = account.kind(request.match["object"])
    for each in inputs(request, MOST):
        account.archive(kind.name, str(each.get("id")), by=account.app)
    return Response(204)


def _each(account: Account, kind: Kind, given: list[Input], one: Callable[[Input], Done], status: int) -> Response:
    """Carry every input out, or none where one is bad and does not fail alone."""
    traced = all(each.get("objectWriteTraceId") for each in given)
    if account.faults.poison_fails_batch and not traced:
        _judge_all(account, kind, given)
    results: list[Done] = []
    errors: list[Done] = []
    lost: list[str] = []
    for each in given:
        trace = each.get("objectWriteTraceId")
        try:
            results.append(one(each) | ({"objectWriteTraceId": trace} if trace else {}))
        except Refused as refused:
            if refused.category == "OBJECT_NOT_FOUND":
                lost.append(str(each.get("id")))
            elif account.faults.poison_fails_batch and not traced:
                raise
            else:
                errors.append(
                    refused.part(**({"objectWriteTraceId": [trace]} if trace else {"ids": [str(each.get("id"))]}))
                )
    return many(account, status, results, errors + ([missing(kind, lost)] if lost else []))


def _judge_all(account: Account, kind: Kind, given: list[Input]) -> None:
    """Raise Refused for the first input whose values are not valid, before anything is written."""
    for each in given:
        item = account.tables[kind.name].get(str(each.get("id")))
        saving.judged(account, kind, each.get("properties") or {}, item.values if item else {})
        checked(account, kind, each.get("associations") or ())


def _named(account: Account, kind: Kind, given: Input) -> str:
    by = str(given.get("idProperty") or "")
    if by == "hs_object_id":
        raise invalid("idProperty must not be hs_object_id")
    return account.tables[kind.name].holder(by, str(given.get("id"))) if by else str(given.get("id"))


def _no_twins(ids: Iterable[str]) -> None:
    twins = [each for each, times in Counter(ids).items() if times > 1]
    if twins:
        raise invalid(f"Duplicate IDs found in batch input: [{', '.join(twins)}]. IDs must be unique")


ROUTES: tuple[Route, ...] = (
    route("POST", BATCH + "/read", _read, "read", READ),
    route("POST", BATCH + "/create", _create, "write", WRITE),
    route("POST", BATCH + "/update", _update, "write", WRITE),
    route("POST", BATCH + "/upsert", _upsert, "write", WRITE),
    route("POST", BATCH + "/archive", _archive, "write", WRITE),
)
