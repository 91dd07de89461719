"""What surprises, in whose words, and how it is allowed."""

from __future__ import annotations

from pathlib import Path

from engine.judge.surprise import GUARDS, Totals, parse_allow, refusals


def test_each_surprise_says_what_would_happen_and_how_to_allow_it() -> None:
    totals = Totals(
        open_deals=812, newly_blocked=203, tasks_created=3000, moves=41, tasks_open=100, tasks_completed=51,
        new_tasks={"ann": 26, "bob": 2974},
    )  # fmt: skip
    assert refusals(totals) == (
        "more than 20% of 812 open deals would be blocked (203, 25.0%), --allow blocked",
        "more than 3 new tasks per open deal (3000 for 812 open deals, 3.7 each), --allow tasks",
        "more than 25 new tasks for one owner (2 owners, 2974 for `bob`), --allow tasks-per-owner",
        "more than 50% of 100 open tasks would be completed (51, 51.0%), --allow completed",
        "more than 5% of 812 open deals would be moved back (41, 5.0%), --allow moves",
    )


def test_what_stays_at_its_limit_does_not_surprise() -> None:
    totals = Totals(open_deals=100, newly_blocked=20, tasks_created=300, moves=5, new_tasks={"ann": 25})
    assert refusals(totals) == ()


def test_few_deals_do_not_surprise() -> None:
    assert refusals(Totals(open_deals=10, newly_blocked=10, tasks_created=99, moves=10, new_tasks={"ann": 99})) == ()


def test_what_is_allowed_by_name_or_up_to_a_limit_passes() -> None:
    totals = Totals(open_deals=100, newly_blocked=25, moves=10)
    limits, problems = parse_allow(["blocked=25%", "moves"])
    assert (refusals(totals, limits), problems) == ((), [])
    assert refusals(totals, parse_allow(["blocked=24.5", "moves"])[0]) == (
        "more than 24.5% of 100 open deals would be blocked (25, 25.0%), --allow blocked",
    )


def test_a_misspelt_allowance_is_told() -> None:
    assert parse_allow(["blokced", "moves=many"])[1] == [
        "`--allow blokced` names no guard\n  help: did you mean `blocked`?",
        "`--allow moves=many` needs a number\n  help: write `--allow moves=30`",
    ]


def test_totals_add_up() -> None:
    total = Totals(deals=1, flags=2, new_tasks={"ann": 1}) + Totals(deals=2, moves=1, new_tasks={"ann": 2, "bob": 1})
    assert total == Totals(deals=3, flags=2, moves=1, new_tasks={"ann": 3, "bob": 1})
    assert total.changes == 3


def test_every_guard_has_a_usual_limit() -> None:
    assert {name: guard.limit for name, guard in GUARDS.items()} == {
        "blocked": 20, "tasks": 3, "tasks-per-owner": 25, "completed": 50, "moves": 5,
    }  # fmt: skip


def test_every_guard_is_documented_with_its_limit() -> None:
    page = Path("docs/write-back.md").read_text(encoding="utf-8")
    for name, guard in GUARDS.items():
        assert f"| `{name}` |" in page
        assert f"| {guard.limit:g} |\n" in page[page.index(f"| `{name}` |") :]
