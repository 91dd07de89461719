"""The cards on the deal's page: their own tests pass, and their project ships as HubSpot can take it."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from connectors.hubspot import names
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.facts import read_facts
from connectors.hubspot.install.app import (
    CARD_SETTINGS,
    CARDS,
    LEFT_OUT,
    WEBHOOKS,
    app_files,
    scopes,
    shipped_files,
    subscribed,
)
from connectors.hubspot.settings import API, EventSettings, HubSpotSettings, Token
from connectors.hubspot.standard import COLUMNS, DEALS, OBJECTS, TASKS
from connectors.secret import Secret
from rules.durations import parse_duration
from tests.simulators.hubspot import HubSpotSimulator
from tests.simulators.hubspot.signing_in import EVERYTHING

ROOT = Path(__file__).parents[3]
PROJECT = ROOT / "connectors" / "hubspot" / "install" / "project"
WORKSHOP = ROOT / "build" / "card"
PANEL = ROOT / "connectors/salesforce/install/project/force-app/main/default/lwc/dealgatePanel"
NODE = shutil.which("node")
EVENTS = EventSettings(7, Secret("hush"), "https://gate.acme.example")
URL = HubSpotSettings("acme", Token(Secret("hush")), Path("unused"), events=EVENTS).webhooks_url
SHIPPED = {path: content.decode() for path, content in shipped_files().items()}
CODE = sorted(path for path in SHIPPED if path.endswith((".ts", ".tsx")))
MANIFESTS = sorted(path for path in SHIPPED if path.endswith("-hsmeta.json"))

EXAMPLES = {
    "hsproject.json": "hsproject.json",
    "src/app/app-hsmeta.json": "app-hsmeta.json",
    f"{CARDS}/dealgate-tab-hsmeta.json": "cards/card-hsmeta.json",
    f"{CARDS}/dealgate-sidebar-hsmeta.json": "cards/card-hsmeta.json",
    WEBHOOKS: "webhooks/webhooks-hsmeta.json",
}
DESCRIBED = {"/config/description"}
LEFT_AWAY = {
    "/config/support",
    *(f"/config/support/support{way}" for way in ("Email", "Url", "Phone")),
    "/config/support/documentationUrl",
    *(f"/config/subscriptions/{kind}/{key}" for kind in ("legacyCrmObjects", "hubEvents")
      for key in ("subscriptionType", "propertyName", "active")),
}  # fmt: skip
SAID = """
import * as cards from './src/app/cards/dealgate/words';
import * as panel from './panel.js';
const stages = ['', 'a', 'b', 'won'].map((name) => ({ name, label: name.toUpperCase() }));
const pairs = stages.flatMap((stage) => stages.map((allowed) => [stage, allowed])).filter(([stage]) => stage.name);
const said = (by) => ({
    words: by.WORDS,
    gates: Object.entries(by.GATES).map(([status, { headline, sentence }]) => [
        status, headline, pairs.map((each) => sentence(...each))
    ]),
    noGate: Object.entries(by.NO_GATE).map(([why, words]) => [why, why === 'noStage' ? words('Parked') : words]),
    closed: by.standsInClosedStage('Proposal'),
    more: [0, 2].map(by.showMore),
    score: ['', 'Likely'].map((band) => by.scoreWords('5', band)),
    checked: [by.checkedWords('today'), by.perhapsStaleWords('today')],
    playbook: ['', '3'].map((version) => by.playbookWords('enterprise', version)),
    due: [-2, -1, 0, 1, 2].map((days) => by.dueWords(days, `${Math.abs(days)}`)),
    ago: ['minute', 'hour', 'day'].flatMap((unit) => [1, 2].map((count) => by.agoWords(unit, count, `${count}`)))
});
console.log(JSON.stringify([said(cards), said(panel)]));
"""

needs_workshop = pytest.mark.skipif(
    NODE is None or not (WORKSHOP / "node_modules").exists(),
    reason="node, or what the cards' tests need (`make card`), is missing",
)


def read_json(path: str) -> Any:
    return json.loads((PROJECT / path).read_text(encoding="utf-8"))


def run(*command: str) -> "subprocess.CompletedProcess[str]":
    for stale in ("src", "tests"):
        shutil.rmtree(WORKSHOP / stale, ignore_errors=True)
    shutil.copytree(PROJECT, WORKSHOP, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules"))
    return subprocess.run(  # noqa: S603 - our own
        [str(NODE), *command], cwd=WORKSHOP, capture_output=True, text=True, check=False, timeout=300
    )


@needs_workshop
def test_the_cards_own_tests_pass() -> None:
    ran = run("node_modules/vitest/vitest.mjs", "run", "--no-color")
    assert ran.returncode == 0, (ran.stdout + ran.stderr)[-6000:]
    assert re.search(r"Tests +\d+ passed \(\d+\)", ran.stdout)


@needs_workshop
def test_the_cards_types_hold() -> None:
    ran = run("node_modules/typescript/bin/tsc")
    assert ran.returncode == 0, ran.stdout[-6000:]


@needs_workshop
def test_the_picture_shows_three_cards_with_stages_as_people_call_them() -> None:
    drawn = run("node_modules/vite-node/vite-node.mjs", "tests/picture.ts").stdout
    assert drawn.count('class="card"') == 3
    assert "This deal stands rightly in Discovery." in drawn


def test_the_project_is_of_the_platforms_version_that_goes_with_the_api_that_we_speak() -> None:
    assert read_json("hsproject.json")["platformVersion"] == API.version.replace("-", ".")


def test_the_cards_read_what_is_written_for_people_by_our_names_of_it() -> None:
    read_by_them = set(re.findall(r"'(dealgate_\w+)'", SHIPPED[f"{CARDS}/dealgate/verdict.ts"]))
    for_rules_only = {names.BLOCKING}
    assert read_by_them == {*names.FLAG_PROPERTIES, names.NOTE} - for_rules_only


@needs_workshop
def test_the_cards_say_the_same_as_the_panel_in_salesforce() -> None:
    """All but two hints, which name the right to ask for as it is called in each CRM."""
    WORKSHOP.joinpath("panel.js").write_bytes(PANEL.joinpath("words.js").read_bytes())
    WORKSHOP.joinpath("said.ts").write_text(SAID, encoding="utf-8")
    cards, panel = json.loads(run("node_modules/vite-node/vite-node.mjs", "said.ts").stdout)
    assert len(panel["words"]) > 20
    for hint in ("hiddenMore", "partlyHidden"):
        assert cards["words"].pop(hint) != panel["words"].pop(hint)
    assert cards == panel


@pytest.mark.parametrize("path", CODE)
def test_the_cards_call_nobody(path: str) -> None:
    reaching = r"https?:|\bfetch\(|hubspot\.(?:fetch|serverless)|XMLHttpRequest|WebSocket|eval\(|import\("
    assert re.findall(reaching, SHIPPED[path]) == []


def test_the_app_may_reach_no_address() -> None:
    app = read_json("src/app/app-hsmeta.json")["config"]
    assert set(map(tuple, app["permittedUrls"].values())) == {()}
    assert app["distribution"] == "private"


def test_every_entry_point_ships() -> None:
    cards = [json.loads(SHIPPED[path])["config"] for path in MANIFESTS if path.startswith(CARDS)]
    assert [card["objectTypes"] for card in cards] == [["deals"], ["deals"]]
    assert {f"src{card['entrypoint']}" for card in cards} <= set(SHIPPED)
    assert len({card["location"] for card in cards}) == len(cards)


def test_no_two_parts_of_the_app_share_an_id() -> None:
    ids = [json.loads(SHIPPED[path])["uid"] for path in MANIFESTS]
    assert len(MANIFESTS) == len(set(ids)) == 4


def test_the_apps_scopes_let_us_read_every_object_and_write_what_is_ours(
    crm: HubSpotSimulator, client: HubSpotClient
) -> None:
    crm.sign_in.scopes = set(scopes())
    facts = read_facts(client, OBJECTS)
    assert (set(facts.objects), facts.hidden) == (set(OBJECTS), {})
    assert client.get(API.owners())["results"] == []
    for object_ in (DEALS, TASKS):
        made = {"name": "dealgate_new", "label": "New", "type": "string", "fieldType": "text", "groupName": "g"}
        client.send("POST", API.properties(object_, "groups"), {"name": "g", "label": "G"})
        client.send("POST", API.properties(object_), made)
    client.send("POST", API.objects(DEALS), {"properties": {"dealgate_new": "a"}})
    client.send("POST", API.objects(TASKS), {"properties": {"dealgate_new": "a", "hs_timestamp": "2026-11-24"}})


@pytest.mark.parametrize("scope", sorted(scopes()))
def test_the_app_asks_for_scopes_that_there_are(scope: str) -> None:
    assert scope in EVERYTHING


def test_the_manifests_have_the_shape_of_those_that_hubspot_gives_as_examples(recordings: Path) -> None:
    """Whom to turn to for support stands in an app that many accounts install; this one is made for one."""
    examples = recordings / "hubspot-ui-extensions"
    for path, example in EXAMPLES.items():
        shape = shape_of(json.loads((examples / example).read_text(encoding="utf-8")))
        assert shape_of(json.loads(SHIPPED[path])) - DESCRIBED <= shape
        assert shape - shape_of(json.loads(SHIPPED[path])) <= LEFT_AWAY


def shape_of(value: Any, path: str = "") -> set[str]:
    """Name every key by its path, those of a list's entries together."""
    if isinstance(value, dict):
        return {path} | {each for name, inner in value.items() for each in shape_of(inner, f"{path}/{name}")}
    if isinstance(value, list):
        return {path} | {each for inner in value for each in shape_of(inner, path)}
    return {path}


def test_we_are_told_of_changes_to_everything_that_stands_in_a_column() -> None:
    needed = {*COLUMNS["deals"].values(), "pipeline", "deal_currency_code"} - {"createdate"}
    assert needed <= set(subscribed(SHIPPED[WEBHOOKS].encode()))


def test_we_are_not_told_of_what_we_write_ourselves() -> None:
    made = app_files(URL, ["identified_pain", names.STATUS, "dealstage"], [])[WEBHOOKS]
    assert [each for each in subscribed(made) if each.startswith("dealgate_")] == []


def test_webhooks_point_where_events_are_heard_and_tell_of_what_the_playbooks_read() -> None:
    made = app_files(URL, ["identified_pain", "dealstage"], [])[WEBHOOKS]
    assert json.loads(made)["config"]["settings"]["targetUrl"] == "https://gate.acme.example/webhooks/hubspot/acme"
    assert sorted(subscribed(made)) == sorted([*subscribed(SHIPPED[WEBHOOKS].encode()), "identified_pain"])
    assert b"hush" not in made


def test_without_events_there_are_no_webhooks() -> None:
    made = app_files("", ["identified_pain"], [])
    assert set(SHIPPED) - set(made) == {WEBHOOKS}


@pytest.mark.parametrize(
    ("written", "days"), [([], 3), (["2 weeks", "5 days"], 5), (["12 hours"], 1), (["36 hours"], 2)]
)
def test_a_check_is_called_out_of_date_when_the_playbooks_say_so(written: list[str], days: int) -> None:
    made = app_files("", [], [parse_duration(each) for each in written])[CARD_SETTINGS].decode()
    assert f"export const STALE_AFTER_DAYS = {days};" in made


def test_the_cards_tests_and_what_runs_them_do_not_ship() -> None:
    assert {path for path in SHIPPED if path.split("/")[0] in LEFT_OUT} == set()
    assert {"hsproject.json", "README.md", "src/app/cards/package.json"} <= set(SHIPPED)
    assert not [path for path in SHIPPED if ".test." in path]


def test_the_cards_are_built_with_the_versions_they_are_tested_with() -> None:
    tested, built = read_json("package.json")["devDependencies"], read_json("src/app/cards/package.json")
    assert built["dependencies"].items() <= tested.items()


def test_what_the_tests_need_is_pinned_and_names_no_registry() -> None:
    lock, package = read_json("package-lock.json"), read_json("package.json")
    assert lock["packages"][""]["devDependencies"] == package["devDependencies"]
    assert [name for name, each in lock["packages"].items() if "resolved" in each] == []
    assert [name for name, each in lock["packages"].items() if name and "integrity" not in each] == []
