"""The page answers are printed on: its width, its colours, and text that cannot harm a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

WIDTH = 120
"""How wide a page is where it is not a terminal and nobody says otherwise."""

STYLES = {
    "blocked": "bold red",
    "not_yet": "yellow",
    "advise": "cyan",
    "clear": "green",
    "hard": "bold red",
    "soft": "yellow",
    "observe": "dim",
    "unknown": "magenta",
    "upcoming": "blue",
    "waived": "dim",
}
"""The colours of gates, strictness and states; the words alone say the same."""


def page(*, stderr: bool = False) -> Console:
    """Make a page on stdout, as wide as the terminal or, where there is none, as `COLUMNS` says."""
    file = sys.stderr if stderr else sys.stdout
    width = None if file.isatty() or os.environ.get("COLUMNS", "").isdigit() else WIDTH
    return Console(file=file, width=width, highlight=False, markup=False, emoji=False)


def words(text: object, style: str = "") -> Text:
    """Make printable text of anything; what would move a terminal's cursor or colours is shown instead."""
    plain = "".join(each if each.isprintable() else _shown(each) for each in str(text))
    return Text(plain, style=style)


def status(name: str) -> Text:
    """Write a gate's status, a strictness or a state in its colour."""
    return words(name.replace("_", " "), STYLES.get(name, ""))


def heading(text: str) -> Text:
    """Write a heading with a line of space before it."""
    return Text(f"\n{text}", style="bold")


def indented(part: RenderableType, by: int = 2) -> Padding:
    """Move a part to the right."""
    return Padding(part, (0, 0, 0, by))


def grid(*columns: str, header: bool = True) -> Table:
    """Make a table without lines; a column named `>amount` is set right."""
    table = Table(box=None, pad_edge=False, show_header=header, header_style="dim", padding=(0, 3, 0, 0))
    for name in columns:
        right = name.startswith(">")
        table.add_column(words(name.removeprefix(">")), justify="right" if right else "left", overflow="fold")
    return table


def joined(parts: Iterable[Text], between: str = " · ") -> Text:
    """Join texts that are not empty."""
    return Text(between).join(part for part in parts if part.plain)


def count(number: int, noun: str, nouns: str = "") -> str:
    """Count things: `1 deal`, `1,204 deals`."""
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"


def _shown(letter: str) -> str:
    return " " if letter in "\n\r\t" else "\N{REPLACEMENT CHARACTER}"
