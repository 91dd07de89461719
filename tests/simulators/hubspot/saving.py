"""Saving a record as HubSpot does: every value judged, what follows worked out, history kept, search told later."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tests.simulators.hubspot.computed import computed
from tests.simulators.hubspot.governance import conditions_met
from tests.simulators.hubspot.schema import Kind, Option
from tests.simulators.hubspot.store import Item, Source, Version
from tests.simulators.hubspot.values import Fault, refusal, written
from tests.simulators.hubspot.wire import Refused, invalid, not_found

if TYPE_CHECKING:
    from tests.simulators.hubspot.account import Account

Given = Mapping[str, Any]
UNASKED = frozenset({"createdate", "hs_createdate"})
"""What nobody asked for by a change, and so is not in the answer to one."""


@dataclass(frozen=True)
class Saved:
    """A record that was made or changed, and which values are new."""

    item: Item
    changed: Mapping[str, str | None]
    new: bool


def judged(account: Account, kind: Kind, given: Given, before: Mapping[str, str]) -> dict[str, str | None]:
    """Give values as they will be read; raises Refused for all that are not valid."""
    faults: list[Fault] = []
    taken: dict[str, str | None] = {}
    for name, value in given.items():
        found = _one(account, kind, name, value, given, before)
        if isinstance(found, Fault):
            faults.append(found)
        else:
            taken[name] = found
    if faults:
        raise refusal(faults, account.portal)
    return taken


def create(account: Account, object_: str, given: Given, source: Source, *, dated: str = "", id_: str = "") -> Saved:
    """Make a record; raises Refused."""
    kind = account.kind(object_)
    now = account.now()
    taken = judged(account, kind, given, {})
    if object_ == "deals":
        taken.setdefault("pipeline", account.pipeline_of(str(taken.get("dealstage") or "")))
    missing = [each.name for each in kind.properties.values() if each.required and not taken.get(each.name)]
    if missing:
        raise _required(missing, "MISSING_REQUIRED_PROPERTY")
    if dated >= "2026-09":
        conditions_met(account, object_, taken, {})
    _unique(account, kind, taken, "")
    id_ = id_ or account.tables[object_].new_id()
    values = {name: value for name, value in taken.items() if value is not None}
    values |= {"hs_object_id": id_, kind.modified: now}
    values.setdefault(kind.created, now)
    if source.type != "CRM_UI":
        values |= {"hs_object_source": source.type, "hs_object_source_id": source.id}
    follows = computed(account, object_, values, {}, now)
    values |= {name: value for name, value in follows.items() if value is not None}
    created = values[kind.created]
    item = Item(id_, values, created, now, {name: (Version(each, now, source),) for name, each in values.items()})
    account.keep(object_, item, None, values, source)
    return Saved(item, values, new=True)


def change(account: Account, object_: str, id_: str, given: Given, source: Source, *, dated: str = "") -> Saved:
    """Change a record; raises Refused."""
    kind, item = account.kind(object_), account.tables[object_].get(id_)
    if item is None or item.archived:
        raise not_found()
    taken = judged(account, kind, given, item.values)
    if dated >= "2026-09":
        conditions_met(account, object_, taken, item.values)
    _unique(account, kind, taken, id_)
    return applied(account, object_, item, taken, source)


def applied(account: Account, object_: str, item: Item, taken: Mapping[str, str | None], source: Source) -> Saved:
    """Put new values into a record, asking nothing."""
    kind, now = account.kind(object_), account.now()
    changed = {name: value for name, value in taken.items() if item.values.get(name) != value}
    values = _merged(item.values, changed)
    follows = {name: value for name, value in computed(account, object_, values, item.values, now).items()
               if item.values.get(name) != value}  # fmt: skip
    if changed:
        follows[kind.modified] = now
    values = _merged(values, follows)
    remembered = item.with_history(changed | follows, now, source)
    new = replace(remembered, values=values, updated=now if changed else item.updated)
    account.keep(object_, new, item, changed | follows, source)
    return Saved(new, dict(taken) | follows, new=False)


def conflict(faulty: str) -> Refused:
    return Refused("CONFLICT", f"Contact already exists. Existing ID: {faulty}", 409)


def _one(account: Account, kind: Kind, name: str, value: Any, given: Given, before: Mapping[str, str]) -> Any:
    property_ = account.property(kind.name, name)
    if property_ is None:
        return Fault("PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist', name)
    if property_.read_only:
        said = f'"{name}" is a read only property; its value cannot be set.'
        return Fault("READ_ONLY_VALUE", said, name)
    if name == "hubspot_owner_id" and value not in {None, ""} and str(value) not in account.owners:
        return Fault("INVALID_OWNER_ID", f"Owner {value} does not exist", name)
    pipeline = str(given.get("pipeline") or before.get("pipeline") or "")
    return written(property_, value, options_of(account, kind.name, name, pipeline))


def options_of(account: Account, object_: str, name: str, pipeline: str = "") -> Iterable[Option]:
    """Give the options of a property, of stages and pipelines too; `pipeline` narrows the stages down."""
    if object_ == "deals" and name == "pipeline":
        return [Option(each.id, each.label, each.order) for each in account.pipelines.values() if not each.archived]
    if object_ == "deals" and name == "dealstage":
        lines = [account.pipelines[pipeline]] if pipeline in account.pipelines else account.pipelines.values()
        return [Option(each.id, each.label, each.order) for line in lines for each in line.live.values()]
    property_ = account.property(object_, name)
    return property_.options if property_ else ()


def _unique(account: Account, kind: Kind, taken: Mapping[str, str | None], id_: str) -> None:
    for name, value in taken.items():
        property_ = account.property(kind.name, name)
        email = kind.name == "contacts" and name == "email"
        if value is None or property_ is None or not (property_.unique or email):
            continue
        holder = account.tables[kind.name].holder(name, value)
        if holder and holder != id_ and email:
            raise conflict(holder)
        if holder and holder != id_:
            raise refusal([Fault("CONFLICTING_UNIQUE_VALUE", f"{holder} already has that value.", name)],
                          account.portal)  # fmt: skip


def _required(names: list[str], code: str) -> Refused:
    said = json.dumps(names)
    errors = [{"message": f"{each} is required.", "code": code, "context": {"propertyName": [each]}} for each in names]
    refused = invalid(f"Some required properties were not set: {said}")
    refused.errors = errors
    return refused


def _merged(values: Mapping[str, str], changed: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in (values | changed).items() if value is not None}  # type: ignore[operator]
