"""Bulk API 2.0 queries: jobs that take a few polls, and results in pages of CSV by opaque locators."""

from __future__ import annotations

import base64
import binascii
import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.simulators.salesforce import soql
from tests.simulators.salesforce.ids import new_id
from tests.simulators.salesforce.paths import Reader, reader
from tests.simulators.salesforce.wire import Refused, Request, Response, Route, V, json_of, not_there

if TYPE_CHECKING:
    from tests.simulators.salesforce.server import SalesforceSimulator

FORBIDDEN = {"GROUP BY": r"\bGROUP\s+BY\b", "OFFSET": r"\bOFFSET\b", "TYPEOF": r"\bTYPEOF\b", "COUNT()": r"\bCOUNT\s*\(",
             "FIELDS()": r"\bFIELDS\s*\(", "nested queries": r"^\s*SELECT\b[^']*?\(\s*SELECT\b[^']*\bFROM\b.*?\)[^']*\bFROM\b"}  # fmt: skip
ROWS_A_PAGE = 50_000
WAITING = ("UploadComplete", "InProgress")
ENDINGS = {"LF": "\n", "CRLF": "\r\n"}
DELIMITERS = {"COMMA": ",", "TAB": "\t", "SEMICOLON": ";", "PIPE": "|", "CARET": "^", "BACKQUOTE": "`"}
CSV = {"Content-Type": "text/csv"}


@dataclass
class QueryJob:
    """One job: what was asked, how far it is, and its rows once it is done."""

    id: str
    shown: dict[str, Any]
    version: str
    polls: int
    found: soql.Found | None = None
    readers: list[Reader] = field(default_factory=list)

    @property
    def state(self) -> str:
        return str(self.shown["state"])


def create(simulator: SalesforceSimulator, request: Request) -> Response:
    asked = json_of(request) or {}
    text, operation = str(asked.get("query") or ""), asked.get("operation")
    if operation not in {"query", "queryAll"}:
        raise Refused("INVALIDJOB", "Unsupported operation: " + str(operation))
    for name, pattern in FORBIDDEN.items():
        if re.search(pattern, text, re.IGNORECASE | re.DOTALL):
            raise Refused("API_ERROR", f"{name} is not supported in bulk queries")
    found = soql.run(simulator.org, text)
    id_ = new_id("750", len(simulator.jobs) + 1)
    shown = described(simulator, request, id_, operation, found.thing.name) | {
        "lineEnding": asked.get("lineEnding", "LF"), "columnDelimiter": asked.get("columnDelimiter", "COMMA"),
    }  # fmt: skip
    simulator.jobs[id_] = QueryJob(id_, shown | {"query": text}, request.match["version"], simulator.job_polls)
    return Response(200, shown)


def poll(simulator: SalesforceSimulator, request: Request) -> Response:
    job = _job(simulator, request)
    if job.state in WAITING:
        job.polls -= 1
        job.shown["state"] = "InProgress"
        if simulator.faults.take("job"):
            job.shown |= {"state": "Failed", "errorMessage": "InvalidBatch : query timed out"}
        elif job.polls <= 0:
            _finish(simulator, job)
    return Response(200, {name: value for name, value in job.shown.items() if name != "query"})


def abort(simulator: SalesforceSimulator, request: Request) -> Response:
    job = _job(simulator, request)
    if job.state not in WAITING:
        raise Refused("INVALIDJOBSTATE", f"Aborting already {job.state} Job not allowed")
    job.shown["state"] = "Aborted"
    return Response(200, job.shown)


def delete(simulator: SalesforceSimulator, request: Request) -> Response:
    job = _job(simulator, request)
    if job.state in WAITING:
        raise Refused("INVALIDJOBSTATE", "a job that is not done cannot be deleted")
    del simulator.jobs[job.id]
    return Response(204)


def results(simulator: SalesforceSimulator, request: Request) -> Response:
    """Give a page of rows; `Sforce-Locator` names the next one, or says `null`."""
    job = _job(simulator, request)
    if job.version != request.match["version"]:
        raise Refused("API_ERROR", "the results must be asked for with the version the job was made with", status=409)
    if job.found is None:
        raise not_there()
    start, size = _start(request.query.get("locator", "")), int(request.query.get("maxRecords") or ROWS_A_PAGE)
    rows = job.found.rows[start : start + size]
    more = start + size < len(job.found.rows)
    headers = {"Sforce-Locator": _locator(start + size) if more else "null", "Sforce-NumberOfRecords": str(len(rows))}
    cells = ([shown(read(row)) for read in job.readers] for row in rows)
    return Response(200, csv_of(job.found.paths, cells, job.shown), headers | CSV)


def described(
    simulator: SalesforceSimulator, request: Request, id_: str, operation: str, object_: str
) -> dict[str, Any]:
    """Give what every job tells of itself when it is made."""
    now = simulator.org.now()
    return {"id": id_, "operation": operation, "object": object_, "createdById": simulator.user_of(request),
            "createdDate": now, "systemModstamp": now, "state": "UploadComplete", "concurrencyMode": "Parallel",
            "contentType": "CSV", "apiVersion": float(request.match["version"])}  # fmt: skip


def csv_of(header: list[str], rows: Iterable[Iterable[str]], job: dict[str, Any]) -> bytes:
    """Write a sheet as the API does, every cell in quotes."""
    sheet = io.StringIO()
    ending = ENDINGS[job["lineEnding"]]
    writer = csv.writer(
        sheet, quoting=csv.QUOTE_ALL, lineterminator=ending, delimiter=DELIMITERS[job["columnDelimiter"]]
    )
    writer.writerow(header)
    writer.writerows(rows)
    return sheet.getvalue().encode()


def shown(value: Any) -> str:
    """Write a value as a cell: moments end with Z here, unlike in JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"{value[:-5]}Z" if value.endswith("+0000") else value
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _finish(simulator: SalesforceSimulator, job: QueryJob) -> None:
    org = simulator.org
    job.found = soql.run(org, job.shown["query"], deleted=job.shown["operation"] == "queryAll")
    job.readers = [reader(org, job.found.thing, path) for path in job.found.paths]
    job.shown |= {
        "state": "JobComplete", "jobType": "V2Query", "numberRecordsProcessed": len(job.found.rows), "retries": 0,
        "totalProcessingTime": 100, "isPkChunkingSupported": "ORDER BY" not in job.shown["query"].upper(),
    }  # fmt: skip


def _job(simulator: SalesforceSimulator, request: Request) -> QueryJob:
    job = simulator.jobs.get(request.match["id"])
    if not isinstance(job, QueryJob):
        raise not_there()
    return job


def _locator(start: int) -> str:
    return base64.urlsafe_b64encode(str(start).encode()).decode().rstrip("=")


def _start(locator: str) -> int:
    if not locator:
        return 0
    try:
        return int(base64.urlsafe_b64decode(locator + "=" * (-len(locator) % 4)))
    except (binascii.Error, ValueError):
        raise Refused("INVALIDJOB", "Invalid locator: " + locator) from None


def _all(simulator: SalesforceSimulator, _request: Request) -> Response:
    told: Iterator[QueryJob] = (job for job in simulator.jobs.values() if isinstance(job, QueryJob))
    records = [{name: value for name, value in job.shown.items() if name != "query"} for job in told]
    return Response(200, {"done": True, "records": records, "nextRecordsUrl": None})


JOBS = V + "/jobs/query"
JOB = JOBS + r"/(?P<id>\w+)"
ROUTES = (
    Route("POST", JOBS, create),
    Route("GET", JOBS, _all),
    Route("GET", JOB, poll),
    Route("PATCH", JOB, abort),
    Route("DELETE", JOB, delete),
    Route("GET", JOB + "/results", results),
)
