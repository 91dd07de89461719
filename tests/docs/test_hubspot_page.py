"""What the page about HubSpot names is there: commands with their options, settings, columns, scopes, properties."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from connectors.hubspot import names
from connectors.hubspot.install.app import scopes
from connectors.hubspot.settings import API, HubSpotSettings, Token
from connectors.hubspot.standard import COLUMNS
from connectors.hubspot.wanted import BUILT
from console.app import app
from engine.runs.config import load_config
from rules.types import STANDARD_TABLES
from tests.docs.blocks import ROOT

PAGE = (ROOT / "docs" / "hubspot.md").read_text(encoding="utf-8")
COMMANDS = sorted(set(re.findall(r"^ +(dealgate .+)$|`(dealgate [^`]+)`", PAGE, re.MULTILINE)))
YAML = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
ENVIRONMENT = {"HUBSPOT_TOKEN": "a token", "HUBSPOT_CLIENT_SECRET": "a secret"}


@pytest.mark.parametrize("command", sorted({"".join(each) for each in COMMANDS}))
def test_every_command_named_is_there_with_its_options(command: str) -> None:
    _, name, *rest = command.replace("\n", " ").split()
    commands: Any = getattr(typer.main.get_command(app), "commands", {})
    assert name in commands
    options = {option for each in commands[name].params for option in each.opts}
    assert {each for each in rest if each.startswith("-")} <= options


def test_the_configuration_shown_can_be_used(tmp_path: Path) -> None:
    config = yaml.safe_load(next(each for each in YAML if "crms:" in each))
    config["crms"]["acme"] |= {"columns": shown("columns:"), "events": shown("events:")}
    path = tmp_path / "dealgate.yaml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    loaded = load_config(path, ENVIRONMENT)
    settings = loaded.crms["acme"]
    assert isinstance(settings, HubSpotSettings)
    assert isinstance(settings.sign_in, Token)
    assert settings.events is not None
    assert f"{settings.events.public_url}/webhooks/hubspot/acme" in PAGE
    assert loaded.unusable == {}
    assert {name: name in PAGE for name in ENVIRONMENT} == dict.fromkeys(ENVIRONMENT, True)


def shown(key: str) -> Any:
    return next(iter(yaml.safe_load(next(each for each in YAML if each.startswith(key))).values()))


def test_every_column_shown_in_columns_can_be_set() -> None:
    parted = [tuple(name.split(".")) for name in shown("columns:")]
    assert [table for table, _ in parted if table not in COLUMNS] == []
    free = {table: set(STANDARD_TABLES[table]) - BUILT.get(table, frozenset()) for table in COLUMNS}
    assert [(table, name) for table, name in parted if name not in free[table]] == []


def test_every_table_that_is_read_is_told() -> None:
    told = set(re.findall(r"^\| `([a-z_]+)` \|", PAGE, re.MULTILINE))
    assert set(STANDARD_TABLES) <= told


def test_every_scope_that_the_app_asks_for_is_told_and_no_other_but_those_of_rules() -> None:
    told = set(re.findall(r"`((?:crm\.|sales-)[a-z._-]+)`", PAGE))
    of_rules = {"crm.pipelines.governance.read", "crm.pipelines.governance.write"}
    assert told == {*scopes(), *of_rules}


@pytest.mark.parametrize("name", [*names.FLAG_PROPERTIES, names.NOTE, names.KEY, names.GATE, API.version])
def test_everything_of_ours_in_the_account_is_named(name: str) -> None:
    assert name in PAGE


def test_the_picture_is_there_and_small() -> None:
    [picture] = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", PAGE)
    assert 0 < (ROOT / "docs" / picture).stat().st_size < 150_000
