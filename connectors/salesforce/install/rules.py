"""The validation rules of a playbook, so that whatever stands against a deal is said where a move is refused.

A rule of a criterion that a formula can ask asks it at the moment of saving: filling in what is missing opens the gate
at once. Everything else is refused as of the last check, by a rule with the words of the criterion, clock or rule that
was open then. What neither of them tells is refused by the rule that reads the blocked stages alone; it stands aside
where they tell all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.protocol import Difference
from connectors.salesforce import names
from connectors.salesforce.facts import OrgFacts
from connectors.salesforce.formula import CannotTranslateError, Fields, translate
from connectors.salesforce.formula.literals import text_literal
from connectors.salesforce.formula.translate import all_of, any_of, negated
from connectors.salesforce.install.parts import ValidationRule
from connectors.salesforce.install.standing import Standing, clocks_and_rules, standing_of
from rules.condition import MET
from rules.playbook import Criterion, Playbook
from rules.policies import CLOSED

LONGEST_NAME, LONGEST_FORMULA, LONGEST_MESSAGE = 40, 3900, 255
CHANGED = "OR(ISNEW(), ISCHANGED(StageName))"
PASSES = f"NOT($Permission.{names.BYPASS})"
SWEPT = f"$Setup.{names.HEARTBEAT}.{names.SWEPT_AT}"
NOW_STAGE, PRIOR_STAGE = "TEXT(StageName)", "TEXT(PRIORVALUE(StageName))"
BLOCKED_STAGE = any_of(
    [f'CONTAINS({field}, "|" & {NOW_STAGE} & "|")' for field in (names.BLOCKED_STAGES, names.BLOCKED_STAGES_2)]
)
CLOSED_FOR_NOW = "This stage is closed for now. The Dealgate panel says what is missing and what to do."


@dataclass(frozen=True, slots=True)
class Left:
    """What is refused as of the last check, and why it is not asked at the moment of saving."""

    standing: Standing
    why: str


@dataclass(frozen=True)
class PlaybookRules:
    """A playbook's rules: the ids of what they ask at the moment of saving, and what is left to the last check."""

    rules: tuple[ValidationRule, ...]
    asked: frozenset[str]
    left: tuple[Left, ...]

    @property
    def said(self) -> frozenset[str]:
        """Give the ids of all that is refused in words of its own."""
        return self.asked | {each.standing.id for each in self.left}


def not_prevented(made: Mapping[str, PlaybookRules]) -> list[Difference]:
    """Name what no rule asks at the moment of saving, and why."""
    help_ = "it holds as of the last check, and moves past it are undone where `correct_moves` says so"
    return [
        Difference(f"{name.partition('@')[0]}: {each.standing.id}", each.why, help_)
        for name, rules in made.items()
        for each in rules.left
    ]


def rules_of(playbooks: Sequence[Playbook], facts: OrgFacts, columns: Mapping[str, str]) -> dict[str, PlaybookRules]:
    """Make the rules of every playbook, by its name."""
    return {each.name: _Making(each, facts, columns, alone=len(playbooks) == 1).made() for each in playbooks}


class _Making:
    def __init__(self, playbook: Playbook, facts: OrgFacts, columns: Mapping[str, str], *, alone: bool) -> None:
        self.playbook = playbook
        self.fields = Fields(playbook, facts, columns)
        self.alone = alone

    def made(self) -> PlaybookRules:
        asked, left = dict[str, ValidationRule](), dict[str, Left]()
        for criterion, forward, why_not in self._where():
            standing = standing_of(criterion, self.playbook)
            try:
                asked[criterion.id] = self._asked(criterion, standing, forward, why_not)
            except CannotTranslateError as reason:
                left[criterion.id] = Left(standing, str(reason))
        left |= {standing.id: Left(standing, why) for standing, why in clocks_and_rules(self.playbook)}
        told = [self._told(each.standing) for each in left.values()]
        return PlaybookRules((self._gate(), *asked.values(), *told), frozenset(asked), tuple(left.values()))

    def _where(self) -> Iterator[tuple[Criterion, str, str]]:
        """Give what blocks, with the moves it stands against, and why no rule can ask it where history is needed."""
        to, came = self.fields.rank(NOW_STAGE), f"IF(ISNEW(), 0, {self.fields.rank(PRIOR_STAGE)})"
        onward = f"{to} > {came}"
        found = [(criterion, all_of([onward, f"{to} > 1"]), "") for criterion in self.playbook.every_stage]
        for number, stage in enumerate(self.playbook.stages, start=1):
            visited = (
                "its stage is optional, and only history tells whether the deal was in it" if stage.optional else ""
            )
            entering = all_of([f"{to} >= {number}", f"{came} < {number}"])
            found += [(criterion, entering, visited) for criterion in stage.entry_criteria]
            for criterion in stage.exit_criteria:
                left = "it is judged as of the moment the stage was left" if criterion.until_left else visited
                found.append((criterion, all_of([onward, f"{to} > {number}"]), left))
        return (each for each in found if each[0].enforce.blocks)

    def _asked(self, criterion: Criterion, standing: Standing, forward: str, why_not: str) -> ValidationRule:
        """Make the rule that asks a criterion at the moment of saving."""
        if why_not or criterion.for_each is not None:
            raise CannotTranslateError(why_not or "it asks about each of several people")
        require = translate(criterion.require, self.fields)
        when = translate(criterion.when, self.fields) if criterion.when is not MET else None
        waived = f"CONTAINS({names.WAIVED}, {text_literal(f'|{criterion.id}|')})"
        parts = [CHANGED, PASSES, *self._applies(), forward, negated(waived)]
        parts += [negated(when.unmet)] if when else []
        formula = all_of([*parts, negated(require.met)])
        if len(formula) > LONGEST_FORMULA:
            raise CannotTranslateError("its formula is longer than Salesforce takes")
        return self._rule(criterion.id, formula, standing.words, standing.says)

    def _told(self, standing: Standing) -> ValidationRule:
        """Make the rule that refuses with the words of what was open as of the last check."""
        code = text_literal(f"|{names.code_of(self.playbook.id, standing.id)}|")
        refused = all_of([self._ours(), f"CONTAINS({names.BLOCKING_CODES}, {code})", BLOCKED_STAGE])
        formula = all_of(["ISCHANGED(StageName)", PASSES, *self._while_fresh(), refused])
        return self._rule(standing.id, formula, standing.words, standing.says)

    def _gate(self) -> ValidationRule:
        """Make the rule that reads the blocked stages alone."""
        told = f"AND({names.ASKED_BY_RULES}, {names.PLAYBOOK} = {text_literal(self.playbook.name)})"
        refused = all_of([self._ours(), negated(told), BLOCKED_STAGE])
        if self.playbook.gates.when_stale == CLOSED:
            forward = f"{self.fields.rank(NOW_STAGE)} > {self.fields.rank(PRIOR_STAGE)}"
            never = [f"ISBLANK({names.CHECKED_AT})", "NOT(ISNEW())", forward, *self._applies_by_values(), self._stale()]
            refused = any_of([refused, all_of(never)])
        formula = all_of(["ISCHANGED(StageName)", PASSES, *self._while_fresh(), refused])
        return self._rule("", formula, CLOSED_FOR_NOW, "the stages that the last check closed")

    def _stale(self) -> str:
        return f"OR(ISBLANK({SWEPT}), NOW() - {SWEPT} > {self.playbook.gates.stale_after.hours} / 24)"

    def _while_fresh(self) -> list[str]:
        return [] if self.playbook.gates.when_stale == CLOSED else [negated(self._stale())]

    def _ours(self) -> str:
        """Say that this playbook judged the deal last, in whichever version."""
        return f"BEGINS({names.PLAYBOOK}, {text_literal(f'{self.playbook.id}@')})"

    def _applies(self) -> list[str]:
        """Say whose deals these are: by the values being saved where this is the only playbook, else as last judged."""
        if not self.alone:
            return [self._ours()]
        try:
            return [negated(translate(self.playbook.applies_to, self.fields).unmet)]
        except CannotTranslateError:
            return [self._ours()]

    def _applies_by_values(self) -> list[str]:
        try:
            return [negated(translate(self.playbook.applies_to, self.fields).unmet)]
        except CannotTranslateError:
            return ["FALSE"]

    def _rule(self, id_: str, formula: str, message: str, about: str) -> ValidationRule:
        return ValidationRule(self._name(id_), formula, _cut(message), f"{self.playbook.name}: {about}")

    def _name(self, id_: str) -> str:
        """Give a name of at most 40 letters, digits and single underscores, which no other id shares."""
        plain = re.sub(r"[^A-Za-z0-9]+", "_", f"Dealgate_{id_ or 'Gate'}_{self.playbook.id}")
        code = names.code_of(self.playbook.id, id_)
        return f"{plain[: LONGEST_NAME - len(code) - 1].rstrip('_')}_{code}"


def _cut(text: str) -> str:
    """Cut a message at a word."""
    if len(text) <= LONGEST_MESSAGE:
        return text
    return f"{text[: LONGEST_MESSAGE - 4].rpartition(' ')[0]} ..."
