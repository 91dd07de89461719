"""Bulk API 2.0 ingest: a job is made, given one CSV, closed, and answers each row in sheets of its own, in any order."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zlib import crc32

from tests.simulators.salesforce.bulk_query import CSV, DELIMITERS, csv_of, described
from tests.simulators.salesforce.ids import new_id
from tests.simulators.salesforce.upserting import key_field, upsert
from tests.simulators.salesforce.wire import Refused, Request, Response, Route, V, json_of, not_there

if TYPE_CHECKING:
    from tests.simulators.salesforce.server import SalesforceSimulator

OPERATIONS = frozenset({"insert", "update", "upsert", "delete", "hardDelete"})
NULL = "#N/A"
MOST_BYTES = 150_000_000
OPEN, CLOSED, ABORTED, FAILED, DONE = "Open", "UploadComplete", "Aborted", "Failed", "JobComplete"
Row = dict[str, str]


@dataclass
class IngestJob:
    """One job, its sheet, and what became of each row."""

    id: str
    shown: dict[str, Any]
    polls: int
    user: str
    sheet: bytes = b""
    header: list[str] = field(default_factory=list)
    done: list[tuple[str, bool, Row]] = field(default_factory=list)
    failed: list[tuple[str, str, Row]] = field(default_factory=list)
    left: list[Row] = field(default_factory=list)

    @property
    def state(self) -> str:
        return str(self.shown["state"])


def create(simulator: SalesforceSimulator, request: Request) -> Response:
    asked = json_of(request) or {}
    operation, thing = asked.get("operation"), simulator.org.thing(str(asked.get("object") or ""))
    if operation not in OPERATIONS:
        raise Refused("INVALIDJOB", f"Unsupported operation: {operation}")
    key = asked.get("externalIdFieldName")
    if operation == "upsert":
        if not key:
            raise Refused("INVALIDJOB", "InvalidJob : Missing external ID field name for upsert")
        key_field(simulator.org, thing, key)
    id_ = new_id("750", len(simulator.jobs) + 1)
    shown = described(simulator, request, id_, operation, thing.name) | {
        "state": OPEN, "contentUrl": f"services/data/v{request.match['version']}/jobs/ingest/{id_}/batches",
        "lineEnding": asked.get("lineEnding", "LF"), "columnDelimiter": asked.get("columnDelimiter", "COMMA"),
    }  # fmt: skip
    shown |= {"externalIdFieldName": key} if key else {}
    simulator.jobs[id_] = IngestJob(id_, shown, simulator.job_polls, simulator.user_of(request))
    return Response(200, shown)


def upload(simulator: SalesforceSimulator, request: Request) -> Response:
    job = _job(simulator, request)
    if job.state != OPEN or job.sheet:
        raise Refused("INVALIDJOBSTATE", f"Uploading data is not allowed for a job in state {job.state}")
    if "text/csv" not in request.headers.get("content-type", ""):
        raise Refused("INVALIDCONTENTTYPE", "the content type must be text/csv", status=415)
    if len(request.body) > MOST_BYTES:
        raise Refused("EXCEEDED_MAX_SIZE_REQUEST", "the sheet is larger than 150 MB", status=413)
    job.sheet = request.body
    return Response(201)


def change(simulator: SalesforceSimulator, request: Request) -> Response:
    """Close a job, so that it is worked on, or abort it."""
    job, state = _job(simulator, request), (json_of(request) or {}).get("state")
    if state not in {CLOSED, ABORTED} or (state == CLOSED and job.state != OPEN):
        raise Refused("INVALIDJOBSTATE", f"Changing the state from {job.state} to {state} is not allowed")
    job.shown["state"] = state
    if state == ABORTED:
        _read(job)
    return Response(200, job.shown)


def poll(simulator: SalesforceSimulator, request: Request) -> Response:
    job = _job(simulator, request)
    if job.state in {CLOSED, "InProgress"}:
        job.polls -= 1
        job.shown["state"] = "InProgress"
        if simulator.faults.take("job"):
            _read(job)
            job.shown |= {"state": FAILED, "errorMessage": "InternalServerError : the job was given up"}
        elif job.polls <= 0:
            _work(simulator, job)
    return Response(200, job.shown | _counts(job))


def delete(simulator: SalesforceSimulator, request: Request) -> Response:
    job = _job(simulator, request)
    if job.state not in {DONE, ABORTED, FAILED, CLOSED}:
        raise Refused("INVALIDJOBSTATE", f"a job in state {job.state} cannot be deleted")
    del simulator.jobs[job.id]
    return Response(204)


def successful(simulator: SalesforceSimulator, request: Request) -> Response:
    job = _job(simulator, request)
    rows = ([id_, str(created).lower(), *_cells(job, row)] for id_, created, row in job.done)
    return Response(200, csv_of(["sf__Id", "sf__Created", *job.header], rows, job.shown), dict(CSV))


def failed(simulator: SalesforceSimulator, request: Request) -> Response:
    job = _job(simulator, request)
    rows = ([id_, error, *_cells(job, row)] for id_, error, row in job.failed)
    return Response(200, csv_of(["sf__Id", "sf__Error", *job.header], rows, job.shown), dict(CSV))


def unprocessed(simulator: SalesforceSimulator, request: Request) -> Response:
    job = _job(simulator, request)
    return Response(200, csv_of(job.header, (_cells(job, row) for row in job.left), job.shown), dict(CSV))


def _work(simulator: SalesforceSimulator, job: IngestJob) -> None:
    """Save row after row, as the rows of one job may be: not in their order."""
    try:
        _read(job)
        for name in job.header:
            _known(simulator, job, name)
    except Refused as refused:
        job.shown |= {"state": FAILED, "errorMessage": refused.message}
        return
    rows, job.left = job.left, []
    for row in sorted(rows, key=lambda each: crc32(repr(each).encode()) % 7):
        try:
            with simulator.org.transaction():
                id_, created = _saved(simulator, job, row)
            job.done.append((id_, created, row))
        except Refused as refused:
            job.failed.append((row.get("Id", ""), refused.cell(), row))
    job.shown |= {"state": DONE, "jobType": "V2Ingest"}


def _saved(simulator: SalesforceSimulator, job: IngestJob, row: Row) -> tuple[str, bool]:
    org, object_, operation = simulator.org, job.shown["object"], job.shown["operation"]
    values: dict[str, Any] = {name: None if value == NULL else value for name, value in row.items() if value != ""}
    id_ = str(next((values.pop(name) for name in list(values) if name.lower() == "id"), "") or "")
    if operation in {"delete", "hardDelete"}:
        org.remove(object_, id_, by=job.user)
        if operation == "hardDelete":
            org.purge(object_, id_)
        return id_, False
    if operation == "upsert":
        key = job.shown["externalIdFieldName"]
        value = next((each for name, each in values.items() if name.lower() == key.lower()), None)
        return upsert(org, org.thing(object_), key, id_ if key.lower() == "id" else value, values, by=job.user)
    if operation == "update" and not id_:
        raise Refused("MISSING_ARGUMENT", "Id not specified in an update call")
    return org.save(object_, id_ or None, values, by=job.user), operation == "insert"


def _known(simulator: SalesforceSimulator, job: IngestJob, name: str) -> None:
    if simulator.org.field(job.shown["object"], name) is None:
        raise Refused("InvalidBatch", f"InvalidBatch : Field name not found : {name}")


def _read(job: IngestJob) -> None:
    """Read the sheet; raises Refused where it is not what the job was made for."""
    text = job.sheet.decode("utf-8-sig")
    if ("\r\n" in text.partition("\n")[0] + "\n") != (job.shown["lineEnding"] == "CRLF") and text:
        said = f"LineEnding is invalid on user data. Current LineEnding setting is {job.shown['lineEnding']}"
        raise Refused("ClientInputError", f"ClientInputError : {said}")
    sheet = csv.reader(io.StringIO(text, newline=""), delimiter=DELIMITERS[job.shown["columnDelimiter"]])
    job.header = next(sheet, [])
    job.left = [dict(zip(job.header, row, strict=False)) for row in sheet if row]


def _cells(job: IngestJob, row: Row) -> list[str]:
    return [row.get(name, "") for name in job.header]


def _counts(job: IngestJob) -> dict[str, Any]:
    return {"numberRecordsProcessed": len(job.done) + len(job.failed), "numberRecordsFailed": len(job.failed),
            "retries": 0, "totalProcessingTime": 100, "apiActiveProcessingTime": 90, "apexProcessingTime": 0}  # fmt: skip


def _job(simulator: SalesforceSimulator, request: Request) -> IngestJob:
    job = simulator.jobs.get(request.match["id"])
    if not isinstance(job, IngestJob):
        raise not_there()
    return job


JOBS = V + "/jobs/ingest"
JOB = JOBS + r"/(?P<id>\w+)"
ROUTES = (
    Route("POST", JOBS, create),
    Route("PUT", JOB + "/batches", upload),
    Route("PATCH", JOB, change),
    Route("GET", JOB, poll),
    Route("DELETE", JOB, delete),
    Route("GET", JOB + "/successfulResults", successful),
    Route("GET", JOB + "/failedResults", failed),
    Route("GET", JOB + "/unprocessedrecords", unprocessed),
)
