"""The child process in which rules are matched: whatever the library does, the deal is named, and soon."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.judge.ruleset.matcher import Matcher, RulesetsFailedError

pytest.importorskip("durable", reason="the extra `durable-rules` is not installed")

ADULT = {"0+0": {"all": [{"m": {"$gte": {"f0": 18}}}]}, "0-1": {"all": [{"m": {"$lt": {"f0": 18}}}]}}
AGES = [json.dumps({"f0": age}) for age in range(15, 21)]
DEALS = [f"d{number}" for number in range(len(AGES))]
FIRED = [["0-1"]] * 3 + [["0+0"]] * 3


@pytest.fixture
def matcher() -> Iterator[Matcher]:
    with Matcher() as one:
        yield one


def test_facts_fire_the_rules_they_meet(matcher: Matcher) -> None:
    assert matcher.match(matcher.new_name(), ADULT, AGES, DEALS) == FIRED


def test_a_fact_that_meets_no_rule_fires_none(matcher: Matcher) -> None:
    assert matcher.match(matcher.new_name(), ADULT, ['{"other": 1}', '{"f0": 18}'], ["d0", "d1"]) == [[], ["0+0"]]


def test_a_process_is_started_anew_after_so_many_facts() -> None:
    with Matcher(facts_a_child=4) as matcher:
        name = matcher.new_name()
        answers, processes = [], set()
        for fact, deal in zip(AGES * 2, DEALS * 2, strict=True):
            answers += matcher.match(name, ADULT, [fact], [deal])
            processes.add(matcher.process_id)
        assert answers == FIRED * 2
        assert len(processes) == 3


def test_closing_ends_the_process(matcher: Matcher) -> None:
    matcher.match(matcher.new_name(), ADULT, AGES, DEALS)
    process = matcher.process_id
    assert process is not None
    matcher.close()
    assert matcher.process_id is None
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_where_the_library_never_answers_the_deal_is_named() -> None:
    """A table of 512 rules that is full makes it look for a free place for ever."""
    endless = {f"{number}+0": {"all": [{"m": {"f0": f"v{number}"}}]} for number in range(512)}
    with Matcher(time_limit=0.5) as hasty, pytest.raises(RulesetsFailedError) as failed:
        hasty.match(hasty.new_name(), endless, ['{"f0": "y"}'], ["d7"])
    assert str(failed.value).startswith("durable-rules did not answer within 0.5 seconds on deal `d7`\n  help: ")


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("import sys\nfor line in sys.stdin: pass\n", "did not answer within 0.5 seconds"),
        ("import os\nos.abort()\n", "crashed"),
        ("import sys\nsys.stdin.readline(); sys.stdout.write('[]')\n", "crashed"),
    ],
)
def test_a_process_that_hangs_or_dies_is_told_with_the_deal(tmp_path: Path, program: str, told: str) -> None:
    child = tmp_path / "child.py"
    child.write_text(program, encoding="utf-8")
    with Matcher(time_limit=0.5, child=child) as matcher:
        with pytest.raises(RulesetsFailedError) as failed:
            matcher.match(matcher.new_name(), ADULT, AGES, DEALS)
        assert str(failed.value).startswith(f"durable-rules {told} on deal `d0`\n  help: ")
        assert matcher.process_id is None


def test_of_many_facts_only_the_deal_whose_fact_fails_is_blamed(tmp_path: Path) -> None:
    child = tmp_path / "child.py"
    child.write_text(DIES_OF_17, encoding="utf-8")
    with Matcher(child=child) as matcher, pytest.raises(RulesetsFailedError) as failed:
        matcher.match(matcher.new_name(), ADULT, AGES, DEALS)
    assert failed.value.deal_id == "d2"


def test_a_failure_that_does_not_come_again_is_got_over(tmp_path: Path) -> None:
    child, mark = tmp_path / "child.py", tmp_path / "failed once"
    child.write_text(f"import os, pathlib\nmark = pathlib.Path({str(mark)!r})\n{DIES_ONCE}", encoding="utf-8")
    with Matcher(child=child) as matcher:
        assert matcher.match(matcher.new_name(), ADULT, AGES, DEALS) == [[]] * len(AGES)
    assert mark.exists()


def test_what_the_library_refuses_is_told_with_the_deal(matcher: Matcher) -> None:
    crowded: dict[str, Any] = {f"{number}+0": {"all": [{"m": {f"f{number}": 1}}]} for number in range(80)}
    with pytest.raises(RulesetsFailedError, match=r"error code: 303.* on deal `d3`"):
        matcher.match(matcher.new_name(), crowded, [json.dumps({f"f{number}": 1 for number in range(80)})], ["d3"])


DIES_OF_17 = """
import json, os, sys
for line in sys.stdin:
    for fact in json.loads(line).get("facts", ()):
        if fact["f0"] == 17:
            os.abort()
        print("[]", flush=True)
"""
DIES_ONCE = """
import json, sys
for line in sys.stdin:
    facts = json.loads(line).get("facts", ())
    if facts and not mark.exists():
        mark.touch()
        os.abort()
    print("[]\\n" * len(facts), end="", flush=True)
"""
