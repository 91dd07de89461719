"""A clock that was hours ahead and is set right: nothing waits for those hours, and nothing is done twice."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kills.points import NAMED

HOURS = 5 * 3600.0


@pytest.mark.parametrize(
    "point", ["deals are claimed", "sending is committed, nothing is sent", "the CRM committed, no receipt is written"]
)
def test_what_was_left_when_the_clock_was_ahead_is_settled_at_once(killing: Any, point: str) -> None:
    with killing("salesforce", "sqlite") as scene:
        scene.scene.turn_clock(HOURS)
        scene.at(NAMED[point], fault=True)
        scene.scene.turn_clock(-HOURS)
        scene.rest()
        assert scene.broken() == []


def test_a_service_that_sees_its_clock_go_back_works_on(killing: Any) -> None:
    with killing("salesforce", "postgresql") as scene, scene.scene.serving():
        scene.scene.turn_clock(HOURS)
        scene.change()
        scene.scene.tell(away=True)
        scene.change()
        scene.come_to_pause()
        scene.scene.turn_clock(-HOURS)
        scene.scene.tell(away=False)
        scene.come_to_rest()
        scene.change()
        scene.come_to_rest()
        assert scene.broken() == []
