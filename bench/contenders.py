"""The engines that are compared, this one first, and how many deals each is timed on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bench.engines.cel_expressions import CelExpressions
from bench.engines.dealgate import Dealgate
from bench.engines.durable_rules_ruleset import DurableRulesRuleset
from bench.engines.handwritten import HandwrittenPython
from bench.engines.polars_query import PolarsQuery
from bench.engines.protocol import Engine
from bench.engines.rule_engine_rules import RuleEngineRules
from bench.engines.zen_decisions import ZenCompiledDecision, ZenDecision, ZenExpression


@dataclass(frozen=True)
class Contender:
    """An engine and on how many deals it is timed: slow ones judge fewer, and deals per second are compared."""

    make: type[Engine[Any, Any]]
    deals: int


CONTENDERS = (
    Contender(Dealgate, 100_000),
    Contender(PolarsQuery, 100_000),
    Contender(HandwrittenPython, 20_000),
    Contender(ZenExpression, 5_000),
    Contender(ZenCompiledDecision, 5_000),
    Contender(ZenDecision, 2_000),
    Contender(CelExpressions, 2_000),
    Contender(DurableRulesRuleset, 1_000),
    Contender(RuleEngineRules, 200),
)
