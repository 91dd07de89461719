"""A simulated org as a process of its own: prints how to reach it as one line of JSON, and serves until stdin closes.

Try it by hand: `python -m tests.simulators.salesforce --deals 2000`.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from pathlib import Path

from tests.simulators.salesforce.auth import new_key
from tests.simulators.salesforce.clock import RunningClock
from tests.simulators.salesforce.installed import install_fields
from tests.simulators.salesforce.server import SalesforceSimulator


def main() -> None:
    """Serve until stdin closes, or SIGTERM comes."""
    asked = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    crm = SalesforceSimulator(clock=RunningClock(), page=asked.page, port=asked.port, tls=not asked.plain)
    with crm, tempfile.TemporaryDirectory(prefix="salesforce") as folder:
        if not asked.bare:
            install_fields(crm.org)
        crm.org.fill(opportunities=asked.deals, seed=asked.seed)
        sys.stdout.write(json.dumps(_reached(crm, Path(folder))) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulators.salesforce", description=__doc__)
    parser.add_argument("--deals", type=int, default=2000, help="how many opportunities are made up")
    parser.add_argument("--seed", type=int, default=1, help="another number makes up others")
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    parser.add_argument("--page", type=int, default=2000, help="the most rows of a page")
    parser.add_argument("--bare", action="store_true", help="leave out the fields that `dealgate install` makes")
    parser.add_argument("--plain", action="store_true", help="speak HTTP without TLS")
    return parser.parse_args()


def _reached(crm: SalesforceSimulator, folder: Path) -> dict[str, str]:
    key = folder / "key.pem"
    key.write_text(new_key(crm), encoding="ascii")
    return {
        "url": crm.url, "ca_file": str(crm.ca_file), "session_id": crm.session_id, "client_id": crm.client_id,
        "client_secret": crm.client_secret, "username": crm.username, "private_key_file": str(key),
        "organization_id": crm.org.organization_id, "api_version": crm.api_version, "control": f"{crm.url}/_control",
    }  # fmt: skip


if __name__ == "__main__":
    main()
