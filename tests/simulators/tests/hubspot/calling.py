"""A caller that knows HTTP and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import requests

from tests.simulators.hubspot import HubSpotSimulator

DEALS, DATED = "/crm/v3/objects/deals", "/crm/objects/2026-09/0-3"
LINKS = "/crm/v4/associations/deals/contacts"


class Caller:
    """Sends requests with the private app's token."""

    def __init__(self, crm: HubSpotSimulator) -> None:
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {crm.token}"
        self._url = crm.url

    def __call__(self, method: str, path: str, body: Any = None, **params: Any) -> requests.Response:
        return self.session.request(method, self._url + path, json=body, params=params, timeout=10)

    def get(self, path: str, **params: Any) -> Any:
        answer = self("GET", path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any, expected: int = 200) -> Any:
        answer = self("POST", path, body)
        assert answer.status_code == expected, answer.text
        return answer.json()

    def refused(self, method: str, path: str, body: Any = None, status: int = 400) -> Any:
        answer = self(method, path, body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def search(self, *filters: Mapping[str, Any], object_: str = "deals", **more: Any) -> Any:
        return self.post(f"/crm/v3/objects/{object_}/search", {"filterGroups": [{"filters": filters}]} | more)

    def ids(self, *filters: Mapping[str, Any], **more: Any) -> list[str]:
        return [each["id"] for each in self.search(*filters, **{"limit": 100} | more)["results"]]


def inputs(ids: Iterable[str], **more: Any) -> dict[str, Any]:
    return {"inputs": [{"id": each} for each in ids], **more}


def one(name: str, operator: str, value: Any = None, **more: Any) -> dict[str, Any]:
    told = {} if value is None else {"values" if isinstance(value, list) else "value": value}
    return {"propertyName": name, "operator": operator, **told, **more}
