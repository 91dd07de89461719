"""The two real pipelines come in whole: every quirk of theirs is handled, or refused by name."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.local import connect
from connectors.local.importing import ImportReport, import_csv, load_mapping
from rules.playbook import Playbook
from rules.types import Field, FieldType

PLAYBOOK = Playbook(
    "real", 1, "Real", (),
    fields=(
        Field("product", FieldType.CHOICE),
        Field("list_price", FieldType.MONEY),
        Field("partner_driven", FieldType.YES_NO),
        Field("rank", FieldType.NUMBER),
        Field("parent", FieldType.TEXT, table="accounts"),
        Field("segment", FieldType.CHOICE, table="accounts"),
    ),
)  # fmt: skip


class Imported:
    """One pipeline, imported once for all tests here."""

    def __init__(self, name: str, data: Path, folder: Path) -> None:
        path = Path("examples/mappings") / f"{name}.yaml"
        mapping, problems = load_mapping(path.read_bytes(), str(path))
        assert problems == ()
        assert mapping is not None
        self.rejects = folder / "rejects.csv"
        files = sorted((data / name).glob("*.csv"))
        self.report: ImportReport = import_csv(files, mapping, folder / "crm.db", self.rejects)
        self.connector = connect(folder / "crm.db")
        self.batches = list(self.connector.read([PLAYBOOK]))

    def rows(self, table: str) -> list[dict[str, Any]]:
        return [row for batch in self.batches for row in batch[table].to_pylist()]

    def deal(self, deal_id: str) -> dict[str, Any]:
        return next(row for row in self.rows("deals") if row["id"] == deal_id)


@pytest.fixture(scope="module")
def maven(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    return Imported("maven_crm", real_data, tmp_path_factory.mktemp("maven"))


@pytest.fixture(scope="module")
def obvience(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    return Imported("obvience_powerbi", real_data, tmp_path_factory.mktemp("obvience"))


def test_every_row_of_maven_comes_in(maven: Imported) -> None:
    assert maven.report.problems == ()
    assert maven.report.rejected == 0
    assert maven.report.tables == {"deals": 8_800, "stage_changes": 8_300 + 6_711, "accounts": 85, "owners": 41}
    assert maven.connector.problems == ()
    assert maven.connector.count_open() == 2_089


def test_stages_and_outcomes_of_maven_agree(maven: Imported) -> None:
    assert Counter((row["stage"], row["outcome"]) for row in maven.rows("deals")) == {
        ("Won", "won"): 4_238,
        ("Lost", "lost"): 2_473,
        ("Engaging", "open"): 1_589,
        ("Prospecting", "open"): 500,
    }


def test_a_lost_or_open_deal_of_maven_has_no_amount(maven: Imported) -> None:
    for row in maven.rows("deals"):
        assert (row["amount"] is not None) is (row["outcome"] == "won")


def test_blank_accounts_of_maven_are_absent_and_the_deal_still_has_a_name(maven: Imported) -> None:
    blank = [row for row in maven.rows("deals") if row["account_id"] is None]
    assert len(blank) == 1_425
    assert {row["outcome"] for row in blank} == {"open"}
    assert all(row["name"].replace("GTXPro", "GTX Pro") == row["product"] for row in blank)
    known = {row["id"] for row in maven.rows("accounts")}
    assert {row["account_id"] for row in maven.rows("deals")} <= {None, *known}


def test_a_product_written_in_two_ways_is_one(maven: Imported) -> None:
    products = Counter(row["product"] for row in maven.rows("deals"))
    assert (products["GTX Pro"], products["GTXPro"]) == (1_480, 0)
    assert {row["list_price"] for row in maven.rows("deals") if row["product"] == "GTX Pro"} == {Decimal("4821.00")}


def test_prospects_of_maven_have_no_date_at_all(maven: Imported) -> None:
    for row in maven.rows("deals"):
        if row["stage"] == "Prospecting":
            assert (row["stage_entered_at"], row["close_date"], row["closed_at"]) == (None, None, None)


def test_a_deal_of_maven_in_full(maven: Imported) -> None:
    deal = maven.deal("1C1I7A6R")
    assert (deal["name"], deal["amount"], deal["owner_id"]) == (
        "GTX Plus Basic for Cancity", Decimal("1054.00"), "Moses Frase",
    )  # fmt: skip
    assert (deal["close_date"], deal["closed_at"]) == (date(2017, 3, 1), datetime(2017, 3, 1, tzinfo=UTC))
    history = [row for row in maven.rows("stage_changes") if row["deal_id"] == "1C1I7A6R"]
    assert [(row["from_stage"], row["to_stage"], row["changed_at"].date()) for row in history] == [
        ("Prospecting", "Engaging", date(2016, 10, 20)),
        ("Engaging", "Won", date(2017, 3, 1)),
    ]


def test_misspelt_industries_and_countries_are_mended_and_revenue_is_in_dollars(maven: Imported) -> None:
    accounts = {row["id"]: row for row in maven.rows("accounts")}
    assert "technolgy" not in {row["industry"] for row in accounts.values()}
    assert "Philippines" in {row["country"] for row in accounts.values()}
    assert accounts["Acme Corporation"]["revenue"] == Decimal("1100040000.00")
    assert accounts["Bluth Company"]["parent"] == "Acme Corporation"


def test_every_owner_of_a_maven_deal_has_a_manager(maven: Imported) -> None:
    owners = {row["id"]: row for row in maven.rows("owners")}
    for row in maven.rows("deals"):
        manager = owners[row["owner_id"]]["manager_id"]
        assert owners[manager]["name"] == manager


def test_the_opportunity_that_stands_twice_in_obvience_is_rejected_by_name(obvience: Imported) -> None:
    assert obvience.report.problems == ()
    with obvience.rejects.open(encoding="utf-8", newline="") as file:
        (reject,) = csv.DictReader(file)
    assert (reject["file"], reject["line"], reject["table"]) == ("opptracking_Fact.csv", "152", "deals")
    assert reject["reason"] == (
        "another row with the same key, and other values, stands on line 62 of `opptracking_Fact.csv`"
    )
    assert "302.0" in reject["row"]
    assert obvience.report.tables == {"deals": 486, "accounts": 357}


def test_ids_of_obvience_are_whole_and_link(obvience: Imported) -> None:
    assert all(row["id"].isdigit() for row in obvience.rows("deals"))
    accounts = {row["id"] for row in obvience.rows("accounts")}
    assert {row["account_id"] for row in obvience.rows("deals")} == accounts


def test_noise_in_times_of_obvience_is_rounded_away(obvience: Imported) -> None:
    deal = obvience.deal("84")
    assert (deal["close_date"], deal["created_at"]) == (date(2015, 11, 20), datetime(2014, 2, 9, tzinfo=UTC))
    assert (deal["name"], deal["stage"], deal["amount"]) == ("Opportunity #84", "Lead", Decimal("356981.00"))
    assert (deal["partner_driven"], deal["rank"]) == (False, 33.0)


def test_stages_of_obvience_are_as_published_but_for_the_repeated_one(obvience: Imported) -> None:
    stages = Counter(row["stage"] for row in obvience.rows("deals"))
    assert stages == {"Lead": 268, "Qualify": 94, "Solution": 73, "Proposal": 37, "Finalize": 14}


@pytest.mark.parametrize("table", ["contacts", "activities", "proposals", "field_changes"])
def test_what_the_pipelines_cannot_tell_is_not_delivered(maven: Imported, obvience: Imported, table: str) -> None:
    assert table not in maven.batches[0].tables
    assert table not in obvience.batches[0].tables
    assert "stage_changes" not in obvience.batches[0].tables
