"""Verdicts from a judged batch: gates, scores and findings as values, each finding with its words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from engine.judge.finding_words import Subject, role_words, words_of
from engine.judge.judged import Judged
from engine.judge.names import Names, names_of
from engine.judge.query.judgement import UPCOMING, Judgement
from engine.judge.query.readers import deal_column
from engine.judge.tables import Tables
from engine.judge.telling import Columns
from engine.judge.verdicts import Finding, Gate, GateStatus, ScoreResult, State, Verdict
from engine.judge.waivers import Waiver
from rules.condition import Score
from rules.playbook import Criterion, Enforce, Kind, ProgressClock, Rule, Scorecard, Step, TaskSpec

STATES = {0: State.UNMET, -1: State.UNKNOWN, UPCOMING: State.UPCOMING}


def verdicts_of(judged: Judged, tables: Tables, waivers: Sequence[Waiver] = ()) -> list[Verdict]:
    """Give the verdict on every deal of a batch, sorted by deal id."""
    batch = _Batch(judged, Columns(judged.deals), names_of(tables), _held(waivers, judged.as_of), _stages(tables))
    findings = batch.findings()
    return [batch.verdict(row, deal_id, findings[row]) for row, deal_id in enumerate(batch.columns["id"])]


def _held(waivers: Sequence[Waiver], as_of: datetime) -> dict[tuple[str, str], Waiver]:
    return {(waiver.deal_id, waiver.criterion): waiver for waiver in waivers if waiver.holds(as_of)}


def _stages(tables: Tables) -> dict[str, str | None]:
    deals = tables["deals"]
    stages = deals["stage"].to_pylist() if "stage" in deals.column_names else [None] * deals.num_rows
    return dict(zip(tables.deal_ids, stages, strict=True))


@dataclass(frozen=True)
class _Batch:
    judged: Judged
    columns: Columns
    names: Names
    waivers: dict[tuple[str, str], Waiver]
    crm_stages: dict[str, str | None]

    def findings(self) -> list[list[Finding]]:
        """Give the findings of every row, judgement by judgement."""
        found: list[list[Finding]] = [[] for _ in self.columns["id"]]
        for judgement in self.judged.compiled.judgements:
            for row, finding in self._of(judgement):
                found[row].append(finding)
        for row in range(len(found)):
            found[row].extend(self._of_position(row))
        return found

    def verdict(self, row: int, deal_id: str, findings: list[Finding]) -> Verdict:
        """Put a deal's verdict together."""
        playbook = self.judged.compiled.playbook
        owner_id = self.names.owner_of.get(deal_id)
        outcome = self.columns["_outcome"][row]
        ordered = tuple(sorted(findings, key=lambda each: each.key))
        return Verdict(
            deal_id=deal_id,
            name=self.names.deals.get(deal_id, deal_id),
            owner=self.names.owners.get(owner_id or "", owner_id or ""),
            owner_id=owner_id,
            stage=self._stage(row, deal_id),
            crm_stage=self.crm_stages[deal_id],
            outcome=outcome or "open",
            segment=self.columns["_segment"][row],
            gate=self._gate(row, ordered),
            qualification=self._score(row, playbook.qualification),
            ideal_client=self._score(row, playbook.ideal_client),
            findings=ordered,
            playbook=playbook.name,
            as_of=self.judged.as_of,
        )

    def _stage(self, row: int, deal_id: str) -> str:
        index, outcome = self.columns["_stage"][row], self.columns["_outcome"][row]
        if index is not None:
            return str(self.judged.compiled.playbook.stages[index].id)
        return str(outcome or self.crm_stages[deal_id] or "")

    def _gate(self, row: int, findings: Sequence[Finding]) -> Gate | None:
        status = self.columns["_status"][row]
        if status is None:
            return None
        stages, allowed = self.judged.compiled.playbook.stages, self.columns["_allowed"][row]
        unmet = sorted({each.criterion for each in findings if each.open and each.enforce.blocks})
        return Gate(GateStatus(status), stages[allowed].id if allowed < len(stages) else "won", tuple(unmet))

    def _score(self, row: int, card: Scorecard | None) -> ScoreResult | None:
        if card is None:
            return None
        points = int(self.columns[deal_column(Score(card.id))][row])
        percent = (Decimal(100 * points) / (card.most or 1)).quantize(Decimal("0.1"))
        share = 100 * points / (card.most or 1)
        band = next((name for name, least in card.bands if share >= least), "")
        dimensions = {each.id: int(self.columns[deal_column(Score(card.id, each.id))][row]) for each in card.dimensions}
        return ScoreResult(points, percent, band, dimensions)

    def _of(self, judgement: Judgement) -> Iterator[tuple[int, Finding]]:
        people = self.columns[f"{judgement.column}.people"] if judgement.per_person else []
        for row, number in enumerate(self.columns[judgement.column]):
            listed = people[row] if people else None
            if (number in STATES or listed) and self._shown(judgement, row):
                if number in STATES:
                    yield row, self._finding(judgement, row, STATES[number])
                for entry in sorted(listed or [], key=lambda each: str(each["person"])):
                    state = State.UNKNOWN if entry["unknown"] else State.UNMET
                    yield row, self._finding(judgement, row, state, entry)

    def _shown(self, judgement: Judgement, row: int) -> bool:
        """Leave out stage criteria of deals that were won lately: they are judged for `won_too_early` alone."""
        return judgement.kind is not Kind.EXIT_CRITERION or self.columns["_stage"][row] is not None

    def _finding(self, judgement: Judgement, row: int, state: State, entry: dict[str, Any] | None = None) -> Finding:
        deal_id, person = self.columns["id"][row], str(entry["person"]) if entry else ""
        source, step = judgement.source, self._step(judgement, row)
        waiver = self.waivers.get((deal_id, judgement.id)) or self.waivers.get((deal_id, f"{judgement.id}:{person}"))
        finding = Finding(
            key=":".join(part for part in (deal_id, judgement.id, person) if part),
            deal_id=deal_id,
            kind=judgement.kind,
            criterion=judgement.id,
            state=state,
            enforce=judgement.enforce,
            says="",
            because="",
            do="",
            coach=self.names.fill(source.coach, deal_id, person) if source else "",
            due=self.columns.at(f"{judgement.column}.due", row),
            waiver=waiver.words if waiver else "",
            person_id=person,
            occurrence=self._occurrence(judgement, row),
            task=self._task(judgement, step, deal_id, person),
            flag=step.flag if step else source.flag if isinstance(source, Rule) else "",
        )
        return self._with_words(finding, judgement, row, entry)

    def _with_words(
        self, finding: Finding, judgement: Judgement | None, row: int, entry: dict[str, Any] | None = None
    ) -> Finding:
        if not self.judged.compiled.observing:
            return finding
        subject = Subject(self.judged, self.columns, self.names, row, self.crm_stages[finding.deal_id])
        words = words_of(finding, judgement, subject, entry)
        return replace(finding, says=words.says, because=words.because, do=words.do)

    def _step(self, judgement: Judgement, row: int) -> Step | None:
        number = self.columns.at(f"{judgement.column}.step", row)
        clock = judgement.source
        return clock.steps[number - 1] if isinstance(clock, ProgressClock) and number else None

    def _task(self, judgement: Judgement, step: Step | None, deal_id: str, person: str) -> TaskSpec | None:
        source = judgement.source
        task = step.task if step else None if source is None or isinstance(source, ProgressClock) else source.task
        if task is None:
            return None
        title = task.title
        if isinstance(source, Criterion) and source.for_each is not None and not person:
            title = title.replace("{person.name}", f"the {role_words(source.for_each)}")
        return replace(task, title=self.names.fill(title, deal_id, person))

    def _occurrence(self, judgement: Judgement, row: int) -> str:
        """Tell one deadline of a clock from the next by the day it started (and an own clock's step)."""
        step = self.columns.at(f"{judgement.column}.step", row)
        if judgement.kind is not Kind.PROPOSAL_FOLLOW_UP and step is None:
            return ""
        since = self.columns.at(f"{judgement.column}.since", row)
        day = since.date().isoformat() if since else ""
        return f"{day}/{step}" if step else day

    def _of_position(self, row: int) -> Iterator[Finding]:
        """Find a stage the playbook does not name, and a playbook of which it is unknown whether it applies."""
        if self.columns["_outcome"][row] is not None:
            return
        if self.columns["_standing"][row] is None:
            known = self.crm_stages[self.columns["id"][row]] is not None
            yield self._built_in("unmapped", Kind.UNMAPPED, State.UNMET if known else State.UNKNOWN, row)
        if self.columns["_applies"][row] == -1:
            yield self._built_in("applies_to", Kind.RULE, State.UNKNOWN, row)

    def _built_in(self, name: str, kind: Kind, state: State, row: int) -> Finding:
        deal_id = self.columns["id"][row]
        waiver = self.waivers.get((deal_id, name))
        finding = Finding(
            f"{deal_id}:{name}",
            deal_id,
            kind,
            name,
            state,
            Enforce.ADVISE,
            says="",
            because="",
            do="",
            waiver=waiver.words if waiver else "",
        )
        return self._with_words(finding, None, row)
