"""A check whose verdicts are found by rulesets: another evaluator, to hold the table engine against."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from connectors.protocol import Connector
from engine.judge.evaluate import Evaluator
from engine.judge.ruleset.evaluator import RulesetEvaluator
from engine.judge.tables import Tables
from engine.runs.check import Check, Question
from engine.runs.mistakes import Mistake
from rules.playbook import Playbook
from rules.ruleset_refusals import refusals


class EvaluatorName(StrEnum):
    """What judges, as people name it."""

    TABLE = "table"
    DURABLE_RULES = "durable-rules"


class NotCarried(Mistake):
    """A playbook holds what rulesets cannot carry; a verdict without it would be another verdict."""

    def __init__(self, playbook: str, reasons: Sequence[str]) -> None:
        listed = "".join(f"\n  {reason}" for reason in reasons)
        super().__init__(
            f"`--evaluator durable-rules` cannot judge by `{playbook}`:{listed}",
            "docs/evaluators.md says what rulesets carry; `--evaluator table` judges by all of it",
        )


class CheckByRules(Check):
    """One pass over a CRM's deals by rulesets; raises NotCarried for a playbook that they do not carry whole."""

    def __init__(self, connector: Connector, playbooks: Sequence[Playbook], question: Question) -> None:
        super().__init__(connector, playbooks, question)
        for playbook in playbooks:
            if refused := refusals(playbook, connector.name):
                raise NotCarried(playbook.name, [str(each) for each in refused])

    def evaluator(self, playbook: Playbook, tables: Tables) -> Evaluator:
        """Give the playbook's rulesets for such tables, written once."""
        key = (playbook.name, frozenset(tables.delivered.items()), tables.tracked)
        if key not in self._evaluators:
            fresh = RulesetEvaluator(playbook, self.crm, delivered=tables.delivered, tracked=tables.tracked)
            self._evaluators[key] = self._open.enter_context(fresh)
        return self._evaluators[key]
