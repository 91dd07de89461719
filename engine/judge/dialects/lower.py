"""Small letters as DuckDB makes them: each character by itself."""

from __future__ import annotations

APART = "\u0130\u03a3"
TOGETHER = "i\u03c3"
"""What others, Python among them, turn into two characters, or into one or another by where it stands: dotted I, and
sigma."""
