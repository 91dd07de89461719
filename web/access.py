"""The access log: method, path, status and time, and of an address with a secret end only that there is one."""

from __future__ import annotations

import logging
import re
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HIDDEN = "***"
AFTER_CRM = re.compile(r"^(/webhooks/[^/]+/[^/]+/).*", re.DOTALL)
LONGEST = 200
LOOKS = frozenset({"/healthz", "/readyz", "/metrics"})
"""What is asked every few seconds by machines, and told only where it is not fine."""
logger = logging.getLogger("dealgate.access")


class AccessLog:
    """Logs each request once it is answered."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and take note of how it was answered."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            took = (time.perf_counter() - begun) * 1000
            path = shown(scope["path"])
            about = {"method": scope["method"], "path": path, "status": status, "milliseconds": round(took, 1)}
            level = logging.DEBUG if path in LOOKS and status == 200 else logging.INFO  # noqa: PLR2004 - HTTP's own
            logger.log(level, "%s %s %d %.1f ms", scope["method"], path, status, took, extra=about)


def shown(path: str) -> str:
    """Give a path as it may be logged: without a secret, on one line, and not without end."""
    plain = path.encode("ascii", "backslashreplace").decode()
    printed = "".join(each if each.isprintable() else "?" for each in plain)
    return AFTER_CRM.sub(rf"\1{HIDDEN}", printed)[:LONGEST]
