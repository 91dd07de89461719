from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from jsonschema import Draft202012Validator

from rules.catalogue import FINDING_COLUMNS, FLAGS, Catalogue
from rules.condition import (
    MET,
    AllOf,
    AnyOf,
    Compare,
    Condition,
    FieldValue,
    Literal,
    Moment,
    Not,
    Operator,
    PerSegment,
    Quantifier,
    Reference,
    Related,
    Scalar,
    Score,
    Value,
)
from rules.load import playbook_schema
from rules.operators import OPERATORS
from rules.parse_condition import parse_condition
from rules.parsing import Parsing, Scope
from rules.problems import render_problems
from rules.types import STANDARD_TABLES, Duration, FieldType, Unit
from rules.yaml_nodes import MappingNode, Node, to_plain
from rules.yaml_text import read_yaml

OWN = {
    "pain": FieldType.TEXT,
    "plan": FieldType.LINK,
    "budget_confirmed": FieldType.YES_NO,
    "competitors": FieldType.CHOICES,
    "headcount": FieldType.NUMBER,
    "kickoff": FieldType.TIME,
}
CATALOGUE = Catalogue(
    columns={
        **STANDARD_TABLES,
        "deals": {**STANDARD_TABLES["deals"], **OWN},
        "quotes": {"deal_id": FieldType.TEXT, "primary": FieldType.YES_NO, "total": FieldType.MONEY},
    },
    records=("quotes",),
    stages=("discovery", "proposal"),
    outcomes=("won", "lost"),
    roles=("champion", "economic_buyer"),
    segments=("small", "large"),
    dimensions={"qualification": ("champion",), "ideal_client": ("size",)},
    flags=("probably dead",),
    zone=ZoneInfo("America/New_York"),
)
NAMED = "{large: {amount: {above: 5}}, either: {any: [{is: large}, {filled: pain}]}}"


def read(text: str) -> Node:
    node, problems = read_yaml(text, "f.yaml")
    assert problems == ()
    assert node is not None
    return node


def parsed(text: str, scope: Scope) -> tuple[Condition, str]:
    named = read(NAMED)
    assert isinstance(named, MappingNode)
    parsing = Parsing(CATALOGUE, {key.text: value for key, value in named})
    condition = parse_condition(read(text), scope, parsing)
    return condition, render_problems(parsing.problems)


DEAL = Scope("rule `r`", findings=True)


def of(name: str, table: str = "deals") -> Reference:
    columns = FINDING_COLUMNS if table == "findings" else CATALOGUE.columns[table]
    return Reference(table, name, columns[name])


def leaf(
    name: str, operator: Operator, value: Scalar | Duration | tuple[Scalar, ...] | Value, table: str = "deals"
) -> Compare:
    typed = value if isinstance(value, Literal | FieldValue | Moment | PerSegment) else Literal(value)
    return Compare(of(name, table), operator, typed)


def days(amount: int) -> Duration:
    return Duration(amount, Unit.DAYS)


MONEY = Decimal
PRESENT = leaf("pain", Operator.PRESENT, value=True)
LARGE = leaf("amount", Operator.ABOVE, MONEY(5))
CHAMPION = leaf("role", Operator.EQUALS, "champion", "contacts")
SOME_CHAMPION = Related("contacts", Quantifier.SOME, CHAMPION)

FORMS: list[tuple[str, Condition]] = [
    # logic
    ("{amount: 5, forecast: Commit}", AllOf((leaf("amount", Operator.EQUALS, MONEY(5)), leaf("forecast", Operator.EQUALS, "Commit")))),
    ("all: [{filled: pain}, {amount: {above: 5}}]", AllOf((PRESENT, LARGE))),
    ("any: [{filled: pain}, {amount: {above: 5}}]", AnyOf((PRESENT, LARGE))),
    ("none: [{filled: pain}, {amount: {above: 5}}]", Not(AnyOf((PRESENT, LARGE)))),
    ("not: {filled: pain}", Not(PRESENT)),
    ("is: large", LARGE),
    ("is: either", AnyOf((LARGE, PRESENT))),
    ("filled: [pain, next_step]", AllOf((PRESENT, leaf("next_step", Operator.PRESENT, value=True)))),
    # equals and one of
    ("forecast: Commit", leaf("forecast", Operator.EQUALS, "Commit")),
    ("forecast: {equals: Commit}", leaf("forecast", Operator.EQUALS, "Commit")),
    ("forecast: [Commit, Best Case]", leaf("forecast", Operator.ONE_OF, ("Commit", "Best Case"))),
    ("forecast: {one_of: [Commit]}", leaf("forecast", Operator.ONE_OF, ("Commit",))),
    ("forecast: {none_of: [Commit]}", leaf("forecast", Operator.NONE_OF, ("Commit",))),
    ("forecast: {not: Commit}", leaf("forecast", Operator.NOT, "Commit")),
    ("forecast: {not: [Commit]}", leaf("forecast", Operator.NONE_OF, ("Commit",))),
    ("account.country: NO", leaf("country", Operator.EQUALS, "NO", "accounts")),
    ("name: 007", leaf("name", Operator.EQUALS, "007")),
    ("budget_confirmed: yes", leaf("budget_confirmed", Operator.EQUALS, value=True)),
    ("budget_confirmed: {not: false}", leaf("budget_confirmed", Operator.NOT, value=False)),
    ("owner.email: a@example.com", leaf("email", Operator.EQUALS, "a@example.com", "owners")),
    ("deal.amount: 5", leaf("amount", Operator.EQUALS, MONEY(5))),
    # numbers
    ("amount: {at_least: 1.50}", leaf("amount", Operator.AT_LEAST, MONEY("1.50"))),
    ("headcount: {at_most: -2}", leaf("headcount", Operator.AT_MOST, MONEY(-2))),
    ("amount: {above: 1, below: 3}", AllOf((leaf("amount", Operator.ABOVE, MONEY(1)), leaf("amount", Operator.BELOW, MONEY(3))))),
    ("amount: {between: [1, 3]}", leaf("amount", Operator.BETWEEN, (MONEY(1), MONEY(3)))),
    ("amount: {at_least: {field: headcount}}", leaf("amount", Operator.AT_LEAST, FieldValue(of("headcount")))),
    ("amount: {at_least: {large: 2, otherwise: 1}}", leaf("amount", Operator.AT_LEAST, PerSegment((("large", Literal(MONEY(2))),), Literal(MONEY(1))))),
    ("amount: {at_least: {large: 2, small: 1}}", leaf("amount", Operator.AT_LEAST, PerSegment((("small", Literal(MONEY(1))), ("large", Literal(MONEY(2))))))),
    ("amount: {between: [{small: 1, otherwise: 2}, 3]}", AllOf((leaf("amount", Operator.AT_LEAST, PerSegment((("small", Literal(MONEY(1))),), Literal(MONEY(2)))), leaf("amount", Operator.AT_MOST, MONEY(3))))),
    # texts
    ("pain: {contains: cost}", leaf("pain", Operator.CONTAINS, ("cost",))),
    ("pain: {avoids: [maybe, perhaps]}", leaf("pain", Operator.AVOIDS, ("maybe", "perhaps"))),
    ("pain: {matches: '[0-9]+'}", leaf("pain", Operator.MATCHES, "[0-9]+")),
    ("pain: {min_words: 8, max_chars: 900}", AllOf((leaf("pain", Operator.MIN_WORDS, 8), leaf("pain", Operator.MAX_CHARS, 900)))),
    ("pain: {placeholder: false, copied: false}", AllOf((leaf("pain", Operator.PLACEHOLDER, value=False), leaf("pain", Operator.COPIED, value=False)))),
    ("plan: {present: false}", leaf("plan", Operator.PRESENT, value=False)),
    # choices
    ("competitors: Acme", leaf("competitors", Operator.INCLUDES_ANY, ("Acme",))),
    ("competitors: [Acme, Bolt]", leaf("competitors", Operator.INCLUDES_ANY, ("Acme", "Bolt"))),
    ("competitors: {includes_any: [Acme]}", leaf("competitors", Operator.INCLUDES_ANY, ("Acme",))),
    ("competitors: {includes_all: [Acme, Bolt]}", leaf("competitors", Operator.INCLUDES_ALL, ("Acme", "Bolt"))),
    ("flags: probably dead", Compare(FLAGS, Operator.INCLUDES_ANY, Literal(("probably dead",)))),
    # dates and times
    ("close_date: {before: 2026-11-01}", leaf("close_date", Operator.BEFORE, date(2026, 11, 1))),
    ("close_date: {after: today}", leaf("close_date", Operator.AFTER, Moment("today"))),
    ("kickoff: {on_or_before: now}", leaf("kickoff", Operator.ON_OR_BEFORE, Moment("now"))),
    ("close_date: {on_or_after: today + 5 business days}", leaf("close_date", Operator.ON_OR_AFTER, Moment("today", Duration(5, Unit.BUSINESS_DAYS)))),
    ("kickoff: {after: now - 3 hours}", leaf("kickoff", Operator.AFTER, Moment("now", Duration(-3, Unit.HOURS)))),
    ("kickoff: {before: {field: close_date, plus: 2 weeks}}", leaf("kickoff", Operator.BEFORE, FieldValue(of("close_date"), Duration(2, Unit.WEEKS)))),
    ("close_date: {before: {field: kickoff, plus: -1 day}}", leaf("close_date", Operator.BEFORE, FieldValue(of("kickoff"), days(-1)))),
    ("close_date: {field: next_step_date}", leaf("close_date", Operator.EQUALS, FieldValue(of("next_step_date")))),
    ("kickoff: {before: 2026-11-01 12:30}", leaf("kickoff", Operator.BEFORE, datetime(2026, 11, 1, 17, 30, tzinfo=UTC))),
    ("kickoff: {before: 2026-11-01T12:30+01:00}", leaf("kickoff", Operator.BEFORE, datetime(2026, 11, 1, 11, 30, tzinfo=UTC))),
    ("close_date: today", leaf("close_date", Operator.EQUALS, Moment("today"))),
    ("close_date: {between: [2026-01-01, 2026-12-31]}", leaf("close_date", Operator.BETWEEN, (date(2026, 1, 1), date(2026, 12, 31)))),
    ("close_date: {between: [today, today + 1 week]}", AllOf((leaf("close_date", Operator.ON_OR_AFTER, Moment("today")), leaf("close_date", Operator.ON_OR_BEFORE, Moment("today", Duration(1, Unit.WEEKS)))))),
    ("close_date: {within: 30 days}", leaf("close_date", Operator.WITHIN, days(30))),
    ("close_date: {within_next: {small: 1 day, otherwise: 2 days}}", leaf("close_date", Operator.WITHIN_NEXT, PerSegment((("small", Literal(days(1))),), Literal(days(2))))),
    ("created_at: {older_than: 0 days}", leaf("created_at", Operator.OLDER_THAN, days(0))),
    ("close_date: {in: [this quarter, next month]}", leaf("close_date", Operator.IN, ("this quarter", "next month"))),
    ("close_date: {in: last year}", leaf("close_date", Operator.IN, ("last year",))),
    ("amount: {changed_within: 2 weeks}", leaf("amount", Operator.CHANGED_WITHIN, Duration(2, Unit.WEEKS))),
    ("amount: {changed_since: stage_entered_at}", leaf("amount", Operator.CHANGED_SINCE, FieldValue(of("stage_entered_at")))),
    ("stage: {changed_since: {field: created_at, plus: 1 day}}", leaf("stage", Operator.CHANGED_SINCE, FieldValue(of("created_at"), days(1)))),
    # stages, scores
    ("stage: discovery", leaf("stage", Operator.EQUALS, "discovery")),
    ("stage: {from: proposal}", leaf("stage", Operator.FROM_STAGE, "proposal")),
    ("qualification: {at_least: 5}", Compare(Score("qualification"), Operator.AT_LEAST, Literal(5))),
    ("qualification: {below: 60 percent}", Compare(Score("qualification", percent=True), Operator.BELOW, Literal(MONEY(60)))),
    ("qualification.champion: 2", Compare(Score("qualification", "champion"), Operator.EQUALS, Literal(2))),
    ("ideal_client: {between: [10%, 50%]}", Compare(Score("ideal_client", percent=True), Operator.BETWEEN, Literal((MONEY(10), MONEY(50))))),
    ("ideal_client.size: {above: {small: 1, otherwise: 2}}", Compare(Score("ideal_client", "size"), Operator.ABOVE, PerSegment((("small", Literal(1)),), Literal(2)))),
    # related rows
    ("contacts: {some: {role: champion}}", SOME_CHAMPION),
    ("contacts: {some: {role: champion}, at_least: 2}", replace(SOME_CHAMPION, at_least=Literal(2))),
    ("contacts: {every: {title: {present: true}}, where: {role: champion}}", Related("contacts", Quantifier.EVERY, leaf("title", Operator.PRESENT, True, "contacts"), where=CHAMPION)),
    ("contacts: {no: {role: champion}}", Related("contacts", Quantifier.NO, CHAMPION)),
    ("contacts: {count: 2}", Related("contacts", Quantifier.COUNT, MET, count=((Operator.EQUALS, Literal(2)),))),
    ("contacts: {count: {at_least: {small: 1, otherwise: 2}, below: 9}, where: {role: champion}}", Related("contacts", Quantifier.COUNT, MET, where=CHAMPION, count=((Operator.AT_LEAST, PerSegment((("small", Literal(1)),), Literal(2))), (Operator.BELOW, Literal(9))))),
    ("contacts: {count: {between: [1, 3]}}", Related("contacts", Quantifier.COUNT, MET, count=((Operator.AT_LEAST, Literal(1)), (Operator.AT_MOST, Literal(3))))),
    ("contacts: [{some: {role: champion}}, {no: {role: champion}}]", AllOf((SOME_CHAMPION, Related("contacts", Quantifier.NO, CHAMPION)))),
    ("proposals: {some: {}}", Related("proposals", Quantifier.SOME, MET)),
    ("quotes: {some: {primary: true, total: {field: deal.amount}}}", Related("quotes", Quantifier.SOME, AllOf((leaf("primary", Operator.EQUALS, True, "quotes"), leaf("total", Operator.EQUALS, FieldValue(of("amount")), "quotes"))))),
    ("activities: {some: {kind: meeting, with: {role: champion}}}", Related("activities", Quantifier.SOME, AllOf((leaf("kind", Operator.EQUALS, "meeting", "activities"), Related("with", Quantifier.SOME, CHAMPION))))),
    ("stage_changes: {no: {to_stage: {from: proposal}, changed_at: {after: {field: deal.created_at}}}}", Related("stage_changes", Quantifier.NO, AllOf((leaf("to_stage", Operator.FROM_STAGE, "proposal", "stage_changes"), leaf("changed_at", Operator.AFTER, FieldValue(of("created_at")), "stage_changes"))))),
    ("activities: {some: {deal.stage: proposal, account.country: [SE, NO]}}", Related("activities", Quantifier.SOME, AllOf((leaf("stage", Operator.EQUALS, "proposal"), leaf("country", Operator.ONE_OF, ("SE", "NO"), "accounts"))))),
    ("findings: {some: {kind: stage_age}}", Related("findings", Quantifier.SOME, leaf("kind", Operator.EQUALS, "stage_age", "findings"))),
    ("field_changes: {some: {field: amount}}", Related("field_changes", Quantifier.SOME, leaf("field", Operator.EQUALS, "amount", "field_changes"))),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), FORMS, ids=[text for text, _ in FORMS])
def test_every_form_of_condition_is_read_as_it_is_meant(text: str, expected: Condition) -> None:
    assert parsed(text, DEAL) == (expected, "")


@pytest.mark.parametrize("text", [text for text, _ in FORMS])
def test_the_published_schema_takes_every_form_of_condition(text: str) -> None:
    schema = {**playbook_schema()["$defs"]["condition"], "$defs": playbook_schema()["$defs"]}
    assert [error.message for error in Draft202012Validator(schema).iter_errors(to_plain(read(text)))] == []


def test_every_operator_is_among_the_forms_and_in_the_schema() -> None:
    written = {operator for operator in Operator if any(f"{operator}:" in text for text, _ in FORMS)}
    assert set(OPERATORS) == set(Operator) == written
    assert set(map(str, Operator)) <= set(playbook_schema()["$defs"]["test"]["properties"])


def within(table: str) -> Scope:
    return DEAL.over(table)


PLAIN = Scope("exit criterion `x`")
WRONG: list[tuple[str, Scope, str]] = [
    ("pian: x", PLAIN, "unknown-field: exit criterion `x` reads `pian`, which deals do not have\n  help: did you mean `pain`?"),
    ("account.emploees: 5", PLAIN, "which accounts do not have\n  help: did you mean `account.employees`?"),
    ("economic_buyr: x", PLAIN, "help: a person in this role is asked for by `contacts: {some: {role: economic_buyer}}`"),
    ("whatever: x", PLAIN, "help: declare it under `fields`, or read a standard column"),
    ("amount: {at_leest: 5}", PLAIN, "unknown-operator: there is no operator `at_leest`\n  help: did you mean `at_least`?"),
    ("pain: {before: today}", PLAIN, "wrong-operator: exit criterion `x` asks `before` of `pain`, which is text"),
    ("close_date: {at_least: today}", PLAIN, "which is a date\n  help: write `on_or_after`"),
    ("amount: {after: 5}", PLAIN, "which is money\n  help: write `above`"),
    ("competitors: {contains: Acme}", PLAIN, "which is a list of choices\n  help: write `includes_any`"),
    ("budget_confirmed: [true, false]", PLAIN, "wrong-operator: exit criterion `x` asks `one_of` of `budget_confirmed`"),
    ("budget_confirmed: maybe", PLAIN, "wrong-value: `maybe` is neither yes nor no"),
    ("forecast: {from: proposal}", PLAIN, "asks `from` of `forecast`, which holds no stage"),
    ("qualification: {within: 2 days}", PLAIN, "asks `within` of `qualification`, which is a score"),
    ("qualification: 1.5", PLAIN, "wrong-value: `1.5` is not a count"),
    ("qualification: {at_least: 500 percent}", PLAIN, "`500 percent` is not between 0 and 100 percent"),
    ("qualification: {between: [1, 50 percent]}", PLAIN, "`1` is not in percent, but its neighbour is"),
    ("qualification.chmpion: 1", PLAIN, "unknown-score: exit criterion `x` reads the scorecard `qualification`, which has no dimension `chmpion`"),
    ("qualification: 1", replace(PLAIN, scores=frozenset()), "not-here: exit criterion `x` reads `qualification`"),
    ("qualification: 1", within("contacts"), "which contacts do not have"),
    ("flags: x", PLAIN, "not-here: `flags` can be read by rules only"),
    ("findings: {some: {kind: rule}}", PLAIN, "not-here: `findings` can be read by rules only"),
    ("flags: {includes_any: [dead]}", DEAL, "unknown-flag: there is no flag `dead`\n  help: one of `probably dead`"),
    ("findings: {some: {kind: stage_aged}}", DEAL, "unknown-value: `kind` is never `stage_aged`\n  help: did you mean `stage_age`?"),
    ("stage: discovry", PLAIN, "unknown-stage: there is no stage `discovry`\n  help: did you mean `discovery`?"),
    ("stage: {from: won}", PLAIN, "unknown-stage: there is no stage `won`"),
    ("contacts: {some: {role: champ}}", PLAIN, "unknown-role: there is no role `champ`\n  help: did you mean `champion`?"),
    ("activities: {some: {kind: zoom}}", PLAIN, "unknown-value: `kind` is never `zoom`"),
    ("is: lage", PLAIN, "unknown-condition: there is no condition `lage`\n  help: did you mean `large`?"),
    ("is: [large, {a: 1}]", PLAIN, "not-a-condition: `is` takes a name or a list of names, not a mapping"),
    ("is: {a: 1}", PLAIN, "not-a-condition: `is` takes a name or a list of names, not a mapping"),
    ("all: {amount: 5}", PLAIN, "not-a-condition: `all` takes a list of conditions, not a mapping"),
    ("any: []", PLAIN, "not-a-condition: `any` takes a list of conditions, not a list"),
    ("any: [amount]", PLAIN, "not-a-condition: a condition must be a mapping, not `amount`"),
    ("{}", PLAIN, "empty-condition: exit criterion `x` has a condition that asks nothing"),
    ("amount: {}", PLAIN, "empty-condition: nothing is asked of `amount`"),
    ("amount:", PLAIN, "wrong-value: nothing stands where a value is asked for"),
    ("forecast: []", PLAIN, "empty-list: the list is empty, so nothing can be one of it"),
    ("forecast: ' '", PLAIN, "wrong-value: a blank text cannot be compared with"),
    ("amount: 1,234.50", PLAIN, "wrong-value: `1,234.50` is not a plain number\n  help: write digits and a point, such as `1234.50`"),
    ("amount: €5", PLAIN, "`€5` is not a plain number\n  help: write digits and a point, such as `5`"),
    ("amount: {between: 5}", PLAIN, "`between` takes a list of two values, not `5`"),
    ("amount: {between: [5, 1]}", PLAIN, "the first value of `between` is above the second"),
    ("amount: {at_least: [5]}", PLAIN, "a list stands where one value is asked for"),
    ("amount: {at_least: {smal: 5}}", PLAIN, "unknown-segment: there is no segment `smal`\n  help: did you mean `small`?"),
    ("amount: {at_least: {small: 5}}", replace(PLAIN, segments=False), "values per segment are not possible here"),
    ("forecast: {one_of: {small: [a]}}", PLAIN, "`one_of` takes one value or a list of values, not a mapping"),
    ("amount: {at_least: {field: close_date}}", PLAIN, "`close_date` is a date, which cannot be compared with this"),
    ("amount: {at_least: {field: amunt}}", PLAIN, "unknown-field: exit criterion `x` reads `amunt`, which nothing has"),
    ("amount: {at_least: {field: headcount, plus: 2 days}}", PLAIN, "`plus` moves dates and times, and `headcount` is neither"),
    ("kickoff: {before: {field: close_date, plus: 2 hours}}", PLAIN, "`close_date` is a date, which hours cannot move"),
    ("close_date: {before: today + 2 hours}", PLAIN, "`today` is a date, which hours cannot move"),
    ("close_date: {before: tomorrow}", PLAIN, "`tomorrow` is not a moment"),
    ("close_date: {before: 12:30}", PLAIN, "`12:30` is not a time"),
    ("close_date: {before: 0000-01-01}", PLAIN, "`0000-01-01` lies in the year 0000"),
    ("close_date: {before: 10000-01-01}", PLAIN, "`10000-01-01` lies in the year 10000"),
    ("close_date: {before: 01/02/2026}", PLAIN, "`01/02/2026` is not a date"),
    ("close_date: {within: 3 months}", PLAIN, "wrong-duration: `3 months` has no fixed length"),
    ("close_date: {within: 0 days}", PLAIN, "wrong-duration: `0 days` is no time at all"),
    ("close_date: {within: -3 days}", PLAIN, "wrong-duration: `-3 days` is a negative duration"),
    ("close_date: {within: 99999999 weeks}", PLAIN, "wrong-duration: `99999999 weeks` is longer than 100 years"),
    ("close_date: {in: [this decade]}", PLAIN, "unknown-period: there is no period `this decade`"),
    ("pain: {matches: '(a)\\1'}", PLAIN, "wrong-pattern: `(a)\\1` is not a pattern RE2 can run"),
    ("pain: {min_words: many}", PLAIN, "wrong-value: `many` is not a count"),
    ("contacts: {some: {}, every: {}}", PLAIN, "has `some` and `every`"),
    ("contacts: {where: {role: champion}}", PLAIN, "wrong-quantifier: `contacts` takes exactly one of `some`, `every`, `no`, `count`, and has none of them"),
    ("contacts: {sme: {}}", PLAIN, "unknown-quantifier: `sme` cannot be asked of `contacts` as a whole\n  help: did you mean `some`?"),
    ("contacts: champion", PLAIN, "not-a-condition: `contacts` holds rows, not `champion`"),
    ("contacts: {count: {at_least: 2}, at_least: 2}", PLAIN, "`at_least` beside `count` says nothing"),
    ("contacts: {count: {within: 2 days}}", PLAIN, "unknown-operator: there is no operator `within`"),
    ("quote: {some: {primary: true}}", PLAIN, "unknown-table: exit criterion `x` asks for rows of `quote`, which is no related table\n  help: did you mean `quotes`?"),
    ("activities: {some: {contacts: {some: {role: champion}}}}", PLAIN, "not-here: exit criterion `x` asks for `contacts` of a row of activities"),
    ("contacts: {some: {amount: 5}}", PLAIN, "which contacts do not have\n  help: the deal's own is `deal.amount`"),
    ("contacts: {some: {title: {changed_within: 2 days}}}", PLAIN, "which is not the deal's own; changes and copies are known of the deal's fields only"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "scope", "said"), WRONG, ids=[f"{text} {scope.table}" for text, scope, _ in WRONG])
def test_what_a_condition_cannot_mean_is_said_in_its_own_words(text: str, scope: Scope, said: str) -> None:
    assert said in parsed(text, scope)[1]


def test_conditions_that_use_each_other_are_told_once() -> None:
    named = read("{b: {is: c}, a: {is: b}, c: {not: {is: a}}}")
    assert isinstance(named, MappingNode)
    parsing = Parsing(CATALOGUE, {key.text: value for key, value in named})
    for name in "abc":
        parse_condition(read(f"is: {name}"), PLAIN, parsing)
    assert len(set(parsing.problems)) == 1
    assert "these conditions use each other in a circle: `a` -> `b` -> `c` -> `a`" in render_problems(parsing.problems)


def test_conditions_that_grow_without_end_are_refused() -> None:
    lines = ["c0: {all: [{amount: 1}, {amount: 2}]}"]
    lines += [f"c{n}: {{all: [{', '.join(f'{{is: c{n - 1}}}' for _ in range(10))}]}}" for n in range(1, 10)]
    named = read("\n".join(lines))
    assert isinstance(named, MappingNode)
    parsing = Parsing(CATALOGUE, {key.text: value for key, value in named})
    parse_condition(read("is: c9"), PLAIN, parsing)
    assert {problem.code for problem in parsing.problems} == {"too-large"}


def test_a_condition_nested_too_deep_is_refused() -> None:
    assert "too-large" in parsed("not: {" * 28 + "amount: 5" + "}" * 28, PLAIN)[1]


def test_a_percent_is_asked_of_a_dimension_of_its_most() -> None:
    expected = Compare(Score("qualification", "champion", percent=True), Operator.ABOVE, Literal(Decimal(50)))
    assert parsed("qualification.champion: {above: 50 percent}", PLAIN) == (expected, "")
