"""Finds records by an external id, and makes or changes the one that holds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.simulators.salesforce.ids import id18
from tests.simulators.salesforce.schema import Field, Thing
from tests.simulators.salesforce.table import Record
from tests.simulators.salesforce.values import checked
from tests.simulators.salesforce.wire import Refused, no_key

if TYPE_CHECKING:
    from tests.simulators.salesforce.org import Org


def key_field(org: Org, thing: Thing, name: str) -> Field:
    """Find a field that records can be upserted by; raises Refused."""
    found = org.field(thing.name, name)
    if found is None or not (found.external_id or found.id_lookup or found.kind == "id"):
        raise no_key(name)
    return found


def holders(org: Org, thing: Thing, name: str, value: Any) -> list[Record]:
    """Give the records that hold an external id."""
    field = key_field(org, thing, name)
    wanted = id18(str(value)) if field.kind == "id" else checked(field, value)
    return [row for row in org.records[thing.name].where(field.name, [wanted]) if not row.get("IsDeleted")]


def upsert(org: Org, thing: Thing, name: str, value: Any, fields: Mapping[str, Any], *, by: str) -> tuple[str, bool]:
    """Change the record that holds an external id, or make one; give its id and whether it is new."""
    field = key_field(org, thing, name)
    if value in {None, ""} and field.kind == "id":
        return org.save(thing.name, None, fields, by=by), True
    if value in {None, ""}:
        raise Refused("MISSING_ARGUMENT", f"{field.name} not specified")
    found = holders(org, thing, name, value)
    if len(found) > 1:
        ids = ", ".join(row["Id"] for row in found)
        said = f"{field.name}: more than one record found for external id field: [{ids}]"
        raise Refused("DUPLICATE_EXTERNAL_ID", said, [field.name])
    others = {each: given for each, given in fields.items() if each.lower() != field.name.lower()}
    if found:
        return org.save(thing.name, found[0]["Id"], others, by=by), False
    if field.kind == "id":
        raise Refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", ["Id"])
    return org.save(thing.name, None, others | {field.name: value}, by=by), True
