"""Properties and their groups over the wire: read, made, changed, archived, restored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.simulators.hubspot.batches import many
from tests.simulators.hubspot.saving import options_of
from tests.simulators.hubspot.schema import FIELD_TYPES, Kind, Option, Property
from tests.simulators.hubspot.wire import (
    Refused,
    Route,
    asked,
    inputs,
    invalid,
    not_found,
    route,
    versioned,
)
from tests.simulators.serving import Request, Response

if TYPE_CHECKING:
    from tests.simulators.hubspot.account import Account

PROPERTIES = versioned("v3", "properties") + r"/(?P<object>[^/]+)"
READ, WRITE = ("{schema}.read", "{object}.read"), ("{schema}.write",)
MOST, MOST_UNIQUE = 100, 10
NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")


def _list(account: Account, request: Request) -> Response:
    kind = account.kind(request.match["object"])
    of = kind.archived if request.query.get("archived") == "true" else kind.properties
    return Response(body={"results": [_wire(account, kind, each) for each in of.values()
                                      if (kind.name, each.name) not in account.faults.hidden]})  # fmt: skip


def _get(account: Account, request: Request) -> Response:
    kind = account.kind(request.match["object"])
    of = kind.archived if request.query.get("archived") == "true" else kind.properties
    return Response(body=_wire(account, kind, _found(account, kind, request.match["name"], of)))


def _create(account: Account, request: Request) -> Response:
    kind = account.kind(request.match["object"])
    return Response(201, _wire(account, kind, _made(account, kind, asked(request))))


def _create_many(account: Account, request: Request) -> Response:
    kind = account.kind(request.match["object"])
    results, errors = [], []
    for each in inputs(request, MOST):
        try:
            results.append(_wire(account, kind, _made(account, kind, each)))
        except Refused as refused:
            part = refused.part(name=[str(each.get("name"))])
            errors.append(part | {key: value for key, value in refused.more.items() if key == "subCategory"})
    return many(account, 201, results, errors)


def _read_many(account: Account, request: Request) -> Response:
    kind = account.kind(request.match["object"])
    names = [str(each.get("name")) for each in inputs(request, MOST)]
    found = [_wire(account, kind, kind.properties[name]) for name in names if account.property(kind.name, name)]
    lost = [name for name in names if not account.property(kind.name, name)]
    errors = [Refused("OBJECT_NOT_FOUND", f"Property {name} does not exist").part(name=[name]) for name in lost]
    return many(account, 200, found, errors)


def _update(account: Account, request: Request) -> Response:
    kind, body = account.kind(request.match["object"]), asked(request)
    old = _found(account, kind, request.match["name"], kind.properties)
    if old.hubspot and set(body) - {"options", "label", "description", "groupName"}:
        raise invalid(f"Property {old.name} is defined by HubSpot and can't be changed")
    if body.get("type", old.type) != old.type and kind.name in account.tables:
        holds = any(old.name in item.values for item in account.tables[kind.name].values())
        if holds:
            raise invalid(f"The type of property {old.name} can't be changed because it has values")
    told = _told(kind, body, old)
    kind.properties[old.name] = replace(told, updated=account.now())
    return Response(body=_wire(account, kind, kind.properties[old.name]))


def _archive(account: Account, request: Request) -> Response:
    kind = account.kind(request.match["object"])
    _drop(account, kind, request.match["name"])
    return Response(204)


def _archive_many(account: Account, request: Request) -> Response:
    kind = account.kind(request.match["object"])
    for each in inputs(request, MOST):
        if str(each.get("name")) in kind.properties:
            _drop(account, kind, str(each.get("name")))
    return Response(204)


def _groups(account: Account, request: Request) -> Response:
    kind = account.kind(request.match["object"])
    archived = request.query.get("archived") == "true"
    return Response(body={"results": [each for each in kind.groups.values() if each["archived"] == archived]})


def _group(account: Account, request: Request) -> Response:
    kind = account.kind(request.match["object"])
    return Response(body=_found_group(kind, request.match["name"]))


def _create_group(account: Account, request: Request) -> Response:
    kind, body = account.kind(request.match["object"]), asked(request)
    name, label = str(body.get("name") or ""), str(body.get("label") or "")
    if not name or not label:
        raise invalid("Invalid input JSON on line 1, column 1: Some required fields were not set: [name, label]")
    if name in kind.groups and not kind.groups[name]["archived"]:
        raise Refused("OBJECT_ALREADY_EXISTS", f"A property group named '{name}' already exists.", 409,
                      more={"subCategory": "Properties.GROUP_WITH_NAME_EXISTS"})  # fmt: skip
    kind.groups[name] = {"name": name, "label": label, "displayOrder": body.get("displayOrder", -1), "archived": False}
    return Response(201, kind.groups[name])


def _update_group(account: Account, request: Request) -> Response:
    kind, body = account.kind(request.match["object"]), asked(request)
    group = _found_group(kind, request.match["name"])
    group |= {name: body[name] for name in ("label", "displayOrder") if name in body}
    return Response(body=group)


def _archive_group(account: Account, request: Request) -> Response:
    kind = account.kind(request.match["object"])
    group = _found_group(kind, request.match["name"])
    if any(each.group == group["name"] for each in kind.properties.values()):
        raise invalid(f"Property group {group['name']} can't be deleted because it has properties in it")
    group["archived"] = True
    return Response(204)


def _wire(account: Account, kind: Kind, property_: Property) -> dict[str, Any]:
    special = kind.name == "deals" and property_.name in {"dealstage", "pipeline"}
    return replace(property_, options=tuple(options_of(account, kind.name, property_.name))).wire() if special else (
        property_.wire())  # fmt: skip


def _found(account: Account, kind: Kind, name: str, among: Mapping[str, Property]) -> Property:
    if name not in among or (kind.name, name) in account.faults.hidden:
        raise not_found(f"Property {name} does not exist")
    return among[name]


def _found_group(kind: Kind, name: str) -> dict[str, Any]:
    if name not in kind.groups or kind.groups[name]["archived"]:
        raise not_found(f"Property group {name} does not exist")
    return kind.groups[name]


def _made(account: Account, kind: Kind, body: Mapping[str, Any]) -> Property:
    missing = [name for name in ("name", "label", "groupName", "type", "fieldType") if not body.get(name)]
    if missing:
        raise invalid(f"Invalid input JSON on line 1, column 1: Some required fields were not set: {missing}")
    name = str(body["name"])
    if name in kind.properties:
        raise Refused("OBJECT_ALREADY_EXISTS", f"A property named '{name}' already exists.", 409,
                      more={"subCategory": "Properties.PROPERTY_WITH_NAME_EXISTS"})  # fmt: skip
    if not NAME.fullmatch(name):
        raise invalid(f"Property name {name} is not valid: lower-case letters, digits and underscores are allowed")
    unique = sum(each.unique and not each.hubspot for each in kind.properties.values())
    if body.get("hasUniqueValue") and unique >= MOST_UNIQUE:
        raise invalid(f"You have reached the limit of {MOST_UNIQUE} unique value properties for this object")
    old = kind.archived.pop(name, None)
    fresh = old or Property(name, hubspot=False, created=account.now())
    property_ = replace(_told(kind, body, fresh), updated=account.now(), archived="")
    kind.properties[name] = property_
    return property_


def _told(kind: Kind, body: Mapping[str, Any], old: Property) -> Property:
    """Give a property as a body has it; what the body does not name stays. Raises Refused."""
    type_, field_type = str(body.get("type", old.type)), str(body.get("fieldType", old.field_type))
    if field_type not in FIELD_TYPES.get(type_, ()):
        raise invalid(f"Field type {field_type} is not valid for type {type_}")
    group = str(body.get("groupName", old.group))
    if group not in kind.groups or kind.groups[group]["archived"]:
        raise invalid(f"Property group '{group}' does not exist")
    options = old.options
    if "options" in body:
        options = tuple(_option(each, order) for order, each in enumerate(body["options"]))
    values = [each.value for each in options]
    if len(values) != len(set(values)):
        raise invalid("Property option values must be unique")
    if type_ == "bool" and sorted(values) != ["false", "true"]:
        raise invalid("A boolean property must have exactly two options: true and false")
    if type_ == "enumeration" and not options and not old.external:
        raise invalid("An enumeration property must have at least one option")
    return replace(
        old, type=type_, field_type=field_type, group=group, options=options, label=str(body.get("label", old.label)),
        description=str(body.get("description", old.description)), order=int(body.get("displayOrder", old.order)),
        hidden=bool(body.get("hidden", old.hidden)), unique=bool(body.get("hasUniqueValue", old.unique)),
    )  # fmt: skip


def _option(given: Mapping[str, Any], order: int) -> Option:
    if "value" not in given or "label" not in given:
        raise invalid("Invalid input JSON on line 1, column 1: Some required fields were not set: [label, value]")
    return Option(str(given["value"]), str(given["label"]), int(given.get("displayOrder", order)),
                  bool(given.get("hidden")), str(given.get("description") or ""))  # fmt: skip


def _drop(account: Account, kind: Kind, name: str) -> None:
    property_ = _found(account, kind, name, kind.properties)
    if property_.hubspot:
        raise invalid(f"Property {name} is defined by HubSpot and can't be deleted")
    if name in account.used:
        raise Refused("VALIDATION_ERROR", f"Property {name} can't be deleted because it is in use",
                      more={"subCategory": "Properties.CANNOT_DELETE_PROPERTY_IN_USE"})  # fmt: skip
    account.remove_property(kind.name, name)


ROUTES: tuple[Route, ...] = (
    route("GET", PROPERTIES, _list, "properties", *READ),
    route("POST", PROPERTIES, _create, "property writes", *WRITE),
    route("POST", PROPERTIES + "/batch/create", _create_many, "property writes", *WRITE),
    route("POST", PROPERTIES + "/batch/read", _read_many, "properties", *READ),
    route("POST", PROPERTIES + "/batch/archive", _archive_many, "property writes", *WRITE),
    route("GET", PROPERTIES + "/groups", _groups, "properties", *READ),
    route("POST", PROPERTIES + "/groups", _create_group, "property writes", *WRITE),
    route("GET", PROPERTIES + "/groups/(?P<name>[^/]+)", _group, "properties", *READ),
    route("PATCH", PROPERTIES + "/groups/(?P<name>[^/]+)", _update_group, "property writes", *WRITE),
    route("DELETE", PROPERTIES + "/groups/(?P<name>[^/]+)", _archive_group, "property writes", *WRITE),
    route("GET", PROPERTIES + "/(?P<name>[^/]+)", _get, "properties", *READ),
    route("PATCH", PROPERTIES + "/(?P<name>[^/]+)", _update, "property writes", *WRITE),
    route("DELETE", PROPERTIES + "/(?P<name>[^/]+)", _archive, "property writes", *WRITE),
)
