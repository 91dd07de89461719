"""The words of what concerns a deal's position: moves, deals won too early, unknown stages and playbooks in doubt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from engine.judge.because import because_undecided, do_undecided
from engine.judge.clock_words import Words
from engine.judge.seen import Look
from rules.names import stage_name
from rules.playbook import Playbook
from rules.problems import did_you_mean
from rules.value_words import counted, listed, moment, quoted
from rules.words import requirement


def skip_words(from_stage: str, to_stage: str, moved_at: datetime | None, playbook: Playbook) -> Words:
    """Say that a deal skipped stages: which, when, and the way back."""
    skipped = [stage_name(each, playbook) for each in between(from_stage, to_stage, playbook)]
    origin, target = stage_name(from_stage, playbook), stage_name(to_stage, playbook)
    when = f" {moment(moved_at, playbook)}" if moved_at else ""
    first = skipped[0] if skipped else origin
    return Words(
        "stages are not skipped",
        f"the deal moved from {origin} to {target}{when}, past {listed(skipped, 'and')}",
        f"move the deal back to {first} and meet its exit criteria",
    )


def back_words(from_stage: str, to_stage: str, moved_at: datetime | None, playbook: Playbook) -> Words:
    """Say that a deal moved back."""
    origin, target = stage_name(from_stage, playbook), stage_name(to_stage, playbook)
    when = f" {moment(moved_at, playbook)}" if moved_at else ""
    return Words(
        "deals do not move back",
        f"the deal moved back from {origin} to {target}{when}",
        f"find out what changed for the buyer, and meet the exit criteria of {target} again",
    )


def won_too_early_words(unmet: Sequence[str], from_stage: str | None, playbook: Playbook) -> Words:
    """Say that a deal was won with exit criteria open, or from a stage too early to win from."""
    outcome = next((each for each in playbook.outcomes if each.counts_as == "won"), None)
    wins_from = outcome.from_stage if outcome else ""
    reasons = [f"the deal was won from {stage_name(from_stage, playbook)}"] if from_stage else []
    if from_stage and wins_from:
        reasons[0] += f"; it must be {stage_name(wins_from, playbook)} or later"
    if unmet:
        reasons.append(f"{counted(len(unmet), 'exit criterion', 'exit criteria')} open: {listed(unmet, 'and')}")
    because = "; ".join(reasons) or "the deal was won before its exit criteria were met"
    return Words("a deal is won only after its stages are done", because, "meet the open exit criteria after the fact")


def unmapped_words(crm_stage: str | None, crm: str, playbook: Playbook) -> Words:
    """Say that the playbook has no stage of this name, and which it may be."""
    says = "a deal stands in a stage the playbook names"
    if crm_stage is None:
        return Words(says, "stage is not filled in", "fill in stage")
    known = [stage.crm.get(crm, stage.id) for stage in playbook.stages]
    return Words(
        says,
        f"stage is {quoted(crm_stage)}, which playbook {playbook.id} does not name",
        f"move the deal to a stage of the playbook; {did_you_mean(crm_stage, known)}".removesuffix("; "),
    )


def applies_to_words(look: Look, playbook: Playbook) -> Words:
    """Say what must be known to tell whether the playbook applies."""
    applies = playbook.applies_to
    because = because_undecided(applies, look, playbook)
    return Words(
        f"the playbook applies where {requirement(applies, playbook)}",
        because or "it is not known whether the playbook applies",
        do_undecided(applies, look, playbook),
    )


def between(from_stage: str, to_stage: str, playbook: Playbook) -> list[str]:
    """List the stages that may not be skipped strictly between two."""
    ids = [stage.id for stage in playbook.stages]
    if from_stage not in ids or to_stage not in ids:
        return []
    passed = playbook.stages[ids.index(from_stage) + 1 : ids.index(to_stage)]
    return [stage.id for stage in passed if not stage.optional]
