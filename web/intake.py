"""Webhooks: what a CRM posts is believed or refused, kept in one transaction, and only then acknowledged.

Nothing is judged here: whoever works on due deals is woken.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import ClientDisconnect

from connectors.events import Heard, Listener, NotBelievedError, NotUnderstoodError, Posted
from engine.ledger.events import Accepted
from engine.ledger.store import Ledger
from engine.runs.pipeline import utc_now
from engine.runs.service_settings import IntakeSettings
from engine.runs.write_back import Now
from web.answers import first_line, problem
from web.keeping import Keeping
from web.limits import Buckets
from web.metrics import Metrics

LARGEST = 1 << 20
"""The largest body that is read, in bytes: a batch of a hundred events is a tenth of it."""
LONGEST = 20.0
"""How long a body may take to arrive, in seconds."""
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "All of it is kept."},
    400: {"description": "It is not as it should be; the body says what is wrong."},
    401: {"description": "It is not believed."},
    404: {"description": "No CRM of that name is listened to."},
    408: {"description": "Its body took too long."},
    413: {"description": "Its body is too large."},
    429: {"description": "There are too many; come again later."},
    503: {"description": "The store cannot be written now; send it again."},
}
ANY_BODY: dict[str, Any] = {"requestBody": {"content": {"application/json": {}, "text/xml": {}}}}
logger = logging.getLogger("dealgate.intake")


@dataclass
class Intake:
    """Keeps what the CRMs named by `listeners` tell; `on_kept` is told the CRM's name after each that brought deals.

    `per_crm` is how many requests a second are kept of one CRM.
    """

    listeners: Mapping[str, Listener]
    ledger: Ledger
    on_kept: Callable[[str], None]
    now: Now = utc_now
    metrics: Metrics | None = None
    per_crm: float = IntakeSettings().per_crm
    _keeping: Keeping = field(init=False)
    _buckets: Buckets = field(init=False)

    def __post_init__(self) -> None:
        self._keeping = Keeping(self.ledger, self.now)
        self._buckets = Buckets(self.per_crm)

    async def take(self, kind: str, crm: str, end: str, request: Request) -> Response:
        """Answer one request."""
        listener = self.listeners.get(crm)
        if listener is None or listener.kind != kind:
            return problem(404, "nobody listens here")
        begun = time.perf_counter()
        answer = await self._take(crm, listener, end, request)
        if self.metrics is not None:
            self.metrics.answered(crm, answer.status_code, time.perf_counter() - begun)
        return answer

    async def _take(self, crm: str, listener: Listener, end: str, request: Request) -> Response:
        body = await _body(request)
        if isinstance(body, Response):
            return body
        posted = Posted(request.method, _target(request), dict(request.headers), body, end)
        try:
            heard = listener.hear(posted, self.now())
        except NotBelievedError:
            logger.warning("%s: a request was not believed", crm, extra={"crm": crm})
            return Response(status_code=401)
        except NotUnderstoodError as wrong:
            logger.warning("%s: a request was not understood: %s", crm, wrong, extra={"crm": crm})
            return problem(400, str(wrong))
        wait = self._buckets.take(crm)
        if wait:
            return problem(429, "too many requests", {"Retry-After": str(wait)})
        for each in heard.wrong:
            logger.warning("%s: left out: %s", crm, each, extra={"crm": crm})
        return await self._keep(crm, listener, posted, heard)

    async def _keep(self, crm: str, listener: Listener, posted: Posted, heard: Heard) -> Response:
        try:
            accepted = await self._keeping.keep(crm, heard.events)
        except SQLAlchemyError as error:
            said = first_line(error)
            logger.error("%s: the store failed, events are to be sent again: %s", crm, said, extra={"crm": crm})  # noqa: TRY400
            return problem(503, "the store cannot be written now", {"Retry-After": "10"})
        self._note(crm, accepted, heard)
        if accepted.deals:
            self.on_kept(crm)
        reply = listener.reply(posted)
        return Response(reply.body, media_type=reply.media_type)

    def _note(self, crm: str, accepted: Accepted, heard: Heard) -> None:
        about = {"crm": crm, "new": accepted.new, "again": accepted.again, "ignored": heard.ignored}
        logger.info("%s: %d events, %d again, %d ignored", *about.values(), extra=about)
        if self.metrics is not None:
            self.metrics.heard(crm, accepted, heard.ignored, len(heard.wrong))


def webhooks(intake: Intake) -> APIRouter:
    """Give the routes that CRMs post to."""
    router = APIRouter(prefix="/webhooks", tags=["webhooks"], responses=ANSWERS)

    @router.post("/{kind}/{crm}", openapi_extra=ANY_BODY)
    async def hear(kind: str, crm: str, request: Request) -> Response:
        """Take the events that a CRM posts."""
        return await intake.take(kind, crm, "", request)

    @router.post("/{kind}/{crm}/{end}", openapi_extra=ANY_BODY)
    async def hear_at_end(kind: str, crm: str, end: str, request: Request) -> Response:
        """Take the events that a CRM posts to an address with a secret end."""
        return await intake.take(kind, crm, end, request)

    return router


async def _body(request: Request) -> bytes | Response:
    """Read a body no further than it may be long, nor longer than it may take."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > LARGEST:
        return problem(413, "the body is too large", {"Connection": "close"})
    pieces = bytearray()
    try:
        async with asyncio.timeout(LONGEST):
            async for piece in request.stream():
                pieces += piece
                if len(pieces) > LARGEST:
                    return problem(413, "the body is too large", {"Connection": "close"})
    except TimeoutError:
        return problem(408, "the body did not arrive in time", {"Connection": "close"})
    except ClientDisconnect:
        return Response(status_code=400)
    return bytes(pieces)


def _target(request: Request) -> str:
    """Give the path and query as they were sent."""
    path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    query: bytes = request.scope["query_string"]
    return (path + (b"?" + query if query else b"")).decode("latin-1")
