"""Once gate properties are required, HubSpot itself refuses a move to a closed stage, on the paths where it asks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.hubspot import names
from connectors.hubspot.connector import HubSpotConnector
from connectors.transport import new_transport
from engine.judge.changes import Change, ChangeKind, Flags
from engine.judge.plan_flags import must_write
from tests.connectors.hubspot.accounts import client_of, settings_of
from tests.connectors.hubspot.processes import add_process, process
from tests.simulators.hubspot import HubSpotSimulator
from tests.simulators.hubspot.wire import Refused

REFUSED = "MISSING_CONDITIONAL_REQUIRED_PROPERTY"
BEYOND = ("501", "contract-sent", "won")


@pytest.fixture
def account() -> Iterator[HubSpotSimulator]:
    """An account with the pipeline of a playbook."""
    with HubSpotSimulator() as crm:
        add_process(crm.account)
        yield crm


@pytest.fixture
def connector(account: HubSpotSimulator, tmp_path: Path) -> Iterator[HubSpotConnector]:
    """A connector that installed everything and knows the playbook."""
    client = client_of(account, settings_of(account, tmp_path / "mirror.duckdb"))
    with HubSpotConnector(client.settings, client) as connector:
        connector.install([process()])
        list(connector.read([process()]))
        yield connector


def require_gates(crm: HubSpotSimulator) -> None:
    """Click what SETUP.md says."""
    for stage in ("trial", "501", "contract-sent", "won"):
        crm.account.require(stage, f"dealgate_gate_{stage.replace('-', '_')}")


def deal_in(crm: HubSpotSimulator, stage: str = "discovery", **more: Any) -> str:
    return crm.account.add_deal(stage=stage, pipeline="sales", **more)


def flags(crm: HubSpotSimulator, blocked: tuple[str, ...] = BEYOND, status: str = "not yet") -> Flags:
    return Flags(
        status, None, "", "discovery", "x: y", (), None, "sales@3", crm.clock.now, blocked, (), ("pain-known",)
    )


def judged(connector: HubSpotConnector, id_: str, found: Flags) -> None:
    """Write what a check of the deal would."""
    (receipt,) = connector.write([Change(f"k{id_}", ChangeKind.SET_FLAGS, id_, flags=found)])
    assert receipt.outcome.value == "done", receipt


def move(crm: HubSpotSimulator, id_: str, stage: str, version: str = "2026-09", **more: str) -> str:
    """Move a deal by another client; give the code of the refusal, blank where it went through."""
    path = "/crm/v3/objects/deals" if version == "v3" else f"/crm/objects/{version}/deals"
    with new_transport() as session:
        session.trust_env = False
        signed = {"Authorization": f"Bearer {crm.token}"}
        answer = session.patch(
            f"{crm.url}{path}/{id_}", json={"properties": {"dealstage": stage, **more}}, headers=signed
        )
    if answer.status_code == requests.codes.ok:
        return ""
    return str(answer.json()["errors"][0]["code"])


def test_a_move_to_a_closed_stage_is_refused_until_the_gate_opens(
    account: HubSpotSimulator, connector: HubSpotConnector
) -> None:
    id_ = deal_in(account)
    judged(connector, id_, flags(account))
    require_gates(account)
    assert move(account, id_, "501") == REFUSED
    assert move(account, id_, "won") == REFUSED
    judged(connector, id_, flags(account, ("contract-sent", "won"), "clear"))
    assert move(account, id_, "501") == ""
    assert move(account, id_, "contract-sent") == REFUSED


def test_a_person_in_the_browser_meets_the_same_gate(account: HubSpotSimulator, connector: HubSpotConnector) -> None:
    id_ = deal_in(account)
    judged(connector, id_, flags(account))
    require_gates(account)
    with pytest.raises(Refused, match="dealgate_gate_501 is required"):
        account.account.move(id_, "501", ruled=True)
    with pytest.raises(Refused, match="skipped"):
        account.account.move(id_, "contract-sent", ruled=True)
    account.account.move(id_, "trial", ruled=True)
    with pytest.raises(Refused, match="backwards"):
        account.account.move(id_, "discovery", ruled=True)


def test_losing_a_deal_is_never_refused(account: HubSpotSimulator, connector: HubSpotConnector) -> None:
    id_ = deal_in(account)
    judged(connector, id_, flags(account))
    require_gates(account)
    account.account.move(id_, "lost", ruled=True)


@pytest.mark.usefixtures("connector")
def test_a_deal_that_was_never_judged_may_enter_the_first_stage_alone(account: HubSpotSimulator) -> None:
    require_gates(account)
    assert move(account, deal_in(account), "trial") == REFUSED
    assert move(account, deal_in(account, "trial"), "discovery") == ""


def test_older_paths_and_automation_pass_by_and_leave_the_stage_among_those_that_were_closed(
    account: HubSpotSimulator, connector: HubSpotConnector
) -> None:
    first, second = deal_in(account), deal_in(account)
    for id_ in (first, second):
        judged(connector, id_, flags(account))
    require_gates(account)
    assert move(account, first, "501", "v3") == ""
    account.account.move(second, "501")
    state = connector.read_state([first, second])
    assert all("501" in each.blocked_stages for each in state.flags.values())


def test_a_gate_that_was_filled_in_by_hand_is_written_again_and_the_move_is_still_a_way_through(
    account: HubSpotSimulator, connector: HubSpotConnector
) -> None:
    id_ = deal_in(account)
    found = flags(account)
    judged(connector, id_, found)
    require_gates(account)
    assert move(account, id_, "501", dealgate_gate_501="open") == ""
    held = connector.read_state([id_]).flags[id_]
    assert "501" in held.blocked_stages
    assert must_write(found, held)
    judged(connector, id_, found)
    assert not account.account.get("deals", id_).get("dealgate_gate_501")
    assert not must_write(found, connector.read_state([id_]).flags[id_])


def test_our_own_move_back_meets_an_open_gate(account: HubSpotSimulator, connector: HubSpotConnector) -> None:
    id_ = deal_in(account, "501")
    judged(connector, id_, flags(account, ("won",)))
    require_gates(account)
    account.account.move(id_, "won")
    back = Change("m", ChangeKind.MOVE_STAGE, id_, from_stage="won", to_stage="contract-sent", note="not yet")
    (receipt,) = connector.write([back])
    assert (receipt.outcome.value, account.account.get("deals", id_)["dealstage"]) == ("done", "contract-sent")


def test_gates_of_a_playbook_that_asks_for_none_any_more_stand_open(
    account: HubSpotSimulator, connector: HubSpotConnector
) -> None:
    id_ = deal_in(account)
    judged(connector, id_, flags(account))
    require_gates(account)
    account.clock.advance(timedelta(days=1))
    list(connector.read([process(stale="open")]))
    found = flags(account)
    assert must_write(found, connector.read_state([id_]).flags[id_])
    judged(connector, id_, found)
    assert move(account, id_, "501") == ""


def test_after_an_installation_every_flagged_deal_gets_its_gates_once(
    account: HubSpotSimulator, connector: HubSpotConnector
) -> None:
    id_, found = deal_in(account), flags(account)
    judged(connector, id_, found)
    for name in ("dealgate_gate_trial", "dealgate_gate_501"):
        account.account.change("deals", id_, **{name: ""})
    held = connector.read_state([id_]).flags[id_]
    assert must_write(found, held)
    assert held.status == found.status
    judged(connector, id_, found)
    assert account.account.get("deals", id_)["dealgate_gate_trial"] == "open"
    assert names.GATE not in "".join(connector.read_state([id_]).flags[id_].blocked_stages)
