"""`install` makes what the playbooks need, says what it could not make, and finds what differs later."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.hubspot import names
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.facts import AccountFacts, read_facts
from connectors.hubspot.install.deploy import deploy
from connectors.hubspot.install.drift import drift
from connectors.hubspot.install.project import project_files
from connectors.hubspot.install.rules import gates_of
from connectors.hubspot.wanted import objects_of
from connectors.protocol import Difference, Installed
from rules.playbook import Playbook
from tests.connectors.hubspot.accounts import client_of, settings_of
from tests.connectors.hubspot.processes import STAGES, add_process, process
from tests.simulators.hubspot import HubSpotSimulator

SKIP, BACK = "noSkippingStagesRule", "noBackwardsMovementRule"
GATES = {"dealgate_gate_trial", "dealgate_gate_501", "dealgate_gate_contract_sent", "dealgate_gate_won"}


@pytest.fixture
def account() -> Iterator[HubSpotSimulator]:
    """An account with a pipeline, in which nothing of Dealgate's is installed."""
    with HubSpotSimulator() as crm:
        add_process(crm.account)
        yield crm


@pytest.fixture
def caller(account: HubSpotSimulator, tmp_path: Path) -> Iterator[HubSpotClient]:
    client = client_of(account, settings_of(account, tmp_path / "mirror.duckdb"))
    yield client
    client.close()


def facts_of(client: HubSpotClient, *playbooks: Playbook) -> AccountFacts:
    return read_facts(client, objects_of(playbooks))


def install(client: HubSpotClient, *playbooks: Playbook) -> Installed:
    facts = facts_of(client, *playbooks)
    return deploy(client, facts, playbooks, gates_of(playbooks, facts))


def differences(client: HubSpotClient, *playbooks: Playbook) -> list[Difference]:
    facts = facts_of(client, *playbooks)
    return drift(client, facts, playbooks, gates_of(playbooks, facts))


def rules_in(crm: HubSpotSimulator) -> dict[str, list[str]]:
    rules = crm.account.rules.get("sales", {}).get("governanceValidationRules", {})
    return {name: sorted(rule["pipelineStageIds"]) for name, rule in rules.items() if name in {SKIP, BACK}}


def test_after_an_installation_nothing_differs_and_another_makes_nothing(
    account: HubSpotSimulator, caller: HubSpotClient
) -> None:
    done = install(caller, process())
    assert done.refused == ()
    made = account.account.kinds["deals"].properties
    assert {*names.FLAG_PROPERTIES, names.NOTE, *GATES} <= set(made)
    assert made[names.STATUS].type == "enumeration"
    assert account.account.kinds["tasks"].properties[names.KEY].unique
    assert rules_in(account) == {SKIP: ["501"], BACK: ["501", "contract-sent", "trial"]}
    assert differences(caller, process()) == []
    again = install(caller, process())
    assert (again.made, again.refused) == ((), ())


def test_a_first_installation_takes_a_call_an_object_and_a_rule(
    account: HubSpotSimulator, caller: HubSpotClient
) -> None:
    install(caller, process())
    written = [(call.method, call.path.split("/2026-09")[-1]) for call in account.calls if call.method != "GET"]
    assert written == [
        ("POST", "/deals/groups"),
        ("POST", "/deals/batch/create"),
        ("POST", "/tasks/groups"),
        ("POST", "/tasks"),
        ("PATCH", "/0-3/sales"),
        ("PATCH", "/0-3/sales"),
    ]


def test_a_playbook_whose_gates_open_when_stale_gets_no_gate_properties(
    account: HubSpotSimulator, caller: HubSpotClient
) -> None:
    install(caller, process(stale="open"))
    assert not GATES & set(account.account.kinds["deals"].properties)
    assert rules_in(account)[SKIP] == ["501"]


def test_an_archived_property_is_named_and_restored(account: HubSpotSimulator, caller: HubSpotClient) -> None:
    install(caller, process())
    account.account.remove_property("deals", names.BAND)
    (found,) = differences(caller, process())
    assert (found.what, found.wrong) == ("property deals.dealgate_band", "is archived")
    assert install(caller, process()).made == ("property deals.dealgate_band",)
    assert differences(caller, process()) == []


def test_options_are_added_and_labels_follow_the_stage(account: HubSpotSimulator, caller: HubSpotClient) -> None:
    install(caller, process())
    deals = account.account.kinds["deals"].properties
    mine = ("clear", "escalated")
    account.account.add_property("deals", names.STATUS, "enumeration", options=mine, group="dealgate")
    account.account.pipelines["sales"].stages["501"].label = "Offer made"
    assert {each.wrong for each in differences(caller, process())} == {
        "lacks the option `advise`, `not yet`, `blocked`",
        "is called `Playbook gate: Proposal made`, not `Playbook gate: Offer made`",
    }
    assert len(install(caller, process()).made) == 2
    assert [each.value for each in deals[names.STATUS].options] == [*mine, "advise", "not yet", "blocked"]
    assert deals["dealgate_gate_501"].label == "Playbook gate: Offer made"
    assert differences(caller, process()) == []


def test_a_property_of_another_type_is_left_and_named(account: HubSpotSimulator, caller: HubSpotClient) -> None:
    account.account.add_property("deals", names.SCORE, "string")
    (refused,) = install(caller, process()).refused
    assert (refused.what, refused.wrong) == ("property deals.dealgate_score", "is a string, not a number")
    assert [each.wrong for each in differences(caller, process())] == ["is a string, not a number"]


def test_where_no_unique_property_is_allowed_the_key_is_plain_and_that_is_said(
    account: HubSpotSimulator, caller: HubSpotClient
) -> None:
    for number in range(10):
        account.account.add_property("tasks", f"theirs_{number}", unique=True)
    done = install(caller, process())
    assert done.refused == ()
    assert any("is not unique on tasks" in each for each in done.notes)
    assert not account.account.kinds["tasks"].properties[names.KEY].unique
    assert [each.wrong for each in differences(caller, process())] == ["is not unique"]


def test_an_account_without_rules_of_pipelines_gets_all_else_and_is_told(
    account: HubSpotSimulator, caller: HubSpotClient
) -> None:
    account.account.has_rules = False
    done = install(caller, process())
    assert done.refused == ()
    assert len([each for each in done.notes if "no rules of pipelines" in each]) == 2
    assert {each.wrong for each in differences(caller, process())} == {"the account has no rules of pipelines"}


def test_a_missing_scope_is_named_and_stops_nothing_else(account: HubSpotSimulator, caller: HubSpotClient) -> None:
    account.sign_in.scopes -= {"crm-pipelines-governance-read", "crm-pipelines-governance-write"}
    done = install(caller, process())
    assert "property deals.dealgate_missing" in done.made
    assert {each.what for each in done.refused} == {
        "rule against skipping stages in the pipeline `Sales`",
        "rule against moving back in the pipeline `Sales`",
    }
    assert all("crm-pipelines-governance-read" in each.help for each in done.refused)


def test_properties_that_may_not_be_made_are_named_one_by_one(account: HubSpotSimulator, caller: HubSpotClient) -> None:
    account.sign_in.scopes -= {"crm.schemas.deals.write"}
    refused = {each.what: each.help for each in install(caller, process()).refused}
    assert "property deals.dealgate_missing" in refused
    assert all("crm.schemas.deals.write" in help_ for help_ in refused.values())


def test_rules_that_an_administrator_set_are_never_loosened(account: HubSpotSimulator, caller: HubSpotClient) -> None:
    nothing = {"enabledForAllStages": False, "pipelineStageIds": []}
    theirs = {SKIP: {**nothing, "pipelineStageIds": ["trial"]}, BACK: {**nothing, "enabledForAllStages": True}}
    account.account.rules["sales"] = {
        "governanceValidationRules": {**theirs, "objectCreationRule": nothing}, "approvalStage": None,
    }  # fmt: skip
    found = {each.what: each.wrong for each in differences(caller, process())}
    assert found["rule against moving back in the pipeline `Sales`"] == "holds for every stage too"
    done = install(caller, process())
    assert done.refused == ()
    assert rules_in(account)[SKIP] == ["501", "trial"]
    assert account.account.rules["sales"]["governanceValidationRules"][BACK] == theirs[BACK]
    left = {each.what: each.wrong for each in differences(caller, process(skip="observe"))}
    assert left["rule against skipping stages in the pipeline `Sales`"] == "is asked for by no playbook"


def test_a_rule_that_was_narrowed_is_drift(account: HubSpotSimulator, caller: HubSpotClient) -> None:
    install(caller, process())
    account.account.rules["sales"]["governanceValidationRules"][BACK]["pipelineStageIds"].remove("501")
    (found,) = differences(caller, process())
    assert found.wrong == "does not hold for `Proposal made`"


def test_a_stage_that_was_removed_is_named(account: HubSpotSimulator, caller: HubSpotClient) -> None:
    account.account.remove_stage("sales", "501")
    found = {each.what: each.wrong for each in differences(caller, process())}
    assert found["stage 501"] == "is named by `sales`, and no pipeline has it"


def test_a_gate_property_that_no_playbook_asks_for_any_more_is_named(caller: HubSpotClient) -> None:
    install(caller, process())
    found = differences(caller, process(stale="open"))
    assert {each.what for each in found} == {f"property deals.{name}" for name in GATES}
    assert {each.wrong for each in found} == {"is asked for by no playbook"}


@pytest.mark.parametrize(
    ("playbooks", "why"),
    [
        ([process(applies_to="{amount: {above: 10}}")], "it does not judge every deal of the pipeline `Sales`"),
        ([process(), process(id_="renewals")], "`renewals` judges deals of the pipeline `Sales` too"),
    ],
)
def test_rules_that_would_bind_other_deals_are_refused_by_name(
    account: HubSpotSimulator, caller: HubSpotClient, playbooks: list[Playbook], why: str
) -> None:
    made = gates_of(playbooks, facts_of(caller, *playbooks))[playbooks[0].name]
    assert (made.rules, made.gates, made.why_no_gates) == ((), (), why)
    assert {each.what for each in made.left if each.wrong.startswith(why)} == {"sales: moves.skip", "sales: moves.back"}
    assert install(caller, *playbooks).refused == ()
    assert account.account.rules == {}


def test_pipelines_that_are_not_the_playbooks_own_stages_in_order_get_no_rules(
    account: HubSpotSimulator, caller: HubSpotClient
) -> None:
    account.account.add_stage("sales", "parked", "Parked")
    assert gates_of([process()], facts_of(caller))["sales@3"].why_no_gates == (
        "it does not name the stage `Parked` of the pipeline `Sales`"
    )
    account.account.remove_stage("sales", "parked")
    stages = account.account.pipelines["sales"].stages
    stages["trial"].order, stages["501"].order = stages["501"].order, stages["trial"].order
    assert gates_of([process()], facts_of(caller))["sales@3"].why_no_gates == (
        "the pipeline `Sales` has its stages in another order"
    )


def test_what_hubspot_cannot_judge_is_named_with_why(caller: HubSpotClient) -> None:
    judged = "HubSpot judges nothing but whether a property is filled in"
    closed, open_ = (gates_of([each], facts_of(caller))["sales@3"].left for each in (process(), process(stale="open")))
    assert {each.what: each.wrong for each in closed} == {
        "sales: pain-known": judged,
        "sales: waivers.approvers": "an approval of HubSpot's has no reason and no end, and opens no gate",
    }
    assert {each.what: each.wrong for each in open_}["sales: pain-known"] == (
        f"{judged}; no gate properties hold it: "
        "a rule of HubSpot's cannot tell when sweeps have stopped, and `when_stale` is `open`"
    )


def test_the_project_holds_the_app_and_says_what_to_click(caller: HubSpotClient) -> None:
    playbook = process()
    facts = facts_of(caller, playbook)
    made = gates_of([playbook], facts)
    files = project_files([playbook], made, facts, caller.settings, ["pain"])
    assert {"hsproject.json", "src/app/app-hsmeta.json", "GATES.md", "SETUP.md"} <= set(files)
    setup, gates = files["SETUP.md"].decode(), files["GATES.md"].decode()
    for id_, (label, _) in list(STAGES.items())[1:-1]:
        assert f"| {label} (`{id_}`) | Playbook gate: {label}" in setup
    assert "- The problem is written down (`pain-known`)" in gates
    assert "- passing over Proposal made (`moves.skip`)" in gates
    assert files == project_files([playbook], made, facts, caller.settings, ["pain"])


def test_without_gate_properties_the_project_asks_for_no_clicks_about_them(caller: HubSpotClient) -> None:
    playbook = process(stale="open")
    facts = facts_of(caller, playbook)
    files = project_files([playbook], gates_of([playbook], facts), facts, caller.settings, [])
    assert b"Require" not in files["SETUP.md"]
    assert b"`when_stale` is `open`" in files["GATES.md"]
