"""Every command is explained: by `--help` with an example, and in `docs/commands.md` with every option."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer

from console.app import EXAMPLES, app
from tests.cli.conftest import Run

COMMANDS = [name for name, _, _ in EXAMPLES]
DOCUMENT = (Path(__file__).parents[2] / "docs" / "commands.md").read_text(encoding="utf-8")


def section(command: str) -> str:
    found = re.search(rf"^## `{command}`\n(.*?)(?=^## |\Z)", DOCUMENT, flags=re.MULTILINE | re.DOTALL)
    assert found is not None, f"docs/commands.md has no section `{command}`"
    return found.group(1)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example(run: Run, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    result = run(command, "--help")
    example = next(each for name, _, each in EXAMPLES if name == command)
    assert result.exit_code == 0
    assert example in result.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_examples_name_options_that_exist(command: str) -> None:
    example = next(each for name, _, each in EXAMPLES if name == command)
    known = options(command)
    assert [word for word in shlex.split(example) if word.startswith("-") and word not in known] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_documented(command: str) -> None:
    told = section(command) + section("options of several commands")
    assert [name for name in options(command) if name.startswith("--") and f"`{name}" not in told] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_the_document_shows_the_example(command: str) -> None:
    assert next(each for name, _, each in EXAMPLES if name == command) in section(command)


def test_without_a_command_help_is_shown(run: Run) -> None:
    result = run()
    assert result.exit_code == 2
    assert all(command in result.output for command in COMMANDS)


def test_an_unknown_command_is_a_mistake(run: Run) -> None:
    assert run("chekc").exit_code == 2


def options(command: str) -> set[str]:
    group = typer.main.get_group(app)
    parameters = group.commands[command].params
    return {word for each in parameters for word in each.opts if word.startswith("-")} - {"--help"}
