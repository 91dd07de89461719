"""Answers that are not what was asked for: JSON that says what is wrong, and nothing of what is inside."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi.responses import JSONResponse


def problem(status: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Say what is wrong with a request, or with us."""
    return JSONResponse({"problem": message}, status, dict(headers or {}))


def first_line(error: Exception) -> str:
    """Say what a store's error is about: its own words, without the query and what was in it."""
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
