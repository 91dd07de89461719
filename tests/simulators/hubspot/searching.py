"""Search: filters and one sort over what the index knows, which is a little less than there is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from tests.simulators.hubspot.objects import OBJECTS, READ, told
from tests.simulators.hubspot.schema import Kind, Property
from tests.simulators.hubspot.store import Index, Key, Values, key_of, sortable
from tests.simulators.hubspot.times import moment_of, stamp
from tests.simulators.hubspot.wire import Route, asked, invalid, route
from tests.simulators.serving import Request, Response

if TYPE_CHECKING:
    from tests.simulators.hubspot.account import Account

GROUPS, FILTERS, ALTOGETHER, PAGE, LONGEST = 5, 6, 18, 200, 3000
Filter = Mapping[str, Any]
Test = Callable[[Values], bool]
REMEMBERED = 8


def _search(account: Account, request: Request) -> Response:
    kind, body = account.kind(request.match["object"]), asked(request)
    _within_limits(request, body, account.faults.wall)
    start, limit = int(body.get("after") or 0), int(body.get("limit") or 10)
    index = account.tables[kind.name].index
    index.catch_up(account.clock.now)
    keys = _Found(account, kind, index).keys(body)
    page = keys[start : start + limit]
    table, results = account.tables[kind.name], []
    for _, id_ in page:
        item = replace(table[id_], values=index.values[id_], archived="")
        results.append(told(account, kind, item, body.get("properties") or ()))
    more = start + limit < len(keys)
    paging = {"paging": {"next": {"after": str(start + limit)}}} if more else {}
    return Response(body={"total": len(keys), "results": results} | paging)


class _Found:
    """Finds records by what the index knows; the last few answers are kept for the pages that follow."""

    def __init__(self, account: Account, kind: Kind, index: Index) -> None:
        self._account, self._kind, self._index = account, kind, index

    def keys(self, body: Mapping[str, Any]) -> list[Key]:
        """Give every match in the order asked for, by default that of creation."""
        groups = [group.get("filters") or [] for group in body.get("filterGroups") or ()]
        if body.get("query"):
            groups = [[*group, {"operator": "QUERY", "value": body["query"]}] for group in groups or [[]]]
        sorts = body.get("sorts") or ()
        if _by_id(sorts):
            return self._sorted(self._all(groups), sorts)
        return self._remembered(["sorted", groups, sorts], lambda: self._sorted(self._all(groups), sorts))

    def _all(self, groups: Sequence[Sequence[Filter]]) -> list[Key]:
        return self._group(groups[0]) if len(groups) == 1 else self._union(groups) if groups else self._index.keys

    def _union(self, groups: Sequence[Sequence[Filter]]) -> list[Key]:
        return sorted({key for group in groups for key in self._group(group)})

    def _group(self, filters: Sequence[Filter]) -> list[Key]:
        """Give those that pass every filter; a lower bound of the id is cut off what was found without it."""
        bounds = [each for each in filters if each.get("propertyName") == "hs_object_id" and each["operator"] == "GT"]
        rest = [each for each in filters if each not in bounds]
        found = self._remembered(rest, lambda: self._matching(rest))
        for each in bounds:
            least = key_of(str(each.get("value")))
            low, high = 0, len(found)
            while low < high:
                middle = (low + high) // 2
                low, high = (middle + 1, high) if found[middle] <= least else (low, middle)
            found = found[low:]
        return found

    def _remembered(self, asked_for: Sequence[Any], find: Callable[[], list[Key]]) -> list[Key]:
        kept = self._account.searched
        named = (self._kind.name, json.dumps(asked_for, sort_keys=True))
        if named in kept and kept[named][0] == self._index.version:
            return kept[named][1]
        found = find()
        kept.pop(named, None)
        kept[named] = (self._index.version, found)
        while len(kept) > REMEMBERED:
            kept.pop(next(iter(kept)))
        return found

    def _matching(self, filters: Sequence[Filter]) -> list[Key]:
        candidates = self._index.keys
        for each in filters:
            if each.get("propertyName") == self._kind.modified and each.get("operator") in {"GT", "GTE"}:
                candidates = self._index.modified_since(sortable(_stamped(each.get("value"))))
                break
        tests = [self._test(each) for each in filters]
        values = self._index.values
        return [key for key in candidates if all(test(values[key[1]]) for test in tests)] if tests else candidates

    def _test(self, given: Filter) -> Test:
        operator, name = str(given.get("operator")), str(given.get("propertyName") or "")
        if operator == "QUERY":
            wanted = str(given["value"]).lower()
            return lambda values: any(wanted in each.lower() for each in values.values())
        property_ = self._kind.properties.get(name)
        if property_ is None or (self._kind.name, name) in self._account.faults.hidden:
            raise invalid(f"There was a problem with the request: Property {name} does not exist")
        return _tested(name, operator, given, _reader(property_))

    def _sorted(self, found: list[Key], sorts: Sequence[Any]) -> list[Key]:
        given = sorts[0] if sorts else {"propertyName": self._kind.created}
        given = {"propertyName": given} if isinstance(given, str) else given
        name, down = str(given.get("propertyName")), given.get("direction") == "DESCENDING"
        if name == "hs_object_id":
            return found[::-1] if down else found
        property_ = self._kind.properties.get(name)
        if property_ is None:
            raise invalid(f"There was a problem with the request: Property {name} does not exist")
        read, values = _reader(property_), self._index.values
        having = [key for key in found if name in values[key[1]]]
        lacking = [key for key in found if name not in values[key[1]]]
        return sorted(having, key=lambda key: read(values[key[1]][name]), reverse=down) + lacking


def _by_id(sorts: Sequence[Any]) -> bool:
    name = sorts[0] if sorts and isinstance(sorts[0], str) else sorts[0].get("propertyName") if sorts else ""
    return bool(name == "hs_object_id")


def _tested(name: str, operator: str, given: Filter, read: Callable[[str], Any]) -> Test:
    def bound(key: str = "value") -> Any:
        if given.get(key) is None:
            raise invalid(f"There was a problem with the request: operator {operator} requires {key}")
        try:
            return read(str(given[key]).lower() if read is str.lower else str(given[key]))
        except (ValueError, InvalidOperation):
            raise invalid(f"There was a problem with the request: {given[key]} is no value of {name}") from None

    def several() -> set[Any]:
        if not isinstance(given.get("values"), list):
            raise invalid(f"There was a problem with the request: operator {operator} requires values")
        return {read(str(each)) for each in given["values"]}

    match operator:
        case "HAS_PROPERTY":
            return lambda values: name in values
        case "NOT_HAS_PROPERTY":
            return lambda values: name not in values
        case "EQ":
            wanted = bound()
            return lambda values: name in values and wanted == read(values[name])
        case "NEQ":
            wanted = bound()
            return lambda values: name not in values or wanted != read(values[name])
        case "IN":
            among = several()
            return lambda values: name in values and read(values[name]) in among
        case "NOT_IN":
            among = several()
            return lambda values: name in values and read(values[name]) not in among
        case "BETWEEN":
            least, most = bound(), bound("highValue")
            return lambda values: name in values and least <= read(values[name]) <= most
        case "CONTAINS_TOKEN" | "NOT_CONTAINS_TOKEN":
            pattern, holds = _token(str(given.get("value") or "")), operator == "CONTAINS_TOKEN"
            return lambda values: any(map(pattern.fullmatch, _tokens(values.get(name, "")))) == holds
        case "LT" | "LTE" | "GT" | "GTE":
            return _compared(name, operator, bound(), read)
    raise invalid(f'Invalid input JSON: Cannot deserialize value of type `FilterOperator` from String "{operator}"')


def _compared(name: str, operator: str, edge: Any, read: Callable[[str], Any]) -> Test:
    match operator:
        case "LT":
            return lambda values: name in values and read(values[name]) < edge
        case "LTE":
            return lambda values: name in values and read(values[name]) <= edge
        case "GT":
            return lambda values: name in values and read(values[name]) > edge
    return lambda values: name in values and read(values[name]) >= edge


def _reader(property_: Property) -> Callable[[str], Any]:
    """Give how values of a property are compared."""
    if property_.name == "hs_object_id":
        return key_of
    if property_.type == "number":
        return Decimal
    return _moment if property_.type in {"date", "datetime"} else str.lower


def _moment(text: str) -> str:
    return sortable(text) if text.endswith("Z") and "T" in text else sortable(_stamped(text))


def _stamped(value: Any) -> str:
    try:
        return stamp(moment_of(str(value)))
    except ValueError:
        raise invalid(f"There was a problem with the request: {value} is no moment") from None


def _tokens(text: str) -> list[str]:
    return [*re.findall(r"[^\W_]+", text.lower()), text.lower()]


def _token(wanted: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, wanted.lower().split("*"))))


def _within_limits(request: Request, body: Mapping[str, Any], wall: int) -> None:
    groups = body.get("filterGroups") or []
    if len(request.body) > LONGEST:
        raise invalid(f"The request body must not be longer than {LONGEST} characters")
    each = [len(group.get("filters") or ()) for group in groups]
    if len(groups) > GROUPS or any(count > FILTERS for count in each) or sum(each) > ALTOGETHER:
        raise invalid(f"There was a problem with the request: at most {GROUPS} groups of {FILTERS} filters")
    if len(body.get("sorts") or ()) > 1:
        raise invalid("There was a problem with the request: only one sort is allowed")
    limit, after = int(body.get("limit") or 10), str(body.get("after") or "0")
    if not after.isdigit():
        raise invalid(f"There was a problem with the request: after must be an integer, but was {after}")
    if not 1 <= limit <= PAGE:
        raise invalid(f"Page size must be between 1 and {PAGE}, but was {limit}.")
    if int(after) + limit > wall:
        raise invalid("There was a problem with the request: paging past 10000 results is not supported")


ROUTES: tuple[Route, ...] = (route("POST", OBJECTS + "/search", _search, "search", READ),)
