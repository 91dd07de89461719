"""The simulated org of the benchmark, and the fewest calls that each step could take there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.crms.fewest import WRITTEN, salesforce_read, salesforce_write
from bench.crms.simulated import Simulated
from connectors.salesforce import names

DESCRIBED = 15
END = "benchmark-path-end"
OBJECTS = (
    "Opportunity", "OpportunityContactRole", "OpportunityHistory", "Task", "Event", "EmailMessage", "EventWhoRelation",
    "TaskWhoRelation", "User",
)  # fmt: skip
"""What is fetched for the benchmark's playbook."""


class SimulatedSalesforce(Simulated):
    """An org with so many opportunities, two contact roles and three rows of history each."""

    kind = "salesforce"

    def __init__(self, deals: int) -> None:
        super().__init__("--deals", str(deals))
        self._deals = deals

    def pass_time(self, **passed: float) -> None:
        """Let days, hours or seconds pass."""
        self.tell(advance=passed)

    def change(self, deals: int) -> None:
        """Change so many opportunities, spread evenly."""
        self.tell(change={"percent": 100 * deals / self._deals})

    def touch(self, ids: Sequence[str]) -> None:
        """Change these opportunities, as a person's program does."""
        for start in range(0, len(ids), WRITTEN):
            some = ids[start : start + WRITTEN]
            records = [{"attributes": {"type": "Opportunity"}, "id": each, "NextStep": "Call them"} for each in some]
            self._api("PATCH", "composite/sobjects", json={"allOrNone": True, "records": records})

    def deals_in(self, stage: str, most: int) -> list[str]:
        """Name opportunities that stand in a stage."""
        asked = f"SELECT Id FROM Opportunity WHERE StageName = '{stage}' LIMIT {most}"  # noqa: S608 - our own words
        return [each["Id"] for each in self._api("GET", "query", params={"q": asked})["records"]]

    def flagged(self) -> int:
        """Count the opportunities that carry Dealgate's flags."""
        asked = f"SELECT Id FROM Opportunity WHERE {names.STATUS} != null"  # noqa: S608 - our own words
        return int(self._api("GET", "query", params={"q": asked})["totalSize"])

    def push_to(self, address: str) -> None:
        """Send an outbound message to the service at an address whenever an opportunity is saved."""
        self.tell(outbound={"url": f"{address}/webhooks/salesforce/acme/{END}"})

    @property
    def served(self) -> str:
        """What `dealgate.yaml` says of the org."""
        events = f'organization: {self.where["organization_id"]}, path_secret: "${{END}}", callout_secret: "${{KEY}}"'
        return (
            f"  acme:\n    type: salesforce\n    url: {self.where['url']}\n    sign_in: session\n"
            f'    session_id: "${{SESSION}}"\n    events: {{{events}}}\n'
        )

    @property
    def secrets(self) -> Mapping[str, str]:
        """What stands in the environment for it."""
        ca_file, session = self.where["ca_file"], self.where["session_id"]
        return {"SESSION": session, "END": END, "KEY": "benchmark-callout-key", "REQUESTS_CA_BUNDLE": ca_file}

    def install(self, step: Callable[[str], Any]) -> None:
        """Do nothing: Dealgate's fields are there from the start."""

    def forget(self, mirror: Path) -> None:
        """Do nothing: what was learned of an org goes by its own clock."""

    def limits_kept(self) -> list[str]:
        """Say nothing: an org's calls are limited by the day alone."""
        return []

    @property
    def records(self) -> Mapping[str, int]:
        """How many records there are, by their object."""
        rows: Mapping[str, int] = self.tell()["records"]
        return {name: rows.get(name, 0) for name in OBJECTS}

    def fewest_first(self) -> int:
        """Count the calls of a first sweep."""
        return salesforce_read(self.records, described=DESCRIBED)

    def fewest_night(self, changed: int) -> int:
        """Count the calls of a night in which so many opportunities changed."""
        return salesforce_read(dict.fromkeys(OBJECTS, 0) | {"Opportunity": changed}, described=0)

    def fewest_written(self, deals: int) -> int:
        """Count the calls that write flags and a task for so many deals."""
        return 2 * salesforce_write(deals)

    def _api(self, method: str, path: str, **options: Any) -> Any:  # noqa: ANN401 - what requests takes, any JSON value
        headers = {"Authorization": f"Bearer {self.where['session_id']}"}
        address = f"{self.where['url']}/services/data/v{self.where['api_version']}/{path}"
        answer = self.session.request(method, address, headers=headers, timeout=60, **options)
        answer.raise_for_status()
        return answer.json()
