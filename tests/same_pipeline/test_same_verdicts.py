"""The same pipeline gives the same verdicts, whichever CRM it is read from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from examples.company import AS_OF
from tests.same_pipeline.comparing import comparable, judged, sorted_rows
from tests.same_pipeline.conftest import Carried
from tests.same_pipeline.held_crm import HeldCrm, tables_of
from tests.same_pipeline.source import shipped_playbooks

FEW = ("services", "renewals")
"""Playbooks by which a few deals are judged."""


@pytest.fixture(scope="module")
def expected(salesforce: Carried) -> Mapping[str, Mapping[str, Any]]:
    """Judge the rows that were carried, as they are."""
    verdicts, summary = judged(HeldCrm(salesforce.source.rows), shipped_playbooks(), AS_OF)
    assert summary.unjudged == ()
    return comparable(verdicts, {})


def test_only_what_an_org_cannot_hold_was_taken_out(salesforce: Carried) -> None:
    assert salesforce.source.taken_out == {
        "meetings that were missed or cancelled: an Event says neither": 33,
        "who asked for a meeting: an Event has no direction": 728,
        "emails that do not say they were sent: an EmailMessage was": 2645,
        "endings that are neither won nor lost: IsWon and IsClosed know no third": 17,
        "changes at or before the making of a deal: it has no history then": 141,
        "changes of fields no playbook asks about: an org tracks twenty": 1022,
        "histories whose changes do not follow one from another": 67,
        "deals whose moves do not follow one from another": 1,
        "proposals apart from quotes: both are Quotes": 136,
        "the hour at which a proposal expires: ExpirationDate is a day": 177,
        "checkboxes left blank: they are ticked or not": 554,
    }
    assert {table: len(rows) for table, rows in salesforce.source.rows.items()} == {
        "deals": 320, "contacts": 839, "activities": 4232, "stage_changes": 940, "proposals": 177, "owners": 35,
        "accounts": 267, "field_changes": 803, "quotes": 188,
    }  # fmt: skip


def test_a_sweep_judges_every_deal_as_if_it_had_never_been_carried(
    salesforce: Carried, expected: Mapping[str, Mapping[str, Any]], tmp_path: Path
) -> None:
    with salesforce.open(tmp_path / "mirror.duckdb") as crm:
        verdicts, summary = judged(crm, shipped_playbooks(), AS_OF)
        assert crm.problems == ()
    found = comparable(verdicts, salesforce.back)
    assert summary.unjudged == ()
    assert summary.no_playbook.count == 0
    assert found.keys() == expected.keys()
    assert {deal: verdict for deal, verdict in found.items() if verdict != expected[deal]} == {}


def test_a_few_deals_are_judged_as_they_are_in_a_sweep(
    salesforce: Carried, expected: Mapping[str, Mapping[str, Any]], tmp_path: Path
) -> None:
    named = {deal: verdict for deal, verdict in expected.items() if verdict["playbook"].partition("@")[0] in FEW}
    some = sorted(theirs for theirs, ours in salesforce.back.items() if ours in sorted(named)[::3])
    playbooks = [playbook for playbook in shipped_playbooks() if playbook.id in FEW]
    with salesforce.open(tmp_path / "mirror.duckdb") as crm:
        verdicts, _ = judged(crm, playbooks, AS_OF, some)
    found = comparable(verdicts, salesforce.back)
    assert len(found) == len(some) > 30
    assert {deal: verdict for deal, verdict in found.items() if verdict != expected[deal]} == {}


def test_every_row_arrives_as_it_was_by_a_sweep_and_by_a_few(salesforce: Carried, tmp_path: Path) -> None:
    sent = tables_of(salesforce.there, shipped_playbooks())
    with salesforce.open(tmp_path / "mirror.duckdb") as crm:
        (swept,) = crm.read(shipped_playbooks())
    with salesforce.open(tmp_path / "another.duckdb") as crm:
        (few,) = crm.read(shipped_playbooks(), swept.deal_ids)
    for table, rows in sent.tables.items():
        theirs = sorted_rows(swept[table], salesforce.back, rows.column_names)
        assert [row for row in sorted_rows(rows, {}) if row not in theirs] == [], table
        assert len(theirs) == rows.num_rows or table == "owners"  # more people are told of than own deals
        assert sorted_rows(few[table], {}) == sorted_rows(swept[table], {}), table
