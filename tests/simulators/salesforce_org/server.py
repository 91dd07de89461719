"""A real HTTPS server in front of a simulated org: routes, sessions, limits, faults, and a count of every request."""

from __future__ import annotations

import json
import re
import ssl
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

import trustme

from tests.simulators.salesforce_org.faults import Faults
from tests.simulators.salesforce_org.org import Clock, Org, Refused

LIMIT = 15_000


@dataclass
class Request:
    """One request, its body still as bytes."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    match: dict[str, str] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        try:
            return json.loads(self.body or b"null")
        except ValueError:
            raise Refused("JSON_PARSER_ERROR", "Unexpected character at [line:1, column:1]") from None


@dataclass
class Response:
    """An answer: JSON where `body` is not bytes."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def payload(self) -> bytes:
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class Call:
    """One request that was made."""

    method: str
    path: str
    counts: bool


Handler = Callable[["SalesforceSimulator", Request], Response]
ROUTES: list[tuple[str, re.Pattern[str], Handler]] = []


def route(method: str, pattern: str) -> Callable[[Handler], Handler]:
    """Register what answers a path."""

    def registering(handler: Handler) -> Handler:
        ROUTES.append((method, re.compile(pattern + "$", re.IGNORECASE), handler))
        return handler

    return registering


class SalesforceSimulator:
    """One org on a port of its own; a context manager that starts and stops."""

    def __init__(self, *, api_version: str = "66.0", now: datetime | None = None, page: int = 2000) -> None:
        self.api_version = api_version
        self.faults = Faults()
        self.clock = Clock(now or datetime(2026, 11, 2, 15, tzinfo=UTC))
        self.org = Org(self.clock, self.faults)
        self.page = page
        self.calls: list[Call] = []
        self.session_id = "00DdM0000001!session.number.1"
        self.sessions = {self.session_id}
        self.cursors: dict[str, Any] = {}
        self.jobs: dict[str, Any] = {}
        self.job_polls = 1
        self.client_id, self.client_secret, self.username = "3MVG9app", "app-secret", "dealgate@example.com"
        self.public_key = b""
        self._folder = tempfile.TemporaryDirectory(prefix="salesforce")
        self.ca_file = Path(self._folder.name) / "ca.pem"
        self._server: ThreadingHTTPServer | None = None

    @property
    def api_calls(self) -> int:
        return sum(call.counts for call in self.calls)

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"https://localhost:{self._server.server_address[1]}"

    def new_session(self) -> str:
        token = f"00DdM0000001!session.number.{len(self.sessions) + 1}"
        self.sessions.add(token)
        return token

    def expire_sessions(self) -> None:
        self.sessions.clear()

    def __enter__(self) -> Self:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self.ca_file))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._server.daemon_threads = True
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()
        self._folder.cleanup()

    def answer(self, request: Request) -> Response:
        """Answer one request as the org does, faults included."""
        counts = request.path.startswith("/services/") and "oauth2" not in request.path and request.path.count("/") > 2
        counts = counts and not re.fullmatch(r"/services/data/?", request.path)
        self.calls.append(Call(request.method, request.path, counts))
        refusal = self._refuses(request) if counts else None
        if refusal is not None:
            return refusal
        answer = self.routed(request)
        if counts and request.method != "GET" and self.faults.take("after_commit"):
            return Response(500, [{"errorCode": "UNKNOWN_EXCEPTION", "message": "An unexpected error occurred."}])
        return answer

    def routed(self, request: Request) -> Response:
        """Find who answers a path, and lay refusals out as the API does."""
        for method, pattern, handler in ROUTES:
            found = pattern.match(request.path)
            if found and method == request.method:
                request.match = {name: unquote(value or "") for name, value in found.groupdict().items()}
                try:
                    return handler(self, request)
                except Refused as refused:
                    error = {"message": refused.message, "errorCode": refused.code}
                    return Response(refused.status, [error | ({"fields": refused.fields} if refused.fields else {})])
        return Response(404, [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}])

    def _refuses(self, request: Request) -> Response | None:
        faults = self.faults
        token = request.headers.get("authorization", "").removeprefix("Bearer ").removeprefix("OAuth ")
        if "/Soap/" in request.path:
            found = re.search(rb"sessionId>([^<]+)<", request.body)
            token = found[1].decode() if found else token
        if faults.expire_session_after >= 0:
            faults.expire_session_after -= 1
            if faults.expire_session_after < 0:
                self.expire_sessions()
        if token not in self.sessions or faults.refuse_sessions:
            return Response(401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}])
        if faults.daily_limit_after >= 0 and self.api_calls > faults.daily_limit_after:
            return Response(403, [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}])
        if faults.take("concurrent_limit"):
            return Response(
                403, [{"message": "ConcurrentPerOrgLongTxn Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]
            )
        if faults.take("server_errors"):
            return Response(503, [{"message": "Server too busy", "errorCode": "SERVER_UNAVAILABLE"}])
        if faults.take("html_pages"):
            return Response(502, b"<html><body>Bad gateway</body></html>", {"Content-Type": "text/html"})
        return None


def _handler_for(simulator: SalesforceSimulator) -> type[BaseHTTPRequestHandler]:
    class Handling(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            request = Request(self.command, parts.path.rstrip("/"), query, headers, self.rfile.read(length))
            answer = simulator.answer(request)
            if request.method != "GET" and simulator.faults.take("drop_after_commit"):
                self.close_connection = True
                self.connection.close()
                return
            self._send(answer, request)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815 - the names the library calls

        def _send(self, answer: Response, request: Request) -> None:
            payload = answer.payload()
            self.send_response_only(answer.status)
            kind = "application/json;charset=UTF-8" if not isinstance(answer.body, bytes) else "text/csv"
            moment = simulator.clock.now + simulator.faults.clock_skew
            sent = {"Content-Type": kind, "Date": format_datetime(moment.replace(microsecond=0), usegmt=True),
                    "Sforce-Limit-Info": f"api-usage={simulator.api_calls}/{LIMIT}", **answer.headers}  # fmt: skip
            if answer.status != 204:
                sent["Content-Length"] = str(len(payload))
            for name, value in sent.items():
                self.send_header(name, value)
            self.end_headers()
            if request.path.startswith("/services/data/v") and simulator.faults.take("truncated"):
                payload = payload[: len(payload) // 2]
                self.close_connection = True
            self.wfile.write(payload)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handling
