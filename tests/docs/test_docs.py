"""Every key, operator, column, kind, state and strictness is documented; and links between pages lead somewhere."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.judge.verdicts import GateStatus, State
from rules.catalogue import BUILT_IN_FINDINGS
from rules.condition import Operator
from rules.load import playbook_schema
from rules.operators import OPERATORS, PERIODS
from rules.playbook import Enforce, Kind
from rules.types import STANDARD_TABLES, FieldType, Unit
from tests.docs.blocks import PAGES, ROOT

LANGUAGE = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
FINDINGS = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")

SECTIONS: Mapping[str, tuple[str, ...]] = {
    "": ("The parts of a playbook",),
    "calendar": ("Calendar and days",),
    "gates": ("Gates in the CRM",),
    **dict.fromkeys(("field", "record", "recordField"), ("Fields, records and roles",)),
    **dict.fromkeys(("scorecard", "dimension", "level"), ("Scorecards",)),
    **dict.fromkeys(("stage", "content"), ("Stages",)),
    **dict.fromkeys(("criterion", "task"), ("Criteria",)),
    "confirmedBy": ("Confirmed by the buyer",),
    "forEach": ("One finding per person",),
    "outcome": ("Outcomes",),
    "moves": ("Moves",),
    "waivers": ("Waivers",),
    **dict.fromkeys(("clocks", "proposalClock", "nextStepClock", "stageAgeClock", "silenceClock"), ("Clocks",)),
    **dict.fromkeys(("closeDateClock", "moved_later", "ownClock", "step"), ("Clocks",)),
    **dict.fromkeys(("rule", "then"), ("Rules",)),
    "condition": ("Conditions",),
    **dict.fromkeys(("related", "relatedOrList", "counted"), ("Related rows",)),
    "test": ("Operators", "Values", "Related rows"),
    **dict.fromkeys(("value", "segmentValue", "valueOrList", "moment"), ("Values",)),
    **dict.fromkeys(("durations", "stageDurations", "count"), ("Values",)),
}
"""Where the language page documents the keys of each part of the schema."""

WORDS_OF = {"fieldType": "Fields, records and roles", "enforce": "Strictness", "activityKind": "Related rows"}
"""Where it documents the words of each list of words that has a name."""


def keys_of(part: Mapping[str, Any], name: str = "") -> Iterator[tuple[str, str]]:
    """Yield every key of the schema with the name of the part it belongs to."""
    for key, value in part.get("properties", {}).items():
        yield name, key
        yield from keys_of(value, key)
    for each, definition in part.get("$defs", {}).items():
        yield from keys_of(definition, each)


def section(page: str, heading: str) -> str:
    """Give the text under a heading, smaller headings included."""
    found = [match for match in HEADING.finditer(page) if match[2] == heading]
    assert found, f"no heading `{heading}`"
    start = found[0]
    later = (each.start() for each in HEADING.finditer(page, start.end()) if len(each[1]) <= len(start[1]))
    return page[start.end() : next(later, len(page))]


def codes_in(text: str) -> set[str]:
    """Give all that stands in backticks outside of fences, and every word of it."""
    plain = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    spans = re.findall(r"`([^`\n]+(?:\n[^`\n]+)?)`", plain)
    return {word for span in spans for word in (span, *re.findall(r"[a-z_]+", span))}


def first_cells(text: str) -> list[str]:
    """List what the rows of the tables in a text are about."""
    return re.findall(r"^\| `([a-z_.]+)`", text, re.MULTILINE)


@pytest.mark.parametrize(("part", "key"), sorted(set(keys_of(playbook_schema()))))
def test_every_key_of_a_playbook_is_documented_where_it_belongs(part: str, key: str) -> None:
    assert part in SECTIONS, f"say in SECTIONS where `{part}` is documented"
    assert any(key in codes_in(section(LANGUAGE, heading)) for heading in SECTIONS[part])


def test_the_table_of_parts_names_every_top_level_key_in_order() -> None:
    assert first_cells(section(LANGUAGE, "The parts of a playbook")) == list(playbook_schema()["properties"])


@pytest.mark.parametrize(("name", "heading"), WORDS_OF.items())
def test_every_word_of_a_list_of_words_is_documented(name: str, heading: str) -> None:
    assert set(playbook_schema()["$defs"][name]["enum"]) <= codes_in(section(LANGUAGE, heading))


def test_every_operator_is_documented_with_the_types_it_takes() -> None:
    rows = re.findall(r"^\| `([a-z_]+)` \| ([^|]+) \|", section(LANGUAGE, "Operators"), re.MULTILINE)
    assert [name for name, _ in rows] == [operator.value for operator in Operator]
    assert {name: types_in(types) for name, types in rows} == {
        operator.value: set(takes.types) for operator, takes in OPERATORS.items()
    }


def types_in(cell: str) -> set[FieldType]:
    """Read the types of a row: `any but choices, yes_no`, or a list; `of the deal` and the like say more."""
    taken, _, left_out = cell.partition(" but ")
    listed = {FieldType(word) for word in re.findall(r"[a-z_]+", left_out or taken) if word in set(FieldType)}
    if taken.startswith("any"):
        return set(FieldType) - (listed if left_out else set())
    return listed


def test_operators_of_scores_and_of_the_deal_alone_are_documented() -> None:
    text = section(LANGUAGE, "Operators")
    scores = next(line for line in text.splitlines() if line.startswith("Scores take"))
    assert codes_in(scores) == {operator.value for operator, takes in OPERATORS.items() if takes.scores}
    own = set(re.findall(r"^\| `([a-z_]+)` \| [^|]*of the deal \|", text, re.MULTILINE))
    assert own == {operator.value for operator, takes in OPERATORS.items() if takes.of_deal}


def test_every_period_and_unit_of_time_is_documented() -> None:
    text = section(LANGUAGE, "Operators")
    assert {word for period in PERIODS for word in period.split()} <= codes_in(text)
    assert {unit.value for unit in Unit} <= codes_in(section(LANGUAGE, "Values"))


def test_every_column_is_documented_with_its_type() -> None:
    rows = re.findall(r"^\| `([a-z_]+)`[^|]* \| (`id` .*|`deal_id` .*) \|$", LANGUAGE, re.MULTILINE)
    documented = {table: dict(re.findall(r"`([a-z_]+)` ([a-z_]+)", columns)) for table, columns in rows}
    assert documented == {table: {**columns} for table, columns in STANDARD_TABLES.items()}


def test_every_kind_of_finding_is_documented_and_no_other() -> None:
    assert first_cells(section(FINDINGS, "Kinds")) == [kind.value for kind in Kind]


def test_every_built_in_id_is_documented_with_its_kind_and_states() -> None:
    table = section(FINDINGS, "Built-in ids")
    assert first_cells(table) == list(BUILT_IN_FINDINGS)
    rows = re.findall(r"^\| `[a-z_.]+` \| `([a-z_]+)` \| (.*) \|$", table, re.MULTILINE)
    assert {kind for kind, _ in rows} <= set(Kind)
    assert {state for _, states in rows for state in re.findall("[a-z]+", states)} == set(State)


def test_every_state_is_documented_and_no_other() -> None:
    assert first_cells(section(FINDINGS, "States")) == [state.value for state in State]


def test_every_status_of_a_gate_is_documented_with_its_words_in_the_crm() -> None:
    table = section(FINDINGS, "The gate's status")
    rows = re.findall(r"^\| `([a-z_]+)` \| ([a-z ]+) \|", table, re.MULTILINE)
    assert rows == [(status.value, status.words) for status in GateStatus]


def test_every_strictness_is_documented_and_no_other() -> None:
    assert first_cells(section(FINDINGS, "How strictly")) == [enforce.value for enforce in Enforce]
    assert first_cells(section(LANGUAGE, "Strictness")) == [enforce.value for enforce in Enforce]


def test_every_part_of_a_finding_is_documented_in_order() -> None:
    shown = re.search(r"^```json finding\n(.*?)^```$", FINDINGS, re.MULTILINE | re.DOTALL)
    assert shown is not None
    assert first_cells(section(FINDINGS, "One finding")) == list(json.loads(shown[1]))


def test_the_eighteen_rules_are_numbered_as_the_code_calls_them() -> None:
    numbers = re.findall(r"^(\d+)\. ", section(LANGUAGE, "The eighteen rules"), re.MULTILINE)
    assert numbers == [str(number) for number in range(1, 19)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_page_and_a_heading_that_are_there(page: Path) -> None:
    assert sorted(broken_links(page)) == []


def broken_links(page: Path) -> Iterator[str]:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for match in LINK.finditer(text):
        name, _, anchor = match["target"].partition("#")
        target = (page.parent / name).resolve() if name else page
        if re.match(r"[a-z]+:", match["target"]):
            continue
        if not target.exists() or (anchor and anchor not in anchors(target)):
            yield match["target"]


def anchors(page: Path) -> set[str]:
    """Give the anchors that headings get: lower case, spaces as hyphens, no other marks."""
    headings = (match[2] for match in HEADING.finditer(page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
