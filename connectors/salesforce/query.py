"""One SOQL query, page by page; its size is known from the first page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from connectors.salesforce.errors import LocatorExpiredError

LARGEST_PAGE = "2000"

Page = list[dict[str, Any]]


class Asks(Protocol):
    """What a query needs of the client."""

    def get(self, path: str, params: dict[str, str] | None = None) -> Any:  # noqa: ANN401 - any JSON value
        """Read a path."""


class Query:
    """A query that has been asked; `total` is how many records there are.

    Where Salesforce forgets the place in a long answer, the query is asked anew once, and records may come twice.
    """

    def __init__(self, client: Asks, soql: str, *, deleted: bool) -> None:
        self._client = client
        self._path = "queryAll" if deleted else "query"
        self._soql = soql
        self._page = self._first()
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
        found: dict[str, Any] = self._client.get(self._path, {"q": self._soql})
        return found


def _below_version(url: str) -> str:
    """Give the path of a next page below `/services/data/vXX.X/`."""
    return url.partition("/services/data/")[2].partition("/")[2]
