"""What goes over the wire: requests, answers, routes, and a refusal as the API words it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.simulators.salesforce.org import Org

V = r"/services/data/v(?P<version>[\d.]+)"
"""How the path of every data call begins, to be put before a route's own pattern."""


class Refused(Exception):  # noqa: N818 - an answer of the org, which a test asks for
    """What the org does not do: `errorCode`, message, fields, and the HTTP status of a single call.

    `whole`: it was seen while the request was read, so that it fails a call of many records as a whole.
    """

    def __init__(
        self, code: str, message: str, fields: Iterable[str] = (), status: int = 400, *, whole: bool = False
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.fields, self.status, self.whole = code, message, list(fields), status, whole

    def body(self) -> list[dict[str, Any]]:
        """Lay it out as the answer of a single call."""
        error: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        return [error | ({"fields": self.fields} if self.fields else {})]

    def row(self) -> dict[str, Any]:
        """Lay it out as one record's place in the answer of a call of many."""
        return {
            "success": False,
            "errors": [{"statusCode": self.code, "message": self.message, "fields": self.fields}],
        }


@dataclass
class Request:
    """One request: path without its query, headers by lower-case name, the groups its route's pattern found."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    match: dict[str, str] = field(default_factory=dict)
    user: str = ""

    @property
    def version(self) -> str:
        return self.match.get("version", "")

    @property
    def json(self) -> Any:
        try:
            return json.loads(self.body or b"{}")
        except ValueError:
            said = "Unexpected character at [line:1, column:1]"
            raise Refused("JSON_PARSER_ERROR", said) from None


@dataclass
class Response:
    """An answer: JSON where `body` is not bytes, nothing where it is None."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def payload(self) -> bytes:
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()

    def kind(self) -> str:
        return "text/csv" if isinstance(self.body, bytes) else "application/json;charset=UTF-8"


Handler = Callable[[Request, "Org"], Response]


@dataclass(frozen=True)
class Route:
    """Who answers a method and a path; the pattern has to match the whole path, its groups become `request.match`."""

    method: str
    pattern: str
    handler: Handler

    def matches(self, method: str, path: str) -> dict[str, str] | None:
        found = re.fullmatch(self.pattern, path, re.IGNORECASE) if method == self.method else None
        return None if found is None else {name: value or "" for name, value in found.groupdict().items()}


NOT_THERE = Refused("NOT_FOUND", "The requested resource does not exist", status=404)


def answered(routes: Sequence[Route], request: Request, org: Org) -> Response:
    """Let the first route that fits answer; a refusal becomes the answer that the API gives."""
    for route in routes:
        found = route.matches(request.method, request.path)
        if found is not None:
            request.match = found
            try:
                return route.handler(request, org)
            except Refused as refused:
                return Response(refused.status, refused.body())
    return Response(404, NOT_THERE.body())
