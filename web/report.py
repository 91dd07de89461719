"""A check as one HTML file: nothing is fetched, every word of a CRM is escaped, and it prints well."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from engine.judge.names import standing
from engine.judge.verdicts import Finding, GateStatus, State, Verdict
from engine.runs.mistakes import Mistake
from engine.runs.summary import Summary
from rules.names import stage_name
from rules.playbook import Playbook

TEMPLATES = Path(str(files("web"))) / "templates"
STATUSES = tuple(status.value for status in reversed(GateStatus))
NO_GATE = "no_gate"
STRICTEST = ("hard", "soft", "advise", "observe")


class ReportNotWritten(Mistake):
    """The report's file could not be written."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"the report `{path}` cannot be written: {reason}", "name another file")


@dataclass
class Report:
    """Collects the deals that anything was found on, and writes them as one page."""

    playbooks: Sequence[Playbook]
    as_of: datetime
    _deals: list[Verdict] = field(default_factory=list)

    def add(self, verdict: Verdict) -> None:
        """Take a deal in; one on which nothing was found is only counted by the summary."""
        if verdict.findings:
            self._deals.append(verdict)

    def write(self, path: Path, summary: Summary) -> None:
        """Write the page."""
        try:
            with path.open("w", encoding="utf-8") as file:
                file.writelines(self._pieces(summary))
        except OSError as error:
            raise ReportNotWritten(path, (error.strerror or str(error)).lower()) from None

    def _pieces(self, summary: Summary) -> Iterator[str]:
        playbook = self.playbooks[0]
        deals = sorted(self._deals, key=_urgency)
        return (
            _environment()
            .get_template("report.html")
            .generate(
                title=", ".join(each.title or each.id for each in self.playbooks),
                playbooks=", ".join(each.name for each in self.playbooks),
                as_of=self.as_of.astimezone(ZoneInfo(playbook.calendar.timezone)),
                zone=playbook.calendar.timezone,
                summary=summary,
                statuses=STATUSES,
                no_gate=summary.deals - sum(summary.gates.values()),
                most=max(summary.gates.values(), default=1),
                gates=[(name, list(some)) for name, some in groupby(deals, key=gate_name)],
                owners=sorted(_owners(deals), key=lambda each: each[0].casefold()),
                name_stage=self._stage,
                standing=lambda verdict: standing(verdict, self.playbooks),
            )
        )

    def _stage(self, stage: str, verdict: Verdict) -> str:
        playbook = next((each for each in self.playbooks if each.name == verdict.playbook), self.playbooks[0])
        return stage_name(stage, playbook)


def gate_name(verdict: Verdict) -> str:
    """Name the gate a deal is listed under."""
    return verdict.gate.status.value if verdict.gate else NO_GATE


def by_weight(findings: Sequence[Finding]) -> list[Finding]:
    """Sort findings: open before upcoming before waived, strictest first."""
    return sorted(findings, key=_weight)


def worth_coaching(verdict: Verdict) -> list[Finding]:
    """Give the findings to talk about with the owner: open, and more than recorded."""
    return [each for each in by_weight(verdict.findings) if each.open and each.enforce.value != "observe"]


def mark(finding: Finding) -> str:
    """Say in one word how a finding stands."""
    if finding.waiver:
        return "waived"
    return finding.enforce.value if finding.state is State.UNMET else finding.state.value


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"by_weight": by_weight, "mark": mark, "worth_coaching": worth_coaching}
    environment.filters["plain"] = lambda text: str(text).replace("_", " ")
    return environment


def _owners(deals: Sequence[Verdict]) -> Iterator[tuple[str, list[Verdict]]]:
    """Yield each owner with the deals to talk about."""
    owners: dict[str, list[Verdict]] = {}
    for verdict in deals:
        if verdict.gate is not None and worth_coaching(verdict):
            owners.setdefault(verdict.owner or "nobody", []).append(verdict)
    yield from owners.items()


def _urgency(verdict: Verdict) -> tuple[int, int, str]:
    name = gate_name(verdict)
    place = STATUSES.index(name) if name in STATUSES else len(STATUSES)
    return place, -sum(finding.open for finding in verdict.findings), verdict.deal_id


def _weight(finding: Finding) -> tuple[bool, bool, int, str]:
    upcoming = finding.state is State.UPCOMING
    return bool(finding.waiver), upcoming, STRICTEST.index(finding.enforce.value), finding.key
