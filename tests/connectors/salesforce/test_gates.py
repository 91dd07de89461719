"""Once installed, the org itself refuses a move through a closed gate, in the criterion's words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.salesforce import names
from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.state import flag_fields, tells_all
from engine.judge.changes import Change, ChangeKind, Flags
from rules.load import load_playbook
from rules.playbook import Playbook
from tests.connectors.salesforce.conftest import connector_of, trusting
from tests.simulators.salesforce import SalesforceSimulator

TEXT = """
playbook: sales-{id}
version: 3
title: Sales
applies_to: {{type: {type}}}
gates: {{stale_after: 2 days, when_stale: {stale}}}
fields:
  pain: {{type: text, crm: {{salesforce: Pain__c}}}}
  budget: {{type: yes_no, crm: {{salesforce: Budget__c}}}}
  story: {{type: text, crm: {{salesforce: Story__c}}}}
stages:
  - id: discovery
    title: Discovery
    crm: {{salesforce: Qualification}}
    exit_criteria:
      - {{id: pain-known, says: The problem is written down, require: {{filled: [pain]}}, enforce: hard}}
      - {{id: met, says: We have met, require: {{activities: {{some: {{kind: meeting}}}}}}, enforce: soft}}
      - {{id: story-told, says: The story is told, require: {{story: {{min_words: 3}}}}}}
  - id: proposal
    title: Proposal
    crm: {{salesforce: Proposal/Price Quote}}
    entry_criteria:
      - {{id: budget-known, says: The budget is confirmed, require: {{budget: true}}, enforce: soft}}
  - {{id: negotiation, title: Negotiation, crm: {{salesforce: Negotiation/Review}}}}
outcomes: {{won: {{crm: {{salesforce: Closed Won}}}}, lost: {{crm: {{salesforce: Closed Lost}}}}}}
"""
REFUSED = "FIELD_CUSTOM_VALIDATION_EXCEPTION"


def playbook_of(stale: str = "open", id_: str = "a", type_: str = "New") -> Playbook:
    playbook, problems = load_playbook(TEXT.format(stale=stale, id=id_, type=type_), "sales.yaml")
    assert playbook is not None, problems
    return playbook


@pytest.fixture
def crm() -> Iterator[SalesforceSimulator]:
    with SalesforceSimulator() as crm:
        crm.org.add_field("Opportunity", "Pain__c", "string")
        crm.org.add_field("Opportunity", "Budget__c", "boolean", default=False)
        crm.org.add_field("Opportunity", "Story__c", "textarea")
        yield crm


@pytest.fixture
def connector(crm: SalesforceSimulator, tmp_path: Path) -> Iterator[SalesforceConnector]:
    with connector_of(crm, tmp_path / "mirror.duckdb") as connector:
        yield connector


def deal(crm: SalesforceSimulator, **fields: Any) -> str:
    usual = {"Name": "Deal", "StageName": "Qualification", "CloseDate": "2026-12-31", "Type": "New"}
    return crm.org.add("Opportunity", **{**usual, **fields})


def move(crm: SalesforceSimulator, id_: str, stage: str, **more: Any) -> tuple[str, str]:
    """Move a deal as a rep does, by another client; give the error code and message, blank where it went through."""
    url = f"{crm.url}/services/data/v66.0/sobjects/Opportunity/{id_}"
    signed = {"Authorization": f"Bearer {crm.session_id}"}
    with trusting(crm) as session:
        answer = session.patch(url, json={"StageName": stage, **more}, headers=signed)
    if answer.status_code == requests.codes.no_content:
        return ("", "")
    error = answer.json()[0]
    return (error["errorCode"], error["message"])


def test_after_an_installation_nothing_differs(connector: SalesforceConnector) -> None:
    playbook = playbook_of()
    done = connector.install([playbook])
    assert done.refused == ()
    assert any("Dealgate_Missing__c" in each for each in done.made)
    assert list(connector.drift([playbook])) == []
    again = connector.install([playbook])
    assert (again.made, again.refused) == ((), ())


def test_a_rep_is_refused_with_the_words_of_the_criterion(
    connector: SalesforceConnector, crm: SalesforceSimulator
) -> None:
    connector.install([playbook_of()])
    id_ = deal(crm, Budget__c=True)
    assert move(crm, id_, "Proposal/Price Quote") == (REFUSED, "The problem is written down: fill in pain")
    assert move(crm, id_, "Proposal/Price Quote", Pain__c="They retype orders") == ("", "")


def test_what_stands_before_entering_is_asked_on_entering(
    connector: SalesforceConnector, crm: SalesforceSimulator
) -> None:
    connector.install([playbook_of()])
    id_ = deal(crm, Pain__c="They retype orders")
    assert move(crm, id_, "Proposal/Price Quote")[1].startswith("The budget is confirmed")
    assert move(crm, id_, "Negotiation/Review")[1].startswith("The budget is confirmed")
    assert move(crm, id_, "Proposal/Price Quote", Budget__c=True) == ("", "")
    assert move(crm, id_, "Negotiation/Review", Budget__c=False) == ("", "")


def test_losing_going_back_and_other_deals_are_never_refused(
    connector: SalesforceConnector, crm: SalesforceSimulator
) -> None:
    connector.install([playbook_of()])
    assert move(crm, deal(crm), "Closed Lost") == ("", "")
    assert move(crm, deal(crm, StageName="Negotiation/Review"), "Qualification") == ("", "")
    assert move(crm, deal(crm, Type="Renewal"), "Proposal/Price Quote") == ("", "")
    assert move(crm, deal(crm), "Closed Won")[0] == REFUSED


def test_a_deal_of_no_known_type_is_the_playbooks(connector: SalesforceConnector, crm: SalesforceSimulator) -> None:
    connector.install([playbook_of()])
    assert move(crm, deal(crm, Type=None), "Proposal/Price Quote")[0] == REFUSED


def test_a_waived_criterion_and_the_bypass_open_the_gate(
    connector: SalesforceConnector, crm: SalesforceSimulator
) -> None:
    connector.install([playbook_of()])
    waived = deal(crm, Budget__c=True, **{names.WAIVED: "|pain-known|"})
    assert move(crm, waived, "Proposal/Price Quote") == ("", "")
    crm.org.permissions.add(names.BYPASS)
    assert move(crm, deal(crm), "Proposal/Price Quote") == ("", "")


def test_a_deal_cannot_be_made_in_a_stage_it_has_not_earned(
    connector: SalesforceConnector, crm: SalesforceSimulator
) -> None:
    connector.install([playbook_of()])
    made = {"Name": "New", "StageName": "Negotiation/Review", "CloseDate": "2026-12-31", "Type": "New"}
    signed = {"Authorization": f"Bearer {crm.session_id}"}
    with trusting(crm) as session:
        url = f"{crm.url}/services/data/v66.0/composite/sobjects"
        records = {"allOrNone": False, "records": [{"attributes": {"type": "Opportunity"}, **made}]}
        (row,) = session.post(url, json=records, headers=signed).json()
    assert row["errors"][0]["statusCode"] == REFUSED


def judged(crm: SalesforceSimulator, connector: SalesforceConnector, id_: str, *blocking: str) -> None:
    """Write what a check of the deal would."""
    flags = Flags(
        "not yet", None, "", "Qualification", "missing", (), None, "sales-a@3", crm.clock.now,
        ("Proposal/Price Quote", "Negotiation/Review", "Closed Won"), (), blocking,
    )  # fmt: skip
    (receipt,) = connector.write([Change(f"k{id_}", ChangeKind.SET_FLAGS, id_, flags=flags)])
    assert receipt.outcome.value == "done"


def test_what_no_formula_says_is_refused_as_of_the_last_check_in_its_own_words(
    connector: SalesforceConnector, crm: SalesforceSimulator
) -> None:
    connector.install([playbook_of()])
    connector.record_sweep(crm.clock.now)
    id_ = deal(crm, Pain__c="Known", Budget__c=True)
    judged(crm, connector, id_, "met")
    assert move(crm, id_, "Proposal/Price Quote") == (REFUSED, "We have met: hold a meeting")
    assert move(crm, id_, "Closed Lost") == ("", "")


def test_what_no_rule_tells_closes_the_stages_all_the_same(
    connector: SalesforceConnector, crm: SalesforceSimulator
) -> None:
    connector.install([playbook_of()])
    connector.record_sweep(crm.clock.now)
    id_ = deal(crm, Pain__c="Known", Budget__c=True)
    judged(crm, connector, id_, "moves.skip")
    assert move(crm, id_, "Proposal/Price Quote") == (
        REFUSED, "This stage is closed for now. The Dealgate panel says what is missing and what to do.",
    )  # fmt: skip


def test_a_late_clock_and_a_rule_refuse_in_words_of_their_own(
    connector: SalesforceConnector, crm: SalesforceSimulator
) -> None:
    more = """
clocks:
  buyer_silence: {limit: 14 days, enforce: soft}
rules:
  - {id: big, says: A big deal has a sponsor, when: {amount: {above: 5}}, require: {filled: [pain]}, enforce: soft}
"""
    playbook, problems = load_playbook(TEXT.format(stale="open", id="a", type="New") + more, "sales.yaml")
    assert playbook is not None, problems
    assert connector.install([playbook]).refused == ()
    connector.record_sweep(crm.clock.now)
    silent, big = (deal(crm, Pain__c="Known", Budget__c=True) for _ in range(2))
    judged(crm, connector, silent, "buyer_silence")
    judged(crm, connector, big, "big")
    assert move(crm, silent, "Proposal/Price Quote")[1].startswith("The buyer is heard from: ")
    assert move(crm, big, "Proposal/Price Quote")[1].startswith("A big deal has a sponsor")
    assert list(connector.drift([playbook])) == []


def test_more_than_its_field_tells_is_left_to_the_closed_stages() -> None:
    many = [f"criterion-{number}" for number in range(60)]
    flags = Flags("blocked", None, "", "A", "", (), None, "p@1", datetime(2026, 1, 1, tzinfo=UTC), ("B",), (), (*many,))
    codes = flag_fields(flags)[names.BLOCKING_CODES]
    assert len(codes) <= 255
    assert codes.endswith("|")
    assert not tells_all(flags, set(many))
    assert tells_all(replace(flags, blocking=(*many[:36],)), set(many))


def test_filling_in_what_rules_ask_opens_the_gate_before_the_next_check(
    connector: SalesforceConnector, crm: SalesforceSimulator
) -> None:
    connector.install([playbook_of()])
    connector.record_sweep(crm.clock.now)
    id_ = deal(crm, Budget__c=True)
    judged(crm, connector, id_, "pain-known")
    assert crm.org.get("Opportunity", id_)[names.ASKED_BY_RULES] is True
    assert move(crm, id_, "Proposal/Price Quote", Pain__c="They retype orders") == ("", "")


def test_who_has_read_nothing_writes_alike_once_it_is_told_the_playbooks(
    connector: SalesforceConnector, crm: SalesforceSimulator, tmp_path: Path
) -> None:
    connector.install([playbook_of()])
    id_ = deal(crm, Budget__c=True)
    with connector_of(crm, tmp_path / "other.duckdb") as other:
        judged(crm, other, id_, "pain-known")
        assert crm.org.get("Opportunity", id_)[names.ASKED_BY_RULES] is False
        other.prepare([playbook_of()])
        judged(crm, other, id_, "pain-known")
    assert crm.org.get("Opportunity", id_)[names.ASKED_BY_RULES] is True


def test_a_stale_gate_lets_everything_through_where_the_playbook_says_open(
    connector: SalesforceConnector, crm: SalesforceSimulator
) -> None:
    connector.install([playbook_of("open")])
    connector.record_sweep(crm.clock.now)
    id_ = deal(crm, Pain__c="Known", Budget__c=True)
    judged(crm, connector, id_, "met")
    crm.clock.advance(timedelta(days=3))
    assert move(crm, id_, "Proposal/Price Quote") == ("", "")


def test_a_stale_gate_stays_closed_where_the_playbook_says_so(
    connector: SalesforceConnector, crm: SalesforceSimulator
) -> None:
    connector.install([playbook_of("closed")])
    connector.record_sweep(crm.clock.now)
    known, never = (deal(crm, Pain__c="Known", Budget__c=True) for _ in range(2))
    judged(crm, connector, known, "met")
    assert move(crm, never, "Proposal/Price Quote") == ("", "")
    crm.clock.advance(timedelta(days=3))
    fresh = deal(crm, Pain__c="Known", Budget__c=True)
    assert move(crm, known, "Proposal/Price Quote")[0] == REFUSED
    assert move(crm, fresh, "Proposal/Price Quote")[0] == REFUSED
    assert move(crm, deal(crm, Type="Renewal"), "Proposal/Price Quote") == ("", "")


def test_every_kind_of_drift_is_named(connector: SalesforceConnector, crm: SalesforceSimulator) -> None:
    playbook = playbook_of()
    connector.install([playbook])
    rules = sorted(crm.org.rules)
    crm.org.rules[rules[0]].active = False
    crm.org.rules[rules[1]].message = "Go away"
    crm.org.rules.pop(rules[2])
    crm.org.add_validation_rule("Opportunity", "Dealgate_Old_abcdef", "ISNEW()", "Old")
    crm.org.hide_field("Opportunity", "Dealgate_Note__c")
    crm.org.things["task"].fields["dealgate_key__c"].unique = False
    assert sorted(each.wrong for each in connector.drift([playbook])) == [
        "is asked for by no playbook",
        "is missing",
        "is missing, or hidden from the signed-in user",
        "is not a unique external id",
        "is switched off",
        "says something else than the playbook",
    ]


def test_what_the_org_cannot_ask_is_named_with_why(connector: SalesforceConnector) -> None:
    left = {each.what: each.wrong for each in connector.not_prevented([playbook_of()])}
    assert left == {"sales-a: met": "it asks about `activities`, and a validation rule sees the deal alone"}


def test_with_two_playbooks_a_rule_asks_only_the_deals_its_playbook_judged(
    connector: SalesforceConnector, crm: SalesforceSimulator
) -> None:
    connector.install([playbook_of(), playbook_of(id_="b", type_="Renewal")])
    id_ = deal(crm, Budget__c=True)
    assert move(crm, id_, "Proposal/Price Quote") == ("", "")
    other = deal(crm, Budget__c=True, **{names.PLAYBOOK: "sales-a@3"})
    assert move(crm, other, "Proposal/Price Quote")[0] == REFUSED


def test_the_project_holds_everything_an_administrator_deploys(connector: SalesforceConnector) -> None:
    files = connector.project([playbook_of()])
    assert {"sfdx-project.json", "GATES.md"} <= set(files)
    folders = {path.split("/")[3] for path in files if path.startswith("force-app/main/default/")}
    assert folders == {"customPermissions", "lwc", "objects", "permissionsets"}
    assert not [path for path in files if "__tests__" in path]
    page = files["GATES.md"].decode()
    assert "- The problem is written down (`pain-known`)" in page
    assert "- We have met (`met`): it asks about `activities`" in page
    assert files == connector.project([playbook_of()])


def test_flags_are_fields_and_back() -> None:
    flags = Flags(
        "blocked",
        None,
        "",
        "A",
        "x: y",
        ("late",),
        None,
        "p@1",
        datetime(2026, 1, 1, tzinfo=UTC),
        ("B",),
        ("w",),
        ("b",),
    )
    assert flag_fields(flags)[names.BLOCKED_STAGES] == "|B|"
