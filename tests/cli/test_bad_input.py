"""A user's mistake is told by name and place, with the exit code of its kind and never a traceback."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from tests.cli.conftest import CONFIG, DEALS, PLAYBOOK, Run

Judged = Callable[..., Result]


def refused(result: Result, code: int, *words: str) -> None:
    assert result.exit_code == code, result.output
    for each in words:
        assert each in result.stderr
    assert "Traceback" not in result.output


def test_a_missing_playbook_is_told_by_name(judged: Judged) -> None:
    refused(judged("check", "-p", "nope.yaml"), 2, "nope.yaml:1:1: no-such-file: there is no such file")


def test_a_folder_is_no_playbook(judged: Judged) -> None:
    refused(judged("check", "-p", "crm"), 2, "crm:1:1: not-a-file: this is a folder")


def test_a_gigabyte_is_not_read(judged: Judged, folder: Path) -> None:
    with (folder / "huge.yaml").open("wb") as file:
        file.truncate(1_000_000_000)
    refused(judged("check", "-p", "huge.yaml"), 2, "huge.yaml:1:1: file-too-large")


def test_latin_1_bytes_are_told_with_their_place(judged: Judged, folder: Path) -> None:
    (folder / "latin.yaml").write_bytes(b"playbook: caf\xe9\n")
    refused(judged("check", "-p", "latin.yaml"), 2, "latin.yaml:1:14: not-utf-8")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_told(judged: Judged, folder: Path) -> None:
    (folder / "small.yaml").chmod(0)
    refused(judged("check"), 2, "small.yaml:1:1: not-allowed")


def test_problems_of_all_playbooks_are_told_at_once(judged: Judged, folder: Path) -> None:
    (folder / "one.yaml").write_text(PLAYBOOK.replace("require: {pain:", "require: {pian:"), encoding="utf-8")
    (folder / "two.yaml").write_text(PLAYBOOK.replace("enforce: hard", "enforce: hrad"), encoding="utf-8")
    refused(judged("check", "-p", "one.yaml", "-p", "two.yaml"), 2, "one.yaml:", "`pian`", "two.yaml:", "`hrad`")


def test_two_playbooks_of_one_id_are_refused(judged: Judged, folder: Path) -> None:
    (folder / "copy.yaml").write_text(PLAYBOOK, encoding="utf-8")
    result = judged("check", "-p", "small.yaml", "-p", "copy.yaml")
    refused(result, 2, "copy.yaml:1:1: duplicate-playbook: playbook `small` is already in small.yaml")


def test_two_playbooks_that_both_apply_are_named_with_the_deal_and_the_rest_is_judged(
    judged: Judged, folder: Path
) -> None:
    other = PLAYBOOK.replace("playbook: small", "playbook: other").replace(
        "applies_to: {pipeline: New Business}", "applies_to: {amount: {at_least: 150000}}"
    )
    (folder / "other.yaml").write_text(other, encoding="utf-8")
    result = judged("check", "-p", "small.yaml", "-p", "other.yaml")
    refused(result, 2, "playbooks `other` and `small` both apply to deal `D3` with the same `priority`")
    assert "4 deals judged" in result.stdout


def test_a_higher_priority_settles_which_playbook_judges(judged: Judged, folder: Path) -> None:
    other = PLAYBOOK.replace("playbook: small", "playbook: other\npriority: 1").replace(
        "applies_to: {pipeline: New Business}", "applies_to: {amount: {at_least: 150000}}"
    )
    (folder / "other.yaml").write_text(other, encoding="utf-8")
    result = judged("check", "-p", "small.yaml", "-p", "other.yaml", "-f", "json")
    assert result.exit_code == 0
    assert '"id": "D3", "name": "Quarry [bold]move[/bold]"' in result.stdout
    assert '"playbook": "other@2"' in result.stdout


def test_an_unknown_crm_is_told_with_those_that_are_known(judged: Judged) -> None:
    refused(judged("check", "--crm", "acmee"), 2, "no CRM, file or folder is called `acmee`", "did you mean `acme`?")


def test_a_configured_crm_that_is_not_there_is_told_with_its_path(judged: Judged, folder: Path) -> None:
    (folder / "dealgate.yaml").write_text(CONFIG.replace("path: crm", "path: gone.db"), encoding="utf-8")
    refused(judged("check"), 2, "CRM `acme` does not exist", "gone.db")


def test_a_file_that_is_no_crm_fails_as_the_crm_does(judged: Judged, folder: Path) -> None:
    (folder / "notes.db").write_text("not a database, but long enough to look like one", encoding="utf-8")
    refused(judged("check", "--crm", "notes.db"), 3, "notes.db")


def test_a_locked_store_fails_with_exit_code_3(judged: Judged, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert judged("apply").exit_code == 0
    monkeypatch.setattr("engine.ledger.store.BUSY_SECONDS", 0)
    with sqlite3.connect(folder / "dealgate.db", isolation_level=None) as held:
        held.execute("BEGIN EXCLUSIVE")
        refused(judged("apply"), 3, "database is locked")
        held.execute("ROLLBACK")
    held.close()


def test_an_unknown_deal_is_told_with_the_nearest(judged: Judged) -> None:
    refused(judged("check", "--deal", "D11"), 2, "the CRM has no deal `D11`", "did you mean `D1`?")


def test_an_unknown_owner_is_told_with_the_nearest(judged: Judged) -> None:
    refused(judged("check", "--owner", "Ana Ruis"), 2, "no deal is owned by `Ana Ruis`", "did you mean `Ana Ruiz`?")


@pytest.mark.parametrize("moment", ["yesterday", "2026-13-01", "2026-11-02T25:00:00Z", "0000-01-01"])
def test_a_moment_that_is_none_is_refused(run: Run, folder: Path, moment: str) -> None:
    assert folder.is_dir()
    refused(run("check", "--as-of", moment), 2, f"`--as-of {moment}` is not a time", "2026-11-02T15:00:00Z")


def test_a_moment_without_an_offset_needs_playbooks_of_one_zone(run: Run, folder: Path) -> None:
    other = PLAYBOOK.replace("playbook: small", "playbook: other").replace("America/New_York", "Europe/Berlin")
    (folder / "other.yaml").write_text(other, encoding="utf-8")
    words = ("check", "-p", "small.yaml", "-p", "other.yaml", "--as-of", "2026-11-02 10:00")
    refused(run(*words), 2, "has no offset", "`America/New_York`", "`Europe/Berlin`")


def test_an_empty_pipeline_is_no_mistake(judged: Judged, folder: Path) -> None:
    header = DEALS.splitlines()[0] + "\n"
    (folder / "crm" / "deals.csv").write_text(header, encoding="utf-8")
    result = judged("check")
    assert result.exit_code == 0
    assert "0 deals judged" in result.stdout


def test_no_playbook_and_no_configuration_are_told_with_what_to_name(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    refused(run("check"), 2, "no playbook is named", "`enterprise`")
    refused(run("check", "-p", "enterprise"), 2, "no CRM is named", "--crm NAME")


def test_a_configuration_is_told_wrong_like_a_playbook(judged: Judged, folder: Path) -> None:
    (folder / "dealgate.yaml").write_text("crms: {acme: {type: locl, path: crm}}\nplaybok: x\n", encoding="utf-8")
    refused(judged("check"), 2, "dealgate.yaml:1:21: not-one-of", "dealgate.yaml:2:1: unknown-key", "`playbooks`")


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ("amuont=5", ["a deal has no field `amuont` to change", "did you mean `amount`?"]),
        ("amount=1,000", ["`1,000` is not a plain number", "1000"]),
        ("amount", ["sets nothing", "--if field=value"]),
        ("stage=Propsal", ["the playbook has no stage `Propsal`", "did you mean `proposal`?"]),
        ("close_date=soon", ["`soon` is not a date"]),
        ("outcome=victory", ["`outcome` cannot be `victory`"]),
        ("id=D9", ["a deal has no field `id` to change"]),
    ],
)
def test_a_what_if_that_cannot_be_is_refused(judged: Judged, wish: str, words: list[str]) -> None:
    refused(judged("explain", "--deal", "D2", "--if", wish), 2, *words)


def test_a_deal_no_playbook_judges_cannot_be_explained(judged: Judged) -> None:
    refused(judged("explain", "--deal", "D5"), 2, "no playbook applies to deal `D5`")


def test_a_report_that_cannot_be_written_is_told(judged: Judged) -> None:
    refused(judged("check", "--report", "nowhere/report.html"), 2, "`nowhere/report.html` cannot be written")


def test_an_unknown_guard_is_told_with_the_nearest(judged: Judged) -> None:
    refused(judged("apply", "--allow", "blockd"), 2, "`--allow blockd` names no guard", "`blocked`")


def test_words_that_would_move_a_terminal_are_shown_instead(judged: Judged, folder: Path) -> None:
    deals = folder / "crm" / "deals.csv"
    deals.write_text(DEALS.replace("Lumen pilot", "Lumen\x1b[2J\x1b]0;owned\x07"), encoding="utf-8")
    result = judged("check")
    assert "\x1b" not in result.stdout
    assert "Lumen\N{REPLACEMENT CHARACTER}[2J" in result.stdout.replace("\n", "")
