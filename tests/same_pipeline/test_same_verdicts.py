"""The same pipeline gives the same verdicts, whichever CRM it is read from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from examples.company import AS_OF
from rules.playbook import Playbook
from tests.same_pipeline.comparing import comparable, judged, sorted_rows
from tests.same_pipeline.conftest import NIGHTLY, Carried
from tests.same_pipeline.held_crm import HeldCrm, tables_of
from tests.same_pipeline.source import shipped_playbooks

TAKEN_OUT = {
    "salesforce": {
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
    },
    "hubspot": {
        "who asked for a meeting: a meeting has no direction": 761,
        "emails that do not say they were sent: one says so": 2645,
        "endings that are neither won nor lost: a closed stage is one or the other": 17,
        "changes at or before the making of a deal: it has no history then": 141,
        "changes of fields no playbook asks about: they are not read": 1022,
        "histories whose changes do not follow one from another": 67,
        "deals whose moves do not follow one from another": 1,
        "proposals apart from quotes: both are quotes": 136,
    },
}
"""What a CRM cannot hold, and how many rows that touched; everything else arrives and is judged."""

JUDGED = {"salesforce": ("enterprise", "small-business", "services", "renewals"), "hubspot": ("renewals",)}
"""The playbooks that judge in the normal run; the nightly one takes all of them everywhere."""
FEW = {"salesforce": ("services",), "hubspot": ("renewals",)}


@pytest.fixture(scope="module")
def playbooks(carried: Carried) -> Sequence[Playbook]:
    return [each for each in shipped_playbooks() if NIGHTLY or each.id in JUDGED[carried.crm]]


@pytest.fixture(scope="module")
def at_home(carried: Carried, playbooks: Sequence[Playbook]) -> Mapping[str, Mapping[str, Any]]:
    """Judge the rows that were carried, as they are."""
    verdicts, summary = judged(HeldCrm(carried.source.rows), playbooks, AS_OF)
    assert summary.unjudged == ()
    return comparable(verdicts, {})


def test_only_what_a_crm_cannot_hold_was_taken_out(carried: Carried) -> None:
    assert carried.source.taken_out == TAKEN_OUT[carried.crm]
    kept = 4265 - TAKEN_OUT[carried.crm].get("meetings that were missed or cancelled: an Event says neither", 0)
    assert {table: len(rows) for table, rows in carried.source.rows.items()} == {
        "deals": 320, "contacts": 839, "activities": kept, "stage_changes": 940, "proposals": 177, "owners": 35,
        "accounts": 267, "field_changes": 803, "quotes": 188,
    }  # fmt: skip


def test_every_row_arrives_as_it_was_by_a_sweep_and_by_a_few(carried: Carried, tmp_path: Path) -> None:
    sent = tables_of(carried.there, shipped_playbooks())
    with carried.open(tmp_path / "mirror.duckdb") as crm:
        (swept,) = crm.read(shipped_playbooks())
        assert crm.problems == ()
    with carried.open(tmp_path / "another.duckdb") as crm:
        (few,) = crm.read(shipped_playbooks(), swept.deal_ids)
    for table, rows in sent.tables.items():
        theirs = sorted_rows(swept[table], carried.back, rows.column_names)
        assert [row for row in sorted_rows(rows, {}) if row not in theirs] == [], table
        assert len(theirs) == rows.num_rows or table == "owners"  # more people are told of than own deals
        assert sorted_rows(few[table], {}) == sorted_rows(swept[table], {}), table


def test_a_sweep_judges_every_deal_as_if_it_had_never_been_carried(
    carried: Carried, playbooks: Sequence[Playbook], at_home: Mapping[str, Mapping[str, Any]], tmp_path: Path
) -> None:
    with carried.open(tmp_path / "mirror.duckdb") as crm:
        verdicts, summary = judged(crm, playbooks, AS_OF)
        assert crm.problems == ()
    found = comparable(verdicts, carried.back)
    assert summary.unjudged == ()
    assert found.keys() == at_home.keys()
    assert len(found) == 320 if len(playbooks) == len(shipped_playbooks()) else len(found) > 50
    assert {deal: (verdict, at_home[deal]) for deal, verdict in found.items() if verdict != at_home[deal]} == {}


def test_a_few_deals_are_judged_as_if_they_had_never_been_carried(
    carried: Carried, at_home: Mapping[str, Mapping[str, Any]], tmp_path: Path
) -> None:
    playbooks = [each for each in shipped_playbooks() if each.id in FEW[carried.crm]]
    names = {playbook.name for playbook in playbooks}
    chosen = sorted(deal for deal, verdict in at_home.items() if verdict["playbook"] in names)[::2]
    some = sorted(theirs for theirs, ours in carried.back.items() if ours in chosen)
    with carried.open(tmp_path / "mirror.duckdb") as crm:
        verdicts, _ = judged(crm, playbooks, AS_OF, some)
    found = comparable(verdicts, carried.back)
    assert sorted(found) == chosen
    assert len(chosen) > 15
    assert {deal: (verdict, at_home[deal]) for deal, verdict in found.items() if verdict != at_home[deal]} == {}
