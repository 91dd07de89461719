"""A simulated account as a process: `python -m tests.simulators.hubspot --deals 2000` prints where it is, and serves."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading

from tests.simulators.clock import RunningClock
from tests.simulators.hubspot.server import HubSpotSimulator


def main(arguments: list[str] | None = None) -> int:
    """Serve until the process is told to end."""
    asked = _parser().parse_args(arguments)
    simulator = HubSpotSimulator(tls=asked.tls, port=asked.port, clock=RunningClock())
    if asked.deals:
        simulator.account.fill(deals=asked.deals, seed=asked.seed)
    if asked.limited:
        simulator.limits.enforce("real")
    if asked.webhooks:
        simulator.webhooks.target, simulator.webhooks.reached_at = asked.signed_for or asked.webhooks, asked.webhooks
        simulator.webhooks.subscribe("deal.propertyChange", "dealstage", "amount", "closedate")
        simulator.webhooks.subscribe("deal.creation")
        simulator.webhooks.run()
    ended = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: ended.set())
    with simulator:
        told = {"url": simulator.url, "token": simulator.token, "client_id": simulator.sign_in.client_id,
                "client_secret": simulator.sign_in.client_secret, "refresh_token": simulator.sign_in.refresh_token,
                "portal": simulator.account.portal, "app": simulator.account.app.id}  # fmt: skip
        told |= {"ca_file": str(simulator.ca_file)} if asked.tls else {}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        ended.wait()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tests.simulators.hubspot")
    parser.add_argument("--deals", type=int, default=0, help="how many made-up deals there are")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--limited", action="store_true", help="refuse calls beyond HubSpot's limits")
    parser.add_argument("--webhooks", default="", help="where events of deals are sent")
    parser.add_argument("--signed-for", default="", help="the address that events are signed for, if it is another")
    return parser


if __name__ == "__main__":
    sys.exit(main())
