"""A folder of CSV files: bad rows are named and left out, and what is written is whole, safe and stable."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connectors.local import connect
from connectors.local.connector import LocalConnector
from connectors.local.spreadsheet import neutralized, restored, write_csv
from connectors.protocol import CrmError
from engine.judge.changes import ChangeKind
from rules.problems import Problem
from tests.connectors.contract import CHECKED_AT, FLAGS, change, read_all, rows_of, task

Files = dict[str, bytes | str]
Open = Callable[[Files], LocalConnector]

DEALS = "id,name,stage\nD1,One,Discovery\nD2,Two,Proposal\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "crm"


@pytest.fixture
def opened(folder: Path) -> Iterator[Open]:
    connectors: list[LocalConnector] = []

    def open_with(files: Files) -> LocalConnector:
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        connectors.append(connect(folder))
        return connectors[-1]

    yield open_with
    for connector in connectors:
        connector.__exit__(None, None, None)


def ids(crm: LocalConnector) -> list[object]:
    return [row["id"] for row in rows_of(read_all(crm), "deals")]


def said(crm: LocalConnector, folder: Path) -> list[str]:
    def line(problem: Problem) -> str:
        return str(problem).replace(f"{folder}/", "")

    return [line(problem) for problem in crm.problems]


def test_an_amount_in_another_form_leaves_out_its_row_and_says_where(opened: Open, folder: Path) -> None:
    crm = opened({"deals.csv": 'id,amount\nD1,"1,234.50"\nD2,€100\nD3,10\n'})
    assert ids(crm) == ["D3"]
    assert said(crm, folder) == [
        (
            "deals.csv:2:2: bad-cell: `amount` of deal `D1` is `1,234.50`, not an amount; the row is left out\n"
            "  help: write digits and a point, such as `1234.50`"
        ),
        (
            "deals.csv:3:2: bad-cell: `amount` of deal `D2` is `€100`, not an amount; the row is left out\n"
            "  help: write digits and a point, such as `1234.50`"
        ),
    ]


def test_related_rows_of_a_refused_deal_go_with_it_and_are_no_strays(opened: Open) -> None:
    crm = opened({"deals.csv": "id,amount\nD1,x\nD2,1\n", "contacts.csv": "deal_id,id\nD1,P1\nD2,P2\n"})
    assert [row["id"] for row in rows_of(read_all(crm), "contacts")] == ["P2"]
    assert [problem.code for problem in crm.problems] == ["bad-cell"]


def test_a_bad_related_row_leaves_its_deal(opened: Open, folder: Path) -> None:
    activities = "deal_id,id,kind,happened_at\nD1,E1,meeting,2026-01-01 10:00\nD1,E2,Meeting,2026-01-01T10:00Z\n"
    crm = opened({"deals.csv": DEALS, "activities.csv": activities})
    assert ids(crm) == ["D1", "D2"]
    assert rows_of(read_all(crm), "activities") == []
    assert said(crm, folder) == [
        (
            "activities.csv:2:4: bad-cell: `happened_at` of `activities` of deal `D1` is `2026-01-01 10:00`, a time "
            "without a time zone; the row is left out\n  help: end it with `Z` or an offset such as `-05:00`"
        ),
        (
            "activities.csv:3:3: bad-cell: `kind` of `activities` of deal `D1` is `Meeting`, not a value this column "
            "may have; the row is left out\n  help: did you mean `meeting`?"
        ),
    ]


def test_an_id_given_twice_keeps_the_first_row_and_names_the_second(opened: Open, folder: Path) -> None:
    crm = opened({"deals.csv": "id,name\nD1,First\nD2,Two\nD1,Second\n"})
    assert [(row["id"], row["name"]) for row in rows_of(read_all(crm), "deals")] == [("D1", "First"), ("D2", "Two")]
    assert said(crm, folder) == [
        (
            "deals.csv:4:1: repeated-id: the id `D1` stands here again; the row is left out\n"
            "  help: it was given on line 2; keep one of the two"
        )
    ]


def test_a_deal_without_an_id_is_named_and_left_out(opened: Open, folder: Path) -> None:
    crm = opened({"deals.csv": "id,name\n ,None\nD2,Two\n"})
    assert ids(crm) == ["D2"]
    assert said(crm, folder) == ["deals.csv:2:1: no-id: the row has no `id`; it is left out"]


def test_rows_that_name_no_known_deal_are_counted(opened: Open, folder: Path) -> None:
    crm = opened({"deals.csv": DEALS, "contacts.csv": "deal_id,id\nD1,P1\nD9,P2\n,P3\n"})
    assert [row["id"] for row in rows_of(read_all(crm), "contacts")] == ["P1"]
    assert said(crm, folder) == [
        "contacts.csv:3:1: no-such-deal: 2 rows name no known deal; left out\n  help: the first of them stands here"
    ]


def test_a_null_stage_is_null(opened: Open) -> None:
    assert rows_of(read_all(opened({"deals.csv": "id,stage\nD1,\n"})), "deals") == [{"id": "D1", "stage": None}]


def test_latin_1_bytes_are_named_by_line_and_column_and_the_rest_goes_on(opened: Open, folder: Path) -> None:
    crm = opened({"deals.csv": b"id,name\nD1,M\xfcller\nD2,M\xc3\xbcller\n"})
    assert rows_of(read_all(crm), "deals") == [{"id": "D2", "name": "Müller"}]
    assert said(crm, folder) == [
        (
            "deals.csv:2:1: bad-row: `name` holds bytes that are not utf-8: `M\\xfcller`; the row is left out\n"
            "  help: name its true `encoding`"
        )
    ]


def test_a_nul_byte_is_refused(opened: Open, folder: Path) -> None:
    crm = opened({"deals.csv": b"id,name\nD1,a\0b\nD2,Two\n"})
    assert ids(crm) == ["D2"]
    assert "deals.csv:2:1: bad-row: `name` holds a NUL byte" in said(crm, folder)[0]


def test_ragged_rows_are_refused_by_line_and_blank_lines_are_not_rows(opened: Open, folder: Path) -> None:
    crm = opened({"deals.csv": 'id,name\nD1\n\n"D2","two\nlines"\nD3,a,b\n'})
    assert ids(crm) == ["D2"]
    assert [line.partition(";")[0] for line in said(crm, folder)] == [
        "deals.csv:2:1: bad-row: the row has 1 cell",
        "deals.csv:6:1: bad-row: the row has 3 cells",
    ]


def test_a_quote_that_is_never_closed_is_named_where_it_begins(opened: Open, folder: Path) -> None:
    crm = opened({"deals.csv": 'id,name\nD1,One\nD2,"never closed\nD3,Three\n'})
    assert ids(crm) == ["D1"]
    assert said(crm, folder)[0].startswith("deals.csv:3:1: bad-row: a quoted cell is never closed")


def test_a_line_without_end_does_not_fill_the_memory(opened: Open, folder: Path) -> None:
    crm = opened({"deals.csv": DEALS, "contacts.csv": "deal_id,id\nD1,P1\nD1," + "x" * 5_000_000})
    assert "contacts" not in read_all(crm)[0].tables
    assert said(crm, folder) == [
        "contacts.csv:3:1: endless-line: the line is longer than 4,000,000 characters\n  help: is it a table?"
    ]


def test_a_cell_longer_than_any_text_is_named(opened: Open, folder: Path) -> None:
    crm = opened({"deals.csv": "id,name\nD1," + "x" * 200_000 + "\nD2,Two\n"})
    assert ids(crm) == ["D2"]
    assert said(crm, folder)[0].startswith("deals.csv:2:1: bad-row: a cell is longer than 131,072 characters")


def test_a_byte_order_mark_and_windows_line_ends_are_no_matter(opened: Open) -> None:
    crm = opened({"deals.csv": b"\xef\xbb\xbfid,name\r\nD1,One\r\n"})
    assert rows_of(read_all(crm), "deals") == [{"id": "D1", "name": "One"}]
    assert crm.problems == ()


def test_a_header_alone_is_an_empty_table_that_is_delivered(opened: Open) -> None:
    crm = opened({"deals.csv": DEALS, "proposals.csv": "deal_id,id,sent_at\n"})
    assert len(read_all(crm)[0]["proposals"]) == 0


def test_no_deals_at_all_are_no_error(opened: Open) -> None:
    crm = opened({"deals.csv": "id,name\n"})
    assert read_all(crm) == []
    assert crm.problems == ()
    assert crm.count_open() == 0


def test_an_empty_related_file_is_named_and_not_delivered(opened: Open, folder: Path) -> None:
    crm = opened({"deals.csv": DEALS, "contacts.csv": ""})
    assert "contacts" not in read_all(crm)[0].tables
    assert said(crm, folder) == [
        "contacts.csv:1:1: empty-file: the file is empty\n  help: its first line names the columns"
    ]


@pytest.mark.parametrize("content", ["", "name\nOne\n", "id;name\nD1;One\n"])
def test_deals_that_cannot_be_told_apart_are_an_error(opened: Open, content: str) -> None:
    crm = opened({"deals.csv": content})
    with pytest.raises(CrmError, match=r"deals\.csv"):
        read_all(crm)


def test_a_folder_without_deals_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CrmError, match=r"has no `deals\.csv`"):
        connect(tmp_path)


def test_a_table_without_its_link_to_deals_is_named_and_not_delivered(opened: Open, folder: Path) -> None:
    crm = opened({"deals.csv": DEALS, "contacts.csv": "deal,id\nD1,P1\n"})
    assert "contacts" not in read_all(crm)[0].tables
    assert said(crm, folder)[0].startswith("contacts.csv:1:1: missing-column: there is no column `deal_id`")


def test_a_file_changed_by_others_is_read_anew(opened: Open, folder: Path) -> None:
    crm = opened({"deals.csv": DEALS})
    assert len(ids(crm)) == 2
    (folder / "deals.csv").write_text("id\nD7\n", encoding="utf-8")
    assert ids(crm) == ["D7"]


def test_many_like_problems_are_counted_not_kept(opened: Open) -> None:
    rows = "".join(f"D{number},x\n" for number in range(1_500))
    crm = opened({"deals.csv": f"id,amount\n{rows}"})
    read_all(crm)
    assert len(crm.problems) == 1_001
    assert crm.problems[0].message == "500 more problems like these are not shown"


def test_only_what_is_ours_is_written_beside_the_files_read(opened: Open, folder: Path) -> None:
    crm = opened({"deals.csv": DEALS})
    before = (folder / "deals.csv").read_bytes()
    crm.write(
        [
            change(ChangeKind.SET_FLAGS, flags=FLAGS),
            change(ChangeKind.CREATE_TASK, task=task()),
            change(ChangeKind.MOVE_STAGE, "D2", from_stage="Proposal", to_stage="Discovery", at=CHECKED_AT, note="why"),
        ]
    )
    assert sorted(path.name for path in folder.iterdir()) == ["deals.csv", "flags.csv", "stage_moves.csv", "tasks.csv"]
    assert (folder / "deals.csv").read_bytes() == before
    assert (folder / "flags.csv").read_text(encoding="utf-8") == (
        "deal_id,status,score,band,allowed_stage,missing,flags,next_deadline,playbook,checked_at,blocked_stages,waived,blocking\n"
        'D2,not yet,62.5,fair,discovery,"the next step is agreed\n=the ""problem"" is written down; it\'s new",'
        "executive sponsor needed;late\\; very late,2026-03-09,contract@1,2026-03-02T09:30:00+00:00,"
        "Proposal/Price Quote;Closed Won,budget-known;pain-documented,next-step;problem-written\n"
    )
    written = (folder / "tasks.csv").read_text(encoding="utf-8").splitlines()
    assert written[1].endswith(",D2:pain,'+ write down the problem,2026-03-04,open,O1")
    moves = (folder / "stage_moves.csv").read_text(encoding="utf-8").splitlines()
    assert moves[1].endswith(",D2,Proposal,Discovery,2026-03-02T09:30:00+00:00,why")


def test_a_move_is_asked_for_once(opened: Open, folder: Path) -> None:
    crm = opened({"deals.csv": DEALS})
    moving = change(ChangeKind.MOVE_STAGE, "D2", from_stage="Proposal", to_stage="Discovery")
    crm.write([moving])
    crm.write([moving])
    assert len((folder / "stage_moves.csv").read_text(encoding="utf-8").splitlines()) == 2


def test_a_run_that_changes_nothing_writes_nothing(opened: Open, folder: Path) -> None:
    crm = opened({"deals.csv": DEALS})
    creating = change(ChangeKind.CREATE_TASK, task=task())
    crm.write([creating])
    before = (folder / "tasks.csv").stat().st_mtime_ns
    crm.write([creating])
    assert (folder / "tasks.csv").stat().st_mtime_ns == before
    assert not (folder / "flags.csv").exists()


def test_tasks_of_people_and_columns_of_theirs_stay(opened: Open, folder: Path) -> None:
    mine = "id,deal_id,title,due,colour\nT1,D1,Call,2026-01-01,'=red\n"
    crm = opened({"deals.csv": DEALS, "tasks.csv": mine})
    crm.write([change(ChangeKind.CREATE_TASK, task=task())])
    written = (folder / "tasks.csv").read_text(encoding="utf-8").splitlines()
    assert written[0] == "id,deal_id,title,due,colour,key,status,owner_id"
    assert written[1] == "T1,D1,Call,2026-01-01,'=red,,,"
    assert len(written) == 3


def test_a_file_with_rows_that_cannot_be_read_is_not_written_over(opened: Open, folder: Path) -> None:
    crm = opened({"deals.csv": DEALS, "tasks.csv": "id,deal_id\nT1\n"})
    with pytest.raises(CrmError, match="is not written over"):
        crm.write([change(ChangeKind.CREATE_TASK, task=task())])
    assert (folder / "tasks.csv").read_text(encoding="utf-8") == "id,deal_id\nT1\n"


def test_flags_a_person_rewrote_beyond_reading_are_written_anew(opened: Open, folder: Path) -> None:
    crm = opened({"deals.csv": DEALS})
    crm.write([change(ChangeKind.SET_FLAGS, flags=FLAGS)])
    text = (folder / "flags.csv").read_text(encoding="utf-8")
    (folder / "flags.csv").write_text(text.replace("2026-03-09", "9.3.2026"), encoding="utf-8")
    assert crm.read_state(["D2"]).flags == {}
    crm.write([change(ChangeKind.SET_FLAGS, flags=FLAGS)])
    assert crm.read_state(["D2"]).flags == {"D2": FLAGS}


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "'=x", "''=x", "'quoted", "plain", "", "'"])
def test_a_cell_survives_neutralizing(cell: str) -> None:
    assert restored(neutralized(cell)) == cell
    assert not neutralized(cell).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_formula_cells_that_are_read_are_only_text(opened: Open) -> None:
    crm = opened({"deals.csv": "id,name\nD1,\"=cmd|'/c calc'!A1\"\n"})
    assert rows_of(read_all(crm), "deals") == [{"id": "D1", "name": "=cmd|'/c calc'!A1"}]


def test_a_full_disk_leaves_the_old_file_whole(opened: Open, folder: Path) -> None:
    crm = opened({"deals.csv": DEALS})
    crm.write([change(ChangeKind.CREATE_TASK, task=task())])
    before = (folder / "tasks.csv").read_bytes()
    huge = change(ChangeKind.CREATE_TASK, task=task("D2:huge", title="x" * 200_000))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(CrmError, match="cannot be written: the disk is full"):
            crm.write([huge])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, previous)
    assert (folder / "tasks.csv").read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == ["deals.csv", "tasks.csv"]
    assert set(crm.read_state(["D2"]).tasks) == {"D2:pain"}


KILLED = """
import os, sys
from pathlib import Path
from connectors.local.spreadsheet import drafted
with drafted(Path(sys.argv[1]), ["id"]) as write_row:
    for number in range(10_000):
        write_row([f"new {number}"])
    os.kill(os.getpid(), 9)
"""


def test_a_kill_while_writing_leaves_the_old_file_whole(folder: Path) -> None:
    folder.mkdir()
    path = folder / "tasks.csv"
    write_csv(path, ["id"], [["old"]])
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], env={**os.environ, "PYTHONPATH": "."}, check=False)  # noqa: S603 - our own interpreter
    assert done.returncode == -signal.SIGKILL
    assert path.read_text(encoding="utf-8") == "id\nold\n"
    write_csv(path, ["id"], [["next"]])
    assert sorted(each.name for each in folder.iterdir()) == ["tasks.csv"]
