"""Starting a folder: configuration, a starter playbook with its cases and schemas, waivers, and an empty CRM."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from engine.judge.tables import canonical_types
from engine.runs.config import NAME
from engine.runs.mistakes import Mistake
from engine.runs.playbooks import load_playbooks
from rules.playbook import Playbook

CONFIG = """\
# What `dealgate` works with in this folder; docs/dealgate-yaml.md tells every key.
crms:
  local: {{type: local, path: crm}}    # a folder of CSV files, or a SQLite file made by `dealgate import`

playbooks: [{playbook}]

store: sqlite:///dealgate.db           # what was found, written and waived, run by run
waivers: waivers.yaml

limits:                                # a run that would change more asks to be allowed
  blocked: 20                          # percent of the open deals
  tasks: 3                             # new tasks per open deal
"""

WAIVERS = """\
# Reviewed exceptions: each for one criterion of one deal, with a reason, an approver and an expiry. An example:
#
#   waivers:
#     - {deal: D-1007, criterion: pain-documented, reason: The board signs in January,
#        approver: sales-ops@example.com, granted: 2026-11-02, expires: 2026-12-01}

waivers: []
"""

IGNORED = "*.db\n*.db-wal\n*.db-shm\n*.mirror.duckdb*\n"
SCHEMAS = ("playbook.schema.json", "cases.schema.json")
WRITTEN_BACK = "tasks"


def start(folder: Path, shipped: Path) -> list[tuple[Path, str]]:
    """Write a new folder, and say what each file is for; raises a Mistake rather than overwrite anything."""
    (playbook,) = load_playbooks([shipped])
    planned = list(_files(shipped, playbook))
    for path, _, _ in planned:
        if (folder / path).exists():
            raise Mistake(f"`{folder / path}` is there already, and nothing was written", "name another folder")
    for path, text, _ in planned:
        _write(folder / path, text)
    return [(folder / path, what) for path, _, what in planned if what]


def _files(shipped: Path, playbook: Playbook) -> Iterator[tuple[str, str, str]]:
    """Yield every file as its path, its text, and what it is for; "" for those not worth naming."""
    place = f"playbooks/{shipped.name}"
    yield NAME, CONFIG.format(playbook=place), "what dealgate works with here"
    yield place, _at_home(shipped), f"the playbook: {playbook.title}"
    cases = shipped.with_suffix(".cases.yaml")
    yield f"playbooks/{cases.name}", _at_home(cases), "its cases, run by `dealgate test`"
    yield "waivers.yaml", WAIVERS, "reviewed exceptions; none yet"
    for table, columns in canonical_types(playbook).items():
        if table != WRITTEN_BACK:
            what = "the deals to judge, and beside it what belongs to them; empty yet" if table == "deals" else ""
            yield f"crm/{table}.csv", ",".join(columns) + "\n", what
    for name in SCHEMAS:
        yield f"schemas/{name}", files("rules").joinpath(name).read_text("utf-8"), ""
    yield ".gitignore", IGNORED, ""


def _at_home(path: Path) -> str:
    """Read a shipped file, with its schema where the new folder keeps it."""
    return path.read_text("utf-8").replace("$schema=../rules/", "$schema=../schemas/")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise Mistake(f"`{path}` cannot be written: {reason}") from None
