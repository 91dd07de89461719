"""A real HTTPS server in front of a simulated org: routes, sessions, limits, faults, and a count of every request."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from email.utils import format_datetime
from types import TracebackType
from typing import Any

from tests.simulators.salesforce import (
    auth,
    bulk_ingest,
    bulk_query,
    collections,
    composite,
    control,
    describing,
    metadata,
    queries,
    records,
    tooling,
)
from tests.simulators.salesforce.calls import Calls
from tests.simulators.salesforce.clock import START, Clock
from tests.simulators.salesforce.faults import Faults
from tests.simulators.salesforce.org import Org
from tests.simulators.salesforce.wire import Refused, answered
from tests.simulators.serving import Request, Response, Service

ROUTES = (
    *auth.ROUTES, *queries.ROUTES, *collections.ROUTES, *composite.ROUTES, *bulk_query.ROUTES, *bulk_ingest.ROUTES,
    *describing.ROUTES, *tooling.ROUTES, *metadata.ROUTES, *records.ROUTES, *control.ROUTES,
)  # fmt: skip
DAILY_LIMIT = 100_000
ENDED = Refused("INVALID_SESSION_ID", "Session expired or invalid", status=401)
TOO_MANY = Refused("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", status=403)
CONCURRENT = Refused("REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded.", status=403)
UNAVAILABLE = Refused("SERVER_UNAVAILABLE", "Server too busy", status=503)
UNKNOWN = Refused("UNKNOWN_EXCEPTION", "An unexpected error occurred.", status=500)
LOCKED = Refused("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")
HTML = Response(502, b"<html><body>Bad gateway</body></html>", {"Content-Type": "text/html"})


class SalesforceSimulator(Service):
    """One org on a port of its own; a context manager that starts and stops.

    `page` is the largest page of a query, `children` that of a subquery.
    """

    def __init__(
        self,
        *,
        api_version: str = "66.0",
        now: datetime | None = None,
        clock: Clock | None = None,
        page: int = 2000,
        children: int = 200,
        tls: bool = True,
        port: int = 0,
    ) -> None:
        super().__init__(tls=tls, port=port)
        self.api_version, self.page, self.children = api_version, page, children
        self.clock, self.faults, self.calls = clock or Clock(now or START), Faults(), Calls()
        self.org = Org(self.clock, self.faults)
        self.daily_limit = DAILY_LIMIT
        self.cursors: dict[str, Any] = {}
        self.jobs: dict[str, Any] = {}
        self.job_polls = 1
        """How often a bulk job or a deployment has to be asked about until it is done."""
        self.client_id, self.client_secret, self.username = "3MVG9app", "app-secret", "dealgate@example.com"
        self.public_key = b""
        self.pushing = ExitStack()
        """What sends news of saved deals as long as the simulator runs."""
        self.sessions: dict[str, str] = {}
        self._signed_in = 0
        self.session_id = self.new_session()

    @property
    def api_calls(self) -> int:
        """How many of the day's API requests were made."""
        return self.calls.counted

    def new_session(self, user: str = "") -> str:
        """Sign a user in, the one of Dealgate unless another is named."""
        self._signed_in += 1
        token = f"{self.org.organization_id[:15]}!session.number.{self._signed_in}"
        self.sessions[token] = user or self.org.engine
        return token

    def expire_sessions(self) -> None:
        """End every session."""
        self.sessions.clear()

    def user_of(self, request: Request) -> str:
        """Give the id of the user who asks."""
        return self.sessions.get(_token(request), self.org.engine)

    def answer(self, request: Request) -> Response | None:
        """Answer one request as the org does, faults included; None closes the connection."""
        with self.org.lock:
            if request.path.startswith("/_control"):
                return self.routed(request)
            counts = self.calls.note(request.method, request.path).counts
            if counts and self.faults.take("dropped"):
                return None
            answer = (self._refuses(request) if counts else None) or self.routed(request)
            if counts and request.method != "GET" and self.faults.take("committed"):
                answer = Response(UNKNOWN.status, UNKNOWN.body())
            if counts and request.method != "GET" and self.faults.take("dropped_write"):
                return None
            moment = (self.clock.now + self.faults.clock_skew).replace(microsecond=0)
            answer.headers = {
                "Date": format_datetime(moment, usegmt=True),
                "Sforce-Limit-Info": f"api-usage={self.api_calls}/{self.daily_limit}",
            } | answer.headers
            answer.cut = counts and answer.body is not None and self.faults.take("truncated")
            return answer

    def routed(self, request: Request) -> Response:
        """Let who answers a path answer it."""
        return answered(ROUTES, self, request)

    def _refuses(self, request: Request) -> Response | None:
        faults = self.faults
        if faults.passed("session"):
            self.expire_sessions()
            del faults.after["session"]
        writes = request.method in {"POST", "PATCH", "DELETE"} and "/sobjects" in request.path
        reasons: tuple[tuple[Refused, Callable[[], bool]], ...] = (
            (ENDED, lambda: _token(request) not in self.sessions or faults.session_revoked),
            (TOO_MANY, lambda: self.api_calls > self.daily_limit or faults.passed("limit")),
            (CONCURRENT, lambda: faults.take("concurrent")),
            (UNAVAILABLE, lambda: faults.take("error")),
            (LOCKED, lambda: writes and faults.take("lock")),
        )
        refused = next((refused for refused, holds in reasons if holds()), None)
        if refused is not None:
            return Response(refused.status, refused.body())
        return Response(HTML.status, HTML.body, dict(HTML.headers)) if faults.take("html") else None

    def stop(self) -> None:
        """Push no longer, and close the port."""
        self.pushing.close()
        super().stop()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if kind is None and self.calls.over:
            raise AssertionError(f"{self.calls.over} more API requests were made than allowed")


def _token(request: Request) -> str:
    if "/soap/" in request.path.lower():
        found = re.search(rb"sessionId>([^<]+)<", request.body)
        return found[1].decode() if found else ""
    return request.headers.get("authorization", "").removeprefix("Bearer ").removeprefix("OAuth ")
