"""What goes wrong on the way to Salesforce is tried again where that helps, and else told; secrets never show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.protocol import CrmError, WriteStopped
from connectors.receipts import Written
from connectors.salesforce import names
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.collections import Collection
from connectors.salesforce.connector import SalesforceConnector, id18
from connectors.salesforce.errors import (
    DailyLimitError,
    ManyRecordsError,
    NotReadableError,
    SalesforceError,
    SignInError,
)
from connectors.salesforce.settings import ClientCredentials, JwtBearer, SalesforceSettings, SignIn
from connectors.secret import Secret
from engine.judge.changes import Change, ChangeKind, CrmTask, Flags, OutcomeOfChange
from tests.connectors.salesforce.conftest import client_of, connector_of, settings_of, trusting
from tests.simulators.salesforce import SalesforceSimulator
from tests.simulators.salesforce.auth import new_key

ALL = "SELECT Id, Name FROM Account"
FLAGS = Flags("clear", None, "", "A", "", (), None, "p@1", datetime(2026, 11, 2, tzinfo=UTC))

Open = Callable[..., SalesforceClient]


@pytest.fixture
def open_client(org: SalesforceSimulator) -> Iterator[Open]:
    with ExitStack() as opened:

        def opening(by: SignIn | None = None) -> SalesforceClient:
            client = client_of(org)
            if by is not None:
                settings = SalesforceSettings("acme", org.url, by, Path("unused"))
                client = SalesforceClient(settings, transport=trusting(org), pause=lambda _: None)
            opened.callback(client.close)
            return client

        yield opening


def by_secret(org: SalesforceSimulator, secret: str = "") -> ClientCredentials:
    return ClientCredentials(org.client_id, Secret(secret or org.client_secret))


def accounts(org: SalesforceSimulator, count: int) -> None:
    for number in range(count):
        org.org.add("Account", Name=f"Account {number}")


def test_a_certificate_signs_in(org: SalesforceSimulator, open_client: Open) -> None:
    accounts(org, 1)
    client = open_client(JwtBearer(org.client_id, org.username, Secret(new_key(org))))
    assert client.query(ALL).total == 1
    assert client.calls.total == org.api_calls == 1


def test_a_clock_that_is_off_does_not_keep_us_out(org: SalesforceSimulator, open_client: Open) -> None:
    org.clock.now = datetime.now(UTC)
    org.faults.clock_skew = timedelta(hours=2)
    client = open_client(JwtBearer(org.client_id, org.username, Secret(new_key(org))))
    assert client.query(ALL).total == 0


@pytest.mark.parametrize("wrong", ["secret", "key", "user", "app"])
def test_credentials_that_are_refused_say_what_to_do_and_show_nothing(
    org: SalesforceSimulator, open_client: Open, wrong: str
) -> None:
    key = new_key(org)
    ways: dict[str, SignIn] = {
        "secret": by_secret(org, "hunter2"),
        "key": JwtBearer(org.client_id, org.username, Secret("-----BEGIN hunter2-----")),
        "user": JwtBearer(org.client_id, "nobody@example.com", Secret(key)),
        "app": JwtBearer("3MVGother", org.username, Secret(key)),
    }
    with pytest.raises(SignInError) as raised:
        open_client(ways[wrong]).query(ALL)
    assert "help: " in str(raised.value)
    shown = f"{raised.value!r} {raised.value} {raised.value.__cause__!r}"
    assert "hunter2" not in shown
    assert key.splitlines()[1] not in shown


def test_an_expired_session_is_renewed_once_and_the_pages_go_on(org: SalesforceSimulator, open_client: Open) -> None:
    accounts(org, 25)
    org.page = 10
    client = open_client(by_secret(org))
    org.faults.expire_session(after=1)
    assert len(client.query(ALL).rows()) == 25


def test_a_session_that_is_refused_for_good_ends_after_one_more_try(
    org: SalesforceSimulator, open_client: Open
) -> None:
    client = open_client(by_secret(org))
    org.faults.session_revoked = True
    with pytest.raises(SignInError, match="lets us in no longer"):
        client.query(ALL)
    assert org.api_calls == 2
    with pytest.raises(SignInError, match="the session has ended"):
        open_client().query(ALL)


def test_a_lost_place_in_a_long_answer_starts_the_query_anew(org: SalesforceSimulator, open_client: Open) -> None:
    accounts(org, 25)
    org.page = 10
    org.faults.lose_locators()
    found = {row["Name"] for row in open_client().query(ALL).rows()}
    assert len(found) == 25


@pytest.mark.parametrize("fault", ["concurrent_limit", "server_error", "html_error", "truncate_body"])
def test_what_passes_is_tried_again(org: SalesforceSimulator, open_client: Open, fault: str) -> None:
    accounts(org, 3)
    getattr(org.faults, fault)(3)
    assert open_client().query(ALL).total == 3


@pytest.mark.parametrize(("fault", "said"), [("html_error", "not its own"), ("server_error", "Server too busy")])
def test_what_does_not_pass_is_told_in_words(
    org: SalesforceSimulator, open_client: Open, fault: str, said: str
) -> None:
    getattr(org.faults, fault)(99)
    with pytest.raises(SalesforceError, match=said):
        open_client().query(ALL)
    assert org.api_calls == 5


@pytest.mark.parametrize(
    ("url", "bundle", "said"),
    [
        ("https://127.0.0.1:1", "", "Salesforce cannot be reached\n  help: check `url` and the network"),
        (
            "",
            "nowhere.pem",
            "trusted certificates cannot be read\n  help: check what REQUESTS_CA_BUNDLE names",
        ),
    ],
)
def test_what_never_left_stops_writing_and_leaves_nothing_in_doubt(
    org: SalesforceSimulator, tmp_path: Path, url: str, bundle: str, said: str
) -> None:
    settings = replace(settings_of(org, tmp_path / "m"), url=url or org.url)
    transport = trusting(org)
    transport.verify = bundle or transport.verify
    client = SalesforceClient(settings, transport=transport, pause=lambda _: None)
    with SalesforceConnector(settings, client) as connector, pytest.raises(WriteStopped, match=said) as end:
        connector.write([setting("006dM0000000001QAA")])
    assert end.value.receipts == ()


def test_the_daily_limit_is_never_tried_again(org: SalesforceSimulator, open_client: Open) -> None:
    org.faults.daily_limit(after=0)
    with pytest.raises(DailyLimitError, match="run again when calls are left"):
        open_client().query(ALL)
    assert org.api_calls == 1


def test_a_field_that_is_not_there_is_named(open_client: Open) -> None:
    with pytest.raises(NotReadableError) as raised:
        open_client().query("SELECT Nope__c FROM Account")
    assert (raised.value.field, raised.value.object) == ("Nope__c", "Account")


def test_an_external_id_that_several_records_hold_is_told_with_their_addresses(
    org: SalesforceSimulator, open_client: Open
) -> None:
    org.org.things["task"].fields["dealgate_key__c"].unique = False
    for _ in range(2):
        org.org.add("Task", Subject="Twice", **{names.KEY: "D1:pain"})
    with pytest.raises(ManyRecordsError, match=r"several records hold the same external id: .*/sobjects/Task/00T"):
        open_client().send("PATCH", f"sobjects/Task/{names.KEY}/D1:pain", {"Subject": "Thrice"})


def test_a_bulk_job_gives_every_row_in_pages(org: SalesforceSimulator, open_client: Open) -> None:
    accounts(org, 25)
    pages = list(open_client().bulk_query(ALL, page=10))
    assert [page.count(b"\n") - 1 for page in pages] == [10, 10, 5]
    org.faults.fail_jobs()
    with pytest.raises(SalesforceError, match="gave up a bulk query: InvalidBatch"):
        list(open_client().bulk_query(ALL))


def deals(org: SalesforceSimulator, count: int) -> list[str]:
    made = {"Name": "Deal", "StageName": "Qualification", "CloseDate": "2026-12-31"}
    return [org.org.add("Opportunity", **made) for _ in range(count)]


def setting(id_: str) -> Change:
    return Change(f"flags {id_}", ChangeKind.SET_FLAGS, id_, flags=FLAGS)


def making(id_: str, **more: str) -> Change:
    task = CrmTask(id_, "", f"dealgate:{id_}", "Write it down", None, "open", more.get("owner"))
    return Change(f"task {id_}", ChangeKind.CREATE_TASK, id_, task=task)


def test_a_thousand_deals_take_five_calls_for_flags_and_five_for_tasks(
    org: SalesforceSimulator, tmp_path: Path
) -> None:
    ids = deals(org, 1000)
    with connector_of(org, tmp_path / "m") as connector:
        receipts = connector.write([change for id_ in ids for change in (setting(id_), making(id_))])
    assert {each.outcome for each in receipts} == {OutcomeOfChange.DONE}
    assert org.api_calls == 10


def test_a_locked_row_is_tried_again_and_others_are_not(org: SalesforceSimulator, tmp_path: Path) -> None:
    ids = deals(org, 3)
    org.faults.lock_rows([ids[1]], times=2)
    with connector_of(org, tmp_path / "m") as connector:
        receipts = connector.write([setting(id_) for id_ in ids])
    assert {each.outcome for each in receipts} == {OutcomeOfChange.DONE}
    assert org.api_calls == 3


def test_a_rule_of_the_customers_own_is_a_receipt_with_its_words(org: SalesforceSimulator, tmp_path: Path) -> None:
    ids = deals(org, 2)
    org.org.change("Opportunity", ids[0], NextStep="Call")
    org.org.add_validation_rule("Opportunity", "Own", 'NextStep = "Call"', "Say whom to call", "NextStep")
    with connector_of(org, tmp_path / "m") as connector:
        refused, done = connector.write([setting(id_) for id_ in ids])
    assert (refused.outcome, done.outcome) == (OutcomeOfChange.REFUSED, OutcomeOfChange.DONE)
    assert refused.reason == "a validation rule of the org refused: Say whom to call"
    assert org.api_calls == 1


def test_deleted_deals_and_unknown_owners_are_refused_by_name(org: SalesforceSimulator, tmp_path: Path) -> None:
    gone, here = deals(org, 2)
    org.org.delete("Opportunity", gone)
    with connector_of(org, tmp_path / "m") as connector:
        first, second = connector.write([setting(gone), making(here, owner="005dM00000000zzAAA")])
    assert first.reason == "it was deleted meanwhile"
    assert second.reason.startswith("it is not there, or is hidden")


@pytest.mark.parametrize("fault", ["server_error", "drop_connection"])
def test_an_answer_that_was_lost_doubles_nothing(org: SalesforceSimulator, tmp_path: Path, fault: str) -> None:
    ids = deals(org, 3)
    getattr(org.faults, fault)(after_commit=True)
    with connector_of(org, tmp_path / "m") as connector:
        receipts = connector.write([making(id_) for id_ in ids])
    assert {each.outcome for each in receipts} == {OutcomeOfChange.DONE}
    assert len(org.org.rows("Task")) == 3


def test_an_answer_that_stays_lost_is_in_doubt_and_can_be_read_back(org: SalesforceSimulator, tmp_path: Path) -> None:
    (id_,) = deals(org, 1)
    org.faults.server_error(5, after_commit=True)
    with connector_of(org, tmp_path / "m") as connector:
        change = making(id_)
        (receipt,) = connector.write([change])
        assert receipt.outcome is OutcomeOfChange.IN_DOUBT
        assert connector.find_written([change]) == {change.key: True}


def test_a_daily_limit_stops_writing_and_keeps_the_receipts(org: SalesforceSimulator, tmp_path: Path) -> None:
    ids = deals(org, 450)
    org.faults.daily_limit(after=2)
    with connector_of(org, tmp_path / "m") as connector, pytest.raises(WriteStopped) as stopped:
        connector.write([setting(id_) for id_ in ids])
    assert len(stopped.value.receipts) == 400
    assert sum(row[names.CHECKED_AT] is not None for row in org.org.rows("Opportunity")) == 400


def test_one_record_that_cannot_be_read_spoils_no_other(org: SalesforceSimulator, open_client: Open) -> None:
    ids = deals(org, 8)
    found = list(flagging(open_client(), ids, poisoned=ids[6]))
    assert [each.done for each in found] == [True] * 6 + [False, True]
    assert "nonsense" in found[6].reason
    assert org.api_calls == 7


def test_a_stop_in_the_middle_of_a_cut_batch_tells_what_was_written(
    org: SalesforceSimulator, open_client: Open
) -> None:
    ids = deals(org, 8)
    org.faults.daily_limit(after=2)
    found = list[Written]()
    with pytest.raises(DailyLimitError):
        found.extend(flagging(open_client(), ids, poisoned=ids[6]))
    assert [each.id for each in found] == ids[:4]


def flagging(client: SalesforceClient, ids: Sequence[str], poisoned: str) -> Iterator[Written]:
    """Write a deadline on each deal, one of them no date."""
    days = {poisoned: "nonsense"}
    records = [{"id": id_, names.NEXT_DEADLINE: days.get(id_, "2026-12-01")} for id_ in ids]
    return Collection(client, "composite/sobjects", "Opportunity", lambda _: None).write(records)


def test_a_field_of_ours_that_is_gone_stops_writing_at_once(org: SalesforceSimulator, tmp_path: Path) -> None:
    ids = deals(org, 20)
    org.org.hide_field("Opportunity", names.BAND)
    with connector_of(org, tmp_path / "m") as connector, pytest.raises(WriteStopped, match="dealgate install"):
        connector.write([setting(id_) for id_ in ids])
    assert org.api_calls == 1


def test_a_person_who_moves_the_deal_meanwhile_wins(org: SalesforceSimulator, tmp_path: Path) -> None:
    (id_,) = deals(org, 1)
    back = Change("m", ChangeKind.MOVE_STAGE, id_, from_stage="Qualification", to_stage="Prospecting", note="why")
    org.org.change("Opportunity", id_, StageName="Needs Analysis")
    with connector_of(org, tmp_path / "m") as connector:
        (receipt,) = connector.write([back])
    assert receipt.outcome is OutcomeOfChange.REFUSED
    assert "Needs Analysis" in receipt.reason


def test_a_change_between_reading_and_moving_is_seen_by_its_date(org: SalesforceSimulator, open_client: Open) -> None:
    (id_,) = deals(org, 1)
    before = "Mon, 02 Nov 2026 14:00:00 GMT"
    with pytest.raises(CrmError, match="changed meanwhile"):
        open_client().send("PATCH", f"sobjects/Opportunity/{id_}", {"NextStep": "x"}, {"If-Unmodified-Since": before})


def test_a_stage_that_is_not_in_the_picklist_is_refused(org: SalesforceSimulator, tmp_path: Path) -> None:
    (id_,) = deals(org, 1)
    org.org.restrict("Opportunity", "StageName")
    back = Change("m", ChangeKind.MOVE_STAGE, id_, from_stage="Qualification", to_stage="Nowhere")
    with connector_of(org, tmp_path / "m") as connector:
        (receipt,) = connector.write([back])
    assert receipt.reason.startswith("a value is not in the org's list")


def test_without_the_key_field_tasks_say_what_to_do(org: SalesforceSimulator, tmp_path: Path) -> None:
    (id_,) = deals(org, 1)
    org.org.hide_field("Task", names.KEY)
    with connector_of(org, tmp_path / "m") as connector, pytest.raises(WriteStopped, match="dealgate install"):
        connector.write([making(id_)])


def test_short_ids_are_told_from_each_other_by_their_capitals() -> None:
    assert id18("006dM00000Mw7Vt") == "006dM00000Mw7VtQAJ"
    assert id18("006dM00000Mw7VtQAJ") == "006dM00000Mw7VtQAJ"
