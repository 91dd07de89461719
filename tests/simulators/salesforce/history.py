"""What a save of an opportunity leaves behind: its history, and the history of tracked fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.simulators.salesforce.schema import NUMBERS, Field, Thing
from tests.simulators.salesforce.table import Record

if TYPE_CHECKING:
    from tests.simulators.salesforce.org import Org

WATCHED = ("StageName", "Amount", "CloseDate", "Probability")
KEPT = (*WATCHED, "ForecastCategory", "ExpectedRevenue")
DATA_TYPES = {
    "string": "Text", "picklist": "Text", "textarea": "Text", "reference": "EntityId", "boolean": "Boolean",
    "date": "DateOnly", "datetime": "DateTime", "currency": "Currency", "percent": "Percent", "double": "Double",
}  # fmt: skip


def keep_history(org: Org, thing: Thing, new: Record, old: Record | None, user: str) -> None:
    """Write down what a save touched; a save of anything watched leaves a row, though its stage stayed the same."""
    if thing.name != "Opportunity":
        return
    at = new["CreatedDate"] if old is None else new["SystemModstamp"]
    stamps = {"OpportunityId": new["Id"], "CreatedDate": at, "CreatedById": user}
    if old is None or any(new.get(name) != old.get(name) for name in WATCHED):
        before = {"PrevAmount": old.get("Amount"), "PrevCloseDate": old.get("CloseDate")} if old else {}
        _put(
            org, "OpportunityHistory", {name: new.get(name) for name in KEPT} | before | stamps | {"SystemModstamp": at}
        )
    for field in [each for each in thing.fields.values() if each.tracked] if old is not None else ():
        was, is_ = old.get(field.name) if old else None, new.get(field.name)
        if was != is_:
            _put(org, "OpportunityFieldHistory", _change(field, was, is_) | stamps)


def _change(field: Field, was: Any, is_: Any) -> Record:
    kind = DATA_TYPES.get(field.kind, "Text")
    hidden = field.kind == "textarea" and not field.filterable
    values = {} if hidden else {"OldValue": _kept(field, was), "NewValue": _kept(field, is_)}
    return {"Field": field.name, "DataType": kind, **values}


def _kept(field: Field, value: Any) -> Any:
    return float(value) if field.kind in NUMBERS and value is not None else value


def _put(org: Org, object_: str, row: Record) -> None:
    thing = org.things[object_.lower()]
    filled = {"Id": org.made(thing, 1)[0], "IsDeleted": False, **row}
    org.records[object_].put({name: value for name, value in filled.items() if value is not None})
