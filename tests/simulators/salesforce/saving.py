"""The one way by which a record is made or changed: access, values, references, uniqueness, the org's rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.simulators.salesforce.derived import derive
from tests.simulators.salesforce.ids import LONG, id18
from tests.simulators.salesforce.schema import Field, Thing
from tests.simulators.salesforce.table import Record
from tests.simulators.salesforce.validation import refusals
from tests.simulators.salesforce.values import checked
from tests.simulators.salesforce.wire import Refused

if TYPE_CHECKING:
    from tests.simulators.salesforce.org import Org


def save(org: Org, object_: str, id_: str, fields: Mapping[str, Any], *, by: str, asked: bool) -> str:
    """Make or change a record; raises Refused, and then nothing was changed."""
    with org.lock:
        thing = org.thing(object_)
        old = existing(org, thing, id_) if id_ else None
        values = {name: value for name, value in fields.items() if name.lower() not in {"attributes", "id"}}
        changes = dict(_change(org, thing, name, value, old, asked=asked) for name, value in values.items())
        if old is not None and asked:
            allowed(org, old)
        new = dict(old) if old is not None else blank(thing)
        new |= changes
        derive(org, thing, new, old, given=frozenset(changes))
        new = {name: value for name, value in new.items() if value is not None}
        _required(thing, new)
        _unique(org, thing, new, old)
        if asked:
            _ask_rules(org, thing, old, new)
        id_ = org.commit(thing, new, old, by)
        if old is None and thing.name == "Opportunity" and new.get("ContactId"):
            role = {"OpportunityId": id_, "ContactId": new["ContactId"], "IsPrimary": True}
            save(org, "OpportunityContactRole", "", role, by=by, asked=False)
        return id_


def existing(org: Org, thing: Thing, id_: str) -> Record:
    """Find a record that is to be changed; raises Refused where there is none, or where it was deleted."""
    row: Record | None = org.records[thing.name].get(id18(id_))
    if row is None:
        if len(id18(id_)) != LONG and not id_.isalnum():
            raise Refused("MALFORMED_ID", f"malformed id {id_}", ["Id"])
        raise Refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    if row.get("IsDeleted"):
        raise Refused("ENTITY_IS_DELETED", "entity is deleted", status=404)
    return row


def allowed(org: Org, row: Record) -> None:
    """Refuse a change of a record that is locked, or that the signed-in user may not change."""
    id_ = row["Id"]
    if id_ in org.faults.denied:
        raise Refused("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
    if org.faults.locked(id_):
        raise Refused("UNABLE_TO_LOCK_ROW", f"unable to obtain exclusive access to this record or 1 records: {id_}")


def _change(org: Org, thing: Thing, name: str, value: Any, old: Record | None, *, asked: bool) -> tuple[str, Any]:
    field = org.field(thing.name, name) if asked else thing.find(name)
    if field is None:
        raise Refused("INVALID_FIELD", f"No such column '{name}' on sobject of type {thing.name}", whole=True)
    if asked and _forbidden(org, thing, field, changing=old is not None):
        said = f"Unable to create/update fields: {field.name}. Please check the security settings of this field and "
        more = "verify that it is read/write for your profile or permission set."
        raise Refused("INVALID_FIELD_FOR_INSERT_UPDATE", said + more, [field.name])
    found = checked(field, value)
    if field.kind == "reference" and found is not None:
        found = _referred(org, field, str(found))
    return field.name, found


def _forbidden(org: Org, thing: Thing, field: Field, *, changing: bool) -> bool:
    fixed = field.calculated or field.read_only or (changing and field.create_only)
    return fixed or org.forbidden(thing.name, field.name)


def _referred(org: Org, field: Field, value: str) -> str:
    found = id18(value)
    rows = [
        row for target in field.refers_to if target in org.records for row in [org.records[target].get(found)] if row
    ]
    if not rows:
        if found.isalnum() and len(found) == LONG:
            raise Refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [field.name])
        shown = f"{field.label or field.name}: id value of incorrect type: {value}"
        raise Refused("MALFORMED_ID", shown, [field.name])
    if rows[0].get("IsDeleted"):
        raise Refused("ENTITY_IS_DELETED", "entity is deleted", [field.name])
    if field.name == "OwnerId" and rows[0].get("IsActive") is False:
        said = f"operation performed with inactive user [{found[:15]}] as owner of record"
        raise Refused("INACTIVE_OWNER_OR_USER", said, [field.name])
    return found


def _required(thing: Thing, new: Record) -> None:
    system = {"CreatedById", "CreatedDate", "LastModifiedById", "LastModifiedDate", "SystemModstamp", "OwnerId", "Name"}
    spared = system - ({"Name"} if not thing.fields.get("name", Field("")).read_only else set())
    missing = [each.name for each in thing.fields.values() if each.required and each.name not in spared | set(new)]
    if missing:
        raise Refused("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", missing)


def _unique(org: Org, thing: Thing, new: Record, old: Record | None) -> None:
    for field in thing.fields.values():
        if not field.unique or field.name not in new:
            continue
        for row in org.records[thing.name].where(field.name, [new[field.name]]):
            if row["Id"] != (old or {}).get("Id") and not row.get("IsDeleted"):
                said = f"duplicate value found: {field.name} duplicates value on record with id: {row['Id'][:15]}"
                raise Refused("DUPLICATE_VALUE", said)


def _ask_rules(org: Org, thing: Thing, old: Record | None, new: Record) -> None:
    for message, field in refusals(org, thing.name, new, old):
        raise Refused("FIELD_CUSTOM_VALIDATION_EXCEPTION", message, [field] if field else [])


def blank(thing: Thing) -> Record:
    """Give the fields that a new record has by itself."""
    return {
        each.name: False if each.kind == "boolean" and each.default is None else each.default
        for each in thing.fields.values()
        if each.default is not None or each.kind == "boolean"
    }
