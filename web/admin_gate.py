"""Lets only those pass to the admin API who hold its token, whatever it is they ask for there."""

from __future__ import annotations

import hmac

from starlette.types import ASGIApp, Receive, Scope, Send

from connectors.secret import Secret
from web.answers import problem

PREFIX = "/admin"
SCHEME = b"bearer"


class AdminGate:
    """Answers 401 to everything below `/admin` that does not carry the token, before anything of it is read."""

    def __init__(self, app: ASGIApp, token: Secret) -> None:
        self.app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on or refuse it; nobody is told why."""
        guarded = scope["type"] == "http" and (scope["path"] == PREFIX or scope["path"].startswith(f"{PREFIX}/"))
        if guarded and not self._is_right(scope):
            await problem(401, "this needs the token", {"WWW-Authenticate": "Bearer"})(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _is_right(self, scope: Scope) -> bool:
        """Hold what a request carries against the token, in constant time."""
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        scheme, _, token = given[0].partition(b" ") if len(given) == 1 else (b"", b"", b"")
        right = hmac.compare_digest(token.strip(), self._token.reveal().encode())
        return right and scheme.lower() == SCHEME
