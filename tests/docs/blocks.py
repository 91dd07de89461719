"""The YAML blocks of a page of docs, and the playbooks they stand for.

A fence says what a block is: ```yaml playbook, or a part of one that stands in the page's base playbook: `part`
(top-level keys), `criterion` (a list of exit criteria), `condition`. A word behind it is the code of the problem that
loading must report. `cases` are cases of the playbook right before them, `answers` conditions with deals and answers,
`waivers` a file of waivers.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))
PLAYBOOKS = ("playbook", "part", "criterion", "condition")
KINDS = (*PLAYBOOKS, "cases", "answers", "waivers")
FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
AS_OF = "as_of: 2026-11-02T15:00:00Z\n"
NO_CRITERIA = "    exit_criteria: []\n"


@dataclass(frozen=True)
class Block:
    """One YAML block: where it stands, what its fence calls it, and the word behind that."""

    page: Path
    line: int
    kind: str
    word: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks_of(page: Path) -> Iterator[Block]:
    """Yield the YAML blocks of a page; one without a mark that begins with `playbook:` is a playbook."""
    text = page.read_text(encoding="utf-8")
    for match in FENCE.finditer(text):
        language, kind, word = [*match["info"].split(), "", "", ""][:3]
        if language == "yaml":
            unmarked = "playbook" if re.search(r"^playbook:", match["text"], re.MULTILINE) else ""
            yield Block(page, text.count("\n", 0, match.start()) + 1, kind or unmarked, word, match["text"])


def every_block(*kinds: str) -> list[Block]:
    """List the blocks of some kinds on all pages."""
    return [block for page in PAGES for block in blocks_of(page) if block.kind in kinds]


def playbook_text(block: Block) -> str:
    """Write the whole playbook that a block stands for."""
    if block.kind == "playbook":
        return block.text
    base = base_of(block.page)
    match block.kind:
        case "part":
            return "".join({**sections(base), **sections(block.text)}.values())
        case "criterion":
            return with_criteria(base, block.text)
        case _:
            asked = textwrap.indent(block.text, "    ")
            return with_criteria(base, f"- id: example\n  says: An example\n  require:\n{asked}")


def base_of(page: Path) -> str:
    """Give the playbook around the examples of a page: its own, or that of the language page."""
    pages = (page, ROOT / "docs" / "language.md")
    return next(block.text for each in pages for block in blocks_of(each) if block.word == "base")


def with_criteria(playbook: str, criteria: str) -> str:
    """Put exit criteria into the first stage that has none yet."""
    assert NO_CRITERIA in playbook
    return playbook.replace(NO_CRITERIA, "    exit_criteria:\n" + textwrap.indent(criteria, "      "), 1)


def sections(text: str) -> dict[str, str]:
    """Take a playbook apart by its top-level keys."""
    parts = re.split(r"^(?=[a-z_]+:)", text, flags=re.MULTILINE)
    return {part.partition(":")[0]: part for part in parts if part.strip()}


def judged_by(cases: Block) -> Block:
    """Give the playbook block right before some cases."""
    return [each for each in blocks_of(cases.page) if each.kind in PLAYBOOKS and each.line < cases.line][-1]


def entries_of(text: str) -> list[Mapping[str, str]]:
    """Take a list of flow mappings apart: by key, each value as it is written."""
    root = yaml.compose(text, Loader=yaml.BaseLoader)
    assert isinstance(root, yaml.SequenceNode)
    return [
        {key.value: text[value.start_mark.index : value.end_mark.index] for key, value in entry.value}
        for entry in root.value
    ]
