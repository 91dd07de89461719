"""Whether the process is up, and whether it can do its work."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from engine.ledger.store import Ledger
from web.answers import problem


def health(ledger: Ledger) -> APIRouter:
    """Give the routes that whoever looks after the process asks."""
    router = APIRouter()

    @router.get("/healthz")
    async def up() -> Response:
        return JSONResponse({"status": "up"})

    @router.get("/readyz")
    def ready() -> Response:
        try:
            with ledger.reading() as connection:
                connection.execute(text("SELECT 1 FROM due_deal LIMIT 1"))
        except SQLAlchemyError:
            return problem(503, "the store cannot be reached")
        return JSONResponse({"status": "ready"})

    return router
