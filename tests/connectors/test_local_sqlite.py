"""A local CRM in a SQLite file: only ours is opened, others may use it too, and bad cells are named."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from connectors.local import connect
from connectors.local.connector import LocalConnector
from connectors.local.sources import ConflictingFieldsError
from connectors.protocol import CrmError
from engine.judge.changes import ChangeKind
from rules.playbook import Playbook
from rules.types import Field, FieldType
from tests.connectors.contract import CHECKED_AT, FLAGS, PLAYBOOK, change, pipeline, read_all, rows_of, task

Make = Callable[[Mapping[str, Sequence[Mapping[str, str]]]], LocalConnector]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "crm.db"


def sql(path: Path, statement: str) -> list[tuple[object, ...]]:
    db = sqlite3.connect(path, isolation_level=None)
    try:
        return db.execute(statement).fetchall()
    finally:
        db.close()


def test_a_file_that_is_not_there_is_refused_and_not_made(path: Path) -> None:
    with pytest.raises(CrmError, match="does not exist"):
        connect(path)
    assert not path.exists()


def test_a_file_that_is_no_database_is_refused_by_name(path: Path) -> None:
    path.write_text("id,name\nD1,One\n" * 100, encoding="utf-8")
    with pytest.raises(CrmError, match=r"crm\.db` is not a SQLite file"):
        connect(path)


def test_a_database_that_is_not_ours_is_refused_by_name_and_left_alone(path: Path) -> None:
    sql(path, "CREATE TABLE deals (id TEXT)")
    before = path.read_bytes()
    with pytest.raises(CrmError, match=r"crm\.db` is a SQLite file, but not a local CRM"):
        connect(path)
    assert path.read_bytes() == before


def test_a_later_layout_is_refused(make_sqlite: Make, path: Path) -> None:
    make_sqlite(pipeline())
    sql(path, "PRAGMA user_version = 99")
    with pytest.raises(CrmError, match="was made by a later version"):
        connect(path)


def test_a_file_without_deals_is_refused_when_it_is_read(make_sqlite: Make) -> None:
    with pytest.raises(CrmError, match="has no deals"):
        read_all(make_sqlite({}))


def test_a_bad_cell_is_named_by_table_row_and_column(make_sqlite: Make, path: Path) -> None:
    crm = make_sqlite({"deals": [{"id": "D1", "amount": "1,234.50"}, {"id": "D2", "amount": "5"}]})
    assert [row["id"] for row in rows_of(read_all(crm), "deals")] == ["D2"]
    assert [str(problem) for problem in crm.problems] == [
        (
            f"{path}:deals:1:2: bad-cell: `amount` of deal `D1` is `1,234.50`, not an amount; the row is left out\n"
            "  help: write digits and a point, such as `1234.50`"
        )
    ]


def test_text_that_is_not_utf_8_leaves_out_its_row(make_sqlite: Make, path: Path) -> None:
    crm = make_sqlite({"deals": [{"id": "D1", "name": "One"}, {"id": "D2", "name": "Two"}]})
    sql(path, "UPDATE deals SET name = CAST(x'4dfc6c' AS TEXT) WHERE id = 'D1'")
    assert rows_of(read_all(crm), "deals") == [{"id": "D2", "name": "Two"}]
    assert crm.problems[0].message == (
        "`name` of deal `D1` is `M\N{REPLACEMENT CHARACTER}l`, bytes that are not UTF-8; the row is left out"
    )


@pytest.mark.parametrize("name", ["a\x1fb", "\x1e", "\x1f", "a\x1eb", "x\x1fy\x1fz"])
def test_text_may_hold_any_character(make_sqlite: Make, name: str) -> None:
    crm = make_sqlite({"deals": [{"id": "D1", "name": name}, {"id": "D2", "name": "Two"}]})
    assert [row["name"] for row in rows_of(read_all(crm), "deals")] == [name if name.strip() else None, "Two"]


def test_what_another_program_writes_is_read_at_once(make_sqlite: Make, path: Path) -> None:
    crm = make_sqlite(pipeline())
    sql(path, "UPDATE deals SET amount = 77, next_step = 'Call' WHERE id = 'D1'")
    deal = rows_of(read_all(crm), "deals")[0]
    assert (str(deal["amount"]), deal["next_step"]) == ("77.00", "Call")


def test_another_program_may_write_while_batches_are_read(make_sqlite: Make, path: Path) -> None:
    batches = make_sqlite(pipeline()).read([PLAYBOOK], batch_size=1)
    next(batches)
    sql(path, "UPDATE deals SET name = 'Changed' WHERE id = 'D3'")
    assert [batch["deals"]["name"].to_pylist() for batch in batches][-1] == ["Changed"]


def test_a_locked_file_is_named_and_nothing_is_written(make_sqlite: Make, path: Path) -> None:
    crm = make_sqlite(pipeline())
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(CrmError, match=r"crm\.db` is locked by another program\n  help: close what holds it"):
        crm.write([change(ChangeKind.SET_FLAGS, flags=FLAGS)])
    other.close()
    assert crm.read_state(["D2"]).flags == {}


def test_a_full_disk_is_named_and_nothing_is_written(make_sqlite: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    crm = make_sqlite(pipeline())
    real = sqlite3.connect

    def full(*given: object, **named: object) -> sqlite3.Connection:
        db = real(*given, **named)  # type: ignore[call-overload] # passed through
        db.execute("PRAGMA max_page_count = 1")
        return db

    monkeypatch.setattr(sqlite3, "connect", full)
    huge = [change(ChangeKind.CREATE_TASK, task=task(f"D2:{number}", title="x" * 5_000)) for number in range(100)]
    with pytest.raises(CrmError, match="the disk is full\n  help: make room and run again; nothing was written"):
        crm.write(huge)
    monkeypatch.undo()
    assert crm.read_state(["D2"]).tasks == {}


def test_a_file_that_may_not_be_written_is_named(make_sqlite: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    crm = make_sqlite(pipeline())
    real = sqlite3.connect

    def read_only(target: Path, **named: object) -> sqlite3.Connection:
        return real(f"file:{target}?mode=ro", uri=True, **named)  # type: ignore[call-overload] # passed through

    monkeypatch.setattr(sqlite3, "connect", read_only)
    with pytest.raises(CrmError, match="may not be written\n  help: allow writing"):
        crm.write([change(ChangeKind.SET_FLAGS, flags=FLAGS)])


def test_a_move_is_added_to_the_history_with_its_moment(make_sqlite: Make, path: Path) -> None:
    crm = make_sqlite(pipeline())
    crm.write([change(ChangeKind.MOVE_STAGE, "D1", from_stage="Proposal", to_stage="Discovery", at=CHECKED_AT)])
    assert sql(path, "SELECT stage FROM deals WHERE id = 'D1'") == [("Discovery",)]
    last = rows_of(read_all(crm), "stage_changes")[-1]
    assert (last["from_stage"], last["to_stage"], last["changed_at"], last["changed_by"]) == (
        "Proposal", "Discovery", CHECKED_AT, "dealgate",
    )  # fmt: skip


def test_a_field_is_read_by_the_name_it_has_here(make_sqlite: Make) -> None:
    crm = make_sqlite({"deals": [{"id": "D1", "Identified Pain": "slow"}]})
    playbook = Playbook("p", 1, "P", (), fields=(Field("pain", FieldType.TEXT, crm={"local": "Identified Pain"}),))
    assert [batch["deals"].to_pylist() for batch in crm.read([playbook])] == [[{"id": "D1", "pain": "slow"}]]


def test_two_playbooks_that_declare_a_column_in_two_ways_are_refused(make_sqlite: Make) -> None:
    crm = make_sqlite(pipeline())
    other = Playbook("other", 1, "Other", (), fields=(Field("pain", FieldType.NUMBER),))
    with pytest.raises(ConflictingFieldsError, match="declare `pain` of `deals` in two ways"):
        list(crm.read([PLAYBOOK, other]))


def test_columns_of_all_playbooks_are_read(make_sqlite: Make) -> None:
    crm = make_sqlite({"deals": [{"id": "D1", "pain": "slow", "size": "3"}]})
    other = Playbook("other", 1, "Other", (), fields=(Field("size", FieldType.NUMBER),))
    (batch,) = crm.read([PLAYBOOK, other])
    assert batch["deals"].to_pylist() == [{"id": "D1", "pain": "slow", "size": 3.0}]


def test_tracked_fields_are_told(make_sqlite: Make, path: Path) -> None:
    crm = make_sqlite(pipeline())
    assert read_all(crm)[0].tracked is None
    sql(path, "INSERT INTO tracked_fields VALUES ('amount')")
    assert read_all(crm)[0].tracked == {"amount"}


def test_thousands_of_changes_are_written_at_once(make_sqlite: Make) -> None:
    crm = make_sqlite({"deals": [{"id": f"D{number}"} for number in range(2_000)]})
    changes = [change(ChangeKind.SET_FLAGS, f"D{number}", flags=FLAGS) for number in range(2_000)]
    assert {receipt.outcome.value for receipt in crm.write(changes)} == {"done"}
    assert len(crm.read_state([f"D{number}" for number in range(2_000)]).flags) == 2_000
