"""What databases take otherwise unless they are told: each was found by trying, and stays tried."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from connectors.warehouse.backend import Backend, BackendError
from engine.judge.tables import ARROW_TYPES, Tables, canonical_types
from engine.runs.in_place import InPlace
from engine.runs.mistakes import Mistake
from rules.load import load_playbook
from rules.playbook import Playbook
from tests.engine.dialects.comparing import differences, held
from tests.engine.dialects.conftest import Opened, unclosed

pytestmark = unclosed
AS_OF = datetime(2026, 11, 2, 15, tzinfo=UTC)
"""The day after New York's clocks were set back: five days of 24 hours before it are not five of its dates."""
LONG = "an-id-as-long-as-anybody-is-likely-to-give-one-anywhere"
WORD = LONG.replace("-", "_")
TEXT = f"""\
playbook: traps
version: 1
title: Traps
calendar: {{timezone: America/New_York}}
currency: USD
rates: {{JPY: 0.0067, EUR: 1.08}}
fields:
  {WORD}_first: {{type: text}}
  {WORD}_second: {{type: text}}
  score: {{type: number}}
  tags: {{type: choices}}
segments:
  {WORD}: {{amount: {{at_least: 100}}}}
  other: otherwise
stages:
  - id: {LONG}-one
    title: One
    optional: true
    crm: {{local: One}}
    exit_criteria:
      - {{id: {LONG}-first, says: It is written, require: {{{WORD}_first: {{copied: false}}}}}}
      - {{id: {LONG}-second, says: It is written, require: {{{WORD}_second: {{min_words: 2}}}}}}
  - id: {LONG}-two
    title: Two
    crm: {{local: Two}}
    exit_criteria:
      - {{id: fresh, says: It is fresh, require: {{created_at: {{within: 5 days}}}}}}
      - {{id: worth, says: It is worth it, require: {{amount: {{between: [6, 7]}}}}}}
      - {{id: scored, says: It is scored, require: {{score: {{at_least: {{{WORD}: 0.5, otherwise: 1}}}}}}}}
      - {{id: tagged, says: It is tagged, require: {{tags: {{includes_any: [red]}}}}}}
      - {{id: untagged, says: It is not, require: {{not: {{tags: {{includes_all: [red]}}}}}}}}
      - {{id: week, says: It closes this week, require: {{close_date: {{in: this week}}}}}}
      - id: each
        for_each: {{role: [buyer]}}
        says: They said it
        require: {{last_buyer_activity_at: {{within: 5 days}}}}
roles:
  buyer: {{local: [Buyer]}}
clocks:
  stage_age: {{limit: {{{LONG}-one: 5 days, otherwise: 2 business days}}}}
  close_date: {{moved_later: {{at_most: 1}}}}
rules:
  - id: most
    says: Half of it
    when: {{qualification: {{below: 34 percent}}}}
    then: {{flag: {LONG}}}
qualification:
  dimensions:
    - {{id: {LONG}, title: Long, levels: [{{points: 1, when: {{score: {{above: 0}}}}}}]}}
    - {{id: other, title: Other, weight: 2, levels: [{{points: 1, when: {{score: {{above: 1}}}}}}]}}
"""
DEALS = {
    "id": ["Zed", "alpha", "Åse", "beta-1", "beta_1", "ä", "10", "9"],
    "name": ["Zed", "Alpha \\ 'quoted', \"doubly\"", "Åse\nin two lines", None, "", " ", "NULL", "\\N"],
    "stage": ["One", "Two", "Two", "Two", "One", "Two", "Two", None],
    "outcome": ["open"] * 8,
    "amount": [*map(Decimal, ("0.00", "1000.00", "6.70", "6.48", "99.99")), None, Decimal("-5.00"), Decimal(1)],
    "currency": ["USD", "JPY", None, "EUR", "GBP", "JPY", "USD", "USD"],
    "account_id": ["a1", "a2", "A1", None, None, "a1", "a1", "a2"],
    "created_at": [datetime(2026, 10, 28, hour, tzinfo=UTC) for hour in (13, 14, 15, 16, 17, 15, 15)] + [None],
    "close_date": [date(2026, 11, day) for day in (1, 2, 8, 9)] + [date(1999, 12, 31), date(2050, 7, 4), None, None],
    f"{WORD}_first": ["Same text", " SAME TEXT\u00a0", "ΣΑΜΟΣ", "σαμος", "σαμοσ", "İx", "ix", None],
    f"{WORD}_second": ["", "\u3000", "one", "two words", "— …", "½ ²", "\u0345 x", "a\u2028b"],
    "score": [float("nan"), float("inf"), float("-inf"), -0.0, 0.1 + 0.2, 1e300, 0.5, None],
    "tags": [[], ["red"], [None], ["blue", None], ["Red"], None, ["red", "red"], ["a, b", '{"x"}', "NULL", ""]],
}
CONTACTS = {
    "deal_id": ["alpha", "alpha", "Åse", "ä", "10"],
    "id": ["p2", "p1", "p1", "P1", "p9"],
    "name": ["Zoë", "Ann", 'Bo, "the" boss', None, "Ida"],
    "role": ["Buyer", "Buyer", "Buyer", "Buyer", None],
    "last_buyer_activity_at": [AS_OF, None, datetime(2026, 10, 28, 14, 59, 59, 999999, UTC), AS_OF, AS_OF],
}
CHANGES = {
    "deal_id": ["alpha"] * 3 + ["Åse"] * 2,
    "field": ["close_date"] * 5,
    "old": ["2026-01-01", "2026-01-09", "2026-02-01", "2026-03-01", None],
    "new": ["2026-01-09", "2026-02-01", "2026-01-31", "2026-04-01", "2026-05-01"],
    "changed_at": [datetime(2026, 10, day, tzinfo=UTC) for day in (1, 2, 3, 4, 5)],
}


@pytest.fixture(scope="module")
def playbook() -> Playbook:
    loaded, problems = load_playbook(TEXT, "traps.yaml")
    assert problems == ()
    assert loaded is not None
    return loaded


@pytest.fixture(scope="module")
def tables(playbook: Playbook) -> Tables:
    types = canonical_types(playbook)
    given = {"deals": DEALS, "contacts": CONTACTS, "field_changes": CHANGES}
    return Tables(
        {
            table: pa.table({name: pa.array(cells, ARROW_TYPES[types[table][name]]) for name, cells in columns.items()})
            for table, columns in given.items()
        }
    )


@pytest.mark.parametrize("opened", ["postgresql", "spark", "duckdb"], indirect=True)
def test_traps_are_the_same_everywhere(playbook: Playbook, tables: Tables, backend: Backend) -> None:
    assert differences(backend, playbook, tables, AS_OF, rows=3) == []


@pytest.mark.parametrize("opened", ["postgresql", "duckdb"], indirect=True)
def test_a_rate_keeps_all_its_digits(playbook: Playbook, tables: Tables, backend: Backend) -> None:
    """1,000 yen are 6.70 dollars at 0.0067; three digits behind the point would make them 7."""
    place = InPlace(playbook, "local", backend, held(backend, tables))
    (verdicts,) = place.verdicts(AS_OF)
    (alpha,) = [each for each in verdicts if each.deal_id == "alpha"]
    assert "worth" not in {each.criterion for each in alpha.findings}


def test_what_a_backend_refuses_is_told_in_a_line(backend: Backend) -> None:
    with pytest.raises(BackendError) as refused:
        backend.columns("SELECT nothing FROM nowhere")
    assert "nowhere" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("opened", ["postgresql", "duckdb"], indirect=True)
def test_two_playbooks_judge_in_one_session_one_after_the_other(
    playbook: Playbook, tables: Tables, backend: Backend
) -> None:
    assert differences(backend, playbook, tables, AS_OF, words=False) == []
    other = replace(playbook, id="other", every_stage=playbook.stages[1].exit_criteria, stages=playbook.stages[:1])
    assert differences(backend, other, tables, AS_OF, words=False) == []


def test_a_playbook_that_is_too_large_for_a_database_is_named(playbook: Playbook, on_postgresql: Opened) -> None:
    backend = on_postgresql()
    backend.dialect = replace(backend.dialect, most_columns=20)
    try:
        with pytest.raises(Mistake, match=r"playbook `traps` is too large for postgresql: .* the database takes 20\n"):
            InPlace(playbook, "local", backend, {"deals": "SELECT 'x' AS id"})
    finally:
        backend.close()
