"""Changing a simulator that is a process of its own: `GET /_control` tells how it is, `POST /_control` changes it.

A change is a JSON object; each of its keys names a part and holds calls and values by name:
`{"account": {"move": ["9000000001", "closedwon"]}, "faults": {"server_error": [2], "in_order": true}, "advance": 60}`.
Of a list the call's arguments are taken, of an object its keyword arguments; a switch takes any other value. What the
calls gave comes back under the same names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.simulators.serving import Request, Response

if TYPE_CHECKING:
    from tests.simulators.hubspot.server import HubSpotSimulator

PATH = "/_control"
PARTS = ("account", "faults", "limits", "calls", "sign_in", "webhooks")


def controlled(simulator: HubSpotSimulator, request: Request) -> Response:
    """Answer a call that is not one of HubSpot."""
    if request.method == "GET":
        return Response(body=_state(simulator))
    asked = request.json or {}
    told: dict[str, Any] = {}
    if "advance" in asked:
        simulator.clock.advance(float(asked["advance"]))
    for part in PARTS:
        for name, given in (asked.get(part) or {}).items():
            told.setdefault(part, {})[name] = _done(getattr(simulator, part), name, given)
    return Response(body=told | {"now": simulator.account.now()})


def _done(part: object, name: str, given: Any) -> Any:
    if name.startswith("_"):
        raise ValueError(name)
    held = getattr(part, name)
    if not callable(held):
        setattr(part, name, set(given) if isinstance(held, set) else given)
        return None
    made = held(**given) if isinstance(given, dict) else held(*given)
    return made if isinstance(made, str | int | float | bool | list | dict | None) else str(made)


def _state(simulator: HubSpotSimulator) -> dict[str, Any]:
    account = simulator.account
    return {
        "now": account.now(), "calls": simulator.calls.counted, "kinds": dict(simulator.calls.kinds),
        "violations": list(simulator.limits.violations), "failures": list(simulator.failures),
        "records": {name: len(table.live) for name, table in account.tables.items()},
        "waiting": len(simulator.webhooks.waiting), "token": simulator.token,
    }  # fmt: skip
