"""The simulated account of the benchmark, and the fewest calls that each step could take there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench.crms.fewest import hubspot_first, hubspot_night, hubspot_write
from bench.crms.simulated import Simulated
from connectors.hubspot import names
from connectors.hubspot.settings import API
from connectors.hubspot.standard import CALLS, COMPANIES, CONTACTS, DEALS, EMAILS, KEY, MEETINGS, OBJECTS, QUOTES

ACTIVITIES = (CALLS, EMAILS, MEETINGS)
NEEDED = tuple(each for each in OBJECTS if each not in {DEALS, QUOTES})
"""What is fetched for the benchmark's playbook beside deals."""
DESCRIBED = len(OBJECTS)
LISTED, FOUND = 100, 200
PUBLIC = "https://hooks.bench.example"


class SimulatedHubSpot(Simulated):
    """An account with so many deals: two contacts, a company, a call, an email and a meeting each.

    Its limits run by its own clock and refuse what is too much, and every refusal is kept.
    """

    kind = "hubspot"

    def __init__(self, deals: int) -> None:
        super().__init__("--tls")
        self.where["control"] = f"{self.where['url']}/_control"
        self.tell(account={"fill": {"deals": deals, "activities": len(ACTIVITIES)}}, limits={"enforce": {}})

    def forget(self, mirror: Path) -> None:
        """Forget what was learned of the account, as after a night: that goes by this machine's clock."""
        mirror.with_name(f"{mirror.name}.facts").unlink(missing_ok=True)

    def install(self, step: Callable[[str], Any]) -> None:
        """Let Dealgate make its properties."""
        step("install")

    def pass_time(self, **passed: float) -> None:
        """Let days, hours or seconds pass."""
        self.tell(advance=timedelta(**passed).total_seconds())

    def change(self, deals: int) -> None:
        """Change so many deals."""
        ids, after = list[str](), ""
        while len(ids) < deals:
            found = self._api("GET", API.objects(DEALS), params={"limit": LISTED, "properties": KEY, "after": after})
            ids += [each["id"] for each in found["results"]]
            after = found["paging"]["next"]["after"] if len(ids) < deals else ""
        self.touch(ids[:deals])

    def touch(self, ids: Sequence[str]) -> None:
        """Change these deals, as a person does: what our own app does is no news to it."""
        for each in ids:
            self.tell(account={"change": {"object_": DEALS, "id_": each, "hs_next_step": "Call"}})

    def deals_in(self, stage: str, most: int) -> list[str]:
        """Name deals that stand in a stage."""
        found, ids = [""], list[str]()
        while found and len(ids) < most:
            body = self._search({"dealstage": ["EQ", stage], KEY: ["GT", ids[-1] if ids else "0"]}, FOUND)
            found = [each["id"] for each in body["results"]]
            ids += found
            self.pass_time(seconds=1)
        return ids[:most]

    def flagged(self) -> int:
        """Count the deals that carry Dealgate's flags."""
        self.pass_time(hours=1)
        return int(self._search({names.STATUS: ["HAS_PROPERTY"]}, 1)["total"])

    def push_to(self, address: str) -> None:
        """Send what happens to the service at an address, what Dealgate writes itself too."""
        path = "/webhooks/hubspot/acme"
        self.tell(webhooks={"target": PUBLIC + path, "reached_at": address + path})
        for name in ("hs_next_step", names.STATUS):
            self.tell(webhooks={"subscribe": ["deal.propertyChange", name]})
        self.tell(webhooks={"run": []})

    @property
    def served(self) -> str:
        """What `dealgate.yaml` says of the account."""
        return (
            f"  acme:\n    type: hubspot\n    url: {self.where['url']}\n    sign_in: token\n    token: ${{TOKEN}}\n"
            f'    events: {{app_id: {self.where["app"]}, client_secret: "${{KEY}}", public_url: "{PUBLIC}"}}\n'
        )

    @property
    def secrets(self) -> Mapping[str, str]:
        """What stands in the environment for it."""
        ca_file, where = self.where["ca_file"], self.where
        return {"TOKEN": where["token"], "KEY": where["client_secret"], "REQUESTS_CA_BUNDLE": ca_file}

    @property
    def records(self) -> Mapping[str, int]:
        """How many records there are, by their object."""
        rows: Mapping[str, int] = self._state()["records"]
        return {name: rows.get(name, 0) for name in OBJECTS}

    def limits_kept(self) -> list[str]:
        """Say how many calls were made within the limits; fails where one was refused."""
        state = self._state()
        assert not state["violations"], f"{len(state['violations'])} calls refused: {set(state['violations'])}"
        said = (
            f"The account of {state['records'][DEALS]:,} deals took {state['calls']:,} calls in all and refused none: "
            "by its clock never more than 5 searches came within a second, nor more than 190 other calls within ten."
        )
        return [said]

    def fewest_first(self) -> int:
        """Count the calls of a first sweep; every person, company and activity that was made up belongs to a deal."""
        there = self.records
        linked = {each: there[each] for each in NEEDED}
        return hubspot_first(there[DEALS], linked, there, history=True, described=DESCRIBED)

    def fewest_night(self, changed: int) -> int:
        """Count the calls of a night in which so many deals changed."""
        still_open = self._count_open()
        held = dict.fromkeys(NEEDED, 0) | dict.fromkeys((CONTACTS, COMPANIES, *ACTIVITIES), still_open)
        return hubspot_night(changed, still_open, held, {}, history=True, described=DESCRIBED)

    def fewest_written(self, deals: int) -> int:
        """Count the calls that write flags and a task for so many deals."""
        return 2 * hubspot_write(deals)

    def _count_open(self) -> int:
        return int(self._search({"hs_is_closed": ["NEQ", "true"]}, 1)["total"])

    def _search(self, conditions: Mapping[str, Sequence[str]], limit: int) -> dict[str, Any]:
        """Find deals, in the order of their ids; a condition is an operator and its value, if it has one."""
        filters = [
            {"propertyName": name, "operator": operator, **({"value": value[0]} if value else {})}
            for name, (operator, *value) in conditions.items()
        ]
        sorts = [{"propertyName": KEY, "direction": "ASCENDING"}]
        asked = {"filterGroups": [{"filters": filters}], "sorts": sorts, "properties": [KEY], "limit": limit}
        return self._api("POST", API.objects(DEALS, "search"), json=asked)

    def _api(self, method: str, path: str, **options: Any) -> dict[str, Any]:  # noqa: ANN401 - what requests takes
        headers = {"Authorization": f"Bearer {self.where['token']}"}
        answer = self.session.request(method, self.where["url"] + path, headers=headers, timeout=60, **options)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def _state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.session.get(self.where["control"], timeout=60).json()
        return found
