"""The one guarded way to Salesforce: signs in, counts calls, tries again what may be tried again, and names failures.

simple-salesforce carries the calls. What it leaves open is closed here: it sends without time limits, retries nothing,
signs in again without end where a session is refused for good (so it is given a session and never credentials), drops
extra headers on the way, and leaves foreign headers behind after a deployment (so `metadata` is another object).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError as LibraryError
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from connectors.protocol import CrmError
from connectors.salesforce.answers import EXPIRED, failure_of
from connectors.salesforce.bulk import BulkQuery
from connectors.salesforce.calls import Calls, Usage, usage_in
from connectors.salesforce.errors import SalesforceError, SignInError, UncertainError
from connectors.salesforce.query import Query, Soql, begin_together
from connectors.salesforce.settings import SalesforceSettings, SessionId
from connectors.salesforce.sign_in import TOKEN_PATH, Session, sign_in
from connectors.transport import lost, new_transport

Pause = Callable[[float], None]

ATTEMPTS = 5
LONGEST_PAUSE = 30.0
SAFE_AGAIN = frozenset({"GET", "PUT", "PATCH", "DELETE"})
"""Methods that do no more when sent twice than once, as Dealgate uses them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the HTTP status, the parsed body (None: empty) and the headers."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


class SalesforceClient:
    """One org; signs in when it is first needed, and once more in a call whose session has ended."""

    def __init__(
        self, settings: SalesforceSettings, *, transport: requests.Session | None = None, pause: Pause = time.sleep
    ) -> None:
        self.settings = settings
        self.calls = Calls()
        self.usage: Usage | None = None
        self._transport = transport or new_transport()
        self._transport.hooks["response"].append(self._note)
        self.pause = pause
        self._session: Session | None = None
        self._salesforce: Salesforce | None = None
        self._last: requests.Response | None = None

    def now(self) -> datetime:
        """Give Salesforce's own clock as of its last answer, UTC, to the second; before any it is asked, for nothing.

        An answer without a date, such as one of a proxy, leaves this machine's clock.
        """
        if self._last is None:
            self.versions()
        date = self._last.headers.get("Date") if self._last is not None else None
        return parsedate_to_datetime(date).astimezone(UTC) if date else datetime.now(UTC)

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401 - any JSON value
        """Read a path below `/services/data/vXX.X/`, as parsed JSON."""
        return self._tried("GET", path, lambda sf: sf.restful(path, dict(params or {})), again=True).body

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,  # noqa: ANN401 - any JSON value
        headers: Mapping[str, str] | None = None,
        *,
        retry: bool | None = None,
    ) -> Answer:
        """Send JSON to a path below `/services/data/vXX.X/`.

        `retry` says whether it may be sent again though it may have been carried out; left out, only where the method
        does no more when sent twice. Raises UncertainError where it may not and no good answer came.
        """
        again = method in SAFE_AGAIN if retry is None else retry
        named = {"json": body} if body is not None else {}
        sent = dict(headers or {})
        return self._tried(method, path, lambda sf: sf.restful(path, None, method, headers=sent, **named), again=again)

    def versions(self) -> list[dict[str, Any]]:
        """List the versions of the API that the org speaks, the earliest first; this is no API request."""

        def ask(sf: Salesforce) -> Any:  # noqa: ANN401 - any JSON value
            answer = sf.session.get(f"https://{sf.sf_instance}/services/data/")
            return answer.json()

        found: list[dict[str, Any]] = self._tried("GET", "/services/data", ask, again=True).body
        return found

    def fetch(self, path: str, params: Mapping[str, str] | None = None, *, accept: str) -> requests.Response:
        """Read a path as it comes, such as CSV; the answer is complete, and its status good."""

        def ask(sf: Salesforce) -> requests.Response:
            wanted = {**sf.headers, "Accept": accept}
            answer = sf.session.get(sf.base_url + path, params=dict(params or {}), headers=wanted)
            if not answer.ok:
                raise _as_library_error(answer, path)
            return answer

        found: requests.Response = self._tried("GET", path, ask, again=True).body
        return found

    def query(self, soql: str, *, deleted: bool = False) -> Query:
        """Ask for records by SOQL, deleted ones too where `deleted` says so; the first page is asked for at once."""
        return Query(self, Soql(soql, deleted))

    def queries(self, asked: Sequence[Soql]) -> list[Query]:
        """Begin several queries in the fewest calls."""
        return begin_together(self, asked)

    def bulk_query(self, soql: str, *, deleted: bool = False, page: int = 50_000) -> BulkQuery:
        """Ask for many records by a job; iterating gives pages of CSV, each with its header line."""
        return BulkQuery(self, soql, deleted=deleted, page=page, pause=self.pause)

    def metadata(self) -> Salesforce:
        """Give an object of its own for metadata calls, which leave foreign headers on it."""
        self._signed_in()
        return self._library(self._open_session())

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _tried(self, method: str, path: str, ask: Callable[[Salesforce], Any], *, again: bool) -> Answer:
        """Ask, and ask again what may succeed in a moment, ever less often."""

        def may_pass(error: BaseException) -> bool:
            return isinstance(error, SalesforceError) and error.passing and (again or not error.uncertain)

        what = f"{method} {path.partition('?')[0]}"
        retrying = Retrying(
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_random_exponential(multiplier=0.5, max=LONGEST_PAUSE),
            retry=retry_if_exception(may_pass),
            sleep=self.pause,
            reraise=True,
        )
        try:
            return retrying(self._asked, what, ask)
        except SalesforceError as error:
            if error.uncertain and method != "GET":
                raise UncertainError(str(error), code=error.code, status=error.status) from None
            raise

    def _asked(self, what: str, ask: Callable[[Salesforce], Any]) -> Answer:
        """Ask once; where the session has ended, sign in and ask once more."""
        try:
            return self._once(what, ask, self._signed_in())
        except _SessionEndedError:
            if isinstance(self.settings.sign_in, SessionId):
                raise self._shut_out() from None
        self._session = self._salesforce = None
        try:
            return self._once(what, ask, self._signed_in())
        except _SessionEndedError:
            raise self._shut_out() from None

    def _once(self, what: str, ask: Callable[[Salesforce], Any], salesforce: Salesforce) -> Answer:
        try:
            body = ask(salesforce)
        except LibraryError as refusal:
            raise _named(refusal, what) from None
        except (OSError, ValueError) as error:
            raise _lost(error, what) from None
        last = self._last
        return Answer(last.status_code if last is not None else 0, body, last.headers if last is not None else {})

    def _signed_in(self) -> Salesforce:
        if self._salesforce is None:
            self._salesforce = self._library(self._open_session())
        return self._salesforce

    def _open_session(self) -> Session:
        if self._session is None:
            self._session = sign_in(self.settings, self._transport, lambda: datetime.now(UTC))
        return self._session

    def _library(self, session: Session) -> Salesforce:
        return Salesforce(
            session_id=session.token.reveal(),
            instance_url=session.instance_url,
            version=self.settings.api_version,
            session=self._transport,
            object_pairs_hook=dict,
        )

    def _shut_out(self) -> SignInError:
        ended = (
            "the session has ended" if isinstance(self.settings.sign_in, SessionId) else "the new session is refused"
        )
        self._session = self._salesforce = None
        advice = "open another, or sign in by `jwt`" if ended.endswith("ended") else "look at the user's login history"
        return SignInError(f"Salesforce lets us in no longer: {ended}\n  help: {advice}")

    def _note(self, answer: requests.Response, *_: Any, **__: Any) -> None:  # noqa: ANN401 - whatever requests adds
        """Count an answer and read what its headers tell, whoever asked."""
        self._last = answer
        if not str(answer.url).partition("?")[0].endswith(TOKEN_PATH):
            self.calls.count(str(answer.url))
        self.usage = usage_in(answer.headers.get("Sforce-Limit-Info", "")) or self.usage


class _SessionEndedError(Exception):
    """The session is refused."""


def _named(refusal: LibraryError, what: str) -> Exception:
    if refusal.status == EXPIRED:
        return _SessionEndedError()
    return failure_of(refusal.status, refusal.content, what)


def _as_library_error(answer: requests.Response, path: str) -> LibraryError:
    try:
        content = answer.json()
    except ValueError:
        content = answer.text
    return LibraryError(str(answer.url), answer.status_code, path, content)


def _lost(error: Exception, what: str) -> CrmError:
    found = lost(error, "Salesforce")
    return SalesforceError(f"{what}: {found.words}", passing=found.passing, uncertain=found.uncertain)
