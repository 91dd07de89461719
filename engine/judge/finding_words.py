"""The words of a finding: what was required, what was seen, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.judge.because import because, because_undecided, do, do_undecided
from engine.judge.clock_words import ClockSeen, Words, clock_words
from engine.judge.judged import Judged
from engine.judge.move_words import applies_to_words, back_words, skip_words, unmapped_words, won_too_early_words
from engine.judge.names import Names
from engine.judge.query.judgement import Judgement
from engine.judge.query.scope import NOW
from engine.judge.seen import Look
from engine.judge.telling import Columns, look_at, look_at_person
from engine.judge.verdicts import Finding
from rules.condition import MET, Condition
from rules.playbook import Criterion, ForEach, Kind, ProposalClock, Rule, SilenceClock
from rules.words import requirement


@dataclass(frozen=True)
class Subject:
    """The deal of one row that a finding is about, with everything its words are made from."""

    judged: Judged
    columns: Columns
    names: Names
    row: int
    crm_stage: str | None

    def look(self, judgement: Judgement, entry: Mapping[str, Any] | None = None) -> Look:
        """Give the look of a judgement's condition, or of one person's."""
        if entry is not None and isinstance(judgement.source, Criterion):
            return look_at_person(entry, judgement.source.require, self.at("_segment"))
        return look_at(self.judged, self.columns, self.row, judgement.scope)

    def at(self, column: str) -> Any:  # noqa: ANN401 -- a cell of any type
        """Give a cell of the deal's row."""
        return self.columns.at(column, self.row)

    def stage(self, index: int | None) -> str:
        """Give the id of a stage by its place; "" for none."""
        stages = self.judged.compiled.playbook.stages
        return stages[index].id if index is not None and index < len(stages) else ""

    @property
    def today(self) -> date:
        """The local date judged for."""
        return self.judged.as_of.astimezone(self.judged.compiled.zone).date()


def words_of(
    finding: Finding, judgement: Judgement | None, subject: Subject, entry: Mapping[str, Any] | None = None
) -> Words:
    """Give what was required, what was seen and what to do; `entry` is what was seen of one person."""
    if judgement is None:
        return _position(finding, subject)
    source = judgement.source
    match source:
        case Criterion():
            words = _criterion(judgement, source, subject, entry)
        case Rule():
            words = _rule(judgement, source, subject)
        case None:
            words = _move(judgement, subject)
        case _:
            words = clock_words(
                judgement.id, source, _clock_seen(finding, judgement, subject), subject.judged.compiled.playbook
            )
    deal_id, person = finding.deal_id, finding.person_id
    return Words(*(subject.names.fill(text, deal_id, person) for text in (words.says, words.because, words.do)))


def _criterion(judgement: Judgement, criterion: Criterion, subject: Subject, entry: Mapping[str, Any] | None) -> Words:
    playbook = subject.judged.compiled.playbook
    look, says = subject.look(judgement, entry), criterion.says or requirement(criterion.require, playbook)
    if entry is not None:
        row = "contacts"
        return Words(
            says,
            because(criterion.require, look, playbook, row),
            criterion.do or do(criterion.require, look, playbook, row),
        )
    if criterion.when != MET and look(criterion.when).state is None:
        told = because_undecided(criterion.when, look, playbook)
        return Words(
            says, f"it cannot be told whether this is asked: {told}", do_undecided(criterion.when, look, playbook)
        )
    if criterion.for_each is not None:
        return _too_few(judgement, criterion, says, subject)
    return Words(
        says, because(criterion.require, look, playbook), criterion.do or do(criterion.require, look, playbook)
    )


def role_words(for_each: ForEach) -> str:
    """Name the roles of a criterion per person, such as `economic buyer or champion`."""
    return " or ".join(role.replace("_", " ").replace("-", " ") for role in for_each.roles)


def _too_few(judgement: Judgement, criterion: Criterion, says: str, subject: Subject) -> Words:
    """Say that fewer people of the roles are known than asked for; `says` is about people, so it is not told."""
    assert criterion.for_each is not None  # noqa: S101 -- asked by the caller
    roles = role_words(criterion.for_each)
    known = subject.at(f"{judgement.column}.in_role") or 0
    seen = f"{known} contacts are in the role {roles}" if known else f"no contact is in the role {roles}"
    return Words(
        says.replace("{person.name}", f"every {roles}"), seen, criterion.do or f"add a contact in the role {roles}"
    )


def _rule(judgement: Judgement, rule: Rule, subject: Subject) -> Words:
    playbook, look = subject.judged.compiled.playbook, subject.look(judgement)
    says = rule.says or (requirement(rule.require, playbook) if rule.require else "")
    if rule.require is None:
        return Words(
            says or rule.flag, requirement(rule.when, playbook), rule.do or (rule.task.title if rule.task else "")
        )
    return Words(says, because(rule.require, look, playbook), rule.do or do(rule.require, look, playbook))


def _clock_seen(finding: Finding, judgement: Judgement, subject: Subject) -> ClockSeen:
    column = judgement.column
    return ClockSeen(
        state=finding.state,
        today=subject.today,
        since=subject.at(f"{column}.since"),
        since_what=_since_what(judgement, subject),
        due=finding.due,
        count=(subject.at(f"{column}.value") or 0) if judgement.kind is Kind.CLOSE_DATE else 0,
        value=subject.at(f"{column}.value") if judgement.kind is Kind.NEXT_STEP else None,
        text=subject.at(f"{column}.text"),
        step=subject.at(f"{column}.step") or 0,
        stage=subject.stage(subject.at("_stage")),
        segment=subject.at("_segment"),
    )


def _since_what(judgement: Judgement, subject: Subject) -> str:
    column = judgement.column
    if isinstance(judgement.source, SilenceClock):
        return "heard" if subject.at(f"{column}.heard") else "created"
    if not isinstance(judgement.source, ProposalClock):
        return ""
    if subject.at(f"{column}.followed") is not None:
        return "followed_up"
    return "sent" if subject.at(f"{column}.since") == subject.at(f"{column}.sent") else "viewed"


def _move(judgement: Judgement, subject: Subject) -> Words:
    playbook, column = subject.judged.compiled.playbook, judgement.column
    origin, moved_at = subject.stage(subject.at(f"{column}.from")), subject.at(f"{column}.since")
    if judgement.id == "won_too_early":
        return won_too_early_words(_open_criteria(subject), origin or None, playbook)
    write: Callable[..., Words] = skip_words if judgement.id == "moves.skip" else back_words
    return write(origin, subject.stage(subject.at("_stage")), moved_at, playbook)


def _open_criteria(subject: Subject) -> list[str]:
    return [
        each.id
        for each in subject.judged.compiled.judgements
        if each.kind is Kind.EXIT_CRITERION and each.enforce.blocks and subject.at(f"{each.column}.open")
    ]


def _position(finding: Finding, subject: Subject) -> Words:
    compiled = subject.judged.compiled
    if finding.kind is Kind.UNMAPPED:
        return unmapped_words(subject.crm_stage, compiled.crm, compiled.playbook)
    return applies_to_words(look_at(subject.judged, subject.columns, subject.row, NOW), compiled.playbook)


def look_of(judgement: Judgement, subject: Subject) -> tuple[Condition, Look] | None:
    """Give a criterion's or rule's condition with its look; None for clocks and moves."""
    source = judgement.source
    if isinstance(source, Criterion | Rule) and source.require is not None:
        return source.require, subject.look(judgement)
    return None
