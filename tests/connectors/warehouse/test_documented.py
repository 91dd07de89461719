"""The page about warehouses names every key, and its examples are what it says they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from connectors.warehouse.loading import load_mapping, ready_mappings, schema
from engine.runs.config import load_config
from engine.runs.config import schema as config_schema

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "warehouse.md").read_text(encoding="utf-8")
SETTINGS = (ROOT / "docs" / "dealgate-yaml.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def keys(part: Mapping[str, Any]) -> Iterator[str]:
    yield from part.get("properties", {})
    for each in part.get("$defs", {}).values():
        yield from keys(each)


@pytest.mark.parametrize("key", sorted(set(keys(schema())) - {"of", "by", "on", "take", "is"}))
def test_every_key_of_a_mapping_is_documented(key: str) -> None:
    assert re.search(rf"\b{key}\b", PAGE)


@pytest.mark.parametrize("key", config_schema()["$defs"]["warehouse"]["properties"])
def test_every_setting_of_a_warehouse_is_documented(key: str) -> None:
    section = SETTINGS.partition("\n## Warehouse\n")[2].partition("\n## ")[0]
    assert f"| `{key}` |" in section


def test_every_ready_mapping_is_documented() -> None:
    assert set(re.findall(r"^\| `(fivetran-[a-z-]+)` \|", PAGE, re.MULTILINE)) == set(ready_mappings())


@pytest.mark.parametrize("block", [each for each in BLOCKS if each.startswith("warehouse:")])
def test_every_mapping_on_the_page_loads(block: str) -> None:
    mapping, problems = load_mapping(block, "warehouse.yaml")
    assert problems == ()
    assert mapping is not None
    assert mapping.tables["deals"][0].source.table.schema in {"crm", "salesforce"}


def test_the_configuration_on_the_page_loads(tmp_path: Path) -> None:
    (block,) = [each for each in BLOCKS if each.startswith("crms:")]
    path = tmp_path / "dealgate.yaml"
    path.write_text(block, encoding="utf-8")
    config = load_config(path, {"LAKE_PASSWORD": "s3cret"})
    assert "s3cret" not in repr(config)
    assert set(config.crms) == {"lake", "files"}
