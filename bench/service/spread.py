"""Where values lie."""

from __future__ import annotations

import math
from collections.abc import Sequence


def at(ordered: Sequence[float], share: float) -> float:
    """Give the value that no more than the rest of a share lies above; 0.5 is the median."""
    return ordered[math.ceil(share * len(ordered)) - 1]
