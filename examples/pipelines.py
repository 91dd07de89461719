"""The four ways Larkmoor sells: their stages in the CRM's own words, the people they need, what they are worth."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage: its name in the CRM, how many days it takes, how often it is visited, what its meeting is about."""

    name: str
    days: int
    visited: float
    meeting: str


@dataclass(frozen=True, slots=True)
class Pipeline:
    """One way of selling: its stages, and people as (role, the share of the way by which they are known)."""

    name: str
    stages: tuple[Stage, ...]
    people: tuple[tuple[str, float], ...]
    amounts: tuple[int, int]
    good_no: str


PIPELINES = {
    "enterprise": Pipeline(
        "New Business",
        (
            Stage("Discovery", 14, 1, "Discovery call"),
            Stage("Evaluation", 28, 1, "Workshop and demo on their own data"),
            Stage("Security Review", 12, 0.25, "Security questions"),
            Stage("Proposal", 14, 1, "Proposal walkthrough"),
            Stage("Negotiation", 13, 1, "Open contract points"),
        ),
        (("Evaluator", 0.0), ("Champion", 0.09), ("Economic Buyer", 0.3), ("Legal", 0.75), ("", 0.4)),
        (28_000, 480_000),
        "Unqualified",
    ),
    "small-business": Pipeline(
        "New Business",
        (
            Stage("Discovery", 5, 1, "First call"),
            Stage("Evaluation", 6, 0.6, "Demo"),
            Stage("Proposal", 6, 1, "Quote talk"),
            Stage("Negotiation", 5, 1, "Last questions"),
        ),
        (("Business User", 0.0), ("Decision Maker", 0.1)),
        (600, 21_000),
        "Unqualified",
    ),
    "services": Pipeline(
        "Services",
        (
            Stage("Fit Call", 4, 1, "Fit call"),
            Stage("Scoping", 13, 1, "Site visit and scoping"),
            Stage("Proposal", 13, 1, "Proposal with three options"),
            Stage("Agreement", 10, 1, "Start of the work"),
        ),
        (("Sponsor", 0.0), ("Decision Maker", 0.08), ("Procurement", 0.76)),
        (18_000, 190_000),
        "Not A Fit",
    ),
    "renewals": Pipeline(
        "Existing Clients",
        (
            Stage("Account Review", 22, 1, "Account review"),
            Stage("Needs Today", 14, 1, "Needs of the coming year"),
            Stage("Renewal Offer", 12, 1, "Offer for the coming year"),
            Stage("Agreement Sent", 9, 1, "Open contract points"),
        ),
        (("Business User", 0.0), ("Executive Sponsor", 0.05), ("Economic Buyer", 0.2)),
        (8_000, 160_000),
        "",
    ),
}

OPEN_WEIGHTS = (30, 30, 22, 18)
"""How many open deals stand in the first, second, third and fourth quarter of the way."""
