"""Verdicts are the same to the word wherever a playbook's query runs.

The normal run tries a few random playbooks, always the same; `HYPOTHESIS_PROFILE=nightly` tries many, drawn afresh.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from connectors.local import connect
from connectors.local.importing import import_csv, load_mapping
from connectors.warehouse.backend import Backend
from engine.judge.tables import Tables
from examples.company import AS_OF
from examples.generate import PIPELINE
from rules.load import load_playbook
from rules.playbook import Playbook
from tests.engine.dialects.comparing import differences
from tests.engine.dialects.conftest import Opened, unclosed
from tests.reference.strategies import condition_playbooks, playbooks, waivers
from tests.reference.strategies import settings as moments
from tests.reference.strategies_tables import random_tables
from tests.reference.vocabulary import Setting

pytestmark = unclosed
DEALS = 60
SHOWN = 3
NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
SHIPPED = ("enterprise", "small-business", "services", "renewals")
REAL = {
    "maven_crm": datetime(2017, 12, 31, 12, tzinfo=UTC),
    "obvience_powerbi": datetime(2015, 1, 1, 12, tzinfo=UTC),
}
MANY = {"postgresql": (4, 60), "spark": (1, 20)}
"""Random playbooks a test, in the normal and in the nightly run."""
SLOWEST = ("maven_crm", "spark")
IN_PLACE = ("postgresql", "spark", "duckdb") if NIGHTLY else ("postgresql", "spark")
RUNS = [(name, where) for name in SHIPPED for where in IN_PLACE if NIGHTLY or where != "spark" or name == "enterprise"]
REAL_RUNS = [(name, where) for name in REAL for where in IN_PLACE if NIGHTLY or (name, where) != SLOWEST]


def agree(opened: Opened, data: st.DataObject, drawn: Callable[[Setting], st.SearchStrategy[Playbook]]) -> None:
    setting = data.draw(moments())
    playbook = data.draw(drawn(setting))
    granted = data.draw(waivers(playbook, setting, DEALS))
    tables = random_tables(data.draw(st.integers(0, 2**32 - 1)), DEALS, setting, [each.id for each in playbook.stages])
    backend = opened()
    try:
        wrong = differences(backend, playbook, tables, setting.as_of, granted, words=data.draw(st.booleans()))
    finally:
        backend.close()
    assert wrong == [], f"{len(wrong)} differences\n" + "\n".join(wrong[:SHOWN])


def tried(name: str) -> settings:
    normal, nightly = MANY[name]
    return settings(
        max_examples=nightly if NIGHTLY else normal,
        derandomize=not NIGHTLY,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=[Phase.explicit, Phase.generate],
    )


@tried("postgresql")
@given(data=st.data())
def test_random_conditions_mean_the_same_on_postgresql(on_postgresql: Opened, data: st.DataObject) -> None:
    agree(on_postgresql, data, condition_playbooks)


@tried("postgresql")
@given(data=st.data())
def test_random_playbooks_judge_the_same_on_postgresql(on_postgresql: Opened, data: st.DataObject) -> None:
    agree(on_postgresql, data, playbooks)


@tried("spark")
@given(data=st.data())
def test_random_conditions_mean_the_same_on_spark(on_spark: Opened, data: st.DataObject) -> None:
    agree(on_spark, data, condition_playbooks)


@tried("spark")
@given(data=st.data())
def test_random_playbooks_judge_the_same_on_spark(on_spark: Opened, data: st.DataObject) -> None:
    agree(on_spark, data, playbooks)


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Import the example pipeline."""
    return imported(PIPELINE / "mapping.yaml", PIPELINE, tmp_path_factory.mktemp("example"))


@pytest.mark.parametrize(("name", "opened"), RUNS, indirect=["opened"])
def test_a_shipped_playbook_finds_the_same_in_the_example_pipeline(name: str, example: Path, backend: Backend) -> None:
    playbook = loaded(Path(f"playbooks/{name}.yaml"))
    assert differences(backend, playbook, read(example, playbook), AS_OF, rows=100) == []


@pytest.mark.parametrize(("name", "opened"), REAL_RUNS, indirect=["opened"])
def test_a_real_pipeline_is_judged_the_same(name: str, real_data: Path, tmp_path: Path, backend: Backend) -> None:
    playbook = loaded(Path(f"examples/playbooks/{name}.yaml"))
    tables = read(imported(Path(f"examples/mappings/{name}.yaml"), real_data / name, tmp_path), playbook)
    assert differences(backend, playbook, tables, REAL[name], rows=1000) == []


def imported(mapping_file: Path, exports: Path, folder: Path) -> Path:
    mapping, problems = load_mapping(mapping_file.read_bytes(), mapping_file.name)
    assert problems == ()
    assert mapping is not None
    import_csv(sorted(exports.glob("*.csv")), mapping, folder / "crm.db", folder / "rejects.csv")
    return folder / "crm.db"


def loaded(path: Path) -> Playbook:
    playbook, problems = load_playbook(path.read_bytes(), path.name)
    assert problems == ()
    assert playbook is not None
    return playbook


def read(path: Path, playbook: Playbook) -> Tables:
    with connect(path) as crm:
        (tables,) = crm.read([playbook], None, 100_000)
    return tables
