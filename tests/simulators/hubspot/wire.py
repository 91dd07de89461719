"""What goes over the wire: routes, refusals as HubSpot words them, and the page it shows for paths it does not know."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from uuid import UUID

from tests.simulators.serving import Request, Response

if TYPE_CHECKING:
    from tests.simulators.hubspot.account import Account

DATED = r"(?P<dated>\d{4}-\d{2}(?:-beta)?)"
HTML = {"Content-Type": "text/html;charset=utf-8"}
NO_SUCH_PAGE = b"""<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>404 - Page not found</title></head>
<body><h1>This page doesn't exist.</h1></body></html>
"""


@dataclass
class Refused(Exception):  # noqa: N818 - an answer of HubSpot, which a test asks for
    """What HubSpot does not do, as its error body tells it."""

    category: str
    message: str
    status: int = 400
    errors: Sequence[Mapping[str, Any]] = ()
    more: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """Lay it out as the answer of a call."""
        found = {"status": "error", "message": self.message, "correlationId": correlation(), "category": self.category}
        return found | ({"errors": list(self.errors)} if self.errors else {}) | dict(self.more)

    def part(self, **context: Sequence[str]) -> dict[str, Any]:
        """Lay it out as one of the errors of a call of many, with the ids or trace ids it is about."""
        found: dict[str, Any] = {"status": "error", "category": self.category, "message": self.message}
        inner = {"errors": list(self.errors)} if self.errors else {}
        return found | inner | {"context": {name: list(values) for name, values in context.items()}}


class Unknown(Exception):  # noqa: N818 - likewise
    """A path that HubSpot does not know: a page of HTML with the status 404."""


_correlations = iter(range(1, 2**60))


def correlation() -> str:
    """Give the next correlation id, the same in every run."""
    return str(UUID(int=next(_correlations) << 64 | 0x8000_0000_0000_0000))


def not_found(message: str = "resource not found") -> Refused:
    return Refused("OBJECT_NOT_FOUND", message, 404)


def invalid(message: str, **more: Any) -> Refused:
    return Refused("VALIDATION_ERROR", message, more=more)


Handler = Callable[["Account", Request], Response]


@dataclass(frozen=True)
class Route:
    """Who answers a method and a path; `scopes`: any of them lets the caller in, `{object}` stands for the object."""

    method: str
    pattern: re.Pattern[str]
    handler: Handler
    scopes: tuple[str, ...] = ()
    kind: str = "other"


def route(method: str, pattern: str, handler: Handler, kind: str, *scopes: str) -> Route:
    return Route(method, re.compile(pattern), handler, scopes, kind)


def versioned(version: str, area: str) -> str:
    """Give the pattern of an area's two ways of versioning: `/crm/v3/objects`, `/crm/objects/2026-09`."""
    return rf"/crm/(?:{version}/{area}|{area}/{DATED})"


def found(routes: Sequence[Route], request: Request) -> Route:
    """Find who answers; raises Unknown."""
    for each in routes:
        match = each.pattern.fullmatch(request.path) if each.method == request.method else None
        if match is not None:
            request.match = {name: unquote(value or "") for name, value in match.groupdict().items()}
            return each
    raise Unknown(request.path)


def asked(request: Request) -> dict[str, Any]:
    """Read the body as a JSON object; raises Refused."""
    try:
        body = json.loads(request.body or b"{}")
    except ValueError:
        raise invalid("Invalid input JSON on line 1, column 1: Unexpected character") from None
    if not isinstance(body, dict):
        raise invalid("Invalid input JSON on line 1, column 1: Cannot deserialize value from Array value")
    return body


def inputs(request: Request, most: int) -> list[Any]:
    """Read the inputs of a call of many; raises Refused where there are too many."""
    given = asked(request).get("inputs")
    if not isinstance(given, list):
        raise invalid("Invalid input JSON on line 1, column 1: Some required fields were not set: [inputs]")
    if len(given) > most:
        raise invalid(f"The maximum number of inputs supported in a batch request for this object type is {most}")
    return given


def listed(request: Request, name: str) -> list[str]:
    """Read a parameter that may be repeated, and may hold several values between commas."""
    return [each for key, value in request.pairs if key == name for each in value.split(",") if each]
