"""A real HTTP server in front of a simulated account: routes, tokens, limits, faults, and a count of every request."""

from __future__ import annotations

import re
import traceback
from email.utils import format_datetime
from types import TracebackType

from tests.simulators.clock import Clock
from tests.simulators.hubspot import batches, control, definitions, governance, links, objects, searching, settings
from tests.simulators.hubspot.account import Account
from tests.simulators.hubspot.calls import Call, Calls
from tests.simulators.hubspot.faults import Faults
from tests.simulators.hubspot.limits import Limits, too_many
from tests.simulators.hubspot.schema import Kind
from tests.simulators.hubspot.signing_in import SigningIn
from tests.simulators.hubspot.webhooks import Webhooks
from tests.simulators.hubspot.wire import HTML, NO_SUCH_PAGE, Refused, Route, Unknown, correlation, found
from tests.simulators.serving import Request, Response, Service

TOKENS = re.compile(r"/oauth/(v1|v3|\d{4}-\d{2})/token")
# what reads more than its pattern says stands before what takes any id
ROUTES = (
    *batches.ROUTES, *searching.ROUTES, *links.ROUTES, *objects.ROUTES, *definitions.ROUTES, *settings.ROUTES,
    *governance.ROUTES,
)  # fmt: skip
MAINTENANCE = b"<html><head><title>502 Bad Gateway</title></head><body><center>cloudflare</center></body></html>"


class HubSpotSimulator(Service):
    """One account on a port of its own; a context manager that starts and stops."""

    def __init__(self, *, tls: bool = False, port: int = 0, clock: Clock | None = None) -> None:
        super().__init__(tls=tls, port=port)
        self.clock = clock or Clock()
        self.faults = Faults()
        self.account = Account(self.clock, self.faults)
        self.calls = Calls()
        self.limits = Limits(self.clock)
        self.sign_in = SigningIn(self.clock, self.faults)
        self.failures: list[str] = []
        """What the simulator itself stumbled over: every one fails the run."""
        self.webhooks = Webhooks(self.account, self.sign_in.client_secret)

    @property
    def host(self) -> str:  # type: ignore[override]
        """Name the host as a certificate has it; without TLS by its number."""
        return "localhost" if self._tls else "127.0.0.1"

    @property
    def token(self) -> str:
        """Give the private app's token."""
        return self.sign_in.token

    def answer(self, request: Request) -> Response | None:
        """Answer one request as HubSpot does, faults included."""
        with self.account.lock:
            if TOKENS.fullmatch(request.path):
                self.calls.note(Call(request.method, request.path, "token", counts=False))
                return self._dated(self.sign_in.answer(request))
            if request.path == control.PATH:
                return control.controlled(self, request)
            return self._answered(request)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.webhooks.stop()
        self.stop()
        if kind is None:
            told = "; ".join(sorted(set(self.limits.violations)))
            assert not (self.limits.forbidden and told), f"limits were exceeded {len(self.limits.violations)}x: {told}"
            assert not self.failures, self.failures
            assert not self.calls.over, f"{self.calls.over} calls more than allowed"

    def _answered(self, request: Request) -> Response | None:
        search, writes = request.path.endswith("/search"), self._writes(request)
        kind = "other"
        private = True
        try:
            route = found(ROUTES, request)
            kind = route.kind
            private = self.sign_in.admit(request)
            answer = self._hindered(search=search, writes=writes) or self._served(route, request)
        except Refused as refused:
            answer = Response(refused.status, refused.body(), dict(refused.headers))
        except Unknown:
            answer = Response(404, NO_SUCH_PAGE, HTML)
        except Exception:  # noqa: BLE001 - told at the end, with where it was
            self.failures.append(f"{request.method} {request.target}: {traceback.format_exc(limit=-3)}")
            answer = _broken(500)
        self.calls.note(Call(request.method, request.path, kind, counts=True, status=answer.status))
        if self.faults.take("dropped") or (writes and answer.status < 300 and self.faults.take("dropped write")):
            return None
        status = self.faults.taken("committed") if writes and answer.status < 300 else 0
        if status:
            answer = _broken(status)
        answer.headers = self.limits.headers(search=search, private=private) | answer.headers
        answer.cut = self.faults.take("truncated")
        return self._dated(answer)

    def _served(self, route: Route, request: Request) -> Response:
        self.sign_in.allow(route, self._kind(request))
        return route.handler(self.account, request)

    def _hindered(self, *, search: bool, writes: bool) -> Response | None:
        """Give the answer of a switch that is on, or of a limit."""
        faults = self.faults
        if faults.passed("daily"):
            return too_many("DAILY", "You have reached your daily limit.")
        for policy in ("TEN_SECONDLY_ROLLING", "SECONDLY"):
            if faults.take(policy):
                return too_many(policy)
        status = faults.taken("error")
        if status:
            return _broken(status)
        if faults.take("html"):
            return Response(502, MAINTENANCE, HTML)
        if faults.take("migrating"):
            said = {"status": "error", "message": "The account is being migrated", "correlationId": correlation()}
            return Response(477, said, {"Retry-After": str(faults.migrating_for)})
        if writes and faults.take("locked"):
            said = {"status": "error", "message": "The resource is locked", "correlationId": correlation()}
            return Response(423, said | {"category": "LOCKED"})
        return self.limits.refusal(search=search)

    def _kind(self, request: Request) -> Kind | None:
        named = request.match.get("object", "")
        return self.account.kind(named) if named else None

    def _dated(self, answer: Response) -> Response:
        moment = (self.clock.now + self.faults.clock_skew).replace(microsecond=0)
        answer.headers = {"Date": format_datetime(moment, usegmt=True)} | answer.headers
        return answer

    @staticmethod
    def _writes(request: Request) -> bool:
        reads = request.method == "GET" or request.path.endswith(("/search", "/batch/read"))
        return not reads


def _broken(status: int) -> Response:
    said = {"status": "error", "message": "internal error", "correlationId": correlation()}
    return Response(status, said)
