"""The HTTP side, put together: webhooks, health and metrics, and the admin API for those who hold its token."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from engine.ledger.store import Ledger
from engine.runs.service_settings import IntakeSettings
from web.access import AccessLog
from web.admin import Admin, admin_api
from web.admin_gate import AdminGate
from web.answers import first_line, problem
from web.health import health
from web.intake import Intake, webhooks
from web.limits import AddressLimit, Buckets
from web.metrics import Metrics

WORDS = {404: "there is nothing here", 405: "this is not how it is asked for"}
logger = logging.getLogger("dealgate.web")


def new_app(
    intake: Intake,
    ledger: Ledger,
    metrics: Metrics | None = None,
    admin: Admin | None = None,
    settings: IntakeSettings | None = None,
) -> FastAPI:
    """Make the application; `ledger` is asked for its health, and without `admin` there is no admin API.

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
    app.include_router(health(ledger, metrics))
    _guard(app, metrics, admin, settings or IntakeSettings())
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _misasked)
    app.add_exception_handler(SQLAlchemyError, _store_failed)
    app.add_exception_handler(Exception, _failed)
    return app


def _guard(app: FastAPI, metrics: Metrics | None, admin: Admin | None, settings: IntakeSettings) -> None:
    """Put before the routes what each request passes: the log first, then its address, then the token."""
    if admin is not None:
        app.include_router(admin_api(admin))
        app.add_middleware(AdminGate, token=admin.token)
    turned_away = metrics.turned_away if metrics is not None else _unnoted
    buckets = Buckets(settings.per_address)
    app.add_middleware(AddressLimit, buckets=buckets, proxies=settings.proxies, turned_away=turned_away)
    app.add_middleware(AccessLog)


def _unnoted() -> None:
    """Take note of nothing."""


async def _refused(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = error.headers if isinstance(error, HTTPException) else None
    said = error.detail if isinstance(error, HTTPException) and error.detail[:1].islower() else ""
    return problem(status, said or WORDS.get(status, "this cannot be done"), headers)


async def _misasked(_: Request, error: Exception) -> Response:
    """Name what of a request is not as it should be, without quoting it."""
    found = error.errors() if isinstance(error, RequestValidationError) else ()
    named = sorted({f"`{each['loc'][-1]}`" for each in found})
    return problem(422, f"{', '.join(named)} cannot be read")


async def _store_failed(_: Request, error: Exception) -> Response:
    logger.error("the store failed: %s", first_line(error))
    return problem(503, "the store cannot be reached", {"Retry-After": "10"})


async def _failed(_request: Request, _error: Exception) -> Response:
    return problem(500, "the service failed")
