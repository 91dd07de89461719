"""`check` and `explain` print what was found, the same every time."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from tests.cli.conftest import PLAYBOOK, lines_of
from tests.conftest import Golden

Judged = Callable[..., Result]


def printed(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return "\n".join(lines_of(result)) + "\n"


def test_a_check_prints_deals_by_urgency_and_counts(judged: Judged, golden: Golden) -> None:
    golden("golden/check.txt", printed(judged("check")))


def test_a_large_pipeline_is_told_in_words_only_where_it_is_listed(
    judged: Judged, golden: Golden, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.commands.judging.MANY", 0)
    golden("golden/check.txt", printed(judged("check")))


def test_a_check_of_deals_tells_them_in_full(judged: Judged, golden: Golden) -> None:
    golden("golden/check_deal.txt", printed(judged("check", "--deal", "D2", "--deal", "D1")))


def test_a_check_as_json_is_the_documented_document(judged: Judged, golden: Golden) -> None:
    result = judged("check", "--format", "json")
    document = json.loads(result.stdout)
    assert list(document) == ["playbook", "as_of", "deals", "summary"]
    assert [deal["id"] for deal in document["deals"]] == ["D1", "D2", "D3", "D4", "D6"]
    deal_keys = ["id", "name", "owner", "stage", "gate", "qualification", "ideal_client", "findings"]
    assert all(list(deal) == deal_keys for deal in document["deals"])
    golden("golden/check.json", json.dumps(document, indent=2) + "\n")


def test_a_check_of_nothing_is_still_a_document(judged: Judged, folder: Path) -> None:
    deals = folder / "crm" / "deals.csv"
    deals.write_text(deals.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    assert json.loads(judged("check", "-f", "json").stdout)["deals"] == []


def test_an_owner_narrows_a_check(judged: Judged) -> None:
    document = json.loads(judged("check", "--owner", "ana ruiz", "-f", "json").stdout)
    assert [deal["id"] for deal in document["deals"]] == ["D1", "D2"]
    assert document["summary"]["deals"] == 2


def test_only_the_most_urgent_deals_are_listed(judged: Judged) -> None:
    result = judged("check", "--top", "1")
    assert "D3" in result.stdout
    assert "D2 " not in result.stdout
    assert "and 3 more deals; `--top 0` lists all" in result.stdout


def test_findings_so_strict_end_with_exit_code_1(judged: Judged) -> None:
    assert judged("check").exit_code == 0
    assert judged("check", "--fail-on", "hard").exit_code == 1
    assert judged("check", "--owner", "Ana Ruiz", "--fail-on", "hard").exit_code == 1
    assert judged("check", "--deal", "D6", "--fail-on", "soft").exit_code == 0
    assert judged("check", "--deal", "D6", "--fail-on", "advise").exit_code == 1


def test_a_date_is_its_midnight_in_the_playbooks_zone(judged: Judged) -> None:
    document = json.loads(judged("check", "--as-of", "2026-11-02", "-f", "json").stdout)
    assert document["as_of"] == "2026-11-02T05:00:00Z"


def test_what_the_crm_does_not_deliver_is_told_once(judged: Judged, folder: Path) -> None:
    (folder / "crm" / "contacts.csv").unlink()
    unjudged = json.loads(judged("check", "-f", "json").stdout)["summary"]["unjudged"]
    assert any("`payer-known`" in each and "contacts" in each for each in unjudged)
    assert "Not judged" in judged("check").stdout


def test_rows_the_crm_could_not_give_are_told(judged: Judged, folder: Path) -> None:
    deals = folder / "crm" / "deals.csv"
    deals.write_text(deals.read_text(encoding="utf-8").replace("30000", "30.000,00 EUR"), encoding="utf-8")
    result = judged("check")
    assert "Rows of the CRM that were left out" in result.stdout
    assert "deals.csv:3" in result.stdout


def test_a_deal_explained_shows_its_journey_gate_scores_findings_and_way_out(judged: Judged, golden: Golden) -> None:
    golden("golden/explain.txt", printed(judged("explain", "--deal", "D2")))


def test_a_what_if_shows_what_would_change(judged: Judged, golden: Golden) -> None:
    wishes = ("--if", "pain=They retype every order twice", "--if", "next_step_date=2026-11-09", "--if", "budget=500")
    golden("golden/explain_if.txt", printed(judged("explain", "--deal", "D3", *wishes)))


def test_a_closed_deal_is_explained_without_a_gate(judged: Judged) -> None:
    assert "none: the deal is closed" in judged("explain", "--deal", "D6").stdout


def test_an_explanation_as_json_holds_the_way_out_and_the_what_if(judged: Judged) -> None:
    document = json.loads(judged("explain", "--deal", "D2", "--if", "pain=", "-f", "json").stdout)
    assert document["deal"]["id"] == "D2"
    assert len(document["way_out"]["actions"]) == 2
    assert document["way_out"]["gate"]["status"] in {"clear", "advise"}
    assert document["what_if"]["if"] == ["pain="]
    assert set(document["asks"]) == {"pain-written", "payer-known"}


def test_a_stage_may_be_named_by_id_title_or_crm(judged: Judged) -> None:
    for name in ("proposal", "Proposal"):
        result = judged("explain", "--deal", "D1", "--if", f"stage={name}", "-f", "json")
        assert json.loads(result.stdout)["what_if"]["deal"]["stage"] == "proposal"


def test_a_report_holds_every_finding_escaped(judged: Judged, folder: Path) -> None:
    deals = folder / "crm" / "deals.csv"
    deals.write_text(deals.read_text(encoding="utf-8").replace("Lumen pilot", "<script>alert(1)</script>"), "utf-8")
    assert judged("check", "--report", "report.html").exit_code == 0
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    for words in ("The problem is written down", "write pain in at least 4 words", "Ask what happens", "Handshake"):
        assert words in page


def test_a_report_of_nothing_says_so(judged: Judged, folder: Path) -> None:
    deals = folder / "crm" / "deals.csv"
    deals.write_text("\n".join(deals.read_text(encoding="utf-8").splitlines()[:2]) + "\n", encoding="utf-8")
    assert judged("check", "--report", "report.html").exit_code == 0
    assert "Nothing was found on any deal." in (folder / "report.html").read_text(encoding="utf-8")


def test_texts_copied_from_another_deal_are_found_even_when_one_deal_is_asked_for(judged: Judged, folder: Path) -> None:
    copied = PLAYBOOK.replace("placeholder: false", "placeholder: false, copied: false")
    (folder / "small.yaml").write_text(copied, encoding="utf-8")
    deals = folder / "crm" / "deals.csv"
    deals.write_text(deals.read_text(encoding="utf-8").replace(",tbd,", ",They retype every order twice,"), "utf-8")
    for words in ((), ("--deal", "D1")):
        document = json.loads(judged("check", *words, "-f", "json").stdout)
        assert [each["criterion"] for each in document["deals"][0]["findings"]] == ["pain-written"]
