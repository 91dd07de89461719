"""The one guarded way to HubSpot: signs in, keeps within the limits, counts calls, tries again what may be tried again.

hubspot-api-client makes each request. What it leaves open is closed here: its `api_request` sends without time limits,
retries nothing, opens a connection a call, follows redirects with the token, prints failures to the terminal, takes
every status for an answer, and lets a `.netrc` replace the token. Its generated classes know no dated version of the
API, drop fields they do not know, and repeat a partial failure as a success, so they are not used.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from hubspot.client import Client
from hubspot.utils.requests.http_request_builder import Request
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from connectors.hubspot.answers import EXPIRED, failure_of
from connectors.hubspot.calls import Calls, Usage, usage_in
from connectors.hubspot.errors import HubSpotError, RateLimitError, SignInError, UncertainError
from connectors.hubspot.limits import ALL, SEARCH, Limits
from connectors.hubspot.settings import API, HubSpotSettings, Token
from connectors.hubspot.sign_in import Session, sign_in
from connectors.protocol import CrmError
from connectors.transport import lost, new_transport

Pause = Callable[[float], None]
Params = Mapping[str, str | Sequence[str]]

ATTEMPTS = 5
LONGEST_PAUSE = 30.0
GOOD = range(200, 300)
SAFE_AGAIN = frozenset({"GET", "PUT", "PATCH", "DELETE"})
"""Methods that do no more when sent twice than once, as Dealgate uses them."""
READING = ("/search", "/batch/read")
"""The ends of paths that only read, though they are posted to."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the HTTP status, the parsed body (None: empty) and the headers."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


class HubSpotClient:
    """One account; signs in when it is first needed, and once more in a call whose access token has ended."""

    def __init__(
        self,
        settings: HubSpotSettings,
        *,
        transport: requests.Session | None = None,
        pause: Pause = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self.calls = Calls()
        self.usage: Usage | None = None
        self.pause = pause
        self._clock = clock
        self._transport = transport or new_transport()
        self._transport.auth = _as_it_is
        shared = settings.mirror.with_name(f"{settings.mirror.name}.limits")
        self._limits = Limits(shared, settings.per_ten_seconds, clock, pause)
        self._session: Session | None = None
        self._date = ""

    def now(self) -> datetime | None:
        """Give HubSpot's own clock as of its last answer, UTC, to the second; None before any."""
        return parsedate_to_datetime(self._date).astimezone(UTC) if self._date else None

    def get(self, path: str, params: Params | None = None) -> Any:  # noqa: ANN401 - any JSON value
        """Read a path below the host, as parsed JSON; several values of a parameter are sent one by one."""
        return self._tried("GET", path, {"qs": dict(params or {})}, again=True).body

    def search(self, object_: str, body: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
        """Search records of one object; what was written within the last seconds may not be found yet."""
        return self._tried("POST", API.objects(object_, "search"), {"body": dict(body)}, again=True, kind=SEARCH).body

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,  # noqa: ANN401 - any JSON value
        *,
        retry: bool | None = None,
    ) -> Answer:
        """Send JSON to a path below the host.

        `retry` says whether it may be sent again though it may have been carried out; left out, only where the method
        does no more when sent twice. Raises UncertainError where it may not and no good answer came.
        """
        again = method in SAFE_AGAIN if retry is None else retry
        return self._tried(method, path, {} if body is None else {"body": body}, again=again)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()
        self._limits.close()

    def _tried(self, method: str, path: str, options: Mapping[str, Any], *, again: bool, kind: str = ALL) -> Answer:
        """Ask, and ask again what may succeed in a moment, ever less often."""

        def may_pass(error: BaseException) -> bool:
            return isinstance(error, HubSpotError) and error.passing and (again or not error.uncertain)

        retrying = Retrying(
            stop=stop_after_attempt(ATTEMPTS),
            wait=_wait,
            retry=retry_if_exception(may_pass),
            sleep=self.pause,
            reraise=True,
        )
        try:
            return retrying(self._asked, {"method": method, "path": path, **options}, kind)
        except HubSpotError as error:
            if error.uncertain and method != "GET" and not path.endswith(READING):
                raise UncertainError(str(error), category=error.category, status=error.status) from None
            raise

    def _asked(self, options: Mapping[str, Any], kind: str) -> Answer:
        """Ask once; where the access token has ended, renew it and ask once more."""
        answer = self._once(options, kind)
        if answer.status == EXPIRED and not isinstance(self.settings.sign_in, Token):
            self._session = None
            answer = self._once(options, kind)
        if answer.status == EXPIRED:
            raise self._shut_out()
        if answer.status in GOOD:
            return answer
        what = f"{options['method']} {options['path']}"
        failure = failure_of(answer.status, answer.body, answer.headers, what)
        if isinstance(failure, RateLimitError):
            self._limits.exhausted(kind, failure.wait)
        raise failure

    def _once(self, options: Mapping[str, Any], kind: str) -> Answer:
        """Send one request when there is place for it, and read its answer whatever its status."""
        library = _Library(self.settings.url, self._signed_in(), self._transport)
        places = [self._limits.take(each) for each in dict.fromkeys((kind, ALL))]
        self.calls.count(str(options["path"]))
        found: requests.Response | None = None
        try:
            found = library.api_request(options)
            return self._read(found)
        except (OSError, ValueError) as error:
            raise _lost(error, f"{options['method']} {options['path']}") from None
        finally:
            for place in places:
                self._limits.answered(place, found.headers if found is not None else None)

    def _read(self, found: requests.Response) -> Answer:
        """Read what the headers and the body of an answer tell."""
        self.usage = usage_in(found.headers) or self.usage
        self._date = found.headers.get("Date", "") or self._date
        good = found.status_code in GOOD
        try:
            body = found.json() if found.content else None
        except ValueError:
            if good:
                raise
            body = found.text
        return Answer(found.status_code, body, found.headers)

    def _signed_in(self) -> Session:
        if self._session is None or self._session.until <= self._clock():
            self._session = sign_in(self.settings, self._transport, self._clock())
        return self._session

    def _shut_out(self) -> SignInError:
        self._session = None
        if isinstance(self.settings.sign_in, Token):
            wrong, advice = "the token is not valid, or was withdrawn", "give the app's present token"
        else:
            wrong, advice = "the new access token is refused", "install the app in the account again"
        return SignInError(f"HubSpot does not let us in: {wrong}\n  help: {advice}")


class _Library(Client):  # type: ignore[misc] # the library is not typed
    """The library's client, whose requests go through our session."""

    def __init__(self, url: str, session: Session, transport: requests.Session) -> None:
        super().__init__(access_token=session.token.reveal(), base_url=url, user_agent="dealgate")
        self._transport = transport

    def api_request(self, options: Mapping[str, Any]) -> requests.Response:
        """Send a request as the library makes it, and give the answer whatever its status."""
        made = Request(self.config, dict(options))
        sent = made.get_options_for_sending()
        return self._transport.request(made.get_method(), made.get_url(), allow_redirects=False, **sent)


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Leave a request's sign-in as it is, whatever a `.netrc` says."""
    return request


def _wait(state: RetryCallState) -> float:
    """Wait as long as HubSpot asks, and then some, so that workers do not come back all at once."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.wait if isinstance(error, HubSpotError) else 0.0
    return asked + wait_random_exponential(multiplier=0.5, max=LONGEST_PAUSE)(state)


def _lost(error: Exception, what: str) -> CrmError:
    found = lost(error, "HubSpot")
    return HubSpotError(f"{what}: {found.words}", passing=found.passing, uncertain=found.uncertain)
