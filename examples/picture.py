"""Draw the README's picture: what `dealgate explain` says of one deal of the demo, as a terminal shows it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

DEAL, AS_OF, WIDTH = "OPP-000146", "2026-11-02T07:00:00Z", 110


def draw(demo: Path, picture: Path) -> None:
    """Run `explain` in the demo's folder and write the terminal's picture as SVG."""
    command = ["dealgate", "explain", "--as-of", AS_OF, "--deal", DEAL]
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "COLUMNS": str(WIDTH), "FORCE_COLOR": "1"}
    told = subprocess.run(command, cwd=demo, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    console = Console(record=True, width=WIDTH, file=Path("/dev/null").open("w", encoding="utf-8"))  # noqa: SIM115
    console.print(Text(f"$ {' '.join(command)}", style="bold"))
    console.print(Text.from_ansi(told.stdout.rstrip()))
    drawn = re.sub(r"@font-face \{.*?\}", "", console.export_svg(title="dealgate explain"), flags=re.DOTALL)
    picture.write_text(re.sub(r"<!--.*?-->", "", drawn), encoding="utf-8")


if __name__ == "__main__":
    draw(Path("out/demo"), Path("docs/images/explain.svg"))
