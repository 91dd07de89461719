"""How the API words what it refuses, and how a path finds who answers it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from tests.simulators.serving import Request, Response

if TYPE_CHECKING:
    from tests.simulators.salesforce.server import SalesforceSimulator

V = r"/services/data/v(?P<version>[\d.]+)"
"""How the path of every data call begins, to be put before a route's own pattern."""

Handler = Callable[["SalesforceSimulator", Request], Response]


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

    def cell(self) -> str:
        """Lay it out as the `sf__Error` of a bulk job's row."""
        return f"{self.code}:{self.message}:{', '.join(self.fields)}--"


def not_there(message: str = "The requested resource does not exist") -> Refused:
    """Refuse what is not there."""
    return Refused("NOT_FOUND", message, status=404)


def no_key(name: str) -> Refused:
    """Refuse a field by which no record can be found."""
    return not_there(f"Provided external ID field does not exist or is not accessible: {name}")


@dataclass(frozen=True)
class Route:
    """Who answers a method and a path; the pattern has to match the whole path, its groups become `request.match`."""

    method: str
    pattern: str
    handler: Handler
    _read: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_read", re.compile(self.pattern, re.IGNORECASE))

    def matches(self, request: Request) -> dict[str, str] | None:
        """Give the groups where it fits a request."""
        found = self._read.fullmatch(request.path) if request.method == self.method else None
        return None if found is None else {name: unquote(value or "") for name, value in found.groupdict().items()}


def answered(routes: Iterable[Route], simulator: SalesforceSimulator, request: Request) -> Response:
    """Let the first route that fits answer; a refusal becomes the answer that the API gives."""
    for route in routes:
        found = route.matches(request)
        if found is not None:
            request.match = found
            try:
                return route.handler(simulator, request)
            except Refused as refused:
                return Response(refused.status, refused.body())
    return Response(404, not_there().body())


def json_of(request: Request) -> Any:
    """Read the body of a request; raises Refused where it is no JSON."""
    try:
        return request.json
    except ValueError:
        raise Refused("JSON_PARSER_ERROR", "Unexpected character at [line:1, column:1]") from None
