"""A mapping is checked like a playbook: all that is wrong is told at once, with its place and what would be right."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pyarrow as pa
import pytest

from connectors.secret import Secret
from connectors.warehouse.errors import MappingError, WarehouseSettingsError
from connectors.warehouse.loading import load_mapping, ready_mapping, ready_mappings
from connectors.warehouse.mapping import TableName
from connectors.warehouse.opening import connect
from connectors.warehouse.settings import Engine, WarehouseSettings
from rules.problems import render_problems
from tests.conftest import Golden
from tests.connectors.warehouse.warehouses import Place

DATA = Path(__file__).parent / "data"
DEALS = {"opportunity": pa.table({"id": ["D1"], "stage_name": ["Discovery"], "is_deleted": [False]})}


def test_a_mapping_full_of_mistakes_is_told_all_of_them(golden: Golden) -> None:
    schema, problems = load_mapping((DATA / "broken.yaml").read_bytes(), "broken.yaml")
    assert schema is None
    golden("data/broken.golden.txt", render_problems(problems) + "\n")


def test_what_the_schema_cannot_know_is_told_all_at_once(golden: Golden) -> None:
    made, problems = load_mapping((DATA / "unwise.yaml").read_bytes(), "unwise.yaml")
    assert made is None
    golden("data/unwise.golden.txt", render_problems(problems) + "\n")


def test_tables_and_columns_the_database_lacks_are_told_by_its_own_catalogue(files: Place, golden: Golden) -> None:
    files.fill({**DEALS, "user": pa.table({"id": ["U1"], "full_name": ["Ana"]})})
    text = (DATA / "unmatched.yaml").read_text(encoding="utf-8")
    with files.warehouse(text) as warehouse, pytest.raises(MappingError) as raised:
        next(warehouse.read(()))
    told = render_problems(raised.value.problems)
    golden("data/unmatched.golden.txt", told.replace(raised.value.problems[0].where.file, "unmatched.yaml") + "\n")


@pytest.mark.parametrize("name", sorted(ready_mappings()))
def test_every_ready_mapping_loads(name: str) -> None:
    mapping = ready_mapping(name)
    assert mapping.id == name
    assert mapping.crm in {"salesforce", "hubspot"}
    assert {"deals", "activities", "stage_changes", "owners"} <= set(mapping.tables)


def test_a_mapping_like_another_replaces_tables_adds_fields_and_names_the_schema() -> None:
    text = """
        warehouse: ours
        like: fivetran-salesforce
        schema: crm
        without: [tasks]
        tables:
          accounts: {from: customers, columns: {id: number, name: title}}
        fields:
          deals: {pain: identified_pain_c}
    """
    mapping, problems = load_mapping(dedent(text), "ours.yaml")
    assert problems == ()
    assert mapping is not None
    assert mapping.crm == "salesforce"
    assert "tasks" not in mapping.tables
    assert [part.source.table for part in mapping.tables["accounts"]] == [TableName("customers", "crm")]
    deals = mapping.tables["deals"][0]
    assert deals.source.table == TableName("opportunity", "crm")
    assert "pain" in {column.name for column in deals.columns}


def test_what_a_ready_mapping_does_without_is_left_out_and_its_own_fields_are_not(files: Place) -> None:
    files.fill(DEALS)
    with files.warehouse("fivetran-salesforce") as warehouse:
        tables = next(warehouse.read(()))
    assert set(tables.tables) == {"deals"}
    assert tables["deals"].column_names == ["id", "stage", "outcome"]
    own = "warehouse: ours\nlike: fivetran-salesforce\nfields: {deals: {pain: identified_pain_c}}\n"
    with files.warehouse(own) as warehouse, pytest.raises(MappingError, match="no column `identified_pain_c`"):
        next(warehouse.read(()))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"mapping": "fivetran-salesforc"}, "did you mean `fivetran-salesforce`"),
        ({"mapping": "nowhere.yaml"}, "there is no such file"),
        ({"parquet": Path("/nowhere")}, "there is no folder `/nowhere`"),
        ({"parquet": None}, "no tables are named"),
        ({"engine": Engine.POSTGRESQL, "parquet": None}, "the engine `postgresql` has no `url`"),
        ({"url": Secret("postgresql://x")}, "`url` and `parquet` were both given"),
    ],
)
def test_what_does_not_go_together_is_told_in_a_sentence(
    settings: dict[str, object], says: str, tmp_path: Path
) -> None:
    usual: dict[str, object] = {"name": "w", "engine": Engine.DUCKDB, "parquet": tmp_path, "folder": tmp_path}
    with pytest.raises((MappingError, WarehouseSettingsError), match=says):
        connect(WarehouseSettings(**{**usual, **settings}))  # type: ignore[arg-type]
