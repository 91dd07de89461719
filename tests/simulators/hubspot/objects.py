"""Records one at a time and in lists: list, get, create, update, archive, merge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tests.simulators.hubspot import saving
from tests.simulators.hubspot.associations import Type
from tests.simulators.hubspot.computed import of_the_hour
from tests.simulators.hubspot.schema import Kind
from tests.simulators.hubspot.store import Item, Version
from tests.simulators.hubspot.wire import (
    Route,
    asked,
    correlation,
    invalid,
    listed,
    not_found,
    route,
    versioned,
)
from tests.simulators.serving import Request, Response

if TYPE_CHECKING:
    from tests.simulators.hubspot.account import Account

OBJECTS = versioned("v3", "objects") + r"/(?P<object>[^/]+)"
READ, WRITE = "{object}.read", "{object}.write"
MOST, MOST_WITH_HISTORY = 100, 50


def told(account: Account, kind: Kind, item: Item, properties: Iterable[str], histories: Iterable[str] = (),
         links: Iterable[str] = ()) -> dict[str, Any]:  # fmt: skip
    """Lay a record out: properties that were asked for, or those that come unasked; unknown ones are left out."""
    names = list(properties) or list(kind.default)
    hour = of_the_hour(kind.name, item.values, account.clock.now)
    values = item.values | hour if hour else item.values  # type: ignore[operator]
    known = kind.properties
    hidden = {name for object_, name in account.faults.hidden if object_ == kind.name}
    always = ("hs_object_id", kind.created, kind.modified)
    seen = {name: values.get(name) for name in dict.fromkeys((*names, *always)) if name in known and name not in hidden}
    found: dict[str, Any] = {"id": item.id, "properties": seen}
    if histories:
        found["propertiesWithHistory"] = {
            name: [_version(each) for each in item.versions(name)] for name in histories if name in known
        }
    found |= {"createdAt": item.created, "updatedAt": item.updated, "archived": bool(item.archived)}
    if item.archived:
        found["archivedAt"] = item.archived
    linked = {to: _inline(account, kind.name, item.id, to) for to in links}
    if any(linked.values()):
        found["associations"] = {to: {"results": each} for to, each in linked.items() if each}
    found["url"] = f"https://app-eu1.hubspot.com/contacts/{account.portal}/record/{kind.id}/{item.id}"
    return found


def answered(account: Account, kind: Kind, saved: saving.Saved) -> dict[str, Any]:
    """Lay out what a write answers: what changed and what was worked out, not what one would read."""
    item = saved.item
    hour = of_the_hour(kind.name, item.values, account.clock.now)
    names = item.values if saved.new else {**saved.changed, "hs_object_id": "", kind.modified: "", **_follows(kind)}
    values = {name: item.values.get(name) for name in names} | dict(hour)
    shown = {name: value for name, value in values.items() if value is not None or name in saved.changed}
    found = {
        "id": item.id,
        "properties": shown,
        "createdAt": item.created,
        "updatedAt": item.updated,
        "archived": False,
    }
    return found | {"url": f"https://app-eu1.hubspot.com/contacts/{account.portal}/record/{kind.id}/{item.id}"}


def types_of(account: Account, from_: str, to: str, given: Iterable[Mapping[str, Any]]) -> list[Type]:
    """Find association types; raises Refused."""
    known = account.associations.types.get((from_, to), {})
    found = []
    for each in given:
        key = (str(each.get("associationCategory") or each.get("category")),
               int(each.get("associationTypeId") or each.get("typeId") or 0))  # fmt: skip
        if key not in known:
            said = f"One or more associations are not valid: association type {key[1]} of {key[0]} does not exist"
            raise invalid(f"{said} between {account.kind(from_).singular} and {account.kind(to).singular}")
        found.append(known[key])
    return found


def joined(account: Account, kind: Kind, id_: str, given: Iterable[Mapping[str, Any]]) -> None:
    """Associate a record that was just made; what is wrong was to be seen before by `checked`."""
    for each in given:
        for to, other, types in _aims(account, kind, each):
            account.join(kind.name, id_, to, other, types, account.app)


def checked(account: Account, kind: Kind, given: Iterable[Mapping[str, Any]]) -> None:
    """Raise Refused where a record cannot be associated so."""
    for each in given:
        _aims(account, kind, each)


def find(account: Account, kind: Kind, id_: str, by: str = "") -> Item:
    """Find one record by its id, an older id, or a unique property; raises Refused."""
    if by and by != "hs_object_id":
        id_ = account.tables[kind.name].holder(by, id_)
    item = account.resolved(kind.name, id_)
    if item is None:
        raise not_found()
    return item


def _list(account: Account, request: Request) -> Response:
    kind = account.kind(request.match["object"])
    histories, archived = listed(request, "propertiesWithHistory"), request.query.get("archived") == "true"
    most = MOST_WITH_HISTORY if histories else MOST
    limit = _limit(request, most)
    table = account.tables[kind.name]
    items, more = table.page(request.query.get("after", ""), limit, archived=archived)
    links = [account.kind(each).name for each in listed(request, "associations")]
    results = [told(account, kind, each, listed(request, "properties"), histories, links) for each in items]
    return Response(body={"results": results} | (_paging(request, table.next_key(items[-1].id, archived=archived))
                                                 if more else {}))  # fmt: skip


def _get(account: Account, request: Request) -> Response:
    kind = account.kind(request.match["object"])
    item = find(account, kind, request.match["id"], request.query.get("idProperty", ""))
    if bool(item.archived) != (request.query.get("archived") == "true"):
        raise not_found()
    links = [account.kind(each).name for each in listed(request, "associations")]
    histories = listed(request, "propertiesWithHistory")
    return Response(body=told(account, kind, item, listed(request, "properties"), histories, links))


def _create(account: Account, request: Request) -> Response:
    kind, body = account.kind(request.match["object"]), asked(request)
    checked(account, kind, body.get("associations") or ())
    saved = saving.create(account, kind.name, body.get("properties") or {}, account.app, dated=request.match["dated"])
    joined(account, kind, saved.item.id, body.get("associations") or ())
    return Response(201, answered(account, kind, saved))


def _update(account: Account, request: Request) -> Response:
    kind = account.kind(request.match["object"])
    item = find(account, kind, request.match["id"], request.query.get("idProperty", ""))
    given = asked(request).get("properties") or {}
    saved = saving.change(account, kind.name, item.id, given, account.app, dated=request.match["dated"])
    return Response(body=answered(account, kind, saved))


def _archive(account: Account, request: Request) -> Response:
    account.archive(account.kind(request.match["object"]).name, request.match["id"], by=account.app)
    return Response(204)


def _merge(account: Account, request: Request) -> Response:
    kind, body = account.kind(request.match["object"]), asked(request)
    winner = find(account, kind, str(body.get("primaryObjectId")))
    loser = find(account, kind, str(body.get("objectIdToMerge")))
    if winner.id == loser.id:
        raise invalid("Cannot merge an object with itself")
    account.merge(kind.name, winner.id, loser.id, by=account.app)
    return Response(body=told(account, kind, account.tables[kind.name][winner.id], ()))


def _limit(request: Request, most: int) -> int:
    limit = int(request.query.get("limit") or 10)
    if limit > most or limit < 1:
        raise invalid(f"Page size must be between 1 and {most}, but was {limit}.", correlationId=correlation())
    return limit


def _paging(request: Request, after: str) -> dict[str, Any]:
    pairs = [(name, value) for name, value in request.pairs if name != "after"]
    link = f"https://api.hubapi.com{request.path}?{urlencode([*pairs, ('after', after)])}"
    return {"paging": {"next": {"after": after, "link": link}}}


def _version(version: Version) -> dict[str, Any]:
    source = version.source
    found: dict[str, Any] = {"value": version.value, "timestamp": version.timestamp, "sourceType": source.type}
    found |= {"sourceId": source.id} if source.id else {}
    found |= {"sourceLabel": source.label} if source.label else {}
    return found | ({"updatedByUserId": source.user} if source.user is not None else {})


def _follows(kind: Kind) -> dict[str, str]:
    return {name: "" for name, each in kind.properties.items() if each.field_type == "calculation_equation"}


def _inline(account: Account, from_: str, id_: str, to: str) -> list[dict[str, str]]:
    return [{"id": other, "type": each.name} for other, types in account.associations.of(from_, id_, to)
            for each in types]  # fmt: skip


def _aims(account: Account, kind: Kind, given: Mapping[str, Any]) -> list[tuple[str, str, list[Type]]]:
    other = str((given.get("to") or {}).get("id"))
    for to in account.kinds.values():
        try:
            types = types_of(account, kind.name, to.name, given.get("types") or ())
        except Exception:  # noqa: BLE001, S112 - the type belongs to another object
            continue
        if types and other in account.tables[to.name] and not account.tables[to.name][other].archived:
            return [(to.name, other, types)]
    raise invalid(f"One or more associations are not valid: {other}")


ROUTES: tuple[Route, ...] = (
    route("GET", OBJECTS, _list, "list", READ),
    route("POST", OBJECTS, _create, "write", WRITE),
    route("POST", OBJECTS + "/merge", _merge, "write", WRITE),
    route("GET", OBJECTS + r"/(?P<id>[^/]+)", _get, "record", READ),
    route("PATCH", OBJECTS + r"/(?P<id>[^/]+)", _update, "write", WRITE),
    route("DELETE", OBJECTS + r"/(?P<id>[^/]+)", _archive, "write", WRITE),
)
