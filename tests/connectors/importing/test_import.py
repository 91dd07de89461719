"""An import takes a row whole or rejects it with a reason; what is not declared is not understood."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from connectors.local import connect
from connectors.local.importing import ImportReport, Progress, import_csv, load_mapping
from connectors.local.importing.mapping import ImportMapping
from connectors.protocol import CrmError
from engine.judge.changes import ChangeKind
from rules.playbook import Playbook
from rules.types import Field, FieldType
from tests.connectors.contract import FLAGS, change, task

PLAYBOOK = Playbook(
    "p", 1, "P", (),
    fields=(
        Field("size", FieldType.NUMBER),
        Field("tags", FieldType.CHOICES),
        Field("agreed", FieldType.YES_NO),
    ),
)  # fmt: skip


def loaded(text: str) -> ImportMapping:
    mapping, problems = load_mapping(dedent(text).lstrip(), "m.yaml")
    assert problems == ()
    assert mapping is not None
    return mapping


class Importing:
    """A folder to import from and into."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.into = folder / "crm.db"
        self.rejects = folder / "rejects.csv"

    def run(self, mapping: str, **files: str | bytes) -> ImportReport:
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            (self.folder / f"{name}.csv").write_bytes(data)
        paths = [self.folder / f"{name}.csv" for name in files]
        return import_csv(paths, loaded(mapping), self.into, self.rejects)

    def column(self, column: str, **files: str | bytes) -> list[object]:
        """Import deals whose `v` becomes one column and give what is then read, refused ones as the reason."""
        head = "mapping: m\nfiles: {d: {name: d.csv}}\ntables:\n  deals:\n    from: d\n    columns: "
        self.run(f"{head}{{id: id, {column}}}\n", **files)
        name = column.partition(":")[0]
        rejected = {row["row"].partition(",")[0]: row["reason"] for row in self.rejected()}
        read = {row["id"]: row[name] for row in self.rows("deals")}
        return [value for _, value in sorted({**read, **rejected}.items())]

    def rows(self, table: str) -> list[dict[str, object]]:
        connector = connect(self.into)
        rows = [row for batch in connector.read([PLAYBOOK]) for row in batch[table].to_pylist()]
        assert connector.problems == ()
        return rows

    def rejected(self) -> list[dict[str, str]]:
        with self.rejects.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture
def importing(tmp_path: Path) -> Importing:
    return Importing(tmp_path)


def cells(*values: str) -> str:
    return "id,v\n" + "".join(f'{number},"{value}"\n' for number, value in enumerate(values))


NO_NUMBER = "is not a number in the declared format; declared is "


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ("amount: v", ["10", "1,234.50"], [
            "10.00",
            f"column `v`: `1,234.50` {NO_NUMBER}`1234.50`; see `decimal`, `thousands` and `currency_signs`",
        ]),
        ("amount: {column: v, thousands: ',', currency_signs: [$]}", ["1,234.50", "$1,000", "-$5", "$ 7"],
         ["1234.50", "1000.00", "-5.00", "7.00"]),
        ("amount: {column: v, decimal: ',', thousands: ., currency_signs: [€]}", ["1.234,50 €", "1,5", "12.34,5"], [
            "1234.50", "1.50",
            f"column `v`: `12.34,5` {NO_NUMBER}`1.234,50` with €; see `decimal`, `thousands` and `currency_signs`",
        ]),
        ("amount: v", ["1.005"], [
            "column `v`: `1.005` is an amount with more than two decimals; round it to cents"
        ]),
        ("amount: {column: v, round_to: cent}", ["1.005", "35698.100000000006"], ["1.01", "35698.10"]),
        ("amount: {column: v, multiply: 1000000}", ["1100.04"], ["1100040000.00"]),
        ("amount: {column: v, absent: [0]}", ["0", "5", ""], ["None", "5.00", "None"]),
        ("amount: {column: v, default: 7}", ["", "5"], ["7.00", "5.00"]),
        ("amount: {column: v, required: true}", [""], ["column `v` holds nothing, and `amount` must be known"]),
        ("close_date: v", ["2026-02-03", "2026-02-03 10:00:00", "03/02/2026"], [
            "2026-02-03", "2026-02-03",
            "column `v`: `03/02/2026` is not a date or time in the declared format; the format is `iso`",
        ]),
        ("close_date: {column: v, format: '%d/%m/%Y'}", ["03/02/2026", "31/02/2026"], [
            "2026-02-03",
            "column `v`: `31/02/2026` is not a date or time in the declared format; the format is `%d/%m/%Y`",
        ]),
        ("close_date: {column: v, format: [iso, '%d.%m.%y']}", ["2026-02-03", "03.02.26"],
         ["2026-02-03", "2026-02-03"]),
        ("close_date: {column: v, format: excel}", ["45000"], ["2023-03-15"]),
        ("close_date: v", ["0000-01-01", "9999-12-31", "10000-01-01"], [
            "column `v`: `0000-01-01` is not a date or time in the declared format; the format is `iso`",
            ("column `v`: `9999-12-31` is outside the years 1900 to 2199; leave the cell empty where there is no such "
            "day"),
            "column `v`: `10000-01-01` is not a date or time in the declared format; the format is `iso`",
        ]),
        ("created_at: v", ["2026-02-03 10:00:00", "2026-02-03T10:00:00+02:00", "2026-02-03T10:00Z"], [
            "column `v`: `2026-02-03 10:00:00` is a time without a time zone; declare its `timezone`",
            "2026-02-03 08:00:00+00:00", "2026-02-03 10:00:00+00:00",
        ]),
        ("created_at: {column: v, timezone: America/New_York}",
         ["2026-02-03 10:00:00", "2026-07-03 10:00:00", "2026-03-08 02:30:00"], [
            "2026-02-03 15:00:00+00:00", "2026-07-03 14:00:00+00:00",
            "column `v`: `2026-03-08 02:30:00` is a time that America/New_York skipped when its clocks went forward",
        ]),
        ("created_at: {column: v, timezone: UTC}", ["2015-11-20 06:59:59.999999786"], [
            ("column `v`: `2015-11-20 06:59:59.999999786` is a time finer than a microsecond; "
            "declare `round_to: second`"),
        ]),
        ("created_at: {column: v, timezone: UTC, round_to: second}",
         ["2015-11-20 06:59:59.999999786", "2015-11-20 10:59:00.000000018", "2015-12-31 23:59:59.5"],
         ["2015-11-20 07:00:00+00:00", "2015-11-20 10:59:00+00:00", "2016-01-01 00:00:00+00:00"]),
        ("created_at: {column: v, format: unix}", ["0", "1767225600.5"],
         ["1970-01-01 00:00:00+00:00", "2026-01-01 00:00:00.500000+00:00"]),
        ("created_at: {column: v, format: unix_ms}", ["1767225600500"], ["2026-01-01 00:00:00.500000+00:00"]),
        ("created_at: {column: v, format: '%d.%m.%Y %H:%M %z'}", ["03.02.2026 10:00 +0100"],
         ["2026-02-03 09:00:00+00:00"]),
        ("owner_id: {column: v, whole: true}", ["84.0", "84", "84.5"],
         ["84", "84", "column `v`: `84.5` is not a whole number"]),
        ("stage: {column: v, values: {Lead: Discovery}}", ["Lead", "Laed"], [
            "Discovery",
            "column `v`: `Laed` is not among the declared `values`; name it there, or set `unmapped: keep`",
        ]),
        ("stage: {column: v, values: {Lead: Discovery}, unmapped: keep}", ["Lead", "Proposal"],
         ["Discovery", "Proposal"]),
        ("stage: {column: v, values: {Lead: Discovery}, unmapped: absent}", ["Laed"], ["None"]),
        ("outcome: v", ["open", "Closed"], [
            "open", "column `v`: `Closed` is not a value this column may have; one of `lost`, `open`, `won`",
        ]),
        ("agreed: {column: v, type: yes_no, 'yes': [Y, 1], 'no': [N]}", ["Y", "1", "N", "maybe"], [
            "True", "True", "False",
            "column `v`: `maybe` is neither yes nor no as declared; declared are `1`, `N`, `Y`",
        ]),
        ("tags: {column: v, type: choices, separator: '|'}", ["a| b", ""], ["['a', 'b']", "None"]),
        ("name: {template: ['{v} ({id})', 'deal {id}']}", ["Big", ""], ["Big (0)", "deal 1"]),
        ("currency: {constant: EUR}", ["x"], ["EUR"]),
        ("name: v", ["=1+1", " padded "], ["=1+1", "padded"]),
    ],
)  # fmt: skip
def test_a_value_is_taken_as_declared_or_rejected_with_its_reason(
    importing: Importing, column: str, values: list[str], expected: list[str]
) -> None:
    assert [str(value) for value in importing.column(column, d=cells(*values))] == expected


DEALS = """
    mapping: m
    files:
      d: {name: d.csv}
    tables:
      deals: {from: d, columns: {id: id, name: name, amount: amount}}
"""


def test_rejects_hold_the_row_as_it_was_its_line_and_the_reason(importing: Importing) -> None:
    report = importing.run(DEALS, d='id,name,amount\nD1,"two\nlines",x\nD2,=cmd(),y\nD3\nD4,ok,4\n')
    assert report.rejected == 3
    assert importing.rejects.read_text(encoding="utf-8") == (
        "file,line,table,column,reason,row\n"
        'd.csv,2,deals,amount,"column `amount`: `x` is not a number in the declared format; declared is `1234.50`; '
        'see `decimal`, `thousands` and `currency_signs`","D1,""two\nlines"",x"\n'
        'd.csv,4,deals,amount,"column `amount`: `y` is not a number in the declared format; declared is `1234.50`; '
        'see `decimal`, `thousands` and `currency_signs`","D2,=cmd(),y"\n'
        'd.csv,5,,,"the row has 1 cell; the first line names 3; is a delimiter missing, or a quote around one?",D3\n'
    )
    assert [row["id"] for row in importing.rows("deals")] == ["D4"]


def test_a_reject_that_begins_like_a_formula_is_neutralized(importing: Importing) -> None:
    importing.run(DEALS, d="id,name,amount\n=1+1,a,x\n")
    assert importing.rejected()[0]["row"] == "'=1+1,a,x"


def test_latin_1_bytes_in_a_file_declared_utf_8_are_rejected_by_line(importing: Importing) -> None:
    importing.run(DEALS, d=b"id,name,amount\nD1,M\xfcller,1\nD2,M\xc3\xbcller,2\n")
    (reject,) = importing.rejected()
    assert (reject["line"], reject["row"]) == ("2", "D1,M\\xfcller,1")
    assert reject["reason"] == "`name` holds bytes that are not utf-8: `M\\xfcller`; name its true `encoding`"
    assert [row["name"] for row in importing.rows("deals")] == ["Müller"]


def test_a_declared_encoding_delimiter_and_quote_are_used(importing: Importing) -> None:
    mapping = DEALS.replace("{name: d.csv}", '{name: d.csv, encoding: cp1252, delimiter: ;, quote: "\'"}')
    importing.run(mapping, d="id;name;amount\r\nD1;'Mül;ler €';1\r\n".encode("cp1252"))
    assert [row["name"] for row in importing.rows("deals")] == ["Mül;ler €"]


def test_a_second_row_with_the_same_key_is_rejected_and_names_the_first(importing: Importing) -> None:
    importing.run(DEALS, d="id,name,amount\nD1,a,1\nD1,a,1\nD1,b,1\n")
    assert [(row["line"], row["reason"]) for row in importing.rejected()] == [
        ("3", "a row with the same key stands on line 2 of `d.csv`"),
        ("4", "another row with the same key, and other values, stands on line 2 of `d.csv`"),
    ]


def test_merged_rows_must_be_alike(importing: Importing) -> None:
    mapping = DEALS.replace("{from: d, columns", "{from: d, repeated: merge, columns")
    report = importing.run(mapping, d="id,name,amount\nD1,a,1\nD1,a,1\nD1,b,1\n")
    assert (report.files[0].taken, report.rejected, report.tables) == (2, 1, {"deals": 1})


SEVERAL = """
    mapping: m
    files:
      d:
        name: d-*.csv
        skip: [{column: kind, one_of: [test, demo], because: not a real deal}]
      reps: {name: reps.csv}
    ignore: [readme*]
    tables:
      deals:
        from: d
        columns:
          id: id
          owner_id: {lookup: {file: reps, key: name, by: {column: rep, values: {Annn: Ann}, unmapped: keep}, take: id}}
      stage_changes:
        from: d
        when: {column: moved, present: true}
        columns: {deal_id: id, to_stage: stage, changed_at: {column: moved, timezone: UTC}}
      owners: {from: reps, columns: {id: id, name: name}}
    tracked: [stage]
"""
REPS = "id,name\nO1,Ann\nO2,Bob\nO3,Bob\n"


def several(importing: Importing, rows: str) -> ImportReport:
    for name, content in {"d-1": f"id,rep,kind,stage,moved\n{rows}", "reps": REPS, "readme": "x"}.items():
        (importing.folder / f"{name}.csv").write_text(content, encoding="utf-8")
    paths = sorted(importing.folder.glob("*.csv"))
    return import_csv(
        [path for path in paths if path != importing.rejects], loaded(SEVERAL), importing.into, importing.rejects
    )


def test_one_row_may_fill_several_tables_and_other_files_are_looked_up(importing: Importing) -> None:
    report = several(importing, "D1,Annn,,Demo,2026-01-02\nD2,Ann,,New,\n")
    assert report.tables == {"deals": 2, "stage_changes": 1, "owners": 3}
    assert [row["owner_id"] for row in importing.rows("deals")] == ["O1", "O1"]
    assert [row["to_stage"] for row in importing.rows("stage_changes")] == ["Demo"]
    assert report.problems == ()


def test_a_row_is_taken_whole_or_not_at_all(importing: Importing) -> None:
    several(importing, "D1,Ann,,Demo,yesterday\nD2,Ann,,Demo,2026-01-02\nD2,Ann,,Demo,2026-01-03\n")
    assert [row["id"] for row in importing.rows("deals")] == ["D2"]
    assert len(importing.rows("stage_changes")) == 1
    assert [row["line"] for row in importing.rejected()] == ["2", "4"]


def test_what_a_lookup_does_not_find_or_finds_twice_is_rejected(importing: Importing) -> None:
    several(importing, "D1,Zoe,,Demo,\nD2,Bob,,Demo,\n")
    assert [row["reason"] for row in importing.rejected()] == [
        "column `rep`: `Zoe` is not in the column `name` of `reps`; add it there, map it in `values`, or set `missing`",
        "column `rep`: `Bob` is in `reps` more than once, each time with another `id`",
    ]


def test_skipped_rows_are_counted_by_their_reason_and_are_no_rejects(importing: Importing) -> None:
    report = several(importing, "D1,Ann,test,Demo,\nD2,Ann,demo,Demo,\nD3,Ann,,Demo,\n")
    assert report.files[0].skipped == {"not a real deal": 2}
    assert (report.files[0].rows, report.files[0].taken, report.rejected) == (3, 1, 0)


def test_tracked_fields_are_kept(importing: Importing) -> None:
    several(importing, "D1,Ann,,Demo,\n")
    assert next(connect(importing.into).read([PLAYBOOK])).tracked == {"stage"}


def test_importing_again_replaces_rows_and_keeps_flags_tasks_and_other_deals(importing: Importing) -> None:
    importing.run(DEALS, d="id,name,amount\nD1,a,1\nD2,b,2\n")
    connector = connect(importing.into)
    connector.write([change(ChangeKind.SET_FLAGS, flags=FLAGS), change(ChangeKind.CREATE_TASK, task=task())])
    before = connector.read_state(["D2"])
    importing.run(DEALS, d="id,name,amount\nD2,new,2\n")
    importing.run(DEALS, d="id,name,amount\nD2,new,2\n")
    assert [(row["id"], row["name"]) for row in importing.rows("deals")] == [("D1", "a"), ("D2", "new")]
    assert connector.read_state(["D2"]) == before
    assert set(before.tasks) == {"D2:pain"}


def test_importing_history_again_doubles_nothing(importing: Importing) -> None:
    several(importing, "D1,Ann,,Demo,2026-01-02\n")
    several(importing, "D1,Ann,,Demo,2026-01-02\nD2,Ann,,Demo,2026-01-05\n")
    assert len(importing.rows("stage_changes")) == 2


def test_a_contact_who_changed_roles_keeps_only_the_new_one(importing: Importing) -> None:
    mapping = """
        mapping: m
        files: {d: {name: d.csv}, c: {name: c.csv}}
        tables:
          deals: {from: d, columns: {id: id}}
          contacts: {from: c, columns: {deal_id: deal, id: person, role: role}}
    """
    importing.run(mapping, d="id\nD1\n", c="deal,person,role\nD1,P1,Champion\nD1,P1,User\n")
    importing.run(mapping, d="id\nD1\n", c="deal,person,role\nD1,P1,Blocker\n")
    assert [row["role"] for row in importing.rows("contacts")] == ["Blocker"]


def test_a_column_the_file_lacks_is_told_at_the_mapping_and_other_files_go_on(importing: Importing) -> None:
    mapping = DEALS.replace("d: {name: d.csv}", "d: {name: d.csv}\n      a: {name: a.csv}") + (
        "      accounts: {from: a, columns: {id: id}}\n"
    )
    report = importing.run(mapping, d="id,nane,amount\nD1,a,1\n", a="id\nA1\n")
    assert [str(problem).replace(f"{importing.folder}/", "") for problem in report.problems] == [
        "d.csv:1:1: missing-column: the file was not read: it has no column `name`",
        "m.yaml:6:44: missing-column: `d.csv` has no column `name`\n  help: did you mean `nane`?",
    ]
    assert report.tables["accounts"] == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [("", "empty-file"), ("id,name,name,amount\n", "repeated-column"), (b"id,na\xffme\n", "bad-header")],
)
def test_a_file_that_is_no_table_is_told_by_name(importing: Importing, content: str | bytes, code: str) -> None:
    report = importing.run(DEALS, d=content)
    assert [problem.code for problem in report.problems] == [code]
    assert report.files == ()


def test_a_file_that_ends_in_an_endless_line_gives_what_came_before_and_is_told(importing: Importing) -> None:
    report = importing.run(DEALS, d="id,name,amount\nD1,a,1\nD2," + "x" * 5_000_000)
    assert [(problem.where.line, problem.code) for problem in report.problems] == [(3, "endless-line")]
    assert (report.files[0].rows, report.tables) == (1, {"deals": 1})


def test_a_header_alone_imports_nothing_and_is_no_problem(importing: Importing) -> None:
    report = importing.run(DEALS, d="\ufeffid,name,amount\r\n")
    assert (report.problems, report.tables, importing.rows("deals")) == ((), {"deals": 0}, [])


def test_a_file_that_no_pattern_names_and_a_pattern_without_a_file_are_told(importing: Importing) -> None:
    report = importing.run(DEALS, other="id\nX\n")
    assert {(problem.code, problem.message) for problem in report.problems} == {
        ("missing-file", "none of the given files is named `d.csv`"),
        ("unknown-file", "the mapping names no such file"),
    }


def test_a_database_that_is_not_ours_is_not_imported_into(importing: Importing) -> None:
    importing.into.write_bytes(b"not a database" * 100)
    with pytest.raises(CrmError, match="is not a SQLite file"):
        importing.run(DEALS, d="id,name,amount\n")


def test_progress_is_told_in_bytes_and_rows(importing: Importing) -> None:
    told: list[Progress] = []
    path = importing.folder / "d.csv"
    path.write_text("id,name,amount\n" + "".join(f"D{n},a,1\n" for n in range(25_000)), encoding="utf-8")
    import_csv([path], loaded(DEALS), importing.into, importing.rejects, told.append)
    assert [each.rows for each in told] == [10_000, 20_000, 25_000]
    assert [each.done for each in told] == sorted(each.done for each in told)
    assert told[-1].done == told[-1].size == path.stat().st_size


KILLED = """
import os, sys
from pathlib import Path
from connectors.local.importing import import_csv, load_mapping
folder = Path(sys.argv[1])
mapping, _ = load_mapping((folder / "m.yaml").read_bytes(), "m.yaml")
kill = lambda progress: os.kill(os.getpid(), 9)
import_csv([folder / "d.csv"], mapping, folder / "crm.db", folder / "rejects.csv", kill)
"""


def test_a_kill_leaves_the_local_crm_as_it_was(importing: Importing) -> None:
    importing.run(DEALS, d="id,name,amount\nD1,old,1\nD2,b,x\n")
    rejects = importing.rejects.read_bytes()
    (importing.folder / "m.yaml").write_text(dedent(DEALS), encoding="utf-8")
    (importing.folder / "d.csv").write_text("id,name,amount\nD1,new,1\n", encoding="utf-8")
    command = [sys.executable, "-c", KILLED, str(importing.folder)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": "."}, check=False)  # noqa: S603 - our own interpreter
    assert done.returncode == -signal.SIGKILL
    assert [row["name"] for row in importing.rows("deals")] == ["old"]
    assert importing.rejects.read_bytes() == rejects
