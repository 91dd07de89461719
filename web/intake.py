"""Webhooks: what a CRM posts is believed or refused, kept in one transaction, and only then acknowledged.

Nothing is judged here: whoever works on due deals is woken.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fastapi import APIRouter, Request, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import ClientDisconnect

from connectors.events import Heard, Listener, NotBelievedError, NotUnderstoodError, Posted
from engine.ledger.store import Ledger
from engine.runs.pipeline import utc_now
from engine.runs.write_back import Now
from web.answers import problem
from web.keeping import Keeping

LARGEST = 1 << 20
"""The largest body that is read, in bytes: a batch of a hundred events is a tenth of it."""
LONGEST = 20.0
"""How long a body may take to arrive, in seconds."""
logger = logging.getLogger("dealgate.intake")


@dataclass
class Intake:
    """Keeps what the CRMs named by `listeners` tell; `on_kept` is told the CRM's name after each that brought deals."""

    listeners: Mapping[str, Listener]
    ledger: Ledger
    on_kept: Callable[[str], None]
    now: Now = utc_now
    _keeping: Keeping = field(init=False)

    def __post_init__(self) -> None:
        self._keeping = Keeping(self.ledger, self.now)

    async def take(self, kind: str, crm: str, end: str, request: Request) -> Response:
        """Answer one request."""
        listener = self.listeners.get(crm)
        if listener is None or listener.kind != kind:
            return problem(404, "nobody listens here")
        body = await _body(request)
        if isinstance(body, Response):
            return body
        posted = Posted(request.method, _target(request), dict(request.headers), body, end)
        try:
            heard = listener.hear(posted, self.now())
        except NotBelievedError:
            logger.warning("%s: a request was not believed", crm)
            return Response(status_code=401)
        except NotUnderstoodError as wrong:
            logger.warning("%s: a request was not understood: %s", crm, wrong)
            return problem(400, str(wrong))
        for each in heard.wrong:
            logger.warning("%s: left out: %s", crm, each)
        return await self._keep(crm, listener, posted, heard)

    async def _keep(self, crm: str, listener: Listener, posted: Posted, heard: Heard) -> Response:
        try:
            accepted = await self._keeping.keep(crm, heard.events)
        except SQLAlchemyError as error:
            logger.error("%s: the store failed, events are to be sent again: %s", crm, _first_line(error))  # noqa: TRY400
            return problem(503, "the store cannot be written now", {"Retry-After": "10"})
        logger.info("%s: %d events, %d again, %d ignored", crm, accepted.new, accepted.again, heard.ignored)
        if accepted.deals:
            self.on_kept(crm)
        reply = listener.reply(posted)
        return Response(reply.body, media_type=reply.media_type)


def webhooks(intake: Intake) -> APIRouter:
    """Give the routes that CRMs post to."""
    router = APIRouter(prefix="/webhooks")

    @router.post("/{kind}/{crm}")
    async def hear(kind: str, crm: str, request: Request) -> Response:
        return await intake.take(kind, crm, "", request)

    @router.post("/{kind}/{crm}/{end}")
    async def hear_at_end(kind: str, crm: str, end: str, request: Request) -> Response:
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


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]
