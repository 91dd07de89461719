"""Changes a running simulator from outside: its clock, its deals, its faults; and tells what was asked of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.simulators.salesforce.callouts import FlowCallouts
from tests.simulators.salesforce.messages import OutboundMessages
from tests.simulators.salesforce.wire import Refused, Request, Response, Route, json_of

if TYPE_CHECKING:
    from tests.simulators.salesforce.server import SalesforceSimulator

Arguments = dict[str, Any]


def tell(simulator: SalesforceSimulator, _request: Request) -> Response:
    """Tell how the simulator stands: its clock, its calls by kind, its records by object."""
    calls = Counter(call.kind for call in simulator.calls)
    records = {name: len(table) for name, table in simulator.org.records.items() if len(table)}
    told = {"now": simulator.org.now(), "api_calls": simulator.api_calls, "calls": dict(calls), "records": records}
    return Response(200, told)


def control(simulator: SalesforceSimulator, request: Request) -> Response:
    """Do what the body says, each key one thing to be done, in order; and tell how the simulator stands then."""
    asked = json_of(request)
    if not isinstance(asked, dict) or set(asked) - set(COMMANDS):
        raise Refused("UNKNOWN", f"what can be done: {', '.join(COMMANDS)}")
    for name, arguments in asked.items():
        try:
            COMMANDS[name](simulator, arguments)
        except (TypeError, ValueError, AttributeError, KeyError) as error:
            raise Refused("UNKNOWN", f"`{name}` cannot be done: {error}") from None
    return tell(simulator, request)


def _advance(simulator: SalesforceSimulator, arguments: Arguments) -> None:
    simulator.clock.advance(timedelta(**arguments))


def _change(simulator: SalesforceSimulator, arguments: Arguments) -> None:
    for number, id_ in enumerate(_some(simulator, float(arguments["percent"]))):
        simulator.org.change("Opportunity", id_, NextStep=f"Changed {number} at {simulator.org.now()}")


def _touch(simulator: SalesforceSimulator, arguments: Arguments) -> None:
    for id_ in _some(simulator, float(arguments["percent"])):
        simulator.org.touch("Opportunity", id_)


def _fault(simulator: SalesforceSimulator, arguments: Arguments) -> None:
    name, rest = arguments["name"], arguments.get("arguments", {})
    switch = getattr(simulator.faults, name)
    if not callable(switch) or name.startswith("_"):
        raise KeyError(name)
    switch(**rest)


def _forget_calls(simulator: SalesforceSimulator, _arguments: Arguments) -> None:
    simulator.calls.forget()


def _expire_sessions(simulator: SalesforceSimulator, _arguments: Arguments) -> None:
    simulator.expire_sessions()


def _set(simulator: SalesforceSimulator, arguments: Arguments) -> None:
    for name, value in arguments.items():
        if name not in {"page", "children", "job_polls", "daily_limit"}:
            raise KeyError(name)
        setattr(simulator, name, int(value))


def _outbound(simulator: SalesforceSimulator, arguments: Arguments) -> None:
    """Send messages for every saved deal from now on: `url`, and what else is to be set on the sender."""
    sender = OutboundMessages(simulator, arguments["url"])
    for name, value in arguments.items():
        if name not in {"url", "repeats", "disorder", "organization", "most"}:
            raise KeyError(name)
        setattr(sender, name, value)
    simulator.pushing.enter_context(sender)


def _callouts(simulator: SalesforceSimulator, arguments: Arguments) -> None:
    simulator.pushing.enter_context(FlowCallouts(simulator, arguments["url"], arguments["secret"]))


def _some(simulator: SalesforceSimulator, percent: float) -> list[str]:
    """Name so many percent of the deals that are there, spread evenly."""
    ids = [row["Id"] for row in simulator.org.records["Opportunity"].values() if not row.get("IsDeleted")]
    count = round(len(ids) * percent / 100)
    return [ids[place * len(ids) // count] for place in range(count)]


COMMANDS: dict[str, Callable[[SalesforceSimulator, Arguments], None]] = {
    "advance": _advance, "change": _change, "touch": _touch, "fault": _fault, "forget_calls": _forget_calls,
    "expire_sessions": _expire_sessions, "set": _set, "outbound": _outbound, "callouts": _callouts,
}  # fmt: skip
ROUTES = (Route("GET", "/_control", tell), Route("POST", "/_control", control))
