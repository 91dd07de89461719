"""Composite: up to 25 requests in one call, which may refer to answers before them, and fail together."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from tests.simulators.salesforce.wire import Refused, Request, Response, Route, V, json_of

if TYPE_CHECKING:
    from tests.simulators.salesforce.server import SalesforceSimulator

MOST, MOST_QUERIES = 25, 5
BAD = 400
REFERENCE = re.compile(r"@\{(\w+)((?:[.\[][\w\]]+)*)\}")
HALTED = Refused(
    "PROCESSING_HALTED",
    "The transaction was rolled back since another operation in the same transaction failed.",
)
Part = dict[str, Any]


def composite(simulator: SalesforceSimulator, request: Request) -> Response:
    """Carry out requests one after the other; the answer is 200 whatever became of each."""
    body = json_of(request) or {}
    asked = body.get("compositeRequest")
    if not isinstance(asked, list):
        raise Refused("INVALID_ARGUMENT", "compositeRequest: a list is required")
    _check(asked)
    parts: list[Part] = []
    try:
        with simulator.org.transaction():
            for each in asked:
                parts.append(_part(simulator, each, request, parts))
                if body.get("allOrNone") and parts[-1]["httpStatusCode"] >= BAD:
                    raise HALTED
    except Refused as refused:
        if refused is not HALTED:
            raise
        parts = _rolled_back(asked, parts)
    return Response(200, {"compositeResponse": parts})


def _check(asked: list[Part]) -> None:
    if len(asked) > MOST:
        said = f"Limit of {MOST} subrequests in a composite request exceeded"
        raise Refused("PROCESSING_HALTED", said)
    heavy = [each for each in asked if re.search(r"/(query|queryAll|composite/sobjects)\b", each.get("url", ""))]
    if len(heavy) > MOST_QUERIES:
        said = f"Limit of {MOST_QUERIES} query or collections subrequests exceeded"
        raise Refused("PROCESSING_HALTED", said)
    names = [each.get("referenceId") for each in asked]
    if len(set(names)) < len(names) or not all(names):
        raise Refused("INVALID_ARGUMENT", "referenceId: a unique value is required")


def _part(simulator: SalesforceSimulator, asked: Part, whole: Request, before: list[Part]) -> Part:
    try:
        url = _filled(asked["url"], before)
        body = _filled(json.dumps(asked.get("body")), before) if asked.get("body") else ""
    except LookupError:
        said = "Invalid reference specified. No value for a reference could be found"
        return _told(asked, Response(BAD, Refused("PROCESSING_HALTED", said).body()))
    parts = urlsplit(url)
    headers = {name: value for name, value in whole.headers.items() if name in {"authorization", "sforce-call-options"}}
    headers |= {name.lower(): value for name, value in (asked.get("httpHeaders") or {}).items()}
    inner = Request(
        asked["method"], unquote_plus(parts.path).rstrip("/"), parse_qsl(parts.query), headers, body.encode()
    )
    with simulator.org.transaction():
        return _told(asked, simulator.routed(inner))


def _told(asked: Part, answer: Response) -> Part:
    kept = {name: value for name, value in answer.headers.items() if name in {"Location", "Last-Modified"}}
    return {
        "body": answer.body,
        "httpHeaders": kept,
        "httpStatusCode": answer.status,
        "referenceId": asked["referenceId"],
    }


def _rolled_back(asked: list[Part], parts: list[Part]) -> list[Part]:
    failed = parts[-1]["referenceId"]
    halted = {each["referenceId"]: _told(each, Response(BAD, HALTED.body())) for each in asked}
    return [parts[-1] if name == failed else part for name, part in halted.items()]


def _filled(text: str, before: list[Part]) -> str:
    """Put values of earlier answers where a request refers to them."""
    bodies = {part["referenceId"]: part["body"] for part in before}

    def value(found: re.Match[str]) -> str:
        place = bodies[found[1]]
        for step in re.findall(r"\w+", found[2]):
            place = place[int(step)] if isinstance(place, list) else place[step]
        return str(place)

    return REFERENCE.sub(value, text)


ROUTES = (Route("POST", V + "/composite", composite),)
