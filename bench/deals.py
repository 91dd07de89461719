"""Seeded deals for the workload: batches of canonical Arrow tables, the same for the same seed, nulls in a fifth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
import pyarrow as pa

from bench.workload import AS_OF, ROLES, STAGES, TODAY
from engine.judge.tables import Tables

BATCH = 20_000
CONTACTS_PER_DEAL = 3
NULLS = 0.2
SEED = 20_260_615

_EPOCH_DAY = (TODAY - date(1970, 1, 1)).days
_NOW = int(AS_OF.timestamp())
_DAY = 86_400
_CHOICES = {
    "forecast": ("Commit", "Best Case", "Pipeline", "Omitted"),
    "type": ("New Business", "Expansion", "Renewal", "Pilot"),
    "lead_source": ("Referral", "Partner", "Event", "Inbound", "List", "Cold Call", "Other"),
    "industry": ("Banking", "Insurance", "Health", "Energy", "Retail", "Media", "Public", "Transport"),
    "region": ("North", "West", "Central", "South", "East"),
    "competitor": ("None", "In-house", "Acme", "Globex", "Initech"),
    "contract_kind": ("Ours", "Standard", "Theirs", "Frame"),
    "procurement": ("Started", "Done", "Not Started"),
    "security_review": ("Passed", "Waived", "Open", "Failed"),
    "product_line": ("Core", "Plus", "Cloud", "Legacy"),
}


def batches(deals: int, size: int = BATCH) -> Iterator[Tables]:
    """Yield so many deals in batches sorted by id, each batch with its contacts; a batch depends only on its number."""
    for number, start in enumerate(range(0, deals, size)):
        yield batch(number, start, min(size, deals - start))


def batch(number: int, start: int, size: int) -> Tables:
    """Make one batch of deals and contacts."""
    random = np.random.default_rng([SEED, number])
    ids = [f"D{each:07d}" for each in range(start, start + size)]
    return Tables({"deals": _deals(random, ids), "contacts": _contacts(random, ids)})


def _deals(random: np.random.Generator, ids: Sequence[str]) -> pa.Table:
    size = len(ids)
    columns = {
        "id": pa.array(ids),
        "name": pa.array([f"Deal {each}" for each in ids]),
        "stage": _choice(random, size, STAGES, nulls=0),
        "outcome": pa.array(["open"] * size),
        "currency": pa.array(["USD"] * size),
        "owner_id": pa.array([f"U{each}" for each in random.integers(0, 200, size)]),
        "created_at": _time(random, size, 300),
        "amount": _money(random, size, 500_000),
        "annual_value": _money(random, size, 300_000),
        "budget": _money(random, size, 600_000),
        "services": _money(random, size, 80_000),
        "discount": _number(random, size, 45),
        "seats": _number(random, size, 500),
        "margin": _number(random, size, 80),
        "probability": _number(random, size, 100),
        "term_months": _number(random, size, 48),
        "sites": _number(random, size, 10),
        **{name: _choice(random, size, values) for name, values in _CHOICES.items()},
        "stage_entered_at": _time(random, size, 60),
        "next_step_date": _date(random, size, -7, 28),
        "close_date": _date(random, size, -10, 90),
        "kickoff_date": _date(random, size, 0, 120),
        "renewal_date": _date(random, size, 60, 300),
    }
    return pa.table(columns)


def _contacts(random: np.random.Generator, deal_ids: Sequence[str]) -> pa.Table:
    size = len(deal_ids) * CONTACTS_PER_DEAL
    ids = [f"{deal}-{each}" for deal in deal_ids for each in range(CONTACTS_PER_DEAL)]
    columns = {
        "deal_id": pa.array(np.repeat(np.array(deal_ids), CONTACTS_PER_DEAL)).cast(pa.string()),
        "id": pa.array(ids),
        "name": pa.array([f"Person {each}" for each in ids], mask=_mask(random, size)),
        "role": _choice(random, size, ROLES),
        "engaged": pa.array(random.random(size) < 0.7, mask=_mask(random, size)),
        "last_buyer_activity_at": _time(random, size, 100, days_ahead=1),
    }
    return pa.table(columns)


def _mask(random: np.random.Generator, size: int, nulls: float = NULLS) -> np.ndarray:
    return random.random(size) < nulls


def _choice(random: np.random.Generator, size: int, values: Sequence[str], nulls: float = NULLS) -> pa.Array:
    picked = pa.array(random.integers(0, len(values), size), mask=_mask(random, size, nulls))
    return pa.array(values).take(picked)


def _number(random: np.random.Generator, size: int, most: int) -> pa.Array:
    return pa.array(random.integers(0, most + 1, size).astype(np.float64), mask=_mask(random, size))


def _money(random: np.random.Generator, size: int, most: int) -> pa.Array:
    """Write cents as 128-bit decimals; a tenth are round thousands, so that bounds are met exactly."""
    cents = random.integers(0, most * 100, size)
    cents = np.where(random.random(size) < 0.1, cents // 100_000 * 100_000, cents)
    words = np.zeros((size, 2), dtype=np.int64)
    words[:, 0] = cents
    valid = pa.array(~_mask(random, size)).buffers()[1]
    return pa.Array.from_buffers(pa.decimal128(18, 2), size, [valid, pa.py_buffer(words)])


def _date(random: np.random.Generator, size: int, first: int, last: int) -> pa.Array:
    days = _EPOCH_DAY + random.integers(first, last + 1, size)
    return pa.array(days.astype(np.int32), mask=_mask(random, size)).cast(pa.date32())


def _time(random: np.random.Generator, size: int, days_back: int, days_ahead: int = 0) -> pa.Array:
    """Write times at whole seconds; with `days_ahead` some lie after the as-of, as a clock set wrong would have it."""
    seconds = _NOW + random.integers(-days_back * _DAY, days_ahead * _DAY, size)
    micros = pa.array(seconds * 1_000_000, mask=_mask(random, size))
    return micros.cast(pa.timestamp("us", tz="UTC"))
