"""Bulk API 2.0 queries: a job is made, waited for, and its result fetched in pages of CSV.

The endpoints are driven here, since the library waits by the process's own clock, for at least five seconds a job, and
holds a whole result at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Protocol

import requests

from connectors.protocol import CrmError
from connectors.salesforce.errors import SalesforceError

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 20.0
PATIENCE = 2 * 60 * 60.0
"""How long a job may take, in seconds."""
DONE, WAITING = "JobComplete", frozenset({"UploadComplete", "InProgress"})
CSV = "text/csv"


class Asks(Protocol):
    """What a job needs of the client."""

    def get(self, path: str) -> Any:  # noqa: ANN401 - any JSON value
        """Read a path."""

    def send(self, method: str, path: str, body: Any = None, *, retry: bool | None = None) -> Any:  # noqa: ANN401
        """Send JSON."""

    def fetch(self, path: str, params: dict[str, str], *, accept: str) -> requests.Response:
        """Read a path as it comes."""


class BulkQuery:
    """One job; iterate over it once. A job that is left half-way is deleted in Salesforce."""

    def __init__(self, client: Asks, soql: str, *, deleted: bool, page: int, pause: Callable[[float], None]) -> None:
        self._client = client
        self._asked = {
            "operation": "queryAll" if deleted else "query",
            "query": soql,
            "columnDelimiter": "COMMA",
            "lineEnding": "LF",
        }
        self._page = page
        self._pause = pause

    def __iter__(self) -> Iterator[bytes]:
        """Yield the pages of the result as CSV with a header line; at least one."""
        job = self._client.send("POST", "jobs/query", self._asked, retry=True).body["id"]
        finished = False
        try:
            self._wait(job)
            yield from self._pages(job)
            finished = True
        finally:
            if not finished:
                with suppress(CrmError):
                    self._client.send("PATCH", f"jobs/query/{job}", {"state": "Aborted"})

    def _wait(self, job: str) -> None:
        pause, waited = FIRST_PAUSE, 0.0
        while True:
            self._pause(pause)
            waited, pause = waited + pause, min(pause * 1.5, LONGEST_PAUSE)
            state = self._client.get(f"jobs/query/{job}")
            if state["state"] == DONE:
                return
            if state["state"] not in WAITING:
                said = state.get("errorMessage") or state["state"]
                raise SalesforceError(f"Salesforce gave up a bulk query: {said}", code="BULK_JOB_FAILED")
            if waited >= PATIENCE:
                raise SalesforceError("a bulk query did not end in two hours", code="BULK_JOB_SLOW")

    def _pages(self, job: str) -> Iterator[bytes]:
        place = ""
        while True:
            params = {"maxRecords": str(self._page)} | ({"locator": place} if place else {})
            answer = self._client.fetch(f"jobs/query/{job}/results", params, accept=CSV)
            yield answer.content
            place = answer.headers.get("Sforce-Locator", "null")
            if place == "null":
                return
