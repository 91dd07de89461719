"""Whatever process is killed when, every event is judged, and every change is in the CRM exactly once."""

from __future__ import annotations

from typing import Any

from tests.kills.points import EVENTS, NAMED, SENDING


def test_a_killed_service_loses_no_event_and_doubles_no_change_in_hubspot_over_sqlite(killing: Any) -> None:
    with killing("hubspot", "sqlite") as scene:
        for nth, point in enumerate(EVENTS[::4]):
            scene.at(point, fault=nth % 2 == 1)
        scene.at_random()
        scene.in_sweep(NAMED["some parts are read"], fault=True)
        scene.in_sweep(NAMED["some of it is sent"])
        scene.rest()
        assert scene.broken() == []


def test_a_killed_service_loses_no_event_and_doubles_no_change_in_salesforce_over_postgresql(killing: Any) -> None:
    with killing("salesforce", "postgresql") as scene:
        for nth, point in enumerate(EVENTS[2::5]):
            scene.at(point, fault=nth % 2 == 1)
        scene.at(SENDING)
        scene.at(NAMED["a killed run is taken over, nothing is read back"], fault=True)
        scene.at_random(fault=True)
        scene.in_sweep(NAMED["some parts are judged"])
        scene.in_sweep(NAMED["the guard let it pass"], fault=True)
        scene.rest()
        assert scene.broken() == []
