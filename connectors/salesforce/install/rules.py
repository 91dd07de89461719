"""The validation rules of a playbook: one for the stages Dealgate wrote down, one for each criterion a formula says.

A rule of a criterion asks at the moment of saving, so that filling in what is missing opens the gate at once. What no
formula says is refused as of the last check, by the rule that reads the blocked stages; where all that stands against a
deal is asked by rules of criteria, that one stands aside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from connectors.protocol import Difference
from connectors.salesforce import names
from connectors.salesforce.facts import OrgFacts
from connectors.salesforce.formula import CannotTranslateError, Fields, translate
from connectors.salesforce.formula.literals import text_literal
from connectors.salesforce.formula.translate import all_of, any_of, negated
from connectors.salesforce.install.parts import ValidationRule
from rules.condition import MET
from rules.do_words import do_words
from rules.playbook import Criterion, Playbook
from rules.policies import CLOSED

LONGEST_NAME, LONGEST_FORMULA, LONGEST_MESSAGE = 40, 3900, 255
CHANGED = "OR(ISNEW(), ISCHANGED(StageName))"
PASSES = f"NOT($Permission.{names.BYPASS})"
SWEPT = f"$Setup.{names.HEARTBEAT}.{names.SWEPT_AT}"
NOW_STAGE, PRIOR_STAGE = "TEXT(StageName)", "TEXT(PRIORVALUE(StageName))"


@dataclass(frozen=True)
class PlaybookRules:
    """A playbook's rules, the ids of the criteria they ask, and what is left to the last check, with why."""

    rules: tuple[ValidationRule, ...]
    asked: frozenset[str]
    left: tuple[Difference, ...]


def rules_of(playbooks: Sequence[Playbook], facts: OrgFacts, columns: Mapping[str, str]) -> dict[str, PlaybookRules]:
    """Make the rules of every playbook, by its name."""
    return {each.name: _Making(each, facts, columns, alone=len(playbooks) == 1).made() for each in playbooks}


class _Making:
    def __init__(self, playbook: Playbook, facts: OrgFacts, columns: Mapping[str, str], *, alone: bool) -> None:
        self.playbook = playbook
        self.fields = Fields(playbook, facts, columns)
        self.alone = alone
        self.left: list[Difference] = []

    def made(self) -> PlaybookRules:
        found = dict(self._criteria())
        for each in self.playbook.clocks:
            if each.enforce.blocks:
                self._leave(getattr(each, "id", type(each).__name__), "it counts time since something happened")
        for rule in self.playbook.rules:
            if rule.enforce.blocks:
                self._leave(rule.id, "it is a rule, which may read findings and history")
        rules = (self._gate(), *found.values())
        return PlaybookRules(rules, frozenset(found), tuple(self.left))

    def _criteria(self) -> Iterator[tuple[str, ValidationRule]]:
        for criterion, forward, why_not in self._where():
            if not criterion.enforce.blocks:
                continue
            try:
                if why_not:
                    raise CannotTranslateError(why_not)  # noqa: TRY301 - one way to be left
                yield criterion.id, self._rule(criterion, forward)
            except CannotTranslateError as reason:
                self._leave(criterion.id, str(reason))

    def _where(self) -> Iterator[tuple[Criterion, str, str]]:
        """Give every criterion with the moves it stands against, and why no rule can ask it where history is needed."""
        to, came = self.fields.rank(NOW_STAGE), f"IF(ISNEW(), 0, {self.fields.rank(PRIOR_STAGE)})"
        onward = f"{to} > {came}"
        for criterion in self.playbook.every_stage:
            yield criterion, all_of([onward, f"{to} > 1"]), ""
        for number, stage in enumerate(self.playbook.stages, start=1):
            visited = (
                "its stage is optional, and only history tells whether the deal was in it" if stage.optional else ""
            )
            for criterion in stage.entry_criteria:
                yield criterion, all_of([f"{to} >= {number}", f"{came} < {number}"]), visited
            for criterion in stage.exit_criteria:
                left = "it is judged as of the moment the stage was left" if criterion.until_left else visited
                yield criterion, all_of([onward, f"{to} > {number}"]), left

    def _rule(self, criterion: Criterion, forward: str) -> ValidationRule:
        if criterion.for_each is not None:
            raise CannotTranslateError("it asks about each of several people")
        require = translate(criterion.require, self.fields)
        when = translate(criterion.when, self.fields) if criterion.when is not MET else None
        waived = f"CONTAINS({names.WAIVED}, {text_literal(f'|{criterion.id}|')})"
        parts = [CHANGED, PASSES, *self._applies(), forward, negated(waived)]
        parts += [negated(when.unmet)] if when else []
        formula = all_of([*parts, negated(require.met)])
        if len(formula) > LONGEST_FORMULA:
            raise CannotTranslateError("its formula is longer than Salesforce takes")
        do = criterion.do or do_words(criterion.require, self.playbook)
        message = _cut(f"{criterion.says}: {do}" if do else criterion.says)
        return ValidationRule(self._name(criterion.id), formula, message, f"{self.playbook.name}: {criterion.says}")

    def _applies(self) -> list[str]:
        """Say whose deals these are: by the values being saved where this is the only playbook, else as last judged."""
        judged = f"BEGINS({names.PLAYBOOK}, {text_literal(f'{self.playbook.id}@')})"
        if not self.alone:
            return [judged]
        try:
            return [negated(translate(self.playbook.applies_to, self.fields).unmet)]
        except CannotTranslateError:
            return [judged]

    def _gate(self) -> ValidationRule:
        policy, playbook = self.playbook.gates, self.playbook
        stale = f"OR(ISBLANK({SWEPT}), NOW() - {SWEPT} > {policy.stale_after.hours} / 24)"
        named = [
            f'CONTAINS({field}, "|" & {NOW_STAGE} & "|")' for field in (names.BLOCKED_STAGES, names.BLOCKED_STAGES_2)
        ]
        asked = f"AND({names.ASKED_BY_RULES}, {names.PLAYBOOK} = {text_literal(playbook.name)})"
        ours = f"BEGINS({names.PLAYBOOK}, {text_literal(f'{playbook.id}@')})"
        refused = all_of([ours, negated(asked), any_of(named)])
        if policy.when_stale == CLOSED:
            forward = f"{self.fields.rank(NOW_STAGE)} > {self.fields.rank(PRIOR_STAGE)}"
            never = all_of([f"ISBLANK({names.CHECKED_AT})", "NOT(ISNEW())", forward, *self._applies_by_values(), stale])
            refused = any_of([refused, never])
        else:
            refused = all_of([negated(stale), refused])
        message = "This stage is closed for now. The Dealgate panel says what is missing and what to do."
        formula = all_of(["ISCHANGED(StageName)", PASSES, refused])
        return ValidationRule(
            self._name(""), formula, message, f"{playbook.name}: the stages that the last check closed"
        )

    def _applies_by_values(self) -> list[str]:
        try:
            return [negated(translate(self.playbook.applies_to, self.fields).unmet)]
        except CannotTranslateError:
            return ["FALSE"]

    def _name(self, criterion: str) -> str:
        """Give a name of at most 40 letters, digits and single underscores, which no other id shares."""
        whole = f"Dealgate_{criterion or 'Gate'}_{self.playbook.id}"
        plain = re.sub(r"[^A-Za-z0-9]+", "_", whole)
        digest = sha256(f"{self.playbook.id} {criterion}".encode()).hexdigest()[:6]
        return f"{plain[: LONGEST_NAME - 7].rstrip('_')}_{digest}"

    def _leave(self, what: str, why: str) -> None:
        help_ = "it holds as of the last check, and moves past it are undone where `correct_moves` says so"
        self.left.append(Difference(f"{self.playbook.id}: {what}", why, help_))


def _cut(text: str) -> str:
    """Cut a message at a word."""
    if len(text) <= LONGEST_MESSAGE:
        return text
    return f"{text[: LONGEST_MESSAGE - 4].rpartition(' ')[0]} ..."
