"""What becomes of each input is found however HubSpot lays out its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from connectors.hubspot.batches import TRACE, UNTOLD, Batches, read_links, read_records
from connectors.hubspot.client import Answer
from connectors.hubspot.errors import HubSpotError
from connectors.receipts import Written
from tests.simulators.hubspot import HubSpotSimulator

Body = Mapping[str, Any]


class Scripted:
    """Answers as it was told to, which the simulated account does not: layouts that HubSpot only may use."""

    def __init__(self, *bodies: object) -> None:
        self.bodies = list(bodies)
        self.sent: list[list[Body]] = []
        self.waited: list[float] = []

    def send(self, _method: str, _path: str, body: Any = None, *, retry: bool | None = None) -> Answer:
        assert retry is not None
        self.sent.append(body["inputs"])
        return Answer(207, self.bodies.pop(0))

    def write(self, inputs: Sequence[Body]) -> list[Written]:
        written = dict(Batches(self, "deals", "update", self.waited.append).write(inputs))
        return [written[place] for place in range(len(inputs))]


def of(*ids: str) -> list[Body]:
    return [{"id": each, "properties": {}} for each in ids]


def error(category: str, message: str = "no", **context: object) -> Body:
    return {"status": "error", "category": category, "message": message, "context": context}


def test_inputs_that_were_kept_out_are_sent_again_after_a_wait() -> None:
    crm = Scripted({"results": [{"id": "1"}], "errors": [error("RATE_LIMITS", ids=["2"])]}, {"results": [{"id": "2"}]})
    assert crm.write(of("1", "2")) == [Written("1"), Written("2")]
    assert [[each["id"] for each in some] for some in crm.sent] == [["1", "2"], ["2"]]
    assert len(crm.waited) == 1


def test_inputs_that_are_kept_out_again_and_again_are_refused() -> None:
    crm = Scripted(*[{"results": [], "errors": [error("LOCKED", ids=["1"])]}] * 5)
    assert crm.write(of("1")) == [Written(reason="HubSpot refused: no", code="LOCKED")]


def test_an_input_that_no_answer_names_is_in_doubt() -> None:
    assert Scripted({"results": [{"id": "1"}]}).write(of("1", "2"))[1] == Written(reason=UNTOLD, uncertain=True)
    assert Scripted(None).write(of("1")) == [Written(reason=UNTOLD, uncertain=True)]


def test_a_refusal_that_names_nobody_is_of_those_that_were_not_written() -> None:
    crm = Scripted({"results": [{"id": "1"}], "numErrors": 1, "errors": [error("VALIDATION_ERROR", "bad")]})
    assert crm.write(of("1", "2"))[1] == Written(reason="HubSpot refused: bad", code="VALIDATION_ERROR")


def test_a_failure_of_hubspots_own_leaves_an_input_in_doubt() -> None:
    crm = Scripted({"results": [], "errors": [error("INTERNAL_ERROR", ids=["1"])]})
    assert crm.write(of("1"))[0].uncertain


def test_a_record_is_never_twice_in_one_call() -> None:
    crm = Scripted({"results": [{"id": "1"}, {"id": "2"}]}, {"results": [{"id": "1"}]})
    assert crm.write(of("1", "2", "1")) == [Written("1"), Written("2"), Written("1")]
    assert [len(each) for each in crm.sent] == [2, 1]


def test_new_records_are_joined_by_trace_id() -> None:
    crm = Scripted({
        "results": [{"id": "8", TRACE: "b"}, {"id": "7", TRACE: "a"}],
        "errors": [error("VALIDATION_ERROR", **{TRACE: ["c"]})],
    })  # fmt: skip
    written = crm.write([{TRACE: "a"}, {TRACE: "b"}, {TRACE: "c"}])
    assert [each.id for each in written] == ["7", "8", ""]


def test_a_read_without_results_is_a_failure() -> None:
    with pytest.raises(HubSpotError, match="without any results"):
        list(read_records(Scripted({}), "deals", ["1"], ()))


@pytest.mark.parametrize("numbers", [True, False])
def test_all_associations_of_a_record_are_read_page_by_page_as_texts(
    crm: HubSpotSimulator, client: Any, *, numbers: bool
) -> None:
    crm.faults.numbers_as_ids = numbers
    deal, other = crm.account.add_deal(), crm.account.add_deal()
    contacts = [crm.account.add_contact() for _ in range(1200)]
    for each in contacts:
        crm.account.associate("deals", deal, "contacts", each)
    found = read_links(client, "deals", "contacts", [deal, other])
    assert sorted(found) == [deal]
    assert sorted(found[deal]) == sorted(contacts)
