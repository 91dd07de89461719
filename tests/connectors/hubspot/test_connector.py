"""One run asks an account for nothing twice, and what an account no longer has is noticed in that run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.hubspot import names
from connectors.hubspot.connector import HubSpotConnector
from connectors.hubspot.gates import gate_name
from connectors.hubspot.known_facts import BELIEVED
from connectors.hubspot.standard import DEALS, TASKS
from connectors.protocol import CrmError
from engine.judge.changes import Change, ChangeKind, CrmTask, Flags, OutcomeOfChange
from engine.judge.tables import Tables
from rules.playbook import Playbook
from rules.types import Field, FieldType
from tests.connectors.contract import FLAGS
from tests.connectors.hubspot.accounts import connector_of, install_properties
from tests.connectors.hubspot.processes import add_process, process
from tests.simulators.hubspot import HubSpotSimulator

WANTED = "budget_source"
PLAYBOOK = Playbook("p", 1, "P", (), fields=(Field(WANTED, FieldType.TEXT),))


@pytest.fixture
def deals(crm: HubSpotSimulator) -> Sequence[str]:
    crm.account.add_property("deals", WANTED)
    return [crm.account.add_deal(f"Deal {number}", **{WANTED: "board"}) for number in range(3)]


@pytest.fixture
def connector(crm: HubSpotSimulator, tmp_path: Path) -> Iterator[HubSpotConnector]:
    with connector_of(crm, tmp_path / "acme.mirror.duckdb") as connector:
        yield connector


def read(connector: HubSpotConnector, deal_ids: Sequence[str] | None = None, playbook: Playbook = PLAYBOOK) -> Tables:
    batches = list(connector.read([playbook], deal_ids))
    return batches[0] if batches else Tables({})


def flagging(deal: str) -> Change:
    return Change(f"flags:{deal}", ChangeKind.SET_FLAGS, deal, flags=FLAGS)


def tasking(deal: str) -> Change:
    return Change(
        f"task:{deal}", ChangeKind.CREATE_TASK, deal, task=CrmTask(deal, "", f"k:{deal}", "t", None, "open", None)
    )


def definitions_asked(crm: HubSpotSimulator) -> int:
    return sum("/properties/" in each.path for each in crm.calls)


@pytest.mark.parametrize("whole", [True, False])
def test_what_was_read_tells_what_stands_without_a_call(
    crm: HubSpotSimulator, connector: HubSpotConnector, deals: Sequence[str], *, whole: bool
) -> None:
    connector.write([flagging(deals[0]), tasking(deals[0])])
    read(connector, None if whole else deals)
    before = crm.calls.counted
    state = connector.read_state(deals)
    assert crm.calls.counted == before
    assert state.flags == {deals[0]: FLAGS}
    assert [(each.deal_id, each.title, each.due) for each in state.tasks.values()] == [(deals[0], "t", None)]


def test_what_was_written_since_is_asked_for(connector: HubSpotConnector, deals: Sequence[str]) -> None:
    read(connector)
    connector.write([flagging(deals[1]), tasking(deals[1])])
    state = connector.read_state(deals)
    assert state.flags == {deals[1]: FLAGS}
    assert list(state.tasks) == [f"k:{deals[1]}"]


def test_what_stands_is_told_without_anything_read(connector: HubSpotConnector, deals: Sequence[str]) -> None:
    connector.write([flagging(deals[2])])
    assert connector.read_state([*deals, "404"]).flags == {deals[2]: FLAGS}


def test_an_account_without_our_properties_holds_nothing_of_ours(tmp_path: Path) -> None:
    with HubSpotSimulator() as crm, connector_of(crm, tmp_path / "m.duckdb") as connector:
        deal = crm.account.add_deal()
        assert connector.read_state([deal]).flags == {}
        with pytest.raises(CrmError, match="dealgate install"):
            connector.write([flagging(deal)])


def test_a_run_refreshes_the_mirror_once(
    crm: HubSpotSimulator, connector: HubSpotConnector, deals: Sequence[str]
) -> None:
    read(connector)
    before = crm.calls.counted
    assert read(connector).deal_ids == deals
    assert read(connector, deals[:1]).deal_ids == deals[:1]
    assert crm.calls.counted == before
    assert connector.count_open() == 3


def test_another_process_knows_what_the_account_has(
    crm: HubSpotSimulator, connector: HubSpotConnector, deals: Sequence[str], tmp_path: Path
) -> None:
    read(connector)
    asked = definitions_asked(crm)
    with connector_of(crm, tmp_path / "acme.mirror.duckdb") as other:
        assert read(other, deals[:1]).deal_ids == deals[:1]
    assert definitions_asked(crm) == asked > 0


@pytest.mark.parametrize("content", ["", "{", "[]", '{"at": "yesterday"}', '{"at": 1, "url": "", "objects": []}'])
def test_a_file_of_facts_that_is_damaged_is_written_anew(
    crm: HubSpotSimulator, connector: HubSpotConnector, deals: Sequence[str], tmp_path: Path, content: str
) -> None:
    (tmp_path / "acme.mirror.duckdb.facts").write_text(content)
    assert read(connector, deals).deal_ids == deals
    assert definitions_asked(crm) > 0
    assert "objects" in (tmp_path / "acme.mirror.duckdb.facts").read_text()


def test_what_the_account_has_is_asked_anew_every_night() -> None:
    assert BELIEVED.total_seconds() < 24 * 3600


@pytest.mark.parametrize("whole", [True, False])
def test_a_property_that_was_deleted_since_is_named_and_not_taken_for_empty(
    crm: HubSpotSimulator, deals: Sequence[str], tmp_path: Path, *, whole: bool
) -> None:
    mirror = tmp_path / "acme.mirror.duckdb"
    with connector_of(crm, mirror) as first:
        assert WANTED in read(first).delivered["deals"]
    crm.account.remove_property("deals", WANTED)
    crm.account.change("deals", deals[0], dealname="Changed")
    crm.clock.advance(600)
    with connector_of(crm, mirror) as second:
        tables = read(second, None if whole else deals)
        assert tables.deal_ids == deals
        assert WANTED not in tables.delivered["deals"]
        assert [each.code for each in second.problems] == ["no-such-field"]


def test_an_account_that_is_away_is_not_asked_what_it_has(
    crm: HubSpotSimulator, connector: HubSpotConnector, deals: Sequence[str]
) -> None:
    connector.facts([PLAYBOOK])
    asked = definitions_asked(crm)
    crm.faults.server_error(99)
    with pytest.raises(CrmError):
        read(connector, deals)
    assert definitions_asked(crm) == asked


def test_a_merged_deal_is_read_as_the_one_it_became_part_of(
    crm: HubSpotSimulator, connector: HubSpotConnector, deals: Sequence[str]
) -> None:
    crm.account.merge("deals", deals[0], deals[1])
    assert read(connector, [deals[1]]).deal_ids == deals[:1]


def test_whether_the_key_is_unique_is_known_once_the_account_is(connector: HubSpotConnector) -> None:
    assert not connector.capabilities.unique_task_key
    read(connector)
    assert connector.capabilities.unique_task_key


@pytest.mark.parametrize("told", ["by reading", "beforehand"])
def test_gate_properties_are_left_alone_while_no_playbook_is_known(tmp_path: Path, told: str) -> None:
    with HubSpotSimulator() as crm:
        install_properties(crm.account)
        add_process(crm.account)
        crm.account.add_property("deals", gate_name("501"))
        deal = crm.account.add_deal(stage="discovery", pipeline="sales")
        flags = Flags("clear", None, "", "", "", (), None, "sales@3", datetime(2026, 11, 2, tzinfo=UTC))
        setting = Change("flags", ChangeKind.SET_FLAGS, deal, flags=flags)
        with connector_of(crm, tmp_path / "m.duckdb") as connector:
            assert connector.write([setting])[0].outcome is OutcomeOfChange.DONE
            assert gate_name("501") not in crm.account.get(DEALS, deal)
            if told == "by reading":
                read(connector, [deal], process())
            else:
                connector.prepare([process()])
            connector.write([setting])
            assert crm.account.get(DEALS, deal)[gate_name("501")] == "open"


def test_what_it_cost_is_told_in_words(connector: HubSpotConnector, deals: Sequence[str]) -> None:
    connector.write([flagging(deals[0])])
    assert connector.cost.startswith("1 calls to HubSpot, 649,999 of 650,000 left today")


def test_tasks_that_belong_to_several_deals_are_told_once(
    crm: HubSpotSimulator, connector: HubSpotConnector, deals: Sequence[str]
) -> None:
    (receipt,) = connector.write([tasking(deals[0])])
    crm.account.associate(DEALS, deals[1], TASKS, receipt.crm_id)
    read(connector)
    assert list(connector.read_state(deals).tasks) == [f"k:{deals[0]}"]
    assert crm.account.get(TASKS, receipt.crm_id)[names.KEY] == f"k:{deals[0]}"
