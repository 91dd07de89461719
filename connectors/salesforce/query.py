"""SOQL queries, page by page; the size of one is known from its first page, and several are begun in one call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from connectors.salesforce.composite import MOST_QUERIES, read_together
from connectors.salesforce.errors import LocatorExpiredError

LARGEST_PAGE = "2000"

Page = list[dict[str, Any]]


OK, SEVERAL = 200, 2


class Asks(Protocol):
    """What a query needs of the client."""

    settings: Any

    def get(self, path: str, params: dict[str, str] | None = None) -> Any:  # noqa: ANN401 - any JSON value
        """Read a path."""

    def send(self, method: str, path: str, body: Any = None, *, retry: bool | None = None) -> Any:  # noqa: ANN401
        """Send JSON."""


@dataclass(frozen=True, slots=True)
class Soql:
    """The text of a query; where `deleted` says so, deleted records are among the answers."""

    text: str
    deleted: bool = False

    @property
    def path(self) -> str:
        """Name where it is asked."""
        return "queryAll" if self.deleted else "query"


def text_in_soql(text: object) -> str:
    """Write a text for a query, which compares without regard to case."""
    escaped = str(text).replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return f"'{escaped}'"


def begin_together(client: Asks, asked: Sequence[Soql]) -> list[Query]:
    """Begin queries, five of them a call; one that is refused there is asked alone, for its own answer."""
    if len(asked) < SEVERAL:
        return [Query(client, each) for each in asked]
    paths = [f"{each.path}?q={quote(each.text, safe='')}" for each in asked]
    answers = read_together(client, paths, at_once=MOST_QUERIES)
    begun = zip(asked, answers, strict=True)
    return [Query(client, each, page if status == OK else None) for each, (status, page) in begun]


class Query:
    """A query that has been begun; `total` is how many records there are.

    Where Salesforce forgets the place in a long answer, the query is asked anew once, and records may come twice.
    """

    def __init__(self, client: Asks, soql: Soql, page: dict[str, Any] | None = None) -> None:
        self._client = client
        self._soql = soql
        self._page = page or self._first()
        self.total = int(self._page["totalSize"])

    def __iter__(self) -> Iterator[Page]:
        """Yield the pages, the first one without another call."""
        page, restarted = self._page, False
        while True:
            yield page["records"]
            if page["done"]:
                return
            try:
                page = self._client.get(_below_version(page["nextRecordsUrl"]))
            except LocatorExpiredError:
                if restarted:
                    raise
                page, restarted = self._first(), True

    def rows(self) -> Page:
        """Give all records at once."""
        return [record for page in self for record in page]

    def _first(self) -> dict[str, Any]:
        found: dict[str, Any] = self._client.get(self._soql.path, {"q": self._soql.text})
        return found


def _below_version(url: str) -> str:
    """Give the path of a next page below `/services/data/vXX.X/`."""
    return url.partition("/services/data/")[2].partition("/")[2]
