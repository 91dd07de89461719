"""The words of a finding: what was required, what was seen, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.judge.judged import Judged
from engine.judge.names import Names
from engine.judge.query.judgement import Judgement
from engine.judge.telling import Columns
from engine.judge.verdicts import Finding


@dataclass(frozen=True)
class Subject:
    """The deal of one row that a finding is about, with everything its words are made from."""

    judged: Judged
    columns: Columns
    names: Names
    row: int
    crm_stage: str | None


def words_of(
    finding: Finding, judgement: Judgement | None, subject: Subject, entry: Mapping[str, Any] | None = None
) -> tuple[str, str, str]:
    """Give what was required, what was seen and what to do; `entry` is what was seen of one person."""
    source = judgement.source if judgement else None
    return getattr(source, "says", finding.criterion), "", ""
