"""What every simulated CRM stands on: a real HTTP server on 127.0.0.1, with TLS where clients insist on it."""

from __future__ import annotations

import json
import socket
import ssl
import tempfile
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import trustme

JSON = "application/json;charset=UTF-8"


@dataclass
class Request:
    """One request, its body still as bytes; header names are in small letters, `pairs` keeps repeated parameters."""

    method: str
    path: str
    pairs: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes
    target: str = ""
    """The address as it was sent, with its query and its escapes."""
    match: dict[str, str] = field(default_factory=dict)

    @property
    def query(self) -> dict[str, str]:
        """Give the parameters; of repeated ones the last."""
        return dict(self.pairs)

    @property
    def json(self) -> Any:
        """Read the body; raises ValueError where it is no JSON."""
        return json.loads(self.body or b"null")


@dataclass
class Response:
    """An answer: JSON where `body` is not bytes. `cut` sends half of it and closes the connection."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False

    def payload(self) -> bytes:
        """Give the bytes to be sent."""
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class Service:
    """A server on a port of its own; as a context manager it starts and stops. Subclasses say what it answers."""

    host = "localhost"

    def __init__(self, *, tls: bool, port: int = 0) -> None:
        self._tls = tls
        self._port = port
        self._folder = tempfile.TemporaryDirectory(prefix="simulator")
        self._server: ThreadingHTTPServer | None = None

    def answer(self, request: Request) -> Response | None:
        """Answer one request; None closes the connection without an answer."""
        raise NotImplementedError

    @property
    def ca_file(self) -> Path:
        """Give the certificate of the authority that this server's own was issued by."""
        return Path(self._folder.name) / "ca.pem"

    @property
    def port(self) -> int:
        """Give the port it listens on."""
        assert self._server is not None, "the server is not running"
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Give its address, without a path."""
        return f"{'https' if self._tls else 'http'}://{self.host}:{self.port}"

    def start(self) -> None:
        """Listen, each connection in a thread of its own."""
        server = _Server(("127.0.0.1", self._port), _handling(self))
        if self._tls:
            authority = trustme.CA()
            authority.cert_pem.write_to_path(str(self.ca_file))
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self._server = server

    def stop(self) -> None:
        """Close the port and forget the certificate."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        self._folder.cleanup()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that hang up."""


def _handling(service: Service) -> type[BaseHTTPRequestHandler]:
    class Handling(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def _serve(self) -> None:
            answer = service.answer(self._request())
            if answer is None:
                self.close_connection = True
                return
            payload = answer.payload()
            self.send_response_only(answer.status)
            headers = {"Content-Type": JSON} | answer.headers
            if answer.status not in {204, 304}:
                headers["Content-Length"] = str(len(payload))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if answer.cut:
                payload = payload[: len(payload) // 2]
                self.close_connection = True
            self.wfile.write(payload)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815 - the names the library calls

        def _request(self) -> Request:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            pairs = parse_qsl(parts.query, keep_blank_values=True)
            return Request(self.command, parts.path.rstrip("/"), pairs, headers, body, self.path)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handling
