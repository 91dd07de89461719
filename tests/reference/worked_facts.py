"""Worked examples of teams, scores, changes, money, people's activities and empty texts: rules 5, 9, 14, 16 to 18."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from rules.condition import (
    AllOf,
    Compare,
    FieldValue,
    LastChangedBy,
    Literal,
    Operator,
    Score,
)
from rules.playbook import Dimension, Level, Scorecard
from rules.types import Duration, Unit
from tests.reference.worked import NOW, Example, ask, asking, at, column, is_, rows_of

DAYS_14 = Duration(14, Unit.DAYS)
TICK = timedelta(microseconds=1)
HIGH = is_("rating", "at_least", 5)
KNOWN = is_("budget_confirmed", "equals", True)


def _within(name: str, length: Duration, op: str = "within") -> Compare:
    return is_(name, op, length)


LAST_CHANGES = [
    {"field": "pain", "changed_at": at("2026-06-01T10:00Z"), "changed_by": "o1"},
    {"field": "rating", "changed_at": at("2026-06-02T10:00Z"), "changed_by": "o2"},
]
TEAM = LastChangedBy((column("pain"), column("rating")), "deal-desk")
CONFIRMED = [
    Example(
        5,
        f"the last change was made by {team}",
        found,
        asking(ask("c", TEAM)),
        rows={"field_changes": LAST_CHANGES, "owners": ({"id": "o1", "team": "sales"}, {"id": "o2", "team": team})},
    )
    for team, found in (("deal-desk", {}), ("sales", {"c": "unmet"}), (None, {"c": "unknown"}))
]
CONFIRMED += [
    Example(
        5,
        "who changed an untracked field last is unknown",
        {"c": "unknown"},
        asking(ask("c", TEAM)),
        rows={"field_changes": LAST_CHANGES, "owners": ({"id": "o1", "team": "deal-desk"},)},
        tracked=frozenset({"pain"}),
    ),
    Example(5, "nobody changed them", {"c": "unmet"}, asking(ask("c", TEAM))),
    Example(5, "without teams it is unjudged", {}, asking(ask("c", TEAM)), lacking=("owners",)),
]

BEST = is_("pain", "present", True)
CARD = Scorecard(
    "qualification",
    "Worked",
    (
        Dimension("need", "Need", (Level(3, BEST), Level(1, AllOf(())), Level(4, HIGH)), weight=2),
        Dimension("money", "Money", (Level(2, KNOWN),)),
    ),
    (("strong", 75), ("fair", 50), ("weak", 0)),
)


def _score(op: str, value: int, dimension: str = "", *, percent: bool = False) -> Compare:
    return Compare(Score("qualification", dimension, percent), Operator(op), Literal(value))


SCORES = [
    # need: 3 of 4 (the level of 4 is unknown), twice; money: 0 of 2. points 6 of 10, 60 percent; need 75 percent
    Example(
        9,
        "the best met level counts, weighted; unknown stays in the maximum",
        {"b": "unmet", "d": "unmet", "f": "unmet", "h": "unmet"},
        asking(
            ask("a", _score("at_least", 6)),
            ask("b", _score("at_least", 7)),
            ask("c", _score("at_least", 60, percent=True)),
            ask("d", _score("above", 60, percent=True)),
            ask("e", _score("at_least", 3, "need")),
            ask("f", _score("above", 3, "need")),
            ask("g", _score("at_least", 75, "need", percent=True)),
            ask("h", _score("above", 75, "need", percent=True)),
            qualification=CARD,
        ),
        {"pain": "they lose two days a week"},
    ),
]


CHANGED = ask("a", _within("pain", DAYS_14, "changed_within")), ask("b", _within("rating", DAYS_14, "changed_within"))
EDGE = ({"field": "pain", "changed_at": NOW - timedelta(days=14)},)
CHANGES = [
    Example(
        14,
        "a change at the edge counts; no change is unmet",
        {"b": "unmet"},
        asking(*CHANGED),
        rows={"field_changes": EDGE},
    ),
    Example(
        14,
        "an untracked field is unknown",
        {"b": "unknown"},
        asking(*CHANGED),
        rows={"field_changes": EDGE},
        tracked=frozenset({"pain"}),
    ),
    Example(14, "undelivered changes leave it unjudged", {}, asking(*CHANGED), lacking=("field_changes",)),
    Example(
        14,
        "since a field's moment",
        {"b": "unknown", "c": "unmet"},
        asking(
            ask("a", is_("pain", "changed_since", FieldValue(column("met_at")))),
            ask("b", is_("pain", "changed_since", FieldValue(column("closed_at")))),
            ask("c", is_("stage", "changed_since", FieldValue(column("met_at")))),
        ),
        {"met_at": NOW - timedelta(days=14)},
        rows={"field_changes": EDGE},
    ),
]

AMOUNTS = (
    ask("a", is_("amount", "at_least", 108)),
    ask("b", is_("amount", "above", 108)),
    ask("c", is_("amount", "present", True)),
)
MONEY = [
    Example(
        16,
        f"{amount} {currency} against 108 USD",
        found,
        asking(*AMOUNTS, rates={"EUR": Decimal("1.08")}),
        {"amount": Decimal(amount), "currency": currency},
    )
    for amount, currency, found in (
        ("108.00", "USD", {"b": "unmet"}),
        ("108.01", None, {}),
        ("100.00", "EUR", {"b": "unmet"}),
        ("99.99", "EUR", {"a": "unmet", "b": "unmet"}),
        ("500.00", "GBP", {"a": "unknown", "b": "unknown"}),
    )
]

LAST_SEEN = rows_of("contacts", "some", is_("last_buyer_activity_at", "within", DAYS_14, "contacts"))
ACTIVE = ({"id": "p1", "last_buyer_activity_at": NOW},)


def _seen(says: str, found: dict[str, str], lacking: tuple[str, ...] = (), **activity: object) -> Example:
    row = {"id": "1", "happened_at": NOW, "contact_ids": ["p1"], **activity}
    rows = {"contacts": ACTIVE, "activities": (row,)}
    return Example(17, says, found, asking(ask("c", LAST_SEEN)), rows=rows, lacking=lacking)


DERIVED = [
    _seen("an inbound activity counts", {}, direction="inbound", kind="email"),
    _seen("a held meeting counts", {}, direction="outbound", kind="meeting", status="held"),
    _seen("our own email does not, whatever the column says", {"c": "unknown"}, direction="outbound", kind="email"),
    _seen("a missed meeting does not", {"c": "unknown"}, kind="meeting", status="missed"),
    _seen("nor what is to come", {"c": "unknown"}, direction="inbound", happened_at=NOW + TICK),
    _seen(
        "nor what was 14 days and a tick ago",
        {"c": "unmet"},
        direction="inbound",
        happened_at=NOW - timedelta(days=14) - TICK,
    ),
    _seen("nor what others did", {"c": "unknown"}, direction="inbound", contact_ids=["p2"]),
    _seen("without activities the CRM's column counts", {}, ("activities",)),
]

EMPTY = (ask("a", is_("pain", "placeholder", False)), ask("b", is_("pain", "placeholder", True)))
COPIED = asking(ask("c", is_("pain", "copied", False)))
PLACEHOLDERS = [
    *(
        Example(18, f"`{text}` says nothing", {"a": "unmet"}, asking(*EMPTY), {"pain": text})
        for text in (" TBD ", "n/a", "xxx", "aaaa", "?!")
    ),
    Example(18, "a sentence says something", {"b": "unmet"}, asking(*EMPTY), {"pain": "they lose two days"}),
    Example(18, "a missing text is unknown", {"a": "unknown", "b": "unknown"}, asking(*EMPTY)),
    *(
        Example(
            18,
            f"the same text on {says}",
            found,
            COPIED,
            {"pain": "they lose two days", "account_id": "a1"},
            {"deals": ({"id": "e2", "stage": "talk", "outcome": "open", "pain": "they lose two days", **other},)},
        )
        for says, found, other in (
            ("an open deal of another account", {"c": "unmet"}, {"account_id": "a2"}),
            ("a deal of the same account", {}, {"account_id": "a1"}),
            ("a closed deal", {}, {"account_id": "a2", "outcome": "lost"}),
            ("a deal of nobody knows whom", {"c": "unmet"}, {"account_id": None}),
        )
    ),
]

FACTS = [*CONFIRMED, *SCORES, *CHANGES, *MONEY, *DERIVED, *PLACEHOLDERS]
