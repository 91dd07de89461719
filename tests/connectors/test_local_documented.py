"""The pages on the local CRM and its import name every column, key and code, and their example runs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from connectors.local import connect
from connectors.local.importing import import_csv, load_mapping
from connectors.local.importing.loading import SCHEMA
from connectors.local.layout import APPLICATION_ID, FLAG_COLUMNS, MOVE_COLUMNS, SCHEMA_VERSION
from rules.types import KNOWN_VALUES, STANDARD_TABLES

LOCAL = Path("docs/local-crm.md").read_text(encoding="utf-8")
IMPORT = Path("docs/import.md").read_text(encoding="utf-8")
CODE = re.compile(r'"([a-z]+(?:-[a-z0-9]+)+)"')
NO_CODES = {"utf-8", "utf-8-sig", "dealgate-"}


def codes_in(folder: Path) -> set[str]:
    found = {code for path in folder.glob("*.py") for code in CODE.findall(path.read_text(encoding="utf-8"))}
    return found - NO_CODES


def documented_codes(page: str) -> set[str]:
    return {code for code in re.findall(r"^\| `([a-z][a-z-]+)` \|", page, re.MULTILINE) if "-" in code}


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", IMPORT, re.DOTALL)


def test_every_table_column_and_word_is_documented() -> None:
    for table, columns in STANDARD_TABLES.items():
        assert f"| `{table}` | {', '.join(f'`{column}`' for column in columns)} |" in LOCAL
    for words in KNOWN_VALUES.values():
        assert all(f"`{word}`" in LOCAL for word in words)
    assert all(f"`{column}`" in LOCAL for column in (*FLAG_COLUMNS, *MOVE_COLUMNS))
    assert f"`application_id` {APPLICATION_ID}" in LOCAL
    assert f"`user_version` {SCHEMA_VERSION}" in LOCAL


def test_every_code_is_documented_and_no_other() -> None:
    assert codes_in(Path("connectors/local")) == documented_codes(LOCAL)
    assert codes_in(Path("connectors/local/importing")) == documented_codes(IMPORT)


def test_every_key_of_a_mapping_is_documented() -> None:
    schema: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    keys = {key for part in (schema, *schema["$defs"].values()) for key in part.get("properties", {})}
    assert [key for key in sorted(keys) if f"`{key}`" not in IMPORT] == []


def test_the_example_of_the_import_runs_as_it_says(tmp_path: Path) -> None:
    deals, people, rejects = blocks("csv")
    (text,) = blocks("yaml")
    (tmp_path / "deals.csv").write_bytes(deals.encode("cp1252"))
    (tmp_path / "people.csv").write_text(people, encoding="utf-8")
    mapping, problems = load_mapping(text, "ours.yaml")
    assert problems == ()
    assert mapping is not None
    files = [tmp_path / "deals.csv", tmp_path / "people.csv"]
    report = import_csv(files, mapping, tmp_path / "crm.db", tmp_path / "rejects.csv")
    assert report.problems == ()
    assert report.files[0].skipped == {"a test of ours": 1}
    assert (tmp_path / "rejects.csv").read_text(encoding="utf-8") == rejects
    (batch,) = connect(tmp_path / "crm.db").read([])
    assert [(row["id"], row["name"], row["owner_id"]) for row in batch["deals"].to_pylist()] == [
        ("17", "Müller AG, Angebot", "anna@example.com"),
        ("18", "Kern, Bedarf", "anna@example.com"),
    ]
