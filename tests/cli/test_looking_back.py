"""`history`, `replay` and `prune`: what the store tells, with no CRM and no playbook at hand."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from tests.cli.conftest import AS_OF, Run, lines_of
from tests.conftest import Golden

LATER = "2026-11-04T15:00:00Z"


@pytest.fixture
def applied(folder: Path, run: Run) -> Path:
    """Apply twice, what stood against D2 being done in between; then the CRM and the playbook are gone."""
    assert run("apply", "--yes", "--as-of", AS_OF).exit_code == 0
    waiver = ("--reason", "The board signs in December", "--approver", "ops@example.com", "--until", "2026-11-30")
    assert run("waive", "-d", "D2", "--criterion", "payer-known", *waiver, "--as-of", LATER).exit_code == 0
    deals = folder / "crm" / "deals.csv"
    deals.write_text(deals.read_text("utf-8").replace("tbd", "They retype every order twice"), encoding="utf-8")
    assert run("apply", "--yes", "--as-of", LATER).exit_code == 0
    shutil.rmtree(folder / "crm")
    (folder / "small.yaml").unlink()
    return folder


def told(result: Result) -> str:
    """Give what was printed but for receipts, whose time is the clock's."""
    return "".join(f"{line}\n" for line in lines_of(result) if not line.strip().startswith("receipt "))


@pytest.mark.usefixtures("applied")
def test_the_history_of_a_deal_is_told_moment_by_moment(run: Run, golden: Golden) -> None:
    result = run("history", "--deal", "D2")
    assert result.exit_code == 0
    assert result.stdout.count("receipt 20") == 4
    golden("golden/history.txt", told(result))


@pytest.mark.usefixtures("applied")
def test_a_history_begins_where_it_is_asked_to_and_prints_as_json(run: Run) -> None:
    since = json.loads(run("history", "-d", "D2", "--since", "2026-11-03", "--format", "json").stdout)
    assert since["deal"] == "D2"
    assert {entry["run"] for entry in since["entries"]} == {None, 2}
    opened = next(entry for entry in since["entries"] if entry["what"] == "gate")
    assert opened == {
        "at": LATER,
        "run": 2,
        "kind": "apply",
        "what": "gate",
        "says": "gate opened: advise, after not yet",
        "details": ["it may stand as far as Proposal"],
    }
    nothing = run("history", "-d", "D2", "--since", "2027-01-01T00:00:00Z")
    assert lines_of(nothing) == ["nothing was recorded of deal D2 since then"]


@pytest.mark.usefixtures("applied")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["history", "-d", "D22"], "the store knows no deal `D22`\n  help: did you mean `D2`?\n"),
        (["history", "-d", "D2", "--since", "May"], "`--since May` is not a date\n  help: write it as 2026-11-02"),
        (["replay", "9"], "the store holds no run `9`\n  help: the last one is 2; "),
        (["replay", "9" * 23], f"the store holds no run `{'9' * 23}`\n  help: the last one is 2; "),
        (["replay", "1", "-d", "D9"], "the store knows no deal `D9`\n  help: "),
    ],
)
def test_what_the_store_does_not_hold_is_a_mistake_that_is_told(run: Run, words: list[str], says: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert result.stderr.startswith(says)


def test_a_store_that_does_not_exist_holds_nothing_and_is_not_made(run: Run, folder: Path) -> None:
    result = run("history", "-d", "D2")
    assert (result.exit_code, result.stderr.splitlines()[1]) == (2, "  help: it holds no deal yet")
    assert lines_of(run("prune")) == ["took away: nothing"]
    assert not (folder / "dealgate.db").exists()


@pytest.mark.usefixtures("applied")
def test_a_replay_counts_what_is_the_same_and_tells_one_deal_in_full(run: Run) -> None:
    same = lines_of(run("replay", "1"))
    assert same[0] == "small@2 as of Mon 2 Nov 2026 10:00 (America/New_York): 5 deals judged"
    assert same[-1] == "run 1 (apply) of acme, done: 6 verdicts are the same to the byte"
    one = lines_of(run("replay", "2", "--deal", "D2"))
    assert any(line.startswith("D2  Lumen pilot") for line in one)
    assert one[-1] == "run 2 (apply) of acme, done: 1 verdict is the same to the byte"


def test_pruning_is_counted_before_and_after(run: Run, applied: Path, edit: Callable[[str], None]) -> None:
    edit("retention: {inputs: forever, history: 7 days}\n")
    would = json.loads(run("prune", "--dry-run", "--format", "json").stdout)
    assert (would["findings"], would["inputs"]) == (2, 0)
    assert json.loads(run("prune", "--format", "json").stdout) == would | {"runs": 0}
    assert lines_of(run("prune")) == ["took away: nothing"]
    assert (applied / "dealgate.db").exists()


@pytest.fixture
def edit(folder: Path) -> Callable[[str], None]:
    """Add to the configuration."""

    def adding(text: str) -> None:
        with (folder / "dealgate.yaml").open("a", encoding="utf-8") as file:
            file.write(text)

    return adding
