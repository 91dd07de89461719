"""A client of the standard library alone, which shares no line with the one that Dealgate uses."""

from __future__ import annotations

import csv
import io
import json
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPSConnection
from typing import Any, Self
from urllib.parse import quote

from tests.simulators.salesforce import SalesforceSimulator

BASE = "/services/data/v66.0"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw) if self.raw else None

    @property
    def error(self) -> tuple[int, str, str]:
        """Give status, code and message of a refusal."""
        (first, *_) = self.body
        return self.status, first["errorCode"], first["message"]

    @property
    def rows(self) -> list[dict[str, str]]:
        """Read a sheet."""
        return list(csv.DictReader(io.StringIO(self.raw.decode(), newline="")))


class Plain:
    """One connection, signed in by a session."""

    def __init__(self, crm: SalesforceSimulator, session: str = "") -> None:
        context = ssl.create_default_context(cafile=str(crm.ca_file))
        self._connection = HTTPSConnection("localhost", crm.port, context=context, timeout=60)
        self.session = session or crm.session_id

    def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Send JSON, or bytes as they are; a path that does not begin with a slash is one of the data API."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        kinds = {"Authorization": f"Bearer {self.session}", "Content-Type": "application/json"} | dict(headers or {})
        self._connection.request(method, path if path.startswith("/") else f"{BASE}/{path}", sent, kinds)
        answer = self._connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read())

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, None, {name.replace("_", "-"): value for name, value in headers.items()})

    def post(self, path: str, body: Any) -> Answer:
        return self.ask("POST", path, body)

    def patch(self, path: str, body: Any, **headers: str) -> Answer:
        return self.ask("PATCH", path, body, {name.replace("_", "-"): value for name, value in headers.items()})

    def delete(self, path: str) -> Answer:
        return self.ask("DELETE", path)

    def query(self, soql: str, *, everything: bool = False, **headers: str) -> Answer:
        return self.get(f"{'queryAll' if everything else 'query'}?q={quote(soql)}", **headers)

    def pages(self, soql: str, **headers: str) -> Iterator[list[dict[str, Any]]]:
        """Give the records of every page."""
        answer = self.query(soql, **headers).body
        yield answer["records"]
        while not answer["done"]:
            answer = self.get(answer["nextRecordsUrl"]).body
            yield answer["records"]

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
