"""The answer of a playbook's query for one batch of deals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from engine.judge.query.compiled import Compiled


@dataclass(frozen=True)
class Judged:
    """One row per deal, sorted by id; `compiled` says what the columns mean."""

    deals: pa.Table
    compiled: Compiled
    as_of: datetime
