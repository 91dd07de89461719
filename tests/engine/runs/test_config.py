"""`dealgate.yaml` is checked like a playbook, and its secrets come from the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.runs.config import STORE, Config, load_config, schema
from engine.runs.mistakes import ProblemsFound

DOCUMENT = (Path(__file__).parents[3] / "docs" / "dealgate-yaml.md").read_text(encoding="utf-8")


def load(folder: Path, text: str, environment: Mapping[str, str] | None = None) -> Config:
    path = folder / "dealgate.yaml"
    path.write_text(text, encoding="utf-8")
    return load_config(path, environment or {})


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ProblemsFound) as raised:
        load(folder, text)
    return [f"{each.where.line}:{each.where.column} {each.code}" for each in raised.value.problems]


def test_the_only_crm_is_the_usual_one(tmp_path: Path) -> None:
    config = load(tmp_path, "crms: {acme: {type: local, path: crm.db}}\n")
    assert config.crm == "acme"
    assert config.crms["acme"].path == tmp_path / "crm.db"


def test_paths_are_beside_the_file_unless_they_are_absolute(tmp_path: Path) -> None:
    text = "playbooks: [a.yaml, /b.yaml]\nwaivers: w.yaml\nstore: sqlite:///state/x.db\n"
    config = load(tmp_path, text)
    assert config.playbooks == (tmp_path / "a.yaml", Path("/b.yaml"))
    assert config.waivers == tmp_path / "w.yaml"
    assert config.store == f"sqlite:///{tmp_path}/state/x.db"


@pytest.mark.parametrize(
    ("store", "kept"),
    [
        ("sqlite:////var/x.db", "sqlite:////var/x.db"),
        ("postgresql://db/x", "postgresql://db/x"),
        ("sqlite://", "sqlite://"),
    ],
)
def test_other_addresses_stay_as_they_are(tmp_path: Path, store: str, kept: str) -> None:
    assert load(tmp_path, f"store: {store}\n").store == kept


def test_without_a_store_it_is_beside_the_file(tmp_path: Path) -> None:
    assert load(tmp_path, "playbooks: [a.yaml]\n").store == STORE.replace("dealgate.db", f"{tmp_path}/dealgate.db")


def test_a_variable_is_put_in(tmp_path: Path) -> None:
    config = load(tmp_path, "store: 'postgresql://me:${PW}@db/x'\n", {"PW": "hidden"})
    assert config.store == "postgresql://me:hidden@db/x"


def test_a_variable_that_is_not_set_is_a_problem(tmp_path: Path) -> None:
    assert problems(tmp_path, "store: ${NOPE}\nwaivers: ${NOR}\n") == ["1:8 unset-variable", "2:10 unset-variable"]


def test_a_password_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(ProblemsFound) as raised:
        load(tmp_path, "store: postgresql://me:s3cret@db/x\n")
    assert "secret-in-file" in str(raised.value)
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("crm: acme\n", ["1:6 unknown-crm"]),
        ("crms: {a: {type: local, path: x}, b: {type: local, path: y}}\n", ["1:1 no-usual-crm"]),
        ("limits: {blocked: 120}\n", ["1:19 out-of-range"]),
        ("limits: {bloked: 20}\n", ["1:10 unknown-key"]),
        ("crms: {a: {type: local}}\n", ["1:11 missing-key"]),
        ("playbooks: a.yaml\n", ["1:12 wrong-type"]),
        ("store: [\n", ["2:1 not-yaml"]),
        ("- a\n", ["1:1 wrong-type"]),
        ("playbooks: [a.yaml]\nplaybooks: [b.yaml]\n", ["2:1 duplicate-key"]),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert problems(tmp_path, text) == expected


def test_the_documented_example_loads_and_every_key_is_documented(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", DOCUMENT, flags=re.DOTALL)
    config = load(tmp_path, example, {"DEALGATE_DB_PASSWORD": "x"})
    assert set(config.limits) == set(schema()["properties"]["limits"]["properties"])
    assert [key for key in schema()["properties"] if f"| `{key}` |" not in DOCUMENT] == []
