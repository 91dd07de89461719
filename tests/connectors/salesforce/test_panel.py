"""The panel on the opportunity page: its own unit tests pass, and it ships as Salesforce can take it."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from defusedxml.ElementTree import parse

from connectors.salesforce import names
from connectors.salesforce.settings import API_VERSION

ROOT = Path(__file__).parents[3]
PROJECT = ROOT / "connectors" / "salesforce" / "install" / "project"
PANEL = PROJECT / "force-app" / "main" / "default" / "lwc" / "dealgatePanel"
WORKSHOP = ROOT / "build" / "lwc"
NODE = shutil.which("node")
METADATA = "{http://soap.sforce.com/2006/04/metadata}"
SHIPPED = sorted(path for path in PANEL.iterdir() if path.is_file())


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def read_json(name: str) -> Any:
    return json.loads(read(PROJECT / name))


@pytest.mark.skipif(
    NODE is None or not (WORKSHOP / "node_modules").exists(),
    reason="node, or what the panel's tests need (`make panel`), is missing",
)
def test_the_panels_own_tests_pass() -> None:
    shutil.rmtree(WORKSHOP / "force-app", ignore_errors=True)
    shutil.copytree(PROJECT, WORKSHOP, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules"))
    command = [str(NODE), "node_modules/@salesforce/sfdx-lwc-jest/bin/sfdx-lwc-jest"]
    ran = subprocess.run(command, cwd=WORKSHOP, capture_output=True, text=True, check=False, timeout=300)  # noqa: S603 - our own
    assert ran.returncode == 0, ran.stderr[-6000:]
    assert re.search(r"Tests: +\d+ passed, \d+ total", ran.stderr)


def test_the_project_and_the_panel_speak_the_version_of_the_api_that_we_speak() -> None:
    described = parse(PANEL / "dealgatePanel.js-meta.xml").getroot()
    assert read_json("sfdx-project.json")["sourceApiVersion"] == API_VERSION
    assert described.findtext(f"{METADATA}apiVersion") == API_VERSION


def test_everything_an_administrator_can_set_is_a_property_of_the_panel_with_the_same_default() -> None:
    described = parse(PANEL / "dealgatePanel.js-meta.xml").getroot()
    offered = {each.attrib["name"]: each.attrib["default"] for each in described.iter(f"{METADATA}property")}
    written = dict(re.findall(r"@api (\w+) = (.+);", read(PANEL / "dealgatePanel.js")))
    assert offered == {name: value.strip("'") for name, value in written.items()}


def test_the_panel_reads_what_is_written_for_people_by_our_names_of_it() -> None:
    read_by_it = set(re.findall(r"@salesforce/schema/Opportunity\.(Dealgate_\w+)'", read(PANEL / "verdict.js")))
    for_rules_only = {names.BLOCKING, names.BLOCKING_CODES}
    assert read_by_it == {*names.FLAG_FIELDS, names.NOTE} - for_rules_only
    assert names.READER_SET.replace("_", " ") in read(PANEL / "words.js")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_the_panel_reaches_for_nothing_outside_the_org(path: Path) -> None:
    text = read(path).replace('xmlns="http://soap.sforce.com/2006/04/metadata"', "")
    assert re.findall(r"https?:|//\w+\.|@import|<script|innerHTML|lwc:dom|eval\(", text) == []


def test_what_the_tests_need_is_pinned_and_names_no_registry() -> None:
    lock, package = read_json("package-lock.json"), read_json("package.json")
    assert lock["packages"][""]["devDependencies"] == package["devDependencies"]
    assert [name for name, each in lock["packages"].items() if "resolved" in each] == []
    assert [name for name, each in lock["packages"].items() if name and "integrity" not in each] == []


def test_the_tests_are_not_deployed() -> None:
    ignored = read(PROJECT / ".forceignore").splitlines()
    assert {"**/__tests__/**", "node_modules", "package.json", "jest.config.js"} <= set(ignored)
