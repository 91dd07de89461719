"""Runs queries: rows that meet the conditions, sorted, and the way each is laid out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.simulators.salesforce.conditions import Conditions
from tests.simulators.salesforce.parsing import Both, Compare, Condition, Not, Order, Query, parsed
from tests.simulators.salesforce.paths import found_field, reader
from tests.simulators.salesforce.schema import Field, Thing
from tests.simulators.salesforce.table import Record
from tests.simulators.salesforce.wire import Refused

if TYPE_CHECKING:
    from tests.simulators.salesforce.org import Org


@dataclass(frozen=True)
class Found:
    """The rows of a query, and what of each was asked for: field paths, and subqueries by their relation."""

    thing: Thing
    query: Query
    rows: list[Record]

    @property
    def paths(self) -> list[str]:
        """Give the field paths that were asked for."""
        return [each for each in self.query.fields if isinstance(each, str)]

    @property
    def subqueries(self) -> list[Query]:
        """Give the subqueries that were asked for."""
        return [each for each in self.query.fields if isinstance(each, Query)]


def run(org: Org, text: str, *, deleted: bool = False) -> Found:
    """Run a query, over deleted rows too where `deleted` says so; raises Refused."""
    query = parsed(text)
    try:
        thing = org.thing(query.object)
        _check(org, thing, query)
        return Found(thing, query, rows_of(org, thing, query, deleted=deleted))
    except Refused as refused:
        raise _placed(refused, text, query) from None


def children_of(org: Org, parent: Thing, relation: str) -> tuple[Thing, Field]:
    """Find the object and the reference that a subquery's relation leads to; raises Refused."""
    for thing in org.things.values():
        for field in thing.fields.values() if thing.present else ():
            if parent.name in field.refers_to and field.child.lower() == relation.lower() and field.child:
                return thing, field
    said = f"Didn't understand relationship '{relation}' in FROM part of query call. If you are attempting to use a custom "
    more = "relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the "
    raise Refused("INVALID_TYPE", f"{said}{more}describe call for the appropriate names.")


def rows_of(org: Org, thing: Thing, query: Query, *, deleted: bool, among: list[Record] | None = None) -> list[Record]:
    """Give the rows of an object, or `among` some of it, that a query selects, in its order."""
    conditions = Conditions(org, thing, lambda inner: _selected(org, inner, deleted=deleted))
    test = conditions.test(query.where) if query.where is not None else None
    candidates = among if among is not None else conditions.candidates()
    rows = [row for row in candidates if deleted or not row.get("IsDeleted")]
    if test is not None:
        rows = [row for row in rows if test(row)]
    for order in reversed(query.order):
        _sort(org, thing, rows, order)
    end = None if query.limit is None else query.offset + query.limit
    return rows[query.offset : end]


def _selected(org: Org, query: Query, *, deleted: bool) -> set[Any]:
    """Give the values of a subquery's one field."""
    if len(query.fields) != 1 or not isinstance(query.fields[0], str):
        raise Refused("MALFORMED_QUERY", "SELECT clause in inner query must have exactly one field")
    thing = org.thing(query.object)
    field, _ = found_field(org, thing, query.fields[0])
    if field.kind not in {"id", "reference"}:
        said = f"The selected field '{query.fields[0]}' in the subquery and the left operand field in the where expression "
        raise Refused("INVALID_QUERY_FILTER_OPERATOR", f"{said}should have the same type")
    read = reader(org, thing, query.fields[0])
    return {read(row) for row in rows_of(org, thing, query, deleted=deleted)}


def _sort(org: Org, thing: Thing, rows: list[Record], order: Order) -> None:
    """Sort by one field; nulls come first, or last where the query says so, whichever way the rest is ordered."""
    field, _ = found_field(org, thing, order.path)
    if not field.filterable:
        raise Refused("MALFORMED_QUERY", f"field '{field.name}' can not be sorted in a query call")
    read, last = reader(org, thing, order.path), order.nulls_last is not order.descending

    def key(row: Record) -> tuple[int, Any]:
        held = read(row)
        if held is None:
            return (1 if last else -1, "")
        return (0, held.casefold() if isinstance(held, str) and field.kind not in {"id", "reference"} else held)

    rows.sort(key=key, reverse=order.descending)


def _check(org: Org, thing: Thing, query: Query) -> None:
    """Refuse fields that are not there before anything is run."""
    for each in query.fields:
        if isinstance(each, str):
            found_field(org, thing, each)
        else:
            child, _ = children_of(org, thing, each.object)
            if any(isinstance(inner, Query) for inner in each.fields):
                raise Refused("MALFORMED_QUERY", "SOQL relationships queries are limited to one level here")
            _check(org, child, each)


def _placed(refused: Refused, text: str, query: Query) -> Refused:
    """Say where in a query something was found wrong, as the API does."""
    places = {**query.places, **dict(_compared(query.where))}
    at = next((place for path, place in places.items() if f"'{path}'" in refused.message), None)
    if refused.code == "INVALID_TYPE":
        at = query.place
    if at is None or refused.code not in {"INVALID_FIELD", "INVALID_TYPE"}:
        return refused
    start = max(0, at - 20)
    shown = f"\n{text[start : at + 40]}\n{' ' * (at - start)}^\nERROR at Row:1:Column:{at + 1}\n"
    return Refused(refused.code, shown + refused.message, refused.fields, refused.status)


def _compared(condition: Condition | None) -> list[tuple[str, int]]:
    match condition:
        case Both(parts, _):
            return [each for part in parts for each in _compared(part)]
        case Not(part):
            return _compared(part)
        case Compare(path, _, _, place):
            return [(path, place)]
    return []
