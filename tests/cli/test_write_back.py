"""`plan`, `apply` and `waive` through the command line: nothing without being asked, and nothing twice."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from connectors.local.connector import LocalConnector
from connectors.protocol import CrmError
from tests.cli.conftest import lines_of
from tests.conftest import Golden

Judged = Callable[..., Result]

WAIVE = ("waive", "--deal", "D2", "--criterion", "payer-known", "--until", "2026-11-20")


def printed(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return re.sub(r"[0-9a-f]{64}", "<sha256>", "\n".join(lines_of(result)) + "\n")


def test_a_plan_lists_its_changes_and_writes_nothing(judged: Judged, folder: Path, golden: Golden) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    golden("golden/plan.txt", printed(judged("plan")))
    golden("golden/plan.diff", judged("plan", "--format", "diff").stdout)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_plan_as_json_has_the_checksum_that_apply_gives(judged: Judged) -> None:
    planned = json.loads(judged("plan", "--format", "json").stdout)
    applied = json.loads(judged("apply", "--format", "json").stdout)
    assert planned["checksum"] == applied["checksum"]
    assert [each["key"] for each in planned["changes"]] == [each["key"] for each in applied["receipts"]]


def test_applying_twice_writes_nothing_and_says_so(judged: Judged, golden: Golden) -> None:
    golden("golden/apply.txt", printed(judged("apply")))
    again = judged("apply")
    assert again.exit_code == 0
    assert "nothing to write" in again.stdout
    assert json.loads(judged("apply", "--format", "json").stdout)["receipts"] == []


def test_a_dry_run_is_a_plan(judged: Judged) -> None:
    assert judged("apply", "--dry-run").stdout == judged("plan").stdout
    assert json.loads(judged("apply", "--format", "json").stdout)["receipts"]


def test_a_finding_that_clears_completes_its_task(judged: Judged, folder: Path) -> None:
    judged("apply")
    deals = folder / "crm" / "deals.csv"
    deals.write_text(deals.read_text(encoding="utf-8").replace(",tbd,", ",They retype every order twice,"), "utf-8")
    kinds = [each["change"] for each in json.loads(judged("apply", "--format", "json").stdout)["receipts"]]
    assert kinds == ["set_flags", "complete_task"]


def test_a_deal_no_playbook_applies_to_any_more_loses_what_was_written(judged: Judged, folder: Path) -> None:
    judged("apply")
    deals = folder / "crm" / "deals.csv"
    lumen = "Lumen pilot,New Business"
    deals.write_text(deals.read_text(encoding="utf-8").replace(lumen, "Lumen pilot,Renewals"), "utf-8")
    receipts = json.loads(judged("apply", "--format", "json").stdout)["receipts"]
    assert [(each["deal"], each["change"]) for each in receipts] == [("D2", "set_flags"), ("D2", "complete_task")]


def test_a_surprise_is_refused_until_it_is_allowed(judged: Judged, folder: Path) -> None:
    deals = folder / "crm" / "deals.csv"
    lines = deals.read_text(encoding="utf-8").splitlines()
    many = [lines[3].replace("D3", f"E{number:02}") for number in range(12)]
    deals.write_text("\n".join([lines[0], *many]) + "\n", encoding="utf-8")
    refused = judged("apply")
    assert refused.exit_code == 2
    assert "more than 20% of 12 open deals would be blocked" in refused.stderr
    assert not (folder / "crm" / "flags.csv").exists()
    assert "refused: more than 20% of 12" in judged("plan").stdout
    assert judged("apply", "--allow", "blocked").exit_code == 0


def test_a_limit_of_the_configuration_holds(judged: Judged, folder: Path) -> None:
    config = folder / "dealgate.yaml"
    config.write_text(config.read_text(encoding="utf-8") + "limits: {blocked: 100}\n", encoding="utf-8")
    deals = folder / "crm" / "deals.csv"
    lines = deals.read_text(encoding="utf-8").splitlines()
    many = [lines[3].replace("D3", f"E{number:02}") for number in range(12)]
    deals.write_text("\n".join([lines[0], *many]) + "\n", encoding="utf-8")
    assert judged("apply").exit_code == 0


def test_a_waiver_holds_in_every_command(judged: Judged) -> None:
    result = judged(*WAIVE, "--reason", "the CFO joins next week", "--approver", "ana@example.com")
    assert result.exit_code == 0
    document = json.loads(judged("check", "--deal", "D2", "-f", "json").stdout)
    waived = {each["criterion"]: each["waiver"] for each in document["deals"][0]["findings"]}
    assert waived["payer-known"].startswith("waived by ana@example.com")
    assert document["deals"][0]["gate"]["unmet"] == ["pain-written"]
    assert "the CFO joins next week" in judged("explain", "--deal", "D2").stdout
    flags = next(
        each["flags"] for each in json.loads(judged("plan", "-f", "json").stdout)["changes"] if each["deal_id"] == "D2"
    )
    assert "We know who pays" not in flags["missing"]


def test_a_reviewed_file_of_waivers_is_read(judged: Judged, folder: Path) -> None:
    config = folder / "dealgate.yaml"
    config.write_text(config.read_text(encoding="utf-8") + "waivers: waivers.yaml\n", encoding="utf-8")
    waiver = "{deal: D2, criterion: payer-known, reason: CFO joins, approver: ops@example.com, granted: 2026-11-01, "
    (folder / "waivers.yaml").write_text(f"waivers:\n  - {waiver}expires: 2026-11-20}}\n", encoding="utf-8")
    document = json.loads(judged("check", "--deal", "D2", "-f", "json").stdout)
    assert document["deals"][0]["gate"]["unmet"] == ["pain-written"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--reason", "tbd", "--approver", "ops@example.com"), "the reason `tbd` says nothing"),
        (("--reason", "new CFO", "--approver", "eve@example.com"), "`eve@example.com` may not waive"),
        (("--reason", "new CFO", "--approver", "ops@example.com", "--until", "soon"), "`--until soon` is not a date"),
        (("--reason", "new CFO", "--approver", "ops@example.com", "--until", "2026-10-01"), "is over already"),
        (("--reason", "new CFO", "--approver", "ops@example.com", "--criterion", "payer-nown"), "`payer-known`"),
    ],
)
def test_a_waiver_that_is_not_allowed_is_refused_with_its_reason(
    judged: Judged, words: tuple[str, ...], told: str
) -> None:
    result = judged(*WAIVE, *words)
    assert result.exit_code == 2
    assert told in result.stderr


def test_a_run_that_was_cut_off_is_settled_by_the_next(
    judged: Judged, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(LocalConnector, "write", lambda *_: (_ for _ in ()).throw(CrmError("the line went dead")))
        cut = judged("apply")
    assert (cut.exit_code, cut.stderr) == (3, "the line went dead\n")
    assert judged("apply").exit_code == 0
    with sqlite3.connect(folder / "dealgate.db") as store:
        assert [state for (state,) in store.execute("SELECT state FROM run ORDER BY id")] == ["abandoned", "done"]
    store.close()
