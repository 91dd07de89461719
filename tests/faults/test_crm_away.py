"""A CRM that answers nothing but errors for an hour."""

from __future__ import annotations

from typing import Any

from tests.kills.scene import until

STEP, STEPS = 180.0, 20
"""Seconds that pass at once, and how often: an hour in all."""
TRIED = "dealgate.due: failed"
CHANGED = 5
"""How many deals change each time: some of them were not tried before."""


def test_an_hour_without_the_crm_sets_no_deal_aside_and_all_is_written_afterwards(killing: Any) -> None:
    with killing("hubspot", "sqlite") as scene, scene.scene.serving() as service:
        scene.scene.tell(away=True)
        for _ in range(STEPS):
            before = scene.scene.said().count(TRIED)
            scene.change(CHANGED)
            scene.scene.pass_time(STEP)
            until(lambda: scene.scene.said().count(TRIED) > before, "the CRM is tried")  # noqa: B023
        scene.scene.tell(away=False)
        scene.come_to_rest()
        assert service.poll() is None
        assert "is set aside" not in scene.scene.said()
        assert scene.broken() == []
