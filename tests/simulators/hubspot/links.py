"""Associations over the wire: read, create, archive in batches or one by one, and their labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from tests.simulators.hubspot.associations import USER, Type
from tests.simulators.hubspot.batches import many
from tests.simulators.hubspot.objects import READ, WRITE, find, types_of
from tests.simulators.hubspot.wire import DATED, Refused, Route, asked, inputs, invalid, not_found, route
from tests.simulators.serving import Request, Response

if TYPE_CHECKING:
    from tests.simulators.hubspot.account import Account

LINKS = rf"/crm/(?:v4/associations|associations/{DATED})/(?P<object>[^/]+)/(?P<to>[^/]+)"
ONE = (
    rf"/crm/(?:v4/objects|v3/objects|objects/{DATED})"
    r"/(?P<object>[^/]+)/(?P<id>[^/]+)/associations/(?P<to>[^/]+)"
)
MOST_READ, MOST_WRITTEN, PAGE = 1000, 2000, 500
Given = Mapping[str, Any]


def _names(account: Account, request: Request) -> tuple[str, str]:
    from_, to = account.kind(request.match["object"]).name, account.kind(request.match["to"]).name
    if (from_, to) not in account.associations.types:
        raise invalid(f"No association definitions exist between {from_} and {to}")
    return from_, to


def _read(account: Account, request: Request) -> Response:
    from_, to = _names(account, request)
    results, none = [], []
    for each in inputs(request, MOST_READ):
        id_ = str(each.get("id"))
        found = _page(account, from_, id_, to, str(each.get("after") or ""))
        if found["results"]:
            results.append({"from": {"id": id_}, "to": found.pop("results"), **found})
        else:
            none.append(id_)
    return many(account, 200, results, [_none(account, from_, to, each) for each in none])


def _one(account: Account, request: Request) -> Response:
    from_, to = _names(account, request)
    item = find(account, account.kind(from_), request.match["id"])
    limit = int(request.query.get("limit") or PAGE)
    return Response(body=_page(account, from_, item.id, to, request.query.get("after", ""), limit))


def _create(account: Account, request: Request) -> Response:
    from_, to = _names(account, request)
    given = inputs(request, MOST_WRITTEN)
    pairs = [(*_ends(each), types_of(account, from_, to, each.get("types") or ())) for each in given]
    results, lost = [], []
    for id_, other, types in pairs:
        if not (_there(account, from_, id_) and _there(account, to, other)):
            lost.append(id_ if not _there(account, from_, id_) else other)
            continue
        account.join(from_, id_, to, other, types, account.app)
        results.append(_joined(account, from_, id_, to, other, types))
    return many(account, 201, results, _lost(lost))


def _create_default(account: Account, request: Request) -> Response:
    from_, to = _names(account, request)
    results, lost = [], []
    for each in inputs(request, MOST_WRITTEN):
        id_, other = _ends(each)
        if not (_there(account, from_, id_) and _there(account, to, other)):
            lost.append(id_ if not _there(account, from_, id_) else other)
            continue
        account.join(from_, id_, to, other, (), account.app)
        plain = account.associations.plain(from_, to)
        results.append({"from": {"id": id_}, "to": {"id": other},
                        "associationSpec": {"associationCategory": plain.category, "associationTypeId": plain.id}})  # fmt: skip
    return many(account, 200, results, _lost(lost))


def _archive(account: Account, request: Request) -> Response:
    from_, to = _names(account, request)
    for each in inputs(request, MOST_WRITTEN):
        others = each.get("to")
        for other in others if isinstance(others, list) else [others or {}]:
            account.part(from_, str((each.get("from") or {}).get("id")), to, str(other.get("id")), (), account.app)
    return Response(204)


def _archive_labels(account: Account, request: Request) -> Response:
    from_, to = _names(account, request)
    for each in inputs(request, MOST_WRITTEN):
        id_, other = _ends(each)
        types = types_of(account, from_, to, each.get("types") or ())
        account.part(from_, id_, to, other, types, account.app)
    return Response(204)


def _put_one(account: Account, request: Request) -> Response:
    from_, to = _names(account, request)
    id_, other = request.match["id"], request.match["other"]
    given = _list_of(request)
    if not (_there(account, from_, id_) and _there(account, to, other)):
        raise not_found()
    types = types_of(account, from_, to, given)
    account.join(from_, id_, to, other, types, account.app)
    return Response(201, _joined(account, from_, id_, to, other, types))


def _delete_one(account: Account, request: Request) -> Response:
    from_, to = _names(account, request)
    account.part(from_, request.match["id"], to, request.match["other"], (), account.app)
    return Response(204)


def _labels(account: Account, request: Request) -> Response:
    from_, to = _names(account, request)
    return Response(body={"results": [each.wire() for each in account.associations.types[from_, to].values()]})


def _add_label(account: Account, request: Request) -> Response:
    from_, to = _names(account, request)
    body = asked(request)
    label = str(body.get("label") or "")
    if not label or not body.get("name"):
        raise invalid("Invalid input JSON on line 1, column 1: Some required fields were not set: [label, name]")
    if any(each.label == label for each in account.associations.types[from_, to].values()):
        raise Refused("VALIDATION_ERROR", f"An association label '{label}' already exists")
    made = account.associations.add_label(from_, to, label)
    return Response(200, {"results": [made.wire()]})


def _remove_label(account: Account, request: Request) -> Response:
    from_, to = _names(account, request)
    id_ = int(request.match["type"])
    if (USER, id_) not in account.associations.types[from_, to]:
        raise not_found()
    account.associations.remove_label(from_, to, id_)
    return Response(204)


def _page(account: Account, from_: str, id_: str, to: str, after: str, limit: int = PAGE) -> dict[str, Any]:
    found = account.associations.of(from_, id_, to)
    start = int(after) if after.isdigit() else 0
    page = found[start : start + limit]
    results = [{"toObjectId": _id(account, other), "associationTypes": [each.wire() for each in types]}
               for other, types in page]  # fmt: skip
    if start + limit >= len(found):
        return {"results": results}
    after = str(start + limit)
    link = f"https://api.hubapi.com/crm/v4/objects/{from_}/{id_}/associations/{to}?after={after}"
    return {"results": results, "paging": {"next": {"after": after, "link": link}}}


def _id(account: Account, id_: str) -> str | int:
    return int(id_) if account.faults.numbers_as_ids and id_.isdigit() else id_


def _none(account: Account, from_: str, to: str, id_: str) -> dict[str, Any]:
    one, two = account.kind(from_).singular, account.kind(to).singular
    said = f"No {one}_to_{two} associations exist for {one} with ID {id_}"
    found = Refused("OBJECT_NOT_FOUND", said).part(fromObjectId=[id_], fromObjectType=[one], toObjectType=[two])
    return found | {"subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND"}


def _lost(ids: Iterable[str]) -> list[dict[str, Any]]:
    return [Refused("OBJECT_NOT_FOUND", f"No object with id {each} exists").part(ids=[each]) for each in ids]


def _joined(account: Account, from_: str, id_: str, to: str, other: str, types: Iterable[Type]) -> dict[str, Any]:
    return {"fromObjectTypeId": account.kind(from_).id, "fromObjectId": _id(account, id_),
            "toObjectTypeId": account.kind(to).id, "toObjectId": _id(account, other),
            "labels": [each.label for each in types if each.label]}  # fmt: skip


def _ends(given: Given) -> tuple[str, str]:
    return str((given.get("from") or {}).get("id")), str((given.get("to") or {}).get("id"))


def _there(account: Account, object_: str, id_: str) -> bool:
    item = account.tables[object_].get(id_)
    return item is not None and not item.archived


def _list_of(request: Request) -> list[Given]:
    body = request.json
    if not isinstance(body, list):
        raise invalid("Invalid input JSON on line 1, column 1: Cannot deserialize value from Object value")
    return body


ROUTES: tuple[Route, ...] = (
    route("POST", LINKS + "/batch/read", _read, "associations", READ),
    route("POST", LINKS + "/batch/create", _create, "association writes", WRITE),
    route("POST", LINKS + "/batch/associate/default", _create_default, "association writes", WRITE),
    route("POST", LINKS + "/batch/archive", _archive, "association writes", WRITE),
    route("POST", LINKS + "/batch/labels/archive", _archive_labels, "association writes", WRITE),
    route("GET", LINKS + "/labels", _labels, "labels", READ),
    route("POST", LINKS + "/labels", _add_label, "labels", WRITE),
    route("DELETE", LINKS + r"/labels/(?P<type>\d+)", _remove_label, "labels", WRITE),
    route("GET", ONE, _one, "associations", READ),
    route("PUT", ONE + r"/(?P<other>[^/]+)", _put_one, "association writes", WRITE),
    route("DELETE", ONE + r"/(?P<other>[^/]+)", _delete_one, "association writes", WRITE),
)
