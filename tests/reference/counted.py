"""How much three evaluators were held against each other in this run, told at its end."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Counted:
    """Counts of one run: pairs of playbook and deal, criteria and the parts of them that rulesets refused."""

    pairs: int = 0
    findings: int = 0
    criteria: int = 0
    refused: int = 0
    disagreements: int = 0

    @property
    def words(self) -> str:
        """All counts in one line."""
        return (
            f"three evaluators: {self.pairs:,} pairs of playbook and deal, {self.findings:,} findings; "
            f"of {self.criteria:,} criteria the table engine and the reference carried all, "
            f"durable-rules {self.criteria - self.refused:,} ({self.refused:,} refused); "
            f"{self.disagreements:,} disagreements"
        )


COUNTED = Counted()
