"""The options that several commands share, each said once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from console.log_lines import LogFormat


class Format(StrEnum):
    """How an answer is printed."""

    TABLE = "table"
    JSON = "json"


ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="The configuration; `dealgate.yaml` of this folder where left out."),
]
Crm = Annotated[
    str,
    typer.Option("--crm", metavar="NAME", help="A CRM of `dealgate.yaml`, a SQLite file, or a folder of CSV files."),
]
Playbooks = Annotated[
    list[str] | None,
    typer.Option("--playbook", "-p", metavar="FILE", help="A playbook file, or the name of a shipped one; repeatable."),
]
AsOf = Annotated[
    str,
    typer.Option(
        "--as-of",
        metavar="TIME",
        help="Judge as of then, such as 2026-11-02T15:00:00Z; without an offset in the playbook's zone. Usually now.",
    ),
]
Deals = Annotated[list[str] | None, typer.Option("--deal", "-d", metavar="ID", help="Only this deal; repeatable.")]
Owner = Annotated[str, typer.Option("--owner", metavar="NAME", help="Only the deals of this owner, by name or id.")]
Store = Annotated[
    str, typer.Option("--store", metavar="URL", help="Where runs are kept; usually `dealgate.db` of this folder.")
]
UpgradeStore = Annotated[
    bool, typer.Option("--upgrade-store", help="Bring the store's tables up to date, if an earlier version made them.")
]
As = Annotated[Format, typer.Option("--format", "-f", help="How to print the answer.")]
LogLines = Annotated[LogFormat, typer.Option("--log-format", help="How the lines of the log look.")]
