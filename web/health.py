"""Whether the process is up, whether it can do its work, and what it counts."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from engine.ledger.store import Ledger
from web.answers import problem
from web.metrics import Metrics


def health(ledger: Ledger, metrics: Metrics | None = None) -> APIRouter:
    """Give the routes that whoever looks after the process asks."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz")
    async def up() -> Response:
        """Answer while the process is up."""
        return JSONResponse({"status": "up"})

    @router.get("/readyz", responses={503: {"description": "The store cannot be reached."}})
    def ready() -> Response:
        """Answer whether the store can be reached."""
        try:
            with ledger.reading() as connection:
                connection.execute(text("SELECT 1 FROM due_deal LIMIT 1"))
        except SQLAlchemyError:
            return problem(503, "the store cannot be reached")
        return JSONResponse({"status": "ready"})

    if metrics is not None:

        @router.get("/metrics", response_class=Response)
        def counted(request: Request) -> Response:
            """Tell what is counted, for Prometheus."""
            body, media_type = metrics.page(request.headers.get("accept", ""))
            return Response(body, headers={"Content-Type": media_type})

    return router
