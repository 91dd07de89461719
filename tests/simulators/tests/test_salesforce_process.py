"""A simulated org as a process of its own, and under several clients at once."""

from __future__ import annotations

import json
import signal
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.simulators.salesforce import SalesforceSimulator
from tests.simulators.tests.conftest import deals
from tests.simulators.tests.plain import Plain

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "tests.simulators.salesforce"]


@contextmanager
def running(*options: str) -> Iterator[tuple[subprocess.Popen[str], Mapping[str, str]]]:
    with subprocess.Popen(  # noqa: S603 - our own
        [*COMMAND, *options], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def ask(reached: Mapping[str, str], path: str, body: Any = None) -> Any:
    asked = urllib.request.Request(reached["url"] + path, json.dumps(body).encode() if body is not None else None)  # noqa: S310
    asked.add_header("Authorization", f"Bearer {reached['session_id']}")
    context = ssl.create_default_context(cafile=reached["ca_file"])
    with urllib.request.urlopen(asked, context=context, timeout=30) as answer:  # noqa: S310 - loopback
        return json.load(answer)


def count(reached: Mapping[str, str], where: str = "") -> int:
    return int(ask(reached, f"/services/data/v66.0/query?q=SELECT+COUNT()+FROM+Opportunity{where}")["totalSize"])


def test_it_serves_until_its_input_ends_and_can_be_told_what_to_do() -> None:
    with running("--deals", "200") as (process, reached):
        assert count(reached) == 200
        now = ask(reached, "/_control")["now"]
        later = ask(reached, "/_control", {"advance": {"days": 1}, "change": {"percent": 2}})
        assert later["now"][:10] > now[:10]
        assert count(reached, f"+WHERE+LastModifiedDate+>+{now[:-5]}Z") == 4
        ask(reached, "/_control", {"touch": {"percent": 50}, "forget_calls": {}})
        assert count(reached, f"+WHERE+SystemModstamp+>+{now[:-5]}Z") >= 100
        assert ask(reached, "/_control")["calls"] == {"query": 1}
        ask(reached, "/_control", {"fault": {"name": "server_error", "arguments": {"times": 1}}})
        with pytest.raises(urllib.error.HTTPError, match="503"):
            count(reached)
        with pytest.raises(urllib.error.HTTPError, match="400"):
            ask(reached, "/_control", {"explode": {}})
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(20) == 0


def test_it_stops_when_it_is_terminated() -> None:
    with running("--deals", "1", "--bare") as (process, reached):
        described = ask(reached, "/services/data/v66.0/sobjects/Opportunity/describe")
        assert "Dealgate_Status__c" not in {each["name"] for each in described["fields"]}
        assert Path(reached["private_key_file"]).exists()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert not Path(reached["private_key_file"]).exists()


def test_a_pipeline_is_the_same_for_the_same_seed() -> None:
    def made(seed: int) -> list[Any]:
        crm = SalesforceSimulator()
        with crm:
            crm.org.fill(opportunities=50, seed=seed)
            return crm.org.rows("Opportunity")

    assert made(1) == made(1) != made(2)


def test_a_pipeline_has_two_roles_and_three_rows_of_history_a_deal(crm: SalesforceSimulator) -> None:
    crm.org.fill(opportunities=400)
    for object_, each in (("OpportunityContactRole", 2), ("OpportunityHistory", 3)):
        rows = crm.org.rows(object_)
        assert len(rows) == 400 * each
        assert len({row["OpportunityId"] for row in rows}) == 400
    assert {row["StageName"] for row in crm.org.rows("Opportunity")} <= {
        row["ApiName"] for row in crm.org.rows("OpportunityStage")
    }


def test_four_clients_at_once_lose_no_write(crm: SalesforceSimulator) -> None:
    ids = deals(crm, 40)

    def work(place: int) -> list[int]:
        with Plain(crm) as plain:
            told = []
            for id_ in ids:
                told.append(plain.post("sobjects/Task", {"WhatId": id_, "Dealgate_Key__c": f"{place} {id_}"}).status)
                body = {"records": [{"attributes": {"type": "Opportunity"}, "id": id_, "NextStep": f"{place}"}]}
                told.append(plain.patch("composite/sobjects", body).status)
                nested = f"SELECT Id, (SELECT Id FROM Tasks) FROM Opportunity WHERE Id = '{id_}'"  # noqa: S608
                told.append(plain.query(nested).status)
            return told

    with ThreadPoolExecutor(4) as pool:
        answers = [status for told in pool.map(work, range(4)) for status in told]
    assert set(answers) == {200, 201}
    assert len(crm.org.rows("Task")) == 160
    assert len(crm.org.records["Task"].where("WhatId", ids)) == 160
    assert crm.api_calls == 4 * 40 * 3


def test_one_key_is_made_once_by_four_clients_at_once(crm: SalesforceSimulator) -> None:
    def work(_: int) -> int:
        with Plain(crm) as plain:
            return plain.patch("sobjects/Task/Dealgate_Key__c/k", {"Subject": "x"}).status

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(work, range(8))) == [200] * 7 + [201]
    assert len(crm.org.rows("Task")) == 1
