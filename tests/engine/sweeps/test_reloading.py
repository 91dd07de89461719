"""Playbooks are loaded again when their files change; while these do not validate, the last good ones judge on."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.runs.mistakes import Mistake
from engine.runs.playbooks import load_playbooks
from engine.runs.reloading import Reloading
from rules.playbook import Playbook

TEXT = "playbook: sales\nversion: {version}\ntitle: Sales\nstages: [{{id: discovery, title: Discovery}}]\n"


@dataclass
class Desk:
    """One file, who looks after it, and what was taken."""

    path: Path
    now: datetime = datetime(2026, 11, 2, 15, tzinfo=UTC)
    taken: list[str] = field(default_factory=list)
    refuse: str = ""

    def reloading(self) -> Reloading:
        return Reloading([self.path], load_playbooks([self.path]), self.take, lambda: self.now)

    def take(self, playbooks: Sequence[Playbook]) -> None:
        if self.refuse:
            raise Mistake(self.refuse)
        self.taken += [each.name for each in playbooks]

    def write(self, text: str) -> None:
        self.path.write_text(text, encoding="utf-8")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path / "sales.yaml")
    desk.write(TEXT.format(version=1))
    return desk


def test_a_file_that_changed_is_loaded_once_it_stays_as_it_is(desk: Desk) -> None:
    reloading = desk.reloading()
    assert (reloading.look(), reloading.look()) == (0, 0)
    desk.write(TEXT.format(version=2))
    assert (reloading.look(), desk.taken) == (0, [])
    desk.write(TEXT.format(version=3))
    assert (reloading.look(), desk.taken) == (0, [])
    desk.now += timedelta(minutes=1)
    assert (reloading.look(), desk.taken) == (1, ["sales@3"])
    assert reloading.look() == 0
    assert (reloading.loaded.playbooks, reloading.loaded.since) == (("sales@3",), desk.now)


def test_what_does_not_validate_is_told_and_the_last_good_one_stays(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    reloading = desk.reloading()
    began = desk.now
    desk.now += timedelta(minutes=1)
    desk.write("playbook: sales\nversion: 2\ntitel: Sales\nstages: []\n")
    with caplog.at_level(logging.ERROR, "dealgate.playbooks"):
        reloading.look()
        reloading.look()
    assert desk.taken == []
    assert (reloading.loaded.playbooks, reloading.loaded.since) == (("sales@1",), began)
    assert (reloading.loaded.problem_at, reloading.loaded.problem.count("sales.yaml:")) == (desk.now, 2)
    (told,) = caplog.records
    assert told.getMessage().startswith("newer playbooks are not taken, sales@1 stay: ")
    assert "did you mean `title`?" in told.getMessage()
    assert (reloading.look(), len(caplog.records)) == (0, 1)
    desk.write(TEXT.format(version=2))
    reloading.look()
    reloading.look()
    assert (desk.taken, reloading.loaded.problem) == (["sales@2"], "")


def test_a_file_that_is_gone_is_a_problem_and_no_end(desk: Desk) -> None:
    reloading = desk.reloading()
    desk.path.unlink()
    assert "sales.yaml" in reloading.again().problem
    assert reloading.loaded.playbooks == ("sales@1",)


def test_playbooks_that_cannot_judge_together_with_the_settings_are_not_taken(desk: Desk) -> None:
    reloading = desk.reloading()
    desk.refuse = "the playbooks differ in their zone"
    desk.write(TEXT.format(version=2))
    assert reloading.again().problem == "the playbooks differ in their zone"
    assert reloading.loaded.playbooks == ("sales@1",)


def test_who_asks_has_them_read_at_the_next_look_even_if_nothing_changed(desk: Desk) -> None:
    reloading = desk.reloading()
    reloading.ask()
    assert (reloading.look(), desk.taken) == (1, ["sales@1"])
    assert reloading.look() == 0
