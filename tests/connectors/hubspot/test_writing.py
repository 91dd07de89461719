"""Every change gets its receipt, whatever HubSpot does with the batch it went in, in the fewest calls."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from connectors.hubspot import names
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.gates import Gates, gate_name
from connectors.hubspot.state import flag_properties, state_of
from connectors.hubspot.writing import Writer
from connectors.protocol import WriteStopped
from engine.judge.changes import Change, ChangeKind, CrmTask, Flags, OutcomeOfChange
from engine.judge.plan_flags import must_write
from tests.connectors.contract import FLAGS
from tests.simulators.hubspot import Account, HubSpotSimulator

BERLIN = ZoneInfo("Europe/Berlin")
MakeWriter = Callable[..., Writer]


@pytest.fixture
def writer(client: HubSpotClient) -> Writer:
    return writer_of(client)


def writer_of(client: HubSpotClient, *, unique: bool = True) -> Writer:
    return Writer(client, client.pause, lambda: unique, lambda: BERLIN)


def plain_keys(crm: HubSpotSimulator) -> None:
    """Make the account one that keeps no key of tasks unique."""
    crm.account.remove_property("tasks", names.KEY)
    crm.account.add_property("tasks", names.KEY)


def flagging(*deals: str, flags: Flags = FLAGS) -> list[Change]:
    return [Change(f"flags:{deal}", ChangeKind.SET_FLAGS, deal, flags=flags) for deal in deals]


def asking(kind: ChangeKind, *deals: str, **more: object) -> list[Change]:
    tasks = [CrmTask(deal, "", f"dealgate:{deal}:pain", "write it down", date(2026, 11, 9), "open", None)
             for deal in deals]  # fmt: skip
    return [Change(f"{kind}:{each.deal_id}:{more}", kind, each.deal_id, task=_with(each, **more)) for each in tasks]


def _with(task: CrmTask, **more: object) -> CrmTask:
    return CrmTask(**{**{name: getattr(task, name) for name in task.__slots__}, **more})  # type: ignore[arg-type]


def creating(*deals: str, **more: object) -> list[Change]:
    return asking(ChangeKind.CREATE_TASK, *deals, **more)


def deals_in(account: Account, number: int) -> list[str]:
    return [account.add_deal(f"Deal {each}") for each in range(number)]


def outcomes(receipts: object) -> list[str]:
    return [each.outcome.value for each in receipts]  # type: ignore[attr-defined]


def tasks_of(crm: HubSpotSimulator, deal: str) -> list[str]:
    return [task for task, _ in crm.account.associations.of("deals", deal, "tasks")]


def test_a_thousand_deals_are_flagged_in_ten_calls(crm: HubSpotSimulator, writer: Writer) -> None:
    deals = deals_in(crm.account, 1000)
    crm.calls.allow(10)
    assert set(outcomes(writer.write(flagging(*deals)))) == {"done"}
    assert crm.account.get("deals", deals[-1])[names.WAIVED] == "|budget-known|pain-documented|"


def test_a_thousand_tasks_are_made_with_their_deals_in_ten_calls(crm: HubSpotSimulator, writer: Writer) -> None:
    deals = deals_in(crm.account, 1000)
    crm.calls.allow(10)
    receipts = writer.write(creating(*deals))
    assert set(outcomes(receipts)) == {"done"}
    assert [tasks_of(crm, deal) for deal in deals] == [[each.crm_id] for each in receipts]


def test_only_our_own_properties_are_written(crm: HubSpotSimulator, writer: Writer) -> None:
    deal = crm.account.add_deal("Acme", amount="100")
    before = crm.account.get("deals", deal)
    writer.write(flagging(deal))
    after = crm.account.get("deals", deal)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed - set(names.FLAG_PROPERTIES) <= {"hs_lastmodifieddate"}


def test_flags_come_back_as_they_were_and_absent_ones_are_cleared(crm: HubSpotSimulator, writer: Writer) -> None:
    deal = crm.account.add_deal()
    bare = Flags("clear", None, "", "won", "", (), None, "contract@1", datetime(2026, 11, 2, tzinfo=UTC))
    writer.write(flagging(deal))
    writer.write(flagging(deal, flags=bare))
    assert set(crm.account.get("deals", deal)).isdisjoint({names.SCORE, names.FLAGS, names.NEXT_DEADLINE})
    assert writer.find_written(flagging(deal, flags=bare)) == {f"flags:{deal}": True}
    assert writer.find_written(flagging(deal)) == {f"flags:{deal}": False}


@pytest.mark.parametrize("partial_status", [207, 200])
def test_partial_failures_are_read_from_the_body_whatever_the_status_and_the_order(
    crm: HubSpotSimulator, writer: Writer, partial_status: int
) -> None:
    crm.faults.partial_status = partial_status
    deals = deals_in(crm.account, 20)
    crm.account.archive("deals", deals[3])
    receipts = writer.write(flagging(*deals, "404"))
    assert [each.key for each in receipts] == [f"flags:{deal}" for deal in (*deals, "404")]
    assert [each.crm_id for each in receipts if each.outcome is OutcomeOfChange.DONE] == deals[:3] + deals[4:]
    assert [each.reason.partition(":")[0] for each in receipts if each.reason] == ["it is not there"] * 2


def test_a_merged_deal_is_refused_and_stops_no_other(crm: HubSpotSimulator, writer: Writer) -> None:
    winner, loser = deals_in(crm.account, 2)
    crm.account.merge("deals", winner, loser)
    assert outcomes(writer.write(flagging(winner, loser))) == ["done", "refused"]
    (receipt,) = writer.write([moving(loser)])
    assert (receipt.outcome, receipt.reason) == (OutcomeOfChange.REFUSED, f"the deal was merged into `{winner}`")


def test_a_poisoned_batch_is_cut_in_half_until_the_bad_input_is_found(crm: HubSpotSimulator, writer: Writer) -> None:
    crm.account.remove_property("deals", names.BAND)
    crm.account.add_property("deals", names.BAND, "enumeration", options=["good", "fair"])
    deals = deals_in(crm.account, 100)
    odd = Flags("clear", None, "odd", "won", "", (), None, "contract@1", datetime(2026, 11, 2, tzinfo=UTC))
    crm.calls.allow(1 + 2 * 7)
    changes = [*flagging(*deals[:41]), *flagging(deals[41], flags=odd), *flagging(*deals[42:])]
    receipts = writer.write(changes)
    assert [place for place, each in enumerate(receipts) if each.outcome is OutcomeOfChange.REFUSED] == [41]
    assert receipts[41].reason.startswith(f"HubSpot refused: `{names.BAND}`: odd was not one of the allowed options")


def test_a_task_of_a_deal_that_is_gone_is_refused_alone(crm: HubSpotSimulator, writer: Writer) -> None:
    deals = deals_in(crm.account, 3)
    receipts = writer.write(creating(*deals, "404"))
    assert outcomes(receipts) == ["done", "done", "done", "refused"]


def test_a_property_that_was_deleted_stops_the_writing_and_says_what_to_do(
    crm: HubSpotSimulator, writer: Writer
) -> None:
    deals = deals_in(crm.account, 250)
    crm.account.remove_property("deals", names.MISSING)
    with pytest.raises(WriteStopped, match="dealgate install") as raised:
        writer.write(flagging(*deals))
    assert names.MISSING in str(raised.value)
    assert raised.value.receipts == ()
    assert crm.calls.counted == 1


@pytest.mark.parametrize("unique", [True, False])
def test_a_task_made_again_is_the_same_task(crm: HubSpotSimulator, client: HubSpotClient, *, unique: bool) -> None:
    if not unique:
        plain_keys(crm)
    writer, deals = writer_of(client, unique=unique), deals_in(crm.account, 3)
    first = writer.write(creating(*deals[:2]))
    again = writer.write(creating(*deals))
    assert [each.crm_id for each in again[:2]] == [each.crm_id for each in first]
    assert outcomes(again) == ["done"] * 3
    assert len(crm.account.live("tasks")) == 3


def test_a_task_made_without_an_answer_is_found_by_its_unique_key(crm: HubSpotSimulator, writer: Writer) -> None:
    deals = deals_in(crm.account, 3)
    crm.faults.server_error(1, 504, after_commit=True)
    receipts = writer.write(creating(*deals))
    assert outcomes(receipts) == ["done"] * 3
    assert [tasks_of(crm, deal) for deal in deals] == [[each.crm_id] for each in receipts]


def test_where_no_key_is_unique_a_task_without_an_answer_stays_in_doubt_and_is_read_back(
    crm: HubSpotSimulator, client: HubSpotClient
) -> None:
    plain_keys(crm)
    writer, deals = writer_of(client, unique=False), deals_in(crm.account, 3)
    changes = creating(*deals)
    crm.faults.drop_connection(1, after_commit=True)
    assert outcomes(writer.write(changes)) == ["in doubt"] * 3
    assert set(writer.find_written(changes).values()) == {True}
    crm.faults.drop_connection(1)
    others = creating(*deals_in(crm.account, 2))
    receipts = writer.write(others)
    assert set(outcomes(receipts)) <= {"done", "in doubt"}
    assert len(crm.account.live("tasks")) == 3 + outcomes(receipts).count("done")


def test_flags_without_an_answer_are_sent_again(crm: HubSpotSimulator, writer: Writer) -> None:
    (deal,) = deals_in(crm.account, 1)
    crm.faults.server_error(1, 502, after_commit=True)
    crm.faults.drop_connection(1, after_commit=True)
    assert outcomes(writer.write(flagging(deal))) == ["done"]


def test_flags_that_never_get_an_answer_are_in_doubt(crm: HubSpotSimulator, writer: Writer) -> None:
    (deal,) = deals_in(crm.account, 1)
    crm.faults.server_error(5, 503, after_commit=True)
    (receipt,) = writer.write(flagging(deal))
    assert receipt.outcome is OutcomeOfChange.IN_DOUBT
    assert set(writer.find_written(flagging(deal)).values()) == {True}


def test_the_daily_limit_keeps_what_was_written(crm: HubSpotSimulator, writer: Writer) -> None:
    changes = flagging(*deals_in(crm.account, 250))
    crm.faults.daily_limit(after=2)
    with pytest.raises(WriteStopped, match="daily limit") as raised:
        writer.write([*changes, *creating("1")])
    assert [each.key for each in raised.value.receipts] == [each.key for each in changes[:200]]
    assert set(outcomes(raised.value.receipts)) == {"done"}


def test_a_stop_amid_a_poisoned_batch_keeps_the_receipts_of_its_good_part(
    crm: HubSpotSimulator, writer: Writer
) -> None:
    deals = deals_in(crm.account, 4)
    crm.account.remove_property("deals", names.BAND)
    crm.account.add_property("deals", names.BAND, "enumeration", options=["fair"])
    odd = Flags("clear", None, "odd", "won", "", (), None, "contract@1", datetime(2026, 11, 2, tzinfo=UTC))
    crm.faults.daily_limit(after=2)
    with pytest.raises(WriteStopped) as raised:
        writer.write([*flagging(*deals[:3]), *flagging(deals[3], flags=odd)])
    assert [(each.key, each.outcome.value) for each in raised.value.receipts] == [
        (f"flags:{deals[0]}", "done"), (f"flags:{deals[1]}", "done"),
    ]  # fmt: skip


def test_a_missing_scope_stops_the_writing_and_is_named(crm: HubSpotSimulator, writer: Writer) -> None:
    (deal,) = deals_in(crm.account, 1)
    crm.sign_in.scopes.discard("crm.objects.deals.write")
    with pytest.raises(WriteStopped, match=r"grant the app `crm\.objects\.deals\.write`"):
        writer.write(flagging(deal))


def test_tasks_are_changed_and_completed_where_they_stand(crm: HubSpotSimulator, writer: Writer) -> None:
    deals = deals_in(crm.account, 150)
    made = {each.key: each.crm_id for each in writer.write(creating(*deals))}
    crm.calls.allow(2 + 2)
    assert set(outcomes(writer.write(asking(ChangeKind.UPDATE_TASK, *deals, title="now", due=date(2026, 12, 1))))) == {
        "done"
    }
    task = crm.account.get("tasks", made[creating(deals[0])[0].key])
    assert (task["hs_task_subject"], task["hs_timestamp"]) == ("now", "2026-12-01T16:00:00Z")
    crm.calls.allow(2 + 2)
    assert set(outcomes(writer.write(asking(ChangeKind.COMPLETE_TASK, *deals)))) == {"done"}
    assert crm.account.get("tasks", made[creating(deals[9])[0].key])["hs_task_status"] == "COMPLETED"


def test_a_task_that_a_person_closed_or_deleted_is_left_alone(crm: HubSpotSimulator, writer: Writer) -> None:
    deals = deals_in(crm.account, 2)
    closed, deleted = (each.crm_id for each in writer.write(creating(*deals)))
    crm.account.change("tasks", closed, hs_task_status="COMPLETED")
    crm.account.archive("tasks", deleted)
    receipts = writer.write(asking(ChangeKind.UPDATE_TASK, *deals, title="Again"))
    assert [each.reason for each in receipts] == ["the task was completed meanwhile", "the task is no longer there"]
    assert crm.account.get("tasks", closed)["hs_task_subject"] == "write it down"


def test_a_task_without_a_day_stays_without_one(crm: HubSpotSimulator, writer: Writer) -> None:
    (deal,) = deals_in(crm.account, 1)
    writer.write(creating(deal, due=None))
    assert set(writer.find_written(asking(ChangeKind.UPDATE_TASK, deal, due=None)).values()) == {True}
    assert set(writer.find_written(asking(ChangeKind.UPDATE_TASK, deal)).values()) == {False}


def test_what_does_not_fit_is_refused_and_the_rest_goes_on(crm: HubSpotSimulator, writer: Writer) -> None:
    deals = deals_in(crm.account, 2)
    long = Flags("clear", None, "", "won", "x" * 70_000, (), None, "p@1", datetime(2026, 11, 2, tzinfo=UTC))
    receipts = writer.write([*flagging(deals[0], flags=long), *flagging(deals[1])])
    assert outcomes(receipts) == ["refused", "done"]
    assert receipts[0].reason == f"`{names.MISSING}` holds 65536 characters, and 70000 are needed"


def test_a_deal_is_moved_with_a_note(crm: HubSpotSimulator, writer: Writer) -> None:
    (deal,) = deals_in(crm.account, 1)
    assert outcomes(writer.write([moving(deal)])) == ["done"]
    held = crm.account.get("deals", deal)
    assert (held["dealstage"], held[names.NOTE]) == ("contractsent", "the gate is closed")


def test_a_deal_that_a_person_moved_meanwhile_stays_where_it_is(crm: HubSpotSimulator, writer: Writer) -> None:
    (deal,) = deals_in(crm.account, 1)
    crm.account.move(deal, "closedwon")
    (receipt,) = writer.write([moving(deal)])
    assert receipt.reason == "the deal no longer stands in `appointmentscheduled`, but in `closedwon`"
    assert crm.account.get("deals", deal)["dealstage"] == "closedwon"


def test_a_rule_of_the_account_that_refuses_a_move_is_told_in_its_words(crm: HubSpotSimulator, writer: Writer) -> None:
    first, second = deals_in(crm.account, 2)
    crm.account.add_property("deals", "budget")
    crm.account.require("contractsent", "budget")
    crm.account.change("deals", second, budget="known")
    refused, moved = writer.write([moving(first), moving(second)])
    assert refused.outcome is OutcomeOfChange.REFUSED
    assert refused.reason == (
        "a rule of the account refused: budget is required because of a conditional property rule based on [dealstage]"
    )
    assert moved.outcome is OutcomeOfChange.DONE


def test_a_stage_that_is_gone_is_told(crm: HubSpotSimulator, writer: Writer) -> None:
    (deal,) = deals_in(crm.account, 1)
    crm.account.remove_stage("default", "contractsent")
    (receipt,) = writer.write([moving(deal)])
    assert receipt.reason.startswith("HubSpot refused: `dealstage`: contractsent was not one of the allowed options")


def test_a_move_without_an_answer_is_in_doubt_and_never_sent_again(crm: HubSpotSimulator, writer: Writer) -> None:
    (deal,) = deals_in(crm.account, 1)
    crm.faults.server_error(1, 504, after_commit=True)
    (receipt,) = writer.write([moving(deal)])
    assert receipt.outcome is OutcomeOfChange.IN_DOUBT
    assert sum(1 for each in crm.calls if each.method == "PATCH") == 1
    assert writer.find_written([moving(deal)]) == {moving(deal).key: True}


def test_a_task_without_a_key_is_refused(crm: HubSpotSimulator, writer: Writer) -> None:
    (deal,) = deals_in(crm.account, 1)
    assert outcomes(writer.write(creating(deal, key=""))) == ["refused"]


def test_locked_records_are_waited_for(crm: HubSpotSimulator, writer: Writer) -> None:
    (deal,) = deals_in(crm.account, 1)
    before = crm.clock.now
    crm.faults.lock(2)
    assert outcomes(writer.write(flagging(deal))) == ["done"]
    assert crm.clock.now - before >= timedelta(seconds=4)


def moving(deal: str) -> Change:
    move = ("appointmentscheduled", "contractsent", "the gate is closed")
    return Change(f"move:{deal}", ChangeKind.MOVE_STAGE, deal, None, None, *move)


def test_gate_properties_are_kept_in_step_with_the_flags(crm: HubSpotSimulator, client: HubSpotClient) -> None:
    (deal,) = deals_in(crm.account, 1)
    gates = Gates({gate_name("contractsent"): "contractsent", gate_name("former"): ""})
    for name in gates.stages:
        crm.account.add_property("deals", name)
    crm.account.require("contractsent", gate_name("contractsent"))
    writer = Writer(client, client.pause, gates=lambda: gates)
    closed = Flags("blocked", None, "", "", "", (), None, "p@1", datetime(2026, 11, 2, tzinfo=UTC), ("contractsent",))
    opened = Flags("clear", None, "", "", "", (), None, "p@1", datetime(2026, 11, 2, tzinfo=UTC))
    writer.write(flagging(deal, flags=closed))
    assert outcomes(writer.write([moving(deal)])) == ["refused"]
    writer.write(flagging(deal, flags=opened))
    assert set(writer.find_written(flagging(deal, flags=opened)).values()) == {True}
    assert crm.account.get("deals", deal)[gate_name("former")] == "open"
    assert outcomes(writer.write([moving(deal)])) == ["done"]


def test_flags_whose_gate_property_says_otherwise_are_written_again_and_still_tell_what_was_closed() -> None:
    gates = Gates({gate_name("won"): "won", gate_name("lost"): "lost"})
    flags = Flags(
        "not yet", None, "", "", "", (), None, "p@1", datetime(2026, 11, 2, tzinfo=UTC), blocked_stages=("won",)
    )
    held = flag_properties(flags) | gates.values(flags)
    assert state_of({"1": held}, (), gates=gates).flags == {"1": flags}
    filled_in = state_of({"1": held | {gate_name("won"): "open"}}, (), gates=gates).flags["1"]
    assert must_write(flags, filled_in)
    assert "won" in filled_in.blocked_stages
    blanked = state_of({"1": held | {gate_name("lost"): None}}, (), gates=gates).flags["1"]
    assert must_write(flags, blanked)
    assert "lost" not in blanked.blocked_stages
