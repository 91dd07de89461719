"""`check` and `explain`: judge and print, writing nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from heapq import nsmallest
from pathlib import Path
from typing import Annotated

import typer

from console.desk import Asked, Desk
from console.exits import Code, FoundError
from console.options import As, AsOf, ConfigFile, Crm, Deals, Format, Owner, Playbooks, Store
from console.progress import counted
from console.show import check as show
from console.show.explain import explanation
from console.show.page import count, page, words
from console.stream import DealStream, print_json
from console.warehouse import EngineOption, Mapping, Master, Parquet, WarehouseAsked
from engine.judge.verdicts import GateStatus, Verdict
from engine.runs.check import Check, Question
from engine.runs.check_by_rules import CheckByRules, EvaluatorName
from engine.runs.check_in_place import check_of
from engine.runs.document import deal_document, explanation_document, moment, summary_document
from engine.runs.explain import explain as explain_deal
from rules.playbook import Enforce
from web.report import Report

SHOWN = 25
MANY = 2_000
GATES = list(reversed(GateStatus))


class FailOn(StrEnum):
    """From which strictness on an open finding ends a command with exit code 1."""

    HARD = "hard"
    SOFT = "soft"
    ADVISE = "advise"
    OBSERVE = "observe"


def check(
    *,
    crm: Crm = "",
    playbook: Playbooks = None,
    deal: Deals = None,
    owner: Owner = "",
    as_of: AsOf = "",
    fail_on: Annotated[
        FailOn | None, typer.Option(help="End with exit code 1 where a finding so strict or stricter is open.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Also write a report to read in a browser.")
    ] = None,
    top: Annotated[int, typer.Option(metavar="N", min=0, help="List so many deals at most; 0 lists all.")] = SHOWN,
    output: As = Format.TABLE,
    engine: EngineOption = None,
    master: Master = "",
    parquet: Parquet = None,
    warehouse: Mapping = "",
    evaluator: Annotated[
        EvaluatorName, typer.Option(help="What judges: the table engine, or rulesets to hold it against.")
    ] = EvaluatorName.TABLE,
    config: ConfigFile = None,
    store: Store = "",
) -> None:
    """Judge deals and print what was found; nothing is written to the CRM."""
    place = WarehouseAsked(engine, master, warehouse, parquet)
    quick = output is Format.TABLE and report is None
    with (
        Desk(Asked(config, crm, playbook or (), as_of, store, warehouse=place)) as desk,
        _judging(desk, _question(desk, deal, owner, quick=quick), evaluator) as judging,
    ):
        verdicts = _reported(_verdicts(judging), judging, report)
        if output is Format.JSON:
            _print_json(desk, judging, verdicts)
        else:
            _print_table(desk, judging, verdicts, top)
        _end(judging, fail_on)


def explain(
    *,
    deal: Annotated[str, typer.Option("--deal", "-d", metavar="ID", help="The deal to explain.")],
    what_if: Annotated[
        list[str] | None, typer.Option("--if", metavar="FIELD=VALUE", help="Judge it as if this were so; repeatable.")
    ] = None,
    crm: Crm = "",
    playbook: Playbooks = None,
    as_of: AsOf = "",
    output: As = Format.TABLE,
    config: ConfigFile = None,
    store: Store = "",
) -> None:
    """Tell one deal in full: journey, gate, scores, findings, the cheapest way out, and what-ifs."""
    with (
        Desk(Asked(config, crm, playbook or (), as_of, store)) as desk,
        _judging(desk, Question(desk.as_of)) as judging,
    ):
        told = explain_deal(judging, desk.deal_id(deal), what_if or ())
        if output is Format.JSON:
            print_json(explanation_document(told))
        else:
            page().print(explanation(told))


def _question(desk: Desk, deals: list[str] | None, owner: str, *, quick: bool) -> Question:
    """Ask for words where all of them are printed; of a large pipeline only the deals listed are told in words."""
    words = not quick or deals is not None or (desk.connector.count_open() or 0) <= MANY
    return Question(desk.as_of, desk.deal_ids(deals), owner, words=words)


@contextmanager
def _judging(desk: Desk, question: Question, evaluator: EvaluatorName = EvaluatorName.TABLE) -> Iterator[Check]:
    waivers = desk.waivers()
    for each in waivers.refused:
        page(stderr=True).print(words(f"a waiver does not hold: {each}"))
    make = CheckByRules if evaluator is EvaluatorName.DURABLE_RULES else check_of
    with make(desk.connector, desk.playbooks, replace(question, waivers=waivers.valid)) as judging:
        yield judging


def _print_json(desk: Desk, judging: Check, verdicts: Iterator[Verdict]) -> None:
    named = ", ".join(playbook.name for playbook in desk.playbooks)
    several = len(desk.playbooks) > 1
    with DealStream({"playbook": named, "as_of": moment(desk.as_of)}) as stream:
        for verdict in verdicts:
            stream.add(deal_document(verdict, naming_playbook=several))
        stream.print({"summary": summary_document(judging.summary)})


def _print_table(desk: Desk, judging: Check, verdicts: Iterator[Verdict], top: int) -> None:
    listed = _Listed(top)
    for verdict in verdicts:
        if judging.question.deal_ids or any(finding.open for finding in verdict.findings):
            listed.add(verdict)
    summary, sheet, deals = judging.summary, page(), show.Deals(desk.playbooks)
    shown = listed.shown if judging.question.words else _in_words(judging, listed.shown)
    sheet.print(show.header(desk.playbooks, desk.as_of, summary))
    sheet.print(show.gates(summary))
    if judging.question.deal_ids:
        sheet.print(deals.in_full(shown))
        return
    if shown:
        sheet.print()
        sheet.print(deals.table(shown))
    if listed.more:
        sheet.print(words(f"and {count(listed.more, 'more deal')}; `--top 0` lists all", "dim"))
    for part in show.summary_parts(summary):
        sheet.print(part)
    if shown:
        sheet.print()
        sheet.print(words(f"`dealgate explain --deal {shown[0].deal_id}` tells one deal in full", "dim"))


def _in_words(judging: Check, shown: Sequence[Verdict]) -> list[Verdict]:
    """Judge the deals that are listed once more, now in words."""
    asked = replace(judging.question, deal_ids=tuple(each.deal_id for each in shown), words=True)
    make = CheckByRules if isinstance(judging, CheckByRules) else Check
    with make(judging.connector, judging.playbooks, asked) as again:
        told = {each.deal_id: each for batch in again.batches() for each in batch.verdicts} if shown else {}
    return [told[each.deal_id] for each in shown]


def _verdicts(judging: Check) -> Iterator[Verdict]:
    for batch in counted(judging.batches(), judging.connector.watch):
        yield from batch.verdicts


def _reported(verdicts: Iterator[Verdict], judging: Check, path: Path | None) -> Iterator[Verdict]:
    """Pass verdicts on, and write them into a report where one is asked for."""
    if path is None:
        yield from verdicts
        return
    report = Report(judging.playbooks, judging.question.as_of)
    for verdict in verdicts:
        report.add(verdict)
        yield verdict
    report.write(path, judging.summary)
    page(stderr=True).print(words(f"the report is in {path}"), soft_wrap=True)


class _Listed:
    """Keeps the most urgent deals, however many there are."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.count = 0
        self.kept: list[Verdict] = []

    def add(self, verdict: Verdict) -> None:
        """Keep a deal, or count it where more urgent ones fill the list."""
        self.count += 1
        self.kept.append(verdict)
        if self.most and len(self.kept) >= 2 * self.most:
            self.kept = self.shown

    @property
    def shown(self) -> list[Verdict]:
        """The most urgent deals, first things first."""
        return nsmallest(self.most or self.count, self.kept, key=_urgency)

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.count - len(self.shown)


def _urgency(verdict: Verdict) -> tuple[int, int, str]:
    """Sort by gate, the blocked first, then by how many findings are open."""
    place = GATES.index(verdict.gate.status) if verdict.gate else len(GATES)
    return place, -sum(finding.open for finding in verdict.findings), verdict.deal_id


def _end(judging: Check, fail_on: FailOn | None) -> None:
    summary = judging.summary
    for tie in summary.ties:
        page(stderr=True).print(words(tie))
    if summary.ties:
        page(stderr=True).print(words("  help: give one of the playbooks a higher `priority`"))
        raise FoundError(Code.MISTAKE)
    if fail_on is not None and summary.has(Enforce(fail_on.value)):
        raise FoundError
