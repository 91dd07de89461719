import pytest

from rules.lint import lint, load_and_lint
from rules.load import load_playbook
from rules.problems import render_problems

FIRST = "playbook: p\nversion: 1\ntitle: P\n"
STAGES = "stages: [{id: a, title: A, exit_criteria: [{id: x, says: X, require: {amount: {above: 0}}}]}]\n"
GOOD = FIRST + STAGES


def advice(text: str) -> dict[str, str]:
    playbook, problems = load_and_lint(text, "p.yaml")
    assert playbook is not None, render_problems(problems)
    return {problem.code: str(problem) for problem in problems}


def criteria(*conditions: str, more: str = "") -> str:
    listed = "".join(f"      - {{id: c{n}, says: C, require: {{{each}}}{more}}}\n" for n, each in enumerate(conditions))
    return f"{FIRST}stages:\n  - id: a\n    title: A\n    exit_criteria:\n{listed}"


def test_a_wise_playbook_gets_no_advice() -> None:
    assert advice(GOOD) == {}


def test_advice_stands_at_its_place_in_the_text() -> None:
    text = criteria("amount: {at_least: 5, at_most: 3}")
    assert advice(text)["never-met"] == (
        "p.yaml:8:14: never-met: criterion `c0` can never be met: it leaves no value for `amount`\n"
        "  help: loosen one of its bounds"
    )


@pytest.mark.parametrize(
    "condition",
    [
        "amount: {at_least: 5, at_most: 3}",
        "amount: {above: 5, below: 5}",
        "amount: {between: [1, 2], above: 2}",
        "all: [{amount: 5}, {amount: {below: 5}}]",
        "any: [{amount: {at_least: 5, at_most: 3}}, {amount: {above: 5, below: 5}}]",
        "close_date: {after: 2026-12-31, before: 2026-01-01}",
        "forecast: {equals: Commit, none_of: [Commit, Best Case]}",
        "all: [{forecast: [a, b]}, {forecast: [c]}]",
        "next_step: {present: false, min_words: 3}",
        "all: [{filled: next_step}, {next_step: {present: false}}]",
        "contacts: {some: {title: CEO}, where: {title: CFO}}",
        "qualification.d: {at_least: 5}",
        "qualification: {above: 100 percent}",
        "qualification: {at_least: 50 percent, below: 1}",
    ],
)
def test_a_condition_that_nothing_can_meet_is_told(condition: str) -> None:
    assert "never-met" in advice(criteria(condition) + SAME_LEVELS)


@pytest.mark.parametrize(
    "condition",
    [
        "amount: {at_least: 5, at_most: 5}",
        "any: [{amount: {at_least: 5}}, {amount: {at_most: 3}}]",
        "amount: {at_least: {s: 5, otherwise: 1}, at_most: 3}",
        "forecast: {one_of: [a, b], not: b}",
        "close_date: {after: today, before: 2026-01-01}",
        "next_step: {present: false, changed_within: 2 days}",
        "not: {amount: {at_least: 5, at_most: 3}}",
        "contacts: [{some: {title: CEO}}, {some: {title: CFO}}]",
    ],
)
def test_a_condition_that_something_can_meet_is_left_alone(condition: str) -> None:
    segments = "segments: {s: {amount: {below: 5}}, l: otherwise}\n"
    assert "never-met" not in advice(criteria(condition) + segments)


ONE_LEVEL = "qualification: {dimensions: [{id: d, levels: [{points: 1, when: {amount: 1}}]}]}\n"
SAME_LEVELS = (
    "qualification: {dimensions: [{id: d, levels: [{points: 1, when: {amount: 1}}, {points: 2, when: {amount: 1}}]}]}\n"
)


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (criteria("amount: 1", more=", enforce: hard"), "no-way-out", "`c0` blocks deals and says nothing"),
        (criteria("amount: 1", more=", enforce: hard"), "no-approvers", "names none"),
        (criteria(*["amount: 1"] * 3, more=", enforce: hard"), "all-hard", "every criterion is hard"),
        (criteria("filled: next_step"), "no-evidence", "met by any text in `next_step`"),
        (FIRST + "stages: [{id: a, title: A}]\n", "no-exit-criteria", "stage `a` asks for nothing"),
        (
            GOOD.replace("A,", "A, optional: true, entry_criteria: [{id: e, says: E, require: {amount: 1}}],"),
            "never-judged",
            "entry criteria of stage `a` are never judged",
        ),
        (criteria(*["amount: 1"] * 8, more=", enforce: soft"), "too-many-blocking", "8 criteria block deals in"),
        (GOOD + ONE_LEVEL, "one-level", "dimension `d` has one level"),
        (GOOD + SAME_LEVELS, "dominated-level", "the level of 1 points of `d` asks the same as a higher one"),
        (GOOD + ONE_LEVEL.replace("{dimensions", "{bands: {low: 5}, dimensions"), "no-lowest-band", "below 5 percent"),
        (GOOD + "segments: {l: otherwise, s: {amount: 1}}\n", "never-reached", "segment `s` is never reached"),
        (
            GOOD + "segments: {s: {amount: 1}, l: otherwise}\nclocks: {buyer_silence: {limit: {s: 3 days}}}\n",
            "no-otherwise",
            "clock `buyer_silence` gives no value for segment `l`",
        ),
        (
            GOOD + "clocks: {buyer_silence: {limit: 30 days}, stage_age: {limit: 20 days}}\n",
            "late-clock",
            "clock `buyer_silence` runs longer than a deal may stand in any stage",
        ),
        (
            GOOD + "clocks: {own: {since_last: [next_step], steps: "
            "[{after: 9 days, then: {flag: x}}, {after: 5 business days, then: {flag: y}}]}}\n",
            "steps-out-of-order",
            "the steps of clock `own` do not come one after the other",
        ),
        (GOOD + "rates: {USD: 1}\n", "own-rate", "`USD` is the playbook's own currency"),
        (GOOD + "roles: {champion: {}}\n", "unused", "nothing uses the role `champion`"),
        (GOOD + "fields: {pain: {type: text}}\n", "unused", "nothing uses the field `pain`"),
        (GOOD + "records: {quotes: {fields: {a: {type: text}}}}\n", "unused", "nothing uses the record `quotes`"),
        (GOOD + "conditions: {large: {amount: 1}}\n", "unused", "nothing uses the condition `large`"),
        (GOOD + "segments: {s: {amount: 1}, l: otherwise}\n", "unused", "nothing uses the segment"),
        (
            GOOD + "fields:\n" + "".join(f"  f{n}: {{type: text, crm: {{hubspot: F}}}}\n" for n in range(3))
            + "  f: {type: text, crm: {hubspott: F}}\n",
            "rare-crm",
            "did you mean `hubspot`?",
        ),
    ],
)  # fmt: skip
def test_what_is_legal_but_unwise_is_told(text: str, code: str, said: str) -> None:
    assert said in advice(text)[code]


def test_advice_is_not_given_on_what_does_not_load() -> None:
    playbook, problems = load_and_lint("playbook: p\n", "p.yaml")
    assert playbook is None
    assert {problem.code for problem in problems} == {"missing-key"}


def test_advice_can_be_asked_of_a_playbook_that_is_loaded_already() -> None:
    playbook, _ = load_playbook(criteria("filled: next_step"), "p.yaml")
    assert playbook is not None
    assert [problem.where.file for problem in lint(playbook, "elsewhere.yaml")] == ["elsewhere.yaml"]
