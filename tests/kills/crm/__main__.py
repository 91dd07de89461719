"""A simulated CRM with a book as a process: prints how to reach it as one line of JSON, and serves until stdin closes.

`python -m tests.kills.crm KIND DEALS SEED`
"""

from __future__ import annotations

import json
import signal
import sys

from tests.kills.crm.hubspot import HubSpotWithBook
from tests.kills.crm.salesforce import SalesforceWithBook

KINDS = {"hubspot": HubSpotWithBook, "salesforce": SalesforceWithBook}


def main() -> None:
    kind, deals, seed = sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with KINDS[kind](int(deals), int(seed)) as crm:
        sys.stdout.write(json.dumps(crm.reached()) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
