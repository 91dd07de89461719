"""Queries in pages: locators, subqueries that page on their own, pages that are smaller than was asked for."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.simulators.salesforce import soql
from tests.simulators.salesforce.ids import new_id
from tests.simulators.salesforce.parsing import Query
from tests.simulators.salesforce.paths import Layout, layout, reader
from tests.simulators.salesforce.table import Record
from tests.simulators.salesforce.wire import Refused, Request, Response, Route, V

if TYPE_CHECKING:
    from tests.simulators.salesforce.server import SalesforceSimulator

SMALLEST_PAGE, LARGEST_PAGE = 200, 2000
LIFETIME = timedelta(days=2)
"""How long a place in an answer is kept."""


@dataclass(frozen=True)
class Cursor:
    """A place in an answer: all rows, how each is laid out, how many a page has at most."""

    rows: list[Record]
    lay_out: Layout
    size: int
    base: str
    until: datetime


def query(simulator: SalesforceSimulator, request: Request) -> Response:
    """Run a query and give its first page."""
    deleted = request.match["kind"].lower() == "queryall"
    found = soql.run(simulator.org, request.query.get("q", ""), deleted=deleted)
    if found.query.count:
        return Response(200, {"totalSize": len(found.rows), "done": True, "records": []})
    if found.query.counted:
        return Response(200, {"totalSize": 1, "done": True, "records": [_counted(simulator, found)]})
    version = request.match["version"]
    lay_out = layout_of(simulator, found, version, deleted=deleted)
    size = min(simulator.page, _hint(request))
    return Response(200, _first(simulator, found.rows, lay_out, size, version, 0))


def query_more(simulator: SalesforceSimulator, request: Request) -> Response:
    """Give a further page."""
    cursor = simulator.cursors.get(request.match["locator"])
    if cursor is None or cursor.until < simulator.clock.now or simulator.faults.take("locator"):
        raise Refused("INVALID_QUERY_LOCATOR", "invalid query locator")
    return Response(200, _page(simulator, cursor, request.match["locator"], int(request.match["start"])))


def explained(simulator: SalesforceSimulator, request: Request) -> Response:
    """Say that a query can be run, without running it."""
    found = soql.run(simulator.org, request.query["explain"])
    plan = {"cardinality": len(found.rows), "fields": [], "leadingOperationType": "TableScan", "notes": [],
            "relativeCost": 1.0, "sobjectCardinality": len(found.rows), "sobjectType": found.thing.name}  # fmt: skip
    return Response(200, {"plans": [plan], "sourceQuery": request.query["explain"]})


def layout_of(simulator: SalesforceSimulator, found: soql.Found, version: str, *, deleted: bool) -> Layout:
    """Give what lays a row out, with the pages of its subqueries."""
    plain = layout(simulator.org, found.thing, found.paths, version)
    nested = [_nested(simulator, found, each, version, deleted=deleted) for each in found.subqueries]
    if not nested:
        return plain
    return lambda row: plain(row) | {relation: children(row) for relation, children in nested}


def _nested(
    simulator: SalesforceSimulator, found: soql.Found, inner: Query, version: str, *, deleted: bool
) -> tuple[str, Callable[[Record], dict[str, Any] | None]]:
    org = simulator.org
    child, link = soql.children_of(org, found.thing, inner.object)
    paths = [each for each in inner.fields if isinstance(each, str)]
    lay_out = layout(org, child, paths, version)

    def children(row: Record) -> dict[str, Any] | None:
        among = org.records[child.name].where(link.name, [row["Id"]])
        rows = soql.rows_of(org, child, inner, deleted=deleted, among=among)
        return _first(simulator, rows, lay_out, simulator.children, version, 0) if rows else None

    return link.child, children


def _counted(simulator: SalesforceSimulator, found: soql.Found) -> dict[str, Any]:
    read = reader(simulator.org, found.thing, found.query.counted)
    count = sum(read(row) is not None for row in found.rows)
    return {"attributes": {"type": "AggregateResult"}, "expr0": count}


def _first(
    simulator: SalesforceSimulator, rows: list[Record], lay_out: Layout, size: int, version: str, start: int
) -> dict[str, Any]:
    """Give a page from some place on; a place for the next one is kept only where there is one."""
    base = f"/services/data/v{version}/query"
    cursor = Cursor(rows, lay_out, size, base, simulator.clock.now + LIFETIME)
    locator = ""
    if start + _size(simulator, cursor, start) < len(rows):
        locator = new_id("0r8", len(simulator.cursors) + 1)
        simulator.cursors[locator] = cursor
    return _page(simulator, cursor, locator, start)


def _page(simulator: SalesforceSimulator, cursor: Cursor, locator: str, start: int) -> dict[str, Any]:
    end = start + _size(simulator, cursor, start)
    done = end >= len(cursor.rows)
    more = {} if done else {"nextRecordsUrl": f"{cursor.base}/{locator}-{end}"}
    records = [cursor.lay_out(row) for row in cursor.rows[start:end]]
    return {"totalSize": len(cursor.rows), "done": done, **more, "records": records}


def _size(simulator: SalesforceSimulator, cursor: Cursor, start: int) -> int:
    """Give the length of a page; where pages are unsteady, every page but the first is shorter than was asked for."""
    return max(1, cursor.size // 2) if simulator.faults.unsteady_pages and start else cursor.size


def _hint(request: Request) -> int:
    found = re.search(r"batchSize=(\d+)", request.headers.get("sforce-query-options", ""))
    return min(LARGEST_PAGE, max(SMALLEST_PAGE, int(found[1]))) if found else LARGEST_PAGE


def _query_or_explain(simulator: SalesforceSimulator, request: Request) -> Response:
    return explained(simulator, request) if "explain" in request.query else query(simulator, request)


ROUTES = (
    Route("GET", V + "/(?P<kind>query|queryAll)", _query_or_explain),
    Route("GET", V + r"/(?:query|queryAll)/(?P<locator>0r8\w+)-(?P<start>\d+)", query_more),
)
