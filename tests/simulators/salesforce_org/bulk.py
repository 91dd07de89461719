"""Bulk API 2.0 queries: jobs that take a few polls, and results in pages of CSV by opaque locators."""

from __future__ import annotations

import csv
import io
from typing import Any

from tests.simulators.salesforce_org import soql
from tests.simulators.salesforce_org.org import Refused
from tests.simulators.salesforce_org.rest import V
from tests.simulators.salesforce_org.server import Request, Response, SalesforceSimulator, route


@route("POST", V + "/jobs/query")
def create(simulator: SalesforceSimulator, request: Request) -> Response:
    asked = request.json
    text = asked["query"]
    for forbidden in (" GROUP BY ", " OFFSET ", "COUNT()", "TYPEOF"):
        if forbidden in text.upper():
            raise Refused("API_ERROR", f"{forbidden.strip()} is not supported in bulk queries")
    soql.Parser(simulator.org, text, deleted=False).parsed()
    job = {"id": f"750dM{len(simulator.jobs):010d}AAA", "state": "UploadComplete", "operation": asked["operation"],
           "query": text, "version": request.match["version"], "polls": simulator.job_polls, "rows": None}  # fmt: skip
    simulator.jobs[job["id"]] = job
    return Response(200, _shown(job))


@route("GET", V + r"/jobs/query/(?P<id>\w+)")
def poll(simulator: SalesforceSimulator, request: Request) -> Response:
    job = _job(simulator, request)
    if job["state"] in {"UploadComplete", "InProgress"}:
        job["polls"] -= 1
        job["state"] = "InProgress" if job["polls"] > 0 else "JobComplete"
        if simulator.faults.take("failing_jobs"):
            job |= {"state": "Failed", "errorMessage": "InvalidBatch : query timed out"}
    return Response(200, _shown(job))


@route("PATCH", V + r"/jobs/query/(?P<id>\w+)")
def abort(simulator: SalesforceSimulator, request: Request) -> Response:
    job = _job(simulator, request)
    job["state"] = request.json["state"]
    return Response(200, _shown(job))


@route("GET", V + r"/jobs/query/(?P<id>\w+)/results")
def results(simulator: SalesforceSimulator, request: Request) -> Response:
    job = _job(simulator, request)
    if job["version"] != request.match["version"]:
        raise Refused("API_ERROR", "the job was made with another version", status=409)
    if job["rows"] is None:
        job["asked"], job["rows"] = soql.run(simulator.org, job["query"], deleted=job["operation"] == "queryAll")
    start = int(request.query.get("locator", "MTA-0").partition("-")[2])
    size = int(request.query.get("maxRecords", "50000"))
    rows = job["rows"][start : start + size]
    more = start + size < len(job["rows"])
    headers = {"Sforce-Locator": f"MTA-{start + size}" if more else "null", "Sforce-NumberOfRecords": str(len(rows))}
    return Response(200, _csv(simulator, job, rows), headers)


def _csv(simulator: SalesforceSimulator, job: dict[str, Any], rows: list[Any]) -> bytes:
    asked = job["asked"]
    readers = [soql.reading(simulator.org, asked.object, path) for path in asked.fields]
    sheet = io.StringIO()
    writer = csv.writer(sheet, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(asked.fields)
    writer.writerows([_cell(reader(row)) for reader in readers] for row in rows)
    return sheet.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.removesuffix("+0000") + "Z" if isinstance(value, str) and value.endswith("+0000") else str(value)


def _job(simulator: SalesforceSimulator, request: Request) -> dict[str, Any]:
    job: dict[str, Any] | None = simulator.jobs.get(request.match["id"])
    if job is None:
        raise Refused("NOT_FOUND", "The requested resource does not exist", status=404)
    return job


def _shown(job: dict[str, Any]) -> dict[str, Any]:
    return {name: job[name] for name in ("id", "state", "operation") if name in job} | (
        {"errorMessage": job["errorMessage"]} if "errorMessage" in job else {}
    )
