"""A process that applies, and is gone after the CRM committed its second call: run as a module, with a FOLDER."""

from __future__ import annotations

import json
import os
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.judge.change_json import change_to_json
from engine.judge.plan_settings import plan_settings
from engine.ledger.store import open_ledger
from engine.runs.worker import worker_name


def main(folder: Path) -> None:
    parts = runpy.run_path(str(Path(__file__).with_name("conftest.py")), run_name="conftest")

    class LoggedCrm(parts["FakeCrm"]):  # type: ignore[misc]
        """A CRM whose state is the file of what it wrote."""

        def write(self, changes: Sequence[Any]) -> Sequence[Any]:
            receipts: Sequence[Any] = super().write(changes)
            with (folder / "crm.jsonl").open("a") as log:
                log.writelines(f"{json.dumps(change_to_json(change))}\n" for change in changes)
            if len(self.calls) == 2:
                os._exit(9)
            return receipts

    make = parts["Make"]()
    ledger = open_ledger(folder / "ledger.db")
    desk = parts["Desk"](LoggedCrm(), ledger, plan_settings([parts["PLAYBOOK"]], "fake"), worker=worker_name())
    desk.apply(*(make.verdict(make.finding(deal=f"D-{n}"), deal=f"D-{n}") for n in range(8)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
