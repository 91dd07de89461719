"""The HTTP side, put together: webhooks and health; no page tells what is inside."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from engine.ledger.store import Ledger
from web.access import AccessLog
from web.answers import problem
from web.health import health
from web.intake import Intake, webhooks

WORDS = {404: "there is nothing here", 405: "this is not how it is asked for"}


def new_app(intake: Intake, ledger: Ledger) -> FastAPI:
    """Make the application; `ledger` is asked for its health.

    FastAPI's own telemetry stays off: it would tell whole paths, and a path may end in a secret.
    """
    app = FastAPI(
        title="Dealgate",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.include_router(webhooks(intake))
    app.include_router(health(ledger))
    app.add_middleware(AccessLog)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, _failed)
    return app


async def _refused(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = error.headers if isinstance(error, HTTPException) else None
    return problem(status, WORDS.get(status, "this cannot be done"), headers)


async def _failed(_request: Request, _error: Exception) -> Response:
    return problem(500, "the service failed")
