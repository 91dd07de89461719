"""`doctor` names what stands in the way of an account, and what would mend it; a failure is an observation too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.hubspot import names
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.examining import end_of, examine
from connectors.hubspot.settings import API
from connectors.protocol import Health, Observation
from rules.playbook import Playbook, Role, Stage
from rules.types import Field, FieldType
from tests.connectors.hubspot.accounts import client_of, install_properties, settings_of
from tests.simulators.hubspot import HubSpotSimulator
from tests.simulators.hubspot.standard import STAGES

PLAYBOOK = Playbook(
    "p",
    1,
    "P",
    (
        *(Stage(id_, label) for id_, label, _ in STAGES if not id_.startswith("closed")),
        Stage("nowhere", "Nowhere"),
    ),
    fields=(Field("pain", FieldType.TEXT, crm={"hubspot": "pain"}),),
    roles=(Role("champion", names={"hubspot": ("CHAMPION",)}), Role("oracle", names={"hubspot": ("Oracle",)})),
)


@pytest.fixture
def account() -> Iterator[HubSpotSimulator]:
    with HubSpotSimulator() as crm:
        crm.clock.now = datetime.now(UTC)
        install_properties(crm.account)
        crm.account.add_property("deals", names.STATUS, "enumeration", options=["clear"])
        crm.account.add_property("deals", "pain")
        crm.account.add_owner("ann@acme.example", "Ann")
        yield crm


@pytest.fixture
def caller(account: HubSpotSimulator, tmp_path: Path) -> Iterator[HubSpotClient]:
    client = client_of(account, settings_of(account, tmp_path / "mirror.duckdb"))
    yield client
    client.close()


def seen(client: HubSpotClient) -> Mapping[str, list[Observation]]:
    found: dict[str, list[Observation]] = {}
    for each in examine(client, [PLAYBOOK]):
        found.setdefault(each.about, []).append(each)
    return found


def worst(found: Mapping[str, list[Observation]], about: str) -> tuple[Health, str]:
    """Give the first observation that is not fine, or the first."""
    listed = found[about]
    one = next((each for each in listed if each.health is not Health.FINE), listed[0])
    return one.health, one.says


def judge(crm: HubSpotSimulator, at: datetime) -> str:
    return crm.account.add_deal(**{names.CHECKED_AT: at.isoformat(timespec="milliseconds")})


def test_a_healthy_account_is_fine_in_all_that_it_is_asked(account: HubSpotSimulator, caller: HubSpotClient) -> None:
    judge(account, account.clock.now)
    found = seen(caller)
    for about in ("connection", "version", "limits", "permissions", "objects", "fields", "install", "sweep"):
        assert worst(found, about)[0] is Health.FINE, found[about]
    assert "147893286" in worst(found, "connection")[1]
    assert "Europe/Berlin" in worst(found, "connection")[1]
    assert not {"clock", "owners"} & set(found)


def test_looking_writes_nothing(account: HubSpotSimulator, caller: HubSpotClient) -> None:
    deal = judge(account, account.clock.now)
    before = dict(account.account.get("deals", deal)), len(account.account.live("tasks"))
    properties = dict(account.account.kinds["deals"].properties)
    seen(caller)
    assert (dict(account.account.get("deals", deal)), len(account.account.live("tasks"))) == before
    assert account.account.kinds["deals"].properties == properties


def test_stages_and_roles_that_only_one_side_knows_are_named(account: HubSpotSimulator, caller: HubSpotClient) -> None:
    account.account.add_stage("default", "parked", "Parked")
    account.account.add_deal(stage="parked")
    account.clock.advance(60)
    found = seen(caller)
    said = [each.says for each in found["stages"]]
    assert "no playbook names the stage `parked`: its 1 open deal has no gate" in said
    assert "`p` names the stage `nowhere`, which this CRM does not have" in said
    assert [each.says for each in found["roles"]] == [
        "`p` asks for the role `oracle` (`Oracle`), which no contact can hold"
    ]


def test_a_label_of_an_association_is_a_role(account: HubSpotSimulator, caller: HubSpotClient) -> None:
    deal, person = account.account.add_deal(), account.account.add_contact("a@b.example")
    account.account.associate("deals", deal, "contacts", person, "Oracle")
    assert "roles" not in seen(caller)


def test_a_revoked_token_is_the_only_thing_that_is_seen(account: HubSpotSimulator, caller: HubSpotClient) -> None:
    account.faults.token_revoked = True
    (only,) = examine(caller, [PLAYBOOK])
    assert (only.health, only.about) == (Health.WRONG, "connection")
    assert "the token is not valid" in only.says
    assert account.token not in f"{only.says}{only.help}"


@pytest.mark.parametrize(
    ("scope", "about", "health", "says"),
    [
        ("crm.objects.deals.write", "permissions", Health.WRONG, "write flags"),
        ("crm.objects.contacts.write", "permissions", Health.WRONG, "make tasks"),
        ("crm.schemas.deals.write", "permissions", Health.UNWISE, "make properties of deals"),
        ("crm.objects.owners.read", "owners", Health.WRONG, "required scopes"),
        ("sales-email-read", "objects", Health.UNWISE, "emails are not read"),
    ],
)
def test_a_scope_that_the_app_lacks_is_named(  # noqa: PLR0917 - what varies
    account: HubSpotSimulator, caller: HubSpotClient, scope: str, about: str, health: Health, says: str
) -> None:
    account.sign_in.scopes.discard(scope)
    found = seen(caller)
    told = [each for each in found[about] if says in each.says]
    assert [each.health for each in told] == [health]
    assert scope in told[0].help


def test_what_is_not_installed_is_named(account: HubSpotSimulator, caller: HubSpotClient) -> None:
    account.account.remove_property("deals", names.MISSING)
    account.account.remove_property("tasks", names.KEY)
    said = {each.says for each in seen(caller)["install"] if each.health is Health.WRONG}
    assert said == {
        "1 of 13 properties of Dealgate are missing, such as `dealgate_missing`",
        "tasks have no `dealgate_key`",
    }


def test_a_property_of_a_playbook_that_is_gone_is_named(account: HubSpotSimulator, caller: HubSpotClient) -> None:
    account.account.remove_property("deals", "pain")
    assert worst(seen(caller), "fields") == (Health.UNWISE, "`pain` of `deals` is not read: deals have no `pain`")


def test_a_clock_that_is_off_few_calls_left_and_a_long_silence_are_unwise(
    account: HubSpotSimulator, caller: HubSpotClient
) -> None:
    judge(account, account.clock.now - timedelta(days=8))
    account.faults.clock_skew = timedelta(minutes=10)
    account.limits.enforce()
    caller.get(API.owners())
    account.limits.used_today = account.limits.daily - 1_001
    found = seen(caller)
    assert [worst(found, about)[0] for about in ("clock", "limits", "sweep")] == [Health.UNWISE] * 3
    assert worst(found, "limits")[1] == "1,000 of 650,000 API calls are left today"


def test_an_account_that_was_never_swept_is_told_so(caller: HubSpotClient) -> None:
    assert worst(seen(caller), "sweep") == (Health.UNWISE, "no deal has been judged yet")


def test_a_failure_in_one_look_stops_no_other(account: HubSpotSimulator, caller: HubSpotClient) -> None:
    account.sign_in.scopes.discard("crm.objects.owners.read")
    found = seen(caller)
    assert worst(found, "owners")[0] is Health.WRONG
    assert "sweep" in found


def test_a_version_of_the_api_ends_after_eighteen_months() -> None:
    assert end_of("2026-09") == datetime(2028, 3, 1, tzinfo=UTC)
    assert end_of("2026-03") == datetime(2027, 9, 1, tzinfo=UTC)
