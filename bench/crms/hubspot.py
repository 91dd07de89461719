"""The simulated account of the benchmark, and the fewest calls that each step could take there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench.crms.fewest import hubspot_first, hubspot_night, hubspot_write
from bench.crms.simulated import Simulated
from connectors.hubspot.settings import API
from connectors.hubspot.standard import CALLS, COMPANIES, CONTACTS, DEALS, EMAILS, KEY, MEETINGS, OBJECTS, QUOTES

ACTIVITIES = (CALLS, EMAILS, MEETINGS)
NEEDED = tuple(each for each in OBJECTS if each not in {DEALS, QUOTES})
"""What is fetched for the benchmark's playbook beside deals."""
DESCRIBED = len(OBJECTS)
LISTED, SENT = 100, 100


class SimulatedHubSpot(Simulated):
    """An account with so many deals: two contacts, a company, a call, an email and a meeting each.

    Its limits run by its own clock and refuse what is too much, and every refusal is kept.
    """

    kind = "hubspot"

    def __init__(self, deals: int) -> None:
        super().__init__("--tls")
        self.where["control"] = f"{self.where['url']}/_control"
        self.tell(account={"fill": {"deals": deals, "activities": len(ACTIVITIES)}}, limits={"enforce": {}})
        self.pass_time(hours=1)

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
        """Change so many deals, as another app does."""
        ids, after = list[str](), ""
        while len(ids) < deals:
            found = self._api("GET", API.objects(DEALS), params={"limit": LISTED, "properties": KEY, "after": after})
            ids += [each["id"] for each in found["results"]]
            after = found["paging"]["next"]["after"] if len(ids) < deals else ""
        inputs = [{"id": each, "properties": {"hs_next_step": "Call"}} for each in ids[:deals]]
        for start in range(0, deals, SENT):
            some = inputs[start : start + SENT]
            self._api("POST", API.objects(DEALS, "batch", "update"), json={"inputs": some})

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
        is_open = {"propertyName": "hs_is_closed", "operator": "NEQ", "value": "true"}
        asked = {"filterGroups": [{"filters": [is_open]}], "limit": 1}
        return int(self._api("POST", API.objects(DEALS, "search"), json=asked)["total"])

    def _api(self, method: str, path: str, **options: Any) -> dict[str, Any]:  # noqa: ANN401 - what requests takes
        headers = {"Authorization": f"Bearer {self.where['token']}"}
        answer = self.session.request(method, self.where["url"] + path, headers=headers, timeout=60, **options)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def _state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.session.get(self.where["control"], timeout=60).json()
        return found
