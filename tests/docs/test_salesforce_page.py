"""What the page about Salesforce names is there: commands with their options, settings, columns, fields."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from connectors.listening import listener_of
from connectors.salesforce import names
from connectors.salesforce.events.callout import SIGNATURE, TIMESTAMP
from connectors.salesforce.settings import JwtBearer, SalesforceSettings
from connectors.salesforce.standard import COLUMNS
from console.app import app
from engine.runs.config import load_config
from rules.types import STANDARD_TABLES
from tests.docs.blocks import ROOT

PAGE = (ROOT / "docs" / "salesforce.md").read_text(encoding="utf-8")
COMMANDS = sorted(set(re.findall(r"^ +(dealgate .+)$|`(dealgate [^`]+)`", PAGE, re.MULTILINE)))
YAML = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
ENVIRONMENT = {"SALESFORCE_CLIENT_ID": "key of an app", "SALESFORCE_PRIVATE_KEY": "not a key"}


@pytest.mark.parametrize("command", sorted({"".join(each) for each in COMMANDS}))
def test_every_command_named_is_there_with_its_options(command: str) -> None:
    _, name, *rest = command.replace("\n", " ").split()
    commands: Any = getattr(typer.main.get_command(app), "commands", {})
    assert name in commands
    options = {option for each in commands[name].params for option in each.opts}
    assert {each for each in rest if each.startswith("-")} <= options


def test_the_configuration_shown_can_be_used(tmp_path: Path) -> None:
    path = tmp_path / "dealgate.yaml"
    path.write_text(next(each for each in YAML if "crms:" in each), encoding="utf-8")
    config = load_config(path, ENVIRONMENT)
    settings = config.crms["acme"]
    assert isinstance(settings, SalesforceSettings)
    assert isinstance(settings.sign_in, JwtBearer)
    assert config.unusable == {}
    assert {name: name in PAGE for name in ENVIRONMENT} == dict.fromkeys(ENVIRONMENT, True)


def test_the_events_shown_can_be_added_to_it(tmp_path: Path) -> None:
    shown, events = (yaml.safe_load(each) for each in YAML if "crms:" in each)
    shown["crms"]["acme"] |= events["crms"]["acme"]
    path = tmp_path / "dealgate.yaml"
    path.write_text(yaml.safe_dump(shown), encoding="utf-8")
    named = dict.fromkeys(re.findall(r"[$]{([A-Z_]+)}", PAGE), "a secret")
    listener = listener_of(load_config(path, ENVIRONMENT | named).crms["acme"])
    assert listener is not None
    assert "https://dealgate.acme.example/webhooks/salesforce/acme/" in PAGE
    assert all("/webhooks/salesforce/acme" in each for each in listener.pointers("/webhooks/salesforce/acme"))
    assert [name for name in (TIMESTAMP, SIGNATURE) if name not in PAGE.lower()] == []


def test_every_column_shown_in_columns_can_be_set() -> None:
    shown = yaml.safe_load(next(each for each in YAML if each.startswith("columns:")))["columns"]
    assert [name for name in shown if name.partition(".")[0] not in COLUMNS] == []
    assert [name for name in shown if name.partition(".")[2] not in STANDARD_TABLES[name.partition(".")[0]]] == []


def test_every_table_that_is_read_is_told() -> None:
    told = set(re.findall(r"^\| `([a-z_]+)` \|", PAGE, re.MULTILINE))
    assert set(STANDARD_TABLES) <= told


@pytest.mark.parametrize(
    "name",
    [*names.FLAG_FIELDS, names.NOTE, names.KEY, names.HEARTBEAT, names.BYPASS, "Dealgate Engine", "Dealgate Reader"],
)
def test_everything_of_ours_in_the_org_is_named(name: str) -> None:
    assert name in PAGE


def test_the_picture_is_there_and_small() -> None:
    [picture] = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", PAGE)
    assert 0 < (ROOT / "docs" / picture).stat().st_size < 150_000
