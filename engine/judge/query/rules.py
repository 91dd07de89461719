"""Rules, which belong to no stage: in layers, so that one may read what earlier ones and everything else found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import ibis
from ibis.expr import types as ir

from engine.judge.query.judgement import Judgement, Judgements, waived
from engine.judge.query.readers import DealReader, deal_column
from engine.judge.query.related import count_state
from engine.judge.query.scope import NOW, Build
from engine.judge.query.truth import NO, YES, surely, threshold
from engine.judge.query.truth import UNKNOWN as DOUBT
from rules.condition import MET, Quantifier, Reference, Related, Score
from rules.playbook import Enforce, Kind, ProgressClock, Rule
from rules.table import UNKNOWN, UNMET, expression, state_number
from rules.table_values import value_expression
from rules.types import FieldType

NOTHING = ibis.null("int8")
UNTOLD = Judgement("applies_to", Kind.RULE, "_untold", Enforce.ADVISE)
"""The finding that it is unknown whether the playbook applies, as rules read it (rule 8)."""


def add_rules(build: Build, judgements: Judgements) -> None:
    """Judge the rules layer by layer."""
    deals = build.frame.table
    build.frame.add({UNTOLD.column: deals["_applies"], f"{UNTOLD.column}.open": deals["_applies"] == UNKNOWN})
    for layer in sorted({rule.layer for rule in build.playbook.rules}):
        build.frame.add({"_flags": _flags(build, judgements)})
        for rule in (rule for rule in build.playbook.rules if rule.layer == layer):
            _add_rule(build, judgements, rule)
        judgements.settle(build)


def _add_rule(build: Build, judgements: Judgements, rule: Rule) -> None:
    missing = tuple(dict.fromkeys([*build.missing(rule.when), *build.missing(rule.require or MET)]))
    if missing:
        judgements.unjudged[rule.id] = missing
        return
    reader, column = _RuleReader(build, NOW, judgements), build.name("rule")
    deals = build.frame.table
    fires = surely(expression(rule.when, reader)) & deals["_stage"].notnull()
    state = ibis.literal(UNMET, "int8") if rule.require is None else state_number(expression(rule.require, reader))
    found = ibis.ifelse(fires & (state != 1), state, NOTHING)
    judgement = Judgement(rule.id, Kind.RULE, column, rule.enforce, source=rule, extras=("open",))
    judgements.add(judgement, {column: found})


def _flags(build: Build, judgements: Judgements) -> ir.ArrayValue:
    """Give the flags raised so far."""
    deals = build.frame.table
    raised = [ibis.ifelse(on, flag, ibis.null("string")) for on, flag in _raised(deals, judgements)]
    return ibis.array(raised) if raised else ibis.literal([], type="array<string>")


def _raised(deals: ir.Table, judgements: Judgements) -> Iterator[tuple[ir.BooleanValue, str]]:
    for each in judgements.items:
        is_on = None if each in judgements.unsettled else deals[f"{each.column}.open"]
        if is_on is not None and isinstance(each.source, Rule) and each.source.flag:
            yield is_on, each.source.flag
        if is_on is not None and isinstance(each.source, ProgressClock):
            for number, step in enumerate(each.source.steps, start=1):
                if step.flag:
                    yield is_on & surely(deals[f"{each.column}.step"] == number), step.flag


@dataclass(frozen=True)
class _RuleReader(DealReader):
    """Reads a deal together with what was found on it so far."""

    judgements: Judgements

    def related(self, node: Related) -> ir.BooleanValue:
        if node.table != "findings":
            return DealReader.related(self, node)
        return self._of_findings(node)

    def _of_findings(self, node: Related) -> ir.BooleanValue:
        """Quantify over what was found: each possible finding is a row with fixed kind, id, stage and strictness."""
        rows = []
        for each in (UNTOLD, *self.judgements.items):
            if each not in self.judgements.unsettled:
                for state, count in self._rows(each):
                    reader = _FindingReader(self.build, NOW, each, state)
                    rows.append((expression(node.where, reader), expression(node.condition, reader), count))
        picked = _ends((where, count) for where, _, count in rows)
        if node.quantifier is Quantifier.COUNT:
            return count_state(picked, node, self)
        least = value_expression(node.at_least, self, FieldType.NUMBER)
        if node.quantifier is Quantifier.EVERY:
            wrong, doubtful = _ends((where & ~held, count) for where, held, count in rows)
            return ibis.cases((wrong > 0, NO), (doubtful > 0, DOUBT), else_=YES) & threshold(*picked, least)
        enough = threshold(*_ends((where & held, count) for where, held, count in rows), least)
        return ~enough if node.quantifier is Quantifier.NO else enough

    def _rows(self, each: Judgement) -> Iterator[tuple[ir.StringValue, ir.IntegerValue]]:
        """Give the states of a judgement's open findings with how many there are: the deal's, and its people's."""
        deals, column = self.build.frame.table, each.column
        told = ibis.ifelse(deals[column] == UNMET, "unmet", "unknown")
        if not each.per_person:
            yield told, ibis.ifelse(deals[f"{column}.open"], 1, 0)
            return
        own = surely(deals[column].isin([UNMET, UNKNOWN])) & ~waived(deals, each.id)
        people, untold = (deals[f"{column}.{name}"].fill_null(0) for name in ("count", "untold"))
        yield told, ibis.ifelse(own, 1, 0)
        yield ibis.literal("unmet"), people - untold
        yield ibis.literal("unknown"), untold


def _ends(
    rows: Iterable[tuple[ir.BooleanValue, ir.IntegerValue]],
) -> tuple[ir.IntegerValue, ir.IntegerValue]:
    """Count the findings that something holds for surely, and those it may hold for."""
    sure: ir.IntegerValue = ibis.literal(0)
    possible: ir.IntegerValue = ibis.literal(0)
    for held, count in rows:
        sure = sure + ibis.ifelse(surely(held), count, 0)
        possible = possible + ibis.ifelse(surely(~held), 0, count)
    return sure, possible


@dataclass(frozen=True)
class _FindingReader(DealReader):
    """Reads possible findings of one state as a row: everything about them is fixed.

    One that is of no stage is known to be of none, which is not unknown: its stage is "".
    """

    judgement: Judgement
    state: ir.StringValue

    def column(self, subject: Reference | Score) -> ir.Value:
        if not isinstance(subject, Reference) or subject.table != "findings":
            return self.build.frame.table[deal_column(subject)]
        each = self.judgement
        if subject.name == "state":
            return self.state
        fixed: Mapping[str, str] = {
            "kind": each.kind.value,
            "criterion": each.id,
            "enforce": each.enforce.value,
            "stage": each.stage,
        }
        return ibis.literal(fixed[subject.name])

    def present(self, subject: Reference) -> ir.BooleanValue:
        return self.column(subject) != "" if subject.table == "findings" else DealReader.present(self, subject)
