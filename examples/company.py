"""Larkmoor, a fictional seller of planning software and advice: its people, and the companies it sells to."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from examples.words import FIRST_NAMES, INDUSTRIES, LAST_NAMES, PLACES, Industry

AS_OF = datetime(2026, 11, 2, 7, tzinfo=UTC)
"""The moment the pipeline stands at: a Monday, before anyone has begun to work."""

Row = dict[str, Any]

TEAMS = {
    "enterprise": ("Enterprise", 10, 1_200_000),
    "small-business": ("Small Business", 10, 350_000),
    "services": ("Services", 5, 600_000),
    "renewals": ("Client Success", 5, 900_000),
}
"""By kind of deal: the team that sells it, how many reps it has, and their yearly quota."""

SIZES = {"enterprise": (300, 12_000), "small-business": (4, 95), "services": (25, 900), "renewals": (40, 3_000)}
KINDS = ("enterprise", "small-business", "services", "renewals")
SHARES = (34, 32, 17, 17)
COUNTRIES = ("United States", "United States", "United States", "Canada", "United Kingdom", "Ireland", "Germany")


@dataclass(frozen=True)
class Company:
    """The seller: its people by kind of deal, each rep with a diligence between 0 and 1 that shows in the data."""

    seed: int
    owners: tuple[Row, ...]
    reps: dict[str, tuple[Row, ...]]
    diligence: dict[str, float]
    deal_desk: str

    def kind_of(self, client: int) -> str:
        """Give the kind of deal a client is sold."""
        return Random(f"{self.seed}/kind/{client}").choices(KINDS, SHARES)[0]

    def client(self, number: int) -> tuple[Row, Industry]:
        """Give a client company and its trade, always the same for the same number."""
        rng = Random(f"{self.seed}/client/{number}")
        kind = self.kind_of(number)
        known = INDUSTRIES[:5] if kind == "services" and rng.random() < 0.8 else INDUSTRIES
        industry = rng.choice(known)
        account = {
            "id": f"ACC-{number:05}",
            "name": f"{rng.choice(PLACES)} {rng.choice(industry.suffixes)}",
            "industry": industry.name,
            "employees": _size(rng, *SIZES[kind]) if rng.random() > 0.04 else None,
            "revenue": None,
            "country": rng.choice(COUNTRIES),
        }
        if account["employees"]:
            account["revenue"] = account["employees"] * rng.randrange(90, 260) * 1000
        return account | _as_client(rng, kind), industry


def found_company(seed: int, reps_per_ten: int = 10) -> Company:
    """Hire the people: reps, a manager a team, a sales chief and a deal desk."""
    rng = Random(f"{seed}/owners")
    chief = _person(rng, 1, None, "Management", None)
    owners, reps = [chief], dict[str, tuple[Row, ...]]()
    for kind, (team, count, quota) in TEAMS.items():
        manager = _person(rng, len(owners) + 1, chief["id"], team, None)
        owners.append(manager)
        hired = max(1, count * reps_per_ten // 10)
        reps[kind] = tuple(_person(rng, len(owners) + 1 + each, manager["id"], team, quota) for each in range(hired))
        owners += reps[kind]
    desk = _person(rng, len(owners) + 1, chief["id"], "Deal Desk", None)
    diligence = {owner["id"]: round(min(0.97, max(0.25, rng.gauss(0.72, 0.18))), 2) for owner in owners}
    return Company(seed, (*owners, desk), reps, diligence, desk["id"])


def person_name(rng: Random) -> str:
    """Make up a name."""
    return f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}"


def _person(rng: Random, number: int, manager: str | None, team: str, quota: int | None) -> Row:
    name = person_name(rng)
    return {
        "id": f"U-{number:04}",
        "name": name,
        "email": f"{name.lower().replace(' ', '.')}.{number}@example.com",
        "manager_id": manager,
        "team": team,
        "started_at": (AS_OF - timedelta(days=rng.randrange(60, 2500))).replace(hour=9),
        "quota": quota,
    }


def _size(rng: Random, low: int, high: int) -> int:
    """Draw a head count, small ones being more common."""
    return int(low * math.pow(high / low, rng.random() ** 1.3))


def _as_client(rng: Random, kind: str) -> Row:
    """Say what is only known of those who buy advice or bought already."""
    client: Row = {"bought_advice": None, "health": None, "usage": None, "owns": []}
    if kind == "services":
        client["bought_advice"] = rng.random() < 0.6
    if kind == "renewals":
        usage = min(98, max(8, round(rng.gauss(68, 24))))
        client["usage"] = usage
        client["health"] = "red" if usage < 35 else rng.choice(("amber", "green") if usage < 65 else ("green",) * 4)
        client["owns"] = sorted(rng.sample(("Planner", "Shift App", "Forecast"), rng.randrange(1, 3)))
        if rng.random() < 0.12:
            client["owns"] = [*client["owns"], "Classic"]
        if rng.random() < 0.1:
            client["health"] = None
    return client
