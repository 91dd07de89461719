"""`check` judges a warehouse on every engine and says the same; everything that writes refuses it."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from typer.testing import Result

from connectors.warehouse.settings import Engine
from tests.cli.conftest import AS_OF, DATA, Run
from tests.connectors.warehouse.conftest import QUIET, place_of, server, spark
from tests.connectors.warehouse.warehouses import Place

Judged = Callable[..., Result]
__all__ = ["place_of", "server", "spark"]
MAPPING = """
warehouse: ours
crm: local
tables:
  deals: {from: opportunity, where: {gone: {present: false}}, columns: {COLUMNS}}
  contacts: {from: person, columns: {deal_id: deal_id, id: id, name: name, title: title, role: role}}
  owners: {from: people, columns: {id: id, name: name, email: email, manager_id: manager_id}}
  accounts: {from: company, columns: {id: id, name: name}}
fields:
  deals: {pain: pain, budget: budget}
  accounts: {size: size}
""".lstrip()
RENAMED = {"deals": "opportunity", "contacts": "person", "owners": "people", "accounts": "company"}
OWN = ("pain", "budget")


def small() -> dict[str, pa.Table]:
    """The small pipeline of these tests as text columns under other names, with a deal that is gone."""
    tables = {}
    for name, table in RENAMED.items():
        with (DATA / "crm" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = [{key: value or None for key, value in row.items()} for row in csv.DictReader(file)]
        if name == "deals":
            rows = [{**row, "gone": None} for row in rows] + [{**rows[0], "id": "D0", "gone": "yes"}]
        columns = {key: pa.array([row[key] for row in rows], pa.string()) for key in rows[0]}
        tables[table] = pa.table(columns)
    return tables


def mapping() -> str:
    names = [name for name in small()["opportunity"].column_names if name not in {"gone", *OWN}]
    return MAPPING.replace("{COLUMNS}", f"{{{', '.join(f'{name}: {name}' for name in names)}}}")


@pytest.fixture
def filled(place_of: Callable[[Engine], Place], folder: Path) -> Callable[[Engine], Place]:
    """Put the small pipeline somewhere, and name it in the folder's configuration."""

    def made(engine: Engine) -> Place:
        place = place_of(engine)
        place.fill(small())
        (folder / "warehouse.yaml").write_text(mapping(), encoding="utf-8")
        where = f'url: "{place.url}"' if place.url else f"parquet: {place.folder / 'tables'}, engine: {engine.value}"
        (folder / "dealgate.yaml").write_text(
            f"crms:\n  lake: {{type: warehouse, {where}, mapping: warehouse.yaml}}\nplaybooks: [small.yaml]\n",
            encoding="utf-8",
        )
        return place

    return made


ENGINES = [
    Engine.DUCKDB,
    Engine.POSTGRESQL,
    pytest.param(Engine.SPARK, marks=[pytest.mark.filterwarnings(each) for each in QUIET]),
]


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_prints_the_document_that_the_crm_itself_gives(
    engine: Engine, filled: Callable[[Engine], Place], judged: Judged, run: Run
) -> None:
    wanted = run("check", "--crm", str(DATA / "crm"), "-p", "small.yaml", "--as-of", AS_OF, "-f", "json").stdout
    filled(engine)
    found = judged("check", "-f", "json")
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout) == json.loads(wanted)
    assert found.stdout == wanted


@pytest.mark.parametrize("engine", ENGINES[:2])
def test_a_warehouse_is_asked_for_owners_deals_and_strictness_as_any_crm(
    engine: Engine, filled: Callable[[Engine], Place], judged: Judged
) -> None:
    filled(engine)
    of_owner = json.loads(judged("check", "--owner", "ana ruiz", "-f", "json").stdout)
    assert [deal["id"] for deal in of_owner["deals"]] == ["D1", "D2"]
    assert [deal["id"] for deal in json.loads(judged("check", "-d", "D2", "-f", "json").stdout)["deals"]] == ["D2"]
    assert "the CRM has no deal `D0`" in judged("check", "-d", "D0").stderr
    assert judged("check", "--fail-on", "hard").exit_code == 1
    assert "D2  Lumen pilot" in judged("explain", "--deal", "D2").stdout
    assert "no deal is owned by `Nobody`" in judged("check", "--owner", "Nobody").stderr


def test_several_playbooks_judge_in_a_database_as_they_do_here(
    filled: Callable[[Engine], Place], judged: Judged, folder: Path
) -> None:
    filled(Engine.POSTGRESQL)
    small_one = (folder / "small.yaml").read_text(encoding="utf-8")
    other = small_one.replace("playbook: small", "playbook: other").replace(
        "pipeline: New Business", "pipeline: Renewals"
    )
    (folder / "other.yaml").write_text(other, encoding="utf-8")
    both = ("check", "-p", "small.yaml", "-p", "other.yaml", "-f", "json")
    there, here = judged(*both), judged(*both, "--engine", "duckdb")
    assert there.exit_code == 0, there.output
    assert there.stdout == here.stdout
    assert "playbook" in json.loads(there.stdout)["deals"][0]


@pytest.mark.parametrize("engine", ENGINES[:2])
def test_a_deal_that_stands_there_twice_is_judged_once_and_named(
    engine: Engine, filled: Callable[[Engine], Place], judged: Judged, folder: Path
) -> None:
    place = filled(engine)
    deals = small()["opportunity"]
    place.fill({"doubled": pa.concat_tables([deals, deals.slice(1, 1)])})
    (folder / "warehouse.yaml").write_text(mapping().replace("from: opportunity", "from: doubled"), encoding="utf-8")
    document = json.loads(judged("check", "-f", "json").stdout)
    assert [deal["id"] for deal in document["deals"]] == ["D1", "D2", "D3", "D4", "D6"]
    (problem,) = document["summary"]["problems"]
    assert "repeated-id: the deal `D2` stands there more than once" in problem


@pytest.mark.parametrize("command", [["plan"], ["apply", "--yes"], ["sweep"]])
def test_what_writes_refuses_a_warehouse_in_a_sentence(
    command: list[str], filled: Callable[[Engine], Place], run: Run
) -> None:
    filled(Engine.DUCKDB)
    result = run(*command)
    assert result.exit_code == 2
    assert result.stderr == ("a warehouse is only read\n  help: `plan`, `apply` and `sweep` work on the CRM itself\n")


def test_doctor_tells_tables_what_is_not_mapped_and_values(
    filled: Callable[[Engine], Place], run: Run, folder: Path
) -> None:
    place = filled(Engine.DUCKDB)
    place.fill({"company": pa.table({"id": ["A1", "A2"], "name": ["X", "Y"], "size": ["many", "12"]})})
    text = mapping().replace("  deals: {pain: pain, budget: budget}\n", "  deals: {pain: pain}\n")
    (folder / "warehouse.yaml").write_text(text, encoding="utf-8")
    found = json.loads(run("doctor", "-f", "json").stdout)
    told = [(each["health"], each["about"], each["says"]) for each in found]
    assert ("fine", "connection", "the tables can be read") in told
    assert ("unwise", "fields", "`budget` of `deals`, which `small` reads, is not mapped") in told
    (value,) = [says for health, about, says in told if (health, about) == ("unwise", "values")]
    assert value.endswith("warehouse.yaml:10:14: 1 value of `size` of `accounts` cannot be taken, such as `many`")
    assert any(about == "tables" and says.startswith("`deals` has 6 rows") for _, about, says in told)


def test_options_name_a_warehouse_without_any_configuration(
    filled: Callable[[Engine], Place], judged: Judged, folder: Path
) -> None:
    place = filled(Engine.DUCKDB)
    (folder / "dealgate.yaml").unlink()
    words = ("check", "-p", "small.yaml", "--parquet", str(place.folder / "tables"))
    found = judged(*words, "--warehouse", "warehouse.yaml", "-f", "json")
    assert len(json.loads(found.stdout)["deals"]) == 5
    wrong = judged(*words, "--warehouse", "fivetran-salesforc")
    assert wrong.exit_code == 2
    assert "did you mean `fivetran-salesforce`?" in wrong.stderr
    assert "`--master` goes with `--engine spark`" in judged(*words, "--engine", "duckdb", "--master", "local").stderr


def test_a_mapping_that_does_not_fit_is_told_whole_and_nothing_is_judged(
    filled: Callable[[Engine], Place], judged: Judged, folder: Path
) -> None:
    filled(Engine.DUCKDB)
    (folder / "warehouse.yaml").write_text(mapping().replace("email: email", "email: mail"), encoding="utf-8")
    result = judged("check")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "unknown-column: `people` has no column `mail`\n  help: did you mean `email`?" in result.stderr


def test_a_password_in_the_address_of_a_warehouse_is_refused_and_never_shown(folder: Path, run: Run) -> None:
    (folder / "dealgate.yaml").write_text(
        'crms:\n  lake: {type: warehouse, url: "postgresql://reader:s3cret@127.0.0.1/x"}\nplaybooks: [small.yaml]\n',
        encoding="utf-8",
    )
    result = run("check")
    assert result.exit_code == 2
    assert "secret-in-file: `url` holds a password in clear" in result.stderr
    assert "s3cret" not in result.output


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("s3cret", (3, "the database cannot be reached")),
        ("s3cret%zz", (2, "`url` of `lake` is no address that PostgreSQL reads\n  help: percent-encode")),
    ],
)
def test_a_database_that_cannot_be_reached_is_told_in_a_sentence_without_its_password(
    password: str, told: tuple[int, str], folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAKE_PASSWORD", password)
    (folder / "dealgate.yaml").write_text(
        'crms:\n  lake: {type: warehouse, url: "postgresql://reader:${LAKE_PASSWORD}@127.0.0.1:9/x"}\n'
        "playbooks: [small.yaml]\n",
        encoding="utf-8",
    )
    result = run("check")
    assert result.exit_code == told[0]
    assert told[1] in result.stderr
    assert "s3cret" not in result.output
