"""HubSpot's limits are kept by all threads and processes of a machine together, as its answers tell them."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from connectors.hubspot.limits import ALL, SEARCH, START, Limits
from connectors.hubspot.settings import API
from tests.connectors.hubspot.accounts import client_of, settings_of
from tests.simulators.hubspot import HubSpotSimulator


class Time:
    """Goes on only where somebody waits."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.waited = 0.0

    def pause(self, seconds: float) -> None:
        self.now += seconds
        self.waited += seconds


def limits_of(time: Time, path: Path | None = None, at_most: int = 0) -> Limits:
    return Limits(path, at_most, lambda: time.now, time.pause)


def told(most: int, left: int) -> Mapping[str, str]:
    start = "X-HubSpot-RateLimit-"
    return {f"{start}Max": str(most), f"{start}Remaining": str(left), f"{start}Interval-Milliseconds": "10000"}


def make(limits: Limits, number: int, kind: str = ALL, headers: Mapping[str, str] | None = None) -> None:
    for _ in range(number):
        limits.answered(limits.take(kind), headers)


def test_the_first_calls_wait_for_nothing_and_the_next_for_one_interval() -> None:
    time = Time()
    limits = limits_of(time)
    make(limits, START)
    assert time.waited == 0
    make(limits, 1)
    assert 10 < time.waited < 11


def test_an_answer_tells_how_many_calls_the_account_takes() -> None:
    time = Time()
    limits = limits_of(time)
    make(limits, 1, headers=told(190, 189))
    make(limits, 189)
    assert time.waited == 0
    make(limits, 1)
    assert time.waited > 10


def test_the_users_own_limit_is_kept_below_hubspots() -> None:
    time = Time()
    limits = limits_of(time, at_most=20)
    make(limits, 20, headers=told(190, 100))
    assert time.waited == 0
    make(limits, 1)
    assert time.waited > 10


def test_calls_of_others_that_show_in_an_answer_take_places() -> None:
    time = Time()
    limits = limits_of(time)
    make(limits, 1, headers=told(100, 10))
    make(limits, 10)
    assert time.waited == 0
    make(limits, 1)
    assert time.waited > 10


def test_a_place_is_held_until_one_interval_after_the_answer() -> None:
    time = Time()
    limits = limits_of(time, at_most=1)
    place = limits.take(ALL)
    time.now += 60
    limits.answered(place)
    limits.take(ALL)
    assert 10 < time.waited < 11


def test_a_call_whose_process_was_killed_keeps_its_place_for_no_longer_than_it_could_last(tmp_path: Path) -> None:
    time = Time()
    limits_of(time, tmp_path / "x.limits", at_most=1).take(ALL)
    limits_of(time, tmp_path / "x.limits", at_most=1).take(ALL)
    assert 120 < time.waited < 160


def test_searches_have_a_limit_of_their_own() -> None:
    time = Time()
    limits = limits_of(time)
    make(limits, 5, SEARCH)
    assert time.waited == 0
    make(limits, 1, SEARCH)
    assert 1 < time.waited < 2
    make(limits, START)
    assert time.waited < 2


def test_a_limit_that_was_reached_keeps_everybody_waiting(tmp_path: Path) -> None:
    time = Time()
    one, two = (limits_of(time, tmp_path / "x.limits") for _ in range(2))
    one.exhausted(ALL, 10)
    two.take(ALL)
    assert 9 < time.waited < 11


def test_a_clock_that_was_set_back_blocks_nobody(tmp_path: Path) -> None:
    time = Time()
    make(limits_of(time, tmp_path / "x.limits"), START)
    time.now -= 900
    make(limits_of(time, tmp_path / "x.limits"), 1)
    assert time.waited == 0


def test_headers_that_are_not_numbers_teach_nothing() -> None:
    time = Time()
    limits = limits_of(time)
    make(limits, START, headers={"X-HubSpot-RateLimit-Max": "many", "X-HubSpot-RateLimit-Remaining": "few"})
    assert time.waited == 0


@pytest.mark.parametrize("content", ["", "no database"])
def test_a_file_that_cannot_be_used_leaves_each_process_its_own_places(tmp_path: Path, content: str) -> None:
    (tmp_path / "taken").write_text(content)
    place = tmp_path / "taken" if content else tmp_path / "taken" / "x.limits"
    time = Time()
    limits = limits_of(time, place)
    make(limits, START + 1)
    assert time.waited > 10


def test_threads_of_one_process_share_the_places(tmp_path: Path) -> None:
    time = Time()
    limits = limits_of(time, tmp_path / "x.limits", at_most=50)
    threads = [threading.Thread(target=make, args=(limits, 10)) for _ in range(5)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert time.waited == 0
    make(limits, 1)
    assert time.waited > 10


def test_processes_share_the_places(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from connectors.hubspot.limits import ALL, Limits\n"
        "limits = Limits(Path(sys.argv[1]), clock=lambda: 1000.0)\n"
        "for _ in range(30): limits.answered(limits.take(ALL))\n"
    )
    path = tmp_path / "x.limits"
    made = [subprocess.Popen([sys.executable, "-c", script, str(path)]) for _ in range(3)]  # noqa: S603 - our own
    assert [each.wait(timeout=60) for each in made] == [0, 0, 0]
    time = Time()
    limits = limits_of(time, path)
    make(limits, START - 90)
    assert time.waited == 0
    make(limits, 1)
    assert time.waited > 10


def test_many_calls_and_searches_never_exceed_what_hubspot_allows(tmp_path: Path) -> None:
    with HubSpotSimulator() as crm:
        crm.limits.enforce(forbid=True)
        crm.limits.ten_secondly = 110
        one, two = (client_of(crm, settings_of(crm, tmp_path / "m.duckdb")) for _ in range(2))
        for number in range(300):
            (one if number % 3 else two).get(API.objects("deals"))
            if number % 10 == 0:
                two.search("deals", {"filterGroups": []})
        assert crm.limits.violations == []
        assert crm.calls.counted == 330
