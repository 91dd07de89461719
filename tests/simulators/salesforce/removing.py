"""Deleting, restoring and merging: deleted rows stay, and only queryAll sees them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tests.simulators.salesforce.ids import id18
from tests.simulators.salesforce.saving import allowed, existing
from tests.simulators.salesforce.schema import Field, Thing
from tests.simulators.salesforce.table import Record
from tests.simulators.salesforce.wire import Refused

if TYPE_CHECKING:
    from tests.simulators.salesforce.org import Org


def remove(org: Org, object_: str, id_: str, *, asked: bool = False, by: str = "") -> None:
    """Delete a record, and those that go with it."""
    with org.lock:
        thing = org.thing(object_)
        row = existing(org, thing, id_)
        if asked:
            if not thing.deletable:
                raise Refused("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
            allowed(org, row)
        _mark(org, thing, row, deleted=True, by=by)


def restore(org: Org, object_: str, id_: str) -> None:
    """Take a record out of the recycle bin, and what was deleted with it."""
    with org.lock:
        thing = org.thing(object_)
        _mark(org, thing, org.records[thing.name][id18(id_)], deleted=False, by="")


def merge(org: Org, object_: str, winner: str, loser: str) -> None:
    """Merge two accounts or contacts: children belong to the winner, the loser is deleted and names its master."""
    winner, loser = id18(winner), id18(loser)
    with org.lock:
        for thing, field in _referring(org, object_):
            for row in org.records[thing.name].where(field.name, [loser]):
                org.records[thing.name].put(row | {field.name: winner, "SystemModstamp": org.now()})
        thing = org.thing(object_)
        gone = existing(org, thing, loser)
        at = {"IsDeleted": True, "SystemModstamp": org.now(), "LastModifiedDate": org.now()}
        org.records[thing.name].put(gone | at | {"MasterRecordId": winner})
        org.records[thing.name].put(org.records[thing.name][winner] | {name: org.now() for name in list(at)[1:]})


def _mark(org: Org, thing: Thing, row: Record, *, deleted: bool, by: str) -> None:
    stamps = {name: org.now() for name in ("SystemModstamp", "LastModifiedDate") if thing.find(name)}
    user = {"LastModifiedById": by} if by and thing.find("LastModifiedById") else {}
    org.records[thing.name].put(row | {"IsDeleted": deleted} | stamps | user)
    for child, field in _referring(org, thing.name):
        for each in org.records[child.name].where(field.name, [row["Id"]]) if field.cascade else ():
            if bool(each.get("IsDeleted")) is not deleted:
                _mark(org, child, each, deleted=deleted, by=by)


def _referring(org: Org, object_: str) -> Iterator[tuple[Thing, Field]]:
    for thing in org.things.values():
        for field in thing.fields.values():
            if object_ in field.refers_to and field.name != "MasterRecordId":
                yield thing, field
