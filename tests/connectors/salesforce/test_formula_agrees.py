"""Generated formulas say what the engine says, on random conditions and random deals."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.salesforce.facts import FieldFacts, OrgFacts
from connectors.salesforce.formula import Fields, translate
from engine.judge.evaluate import judge
from engine.judge.tables import Tables, canonical_schemas
from engine.judge.verdicts import State
from rules.condition import AllOf, AnyOf, Compare, Condition, FieldValue, Literal, Moment, Not, Operator, Reference
from rules.playbook import Criterion, Enforce, Playbook, Stage
from rules.types import Duration, Field, FieldType, Unit
from tests.simulators.salesforce.formula import Context, evaluate

AS_OF = datetime(2026, 11, 2, 15, tzinfo=UTC)
KINDS = {
    "Words__c": "string", "More__c": "string", "Kind__c": "picklist", "Size__c": "double", "Price__c": "currency",
    "Day__c": "date", "Other_Day__c": "date", "At__c": "datetime", "Tick__c": "boolean", "Several__c": "multipicklist",
}  # fmt: skip
TYPES = {
    "words": FieldType.TEXT, "more": FieldType.TEXT, "kind": FieldType.CHOICE, "size": FieldType.NUMBER,
    "price": FieldType.MONEY, "day": FieldType.DATE, "other_day": FieldType.DATE, "at": FieldType.TIME,
    "tick": FieldType.YES_NO, "several": FieldType.CHOICES,
}  # fmt: skip
API = {name: next(api for api in KINDS if api.lower() == f"{name}__c") for name in TYPES}
FIELDS = tuple(Field(name, kind, crm={"salesforce": API[name]}) for name, kind in TYPES.items())
FACTS = OrgFacts({"Opportunity": {api.lower(): FieldFacts(api, kind, length=255) for api, kind in KINDS.items()}})
TEXTS = ("a", "A", "tbd", "Größe", 'say "hi"', "back\\slash", "it's", "😀", "a b")
NUMBERS = (Decimal(0), Decimal(-5), Decimal("0.1"), Decimal(25000), Decimal("1e12"))
DAYS = tuple(AS_OF.date() + timedelta(days=each) for each in (-400, -14, -1, 0, 1, 30))
MOMENTS = tuple(AS_OF + timedelta(hours=each) for each in (-9000, -336, -1, 0, 1, 335, 336))
LENGTHS = (Duration(1, Unit.HOURS), Duration(12, Unit.HOURS), Duration(14, Unit.DAYS), Duration(2, Unit.WEEKS))
ORDER = (Operator.AT_LEAST, Operator.AT_MOST, Operator.ABOVE, Operator.BELOW, Operator.EQUALS, Operator.NOT)
TIMES = (Operator.BEFORE, Operator.AFTER, Operator.ON_OR_BEFORE, Operator.ON_OR_AFTER, Operator.EQUALS, Operator.NOT)


def reference(name: str) -> Reference:
    return Reference("deals", name, TYPES[name])


def literal(*values: Any) -> st.SearchStrategy[Literal]:
    return st.sampled_from(values).map(Literal)


def several(values: tuple[Any, ...]) -> st.SearchStrategy[Literal]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True).map(lambda some: Literal(tuple(some)))


def compare(names: tuple[str, ...], operators: tuple[Operator, ...], value: Any) -> st.SearchStrategy[Condition]:
    return st.builds(Compare, st.sampled_from(names).map(reference), st.sampled_from(operators), value)


YES_OR_NO = (True, False)
LISTED = (Operator.ONE_OF, Operator.NONE_OF)
other_day = st.builds(
    FieldValue, st.just(reference("other_day")), st.sampled_from([None, *LENGTHS[2:], Duration(-3, Unit.DAYS)])
)
LEAVES: st.SearchStrategy[Condition] = st.one_of(
    compare(tuple(TYPES), (Operator.PRESENT,), literal(*YES_OR_NO)),
    compare(("words", "more", "kind"), (Operator.EQUALS, Operator.NOT), literal(*TEXTS)),
    compare(("words",), (Operator.EQUALS, Operator.NOT), st.just(FieldValue(reference("more")))),
    compare(("words", "kind"), LISTED, several(TEXTS)),
    compare(("size", "price"), ORDER, literal(*NUMBERS)),
    compare(("size", "price"), LISTED, several(NUMBERS)),
    compare(("size", "price"), (Operator.BETWEEN,), st.just(Literal((Decimal(0), Decimal(25000))))),
    compare(("day",), TIMES, literal(*DAYS)),
    compare(("day",), TIMES[:4], other_day),
    compare(("at",), TIMES, literal(*MOMENTS)),
    compare(("at",), TIMES[:4], st.builds(Moment, st.just("now"), st.sampled_from([None, *LENGTHS]))),
    compare(
        ("at",), (Operator.WITHIN, Operator.WITHIN_NEXT, Operator.OLDER_THAN), st.sampled_from(LENGTHS).map(Literal)
    ),
    compare(("tick",), (Operator.EQUALS, Operator.NOT), literal(*YES_OR_NO)),
    compare(("several",), (Operator.INCLUDES_ANY, Operator.INCLUDES_ALL), several(TEXTS)),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: AllOf(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
        inner.map(Not),
    ),
    max_leaves=6,
)
DEALS = st.fixed_dictionaries(
    {
        "words": st.sampled_from([None, *TEXTS]),
        "more": st.sampled_from([None, *TEXTS]),
        "kind": st.sampled_from([None, *TEXTS]),
        "size": st.sampled_from([None, *map(float, NUMBERS)]),
        "price": st.sampled_from([None, *NUMBERS]),
        "day": st.sampled_from([None, *DAYS]),
        "other_day": st.sampled_from([None, *DAYS]),
        "at": st.sampled_from([None, *MOMENTS]),
        "tick": st.booleans(),
        "several": st.one_of(st.none(), st.lists(st.sampled_from(TEXTS), min_size=1, max_size=3, unique=True)),
    }
)
NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"


def playbook_of(conditions: list[Condition]) -> Playbook:
    criteria = tuple(Criterion(f"c{number}", "Says", each, Enforce.HARD) for number, each in enumerate(conditions))
    return Playbook("formulas", 1, "Formulas", (Stage("a", "A"), Stage("b", "B")), fields=FIELDS, every_stage=criteria)


def states_of(playbook: Playbook, deals: list[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Judge by the engine: met, unmet or unknown, by deal and criterion."""
    rows = [
        {**deal, "id": f"d{number:03}", "stage": "a", "outcome": "open", "created_at": AS_OF}
        for number, deal in enumerate(deals)
    ]
    schema = canonical_schemas(playbook)["deals"]
    table = pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema=schema)
    verdicts = sorted(judge(playbook, Tables({"deals": table}), AS_OF, crm="salesforce"), key=lambda each: each.deal_id)
    found = [{each.criterion: each.state for each in verdict.findings} for verdict in verdicts]
    names = {State.UNMET: "unmet", State.UNKNOWN: "unknown"}
    return [{each.id: names.get(states.get(each.id), "met") for each in playbook.every_stage} for states in found]  # type: ignore[arg-type] # absent: met


def context_of(deal: Mapping[str, Any]) -> Context:
    values = {API[name]: ";".join(value) if isinstance(value, list) else value for name, value in deal.items()}
    return Context(values, KINDS, now=AS_OF)


@settings(max_examples=60 if NIGHTLY else 3, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(CONDITIONS, min_size=25, max_size=25), st.lists(DEALS, min_size=40, max_size=40))
def test_a_formula_is_true_exactly_where_the_engine_says_so(
    conditions: list[Condition], deals: list[Mapping[str, Any]]
) -> None:
    playbook = playbook_of(conditions)
    fields = Fields(playbook, FACTS, {})
    formulas = {f"c{number}": translate(each, fields) for number, each in enumerate(conditions)}
    for deal, states in zip(deals, states_of(playbook, deals), strict=True):
        context = context_of(deal)
        said = {name: (evaluate(each.met, context), evaluate(each.unmet, context)) for name, each in formulas.items()}
        expected = {name: (state == "met", state == "unmet") for name, state in states.items()}
        wrong = {
            name: (formulas[name].met, expected[name], said[name]) for name in said if said[name] != expected[name]
        }
        assert wrong == {}, deal


@pytest.mark.parametrize("today", [date(2026, 11, 2)])
def test_what_the_engine_and_a_formula_both_call_unknown(today: date) -> None:
    """A blank day is neither before nor after."""
    fields = Fields(playbook_of([]), FACTS, {})
    found = translate(Compare(reference("day"), Operator.BEFORE, Literal(today)), fields)
    context = context_of({"day": None})
    assert (evaluate(found.met, context), evaluate(found.unmet, context)) == (False, False)
