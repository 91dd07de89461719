"""Every YAML example in the docs loads, and finds what the page says it finds."""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from engine.judge.evaluate import Evaluator, judge
from engine.judge.tables import canonical_schemas
from engine.judge.verdicts import Verdict
from engine.judge.waiver_file import read_waivers
from engine.runs.cases.case import CRM
from engine.runs.cases.reading import read_cases
from engine.runs.cases.running import run_cases
from engine.runs.cases.tables import as_tables, prefixed
from engine.runs.document import finding_document
from rules.load import load_playbook, playbook_schema
from rules.parse_calendar import zone_of
from rules.playbook import Calendar, Playbook
from rules.yaml_nodes import to_plain
from rules.yaml_text import read_yaml
from tests.docs.blocks import (
    AS_OF,
    KINDS,
    PLAYBOOKS,
    ROOT,
    Block,
    base_of,
    blocks_of,
    entries_of,
    every_block,
    judged_by,
    playbook_text,
    sections,
)

LANGUAGE = ROOT / "docs" / "language.md"
FINDINGS = ROOT / "docs" / "findings.md"
HEADING = "### Counting with unknowns"
EXPECT = "expect: {gate: none}"
Answers = Sequence[Mapping[str, str]]


def loaded(text: str, where: object) -> Playbook:
    playbook, problems = load_playbook(text, str(where))
    assert playbook is not None, "\n".join(map(str, problems))
    return playbook


def every(*kinds: str) -> list[object]:
    return [pytest.param(block, id=str(block)) for block in every_block(*kinds)]


@pytest.mark.parametrize("block", every(*PLAYBOOKS))
def test_every_playbook_in_the_docs_loads_or_is_refused_as_told(block: Block) -> None:
    playbook, problems = load_playbook(playbook_text(block), str(block))
    if block.word in {"", "base"}:
        assert not problems, "\n".join(map(str, problems))
    else:
        assert playbook is None
        assert {problem.code for problem in problems} == {block.word}


@pytest.mark.parametrize("block", every(*PLAYBOOKS))
def test_the_published_schema_takes_every_playbook_in_the_docs_that_loads(block: Block) -> None:
    if block.word in {"", "base"}:
        root, _ = read_yaml(playbook_text(block), str(block))
        assert root is not None
        assert [each.message for each in Draft202012Validator(playbook_schema()).iter_errors(to_plain(root))] == []


@pytest.mark.parametrize("block", every("cases"))
def test_every_case_in_the_docs_finds_what_it_says(block: Block) -> None:
    playbook = loaded(playbook_text(judged_by(block)), judged_by(block))
    text = block.text if "as_of" in sections(block.text) else AS_OF + block.text
    cases, problems = read_cases(text.encode(), str(block), playbook)
    assert not problems, "\n".join(map(str, problems))
    told = [f"{each.case.name}: {why}" for each in run_cases(playbook, cases).failed for why in each.differences]
    assert told == []


@pytest.mark.parametrize("block", every("answers"))
def test_every_answer_in_the_docs_is_the_one_the_engine_gives(block: Block) -> None:
    entries = entries_of(block.text)
    assert given(entries, base_of(block.page)) == [f"{each['asked']}: {each['is']}" for each in entries]


def test_the_table_of_counting_with_unknowns_is_what_the_engine_gives() -> None:
    table = LANGUAGE.read_text(encoding="utf-8").partition(HEADING)[2]
    header, _, *rows = [cells(line) for line in table.splitlines() if line.startswith("|")]
    entries = [
        {"asked": f"{{contacts: {{{asked.strip('`')}}}}}", "contacts": people(roles), "is": answer}
        for roles, *answers in rows[:8]
        for asked, answer in zip(header[1:], answers, strict=True)
    ]
    assert given(entries, base_of(LANGUAGE)) == [f"{each['asked']}: {each['is']}" for each in entries]


def test_the_finding_shown_is_the_one_the_engine_gives() -> None:
    cases = next(block for block in blocks_of(FINDINGS) if block.kind == "cases")
    playbook = loaded(playbook_text(judged_by(cases)), FINDINGS)
    (case,), _ = read_cases((AS_OF + cases.text).encode(), str(cases), playbook)
    (verdict,) = judge(playbook, as_tables([case], canonical_schemas(playbook)), case.as_of, crm=CRM)
    shown = re.search(r"^```json finding\n(.*?)^```$", FINDINGS.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert shown is not None
    assert json.loads(shown[1]) == finding_document(*verdict.findings)


@pytest.mark.parametrize("block", every("waivers"))
def test_every_file_of_waivers_in_the_docs_can_be_read(block: Block) -> None:
    filed, problems = read_waivers(block.text, str(block), zone_of(Calendar()))
    assert not problems
    assert filed.waivers


@pytest.mark.parametrize("page", [LANGUAGE, FINDINGS], ids=lambda page: page.name)
def test_every_yaml_block_of_the_language_says_what_it_is(page: Path) -> None:
    assert [str(block) for block in blocks_of(page) if block.kind not in KINDS] == []


def given(entries: Answers, base: str) -> list[str]:
    """Judge each condition on its own deal, and write what came out as the page does."""
    by_delivered: dict[str, list[Mapping[str, str]]] = {}
    for number, entry in enumerate(entries):
        by_delivered.setdefault(entry.get("not_delivered", ""), []).append({**entry, "name": f"a{number}"})
    found: dict[str, str] = {}
    for some in by_delivered.values():
        found |= judged(some, base)
    return [f"{entry['asked']}: {found[f'a{number}']}" for number, entry in enumerate(entries)]


def judged(entries: Answers, base: str) -> dict[str, str]:
    """Judge deals that deliver alike all at once."""
    playbook = loaded(asking(entries, base), "answers")
    text = AS_OF + "cases:\n" + "".join(case_of(entry) for entry in entries)
    cases, problems = read_cases(text.encode(), "answers", playbook)
    assert not problems, "\n".join(map(str, problems))
    tables = as_tables([prefixed(case, f"{case.name}/") for case in cases], canonical_schemas(playbook))
    with Evaluator(playbook, CRM, delivered=tables.delivered) as evaluator:
        verdicts = {each.deal_id: each for each in evaluator.judge(tables, cases[0].as_of, words=False)}
        unjudged = evaluator.compiled.unjudged
    return {case.name: answer(verdicts[f"{case.name}/{case.deal_id}"], case.name, unjudged) for case in cases}


def answer(verdict: Verdict, criterion: str, unjudged: Collection[str]) -> str:
    states = {finding.criterion: finding.state.value for finding in verdict.findings}
    return "unjudged" if criterion in unjudged else states.get(criterion, "met")


def asking(entries: Answers, base: str) -> str:
    """Write a playbook with one criterion per condition; what it says of other entries' deals is not looked at."""
    criteria = [
        f"  - {{id: {each['name']}, says: x, enforce: observe, require: {each['asked']}}}\n" for each in entries
    ]
    return base + "every_stage:\n" + "".join(criteria)


def case_of(entry: Mapping[str, str]) -> str:
    deal = "{stage: discovery}" if "stage:" not in entry.get("deal", "") else "{}"
    rows = [f"{key}: {value}" for key, value in entry.items() if key not in {"name", "asked", "is", "deal"}]
    own = entry.get("deal", "{}").strip("{}")
    return "  - {" + ", ".join([f"name: {entry['name']}", f"deal: {joined(deal, own)}", *rows, EXPECT]) + "}\n"


def joined(deal: str, more: str) -> str:
    inner = [each for each in (deal.strip("{}"), more) if each]
    return "{" + ", ".join(inner) + "}"


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def people(roles: str) -> str:
    listed: Iterable[str] = () if roles == "nobody" else re.split(r",\s*", roles)
    return "[" + ", ".join(person(number, role) for number, role in enumerate(listed)) + "]"


def person(number: int, role: str) -> str:
    return f"{{id: p{number}}}" if role == "blank" else f"{{id: p{number}, role: {role}}}"
