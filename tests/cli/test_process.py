"""The command as a process: exit codes, closed pipes, interrupts, widths and colours."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cli.conftest import AS_OF

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "cli"]


def environment(**changes: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "NO_COLOR", "FORCE_COLOR"}}
    return kept | {"PYTHONPATH": str(ROOT)} | changes


def dealgate(folder: Path, words: Sequence[str], **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own command
        [*COMMAND, *words],
        cwd=folder,
        env=environment(**changes),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_pipe_that_closes_early_is_no_failure(folder: Path) -> None:
    shell = f"{' '.join(COMMAND)} check --as-of {AS_OF} --format json | head -c 1"
    done = subprocess.run(  # noqa: S603 - our own command
        ["bash", "-o", "pipefail", "-c", shell],  # noqa: S607 - the shell of whoever runs the tests
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "{", "")


def test_what_is_piped_has_no_colour_and_a_width_of_its_own(folder: Path) -> None:
    done = dealgate(folder, ["check", "--as-of", AS_OF])
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) == 120
    assert done.stderr == ""


def test_colour_can_be_forced_and_refused(folder: Path) -> None:
    assert "\x1b[" in dealgate(folder, ["check", "--as-of", AS_OF], FORCE_COLOR="1", TERM="xterm").stdout
    assert "\x1b[3" not in dealgate(folder, ["check", "--as-of", AS_OF], NO_COLOR="1").stdout


def test_a_mistake_ends_with_2_and_nothing_on_stdout(folder: Path) -> None:
    done = dealgate(folder, ["check", "--crm", "nowhere"])
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("no CRM, file or folder is called `nowhere`\n  help: ")


def test_an_interrupt_is_told_and_ends_with_130(folder: Path) -> None:
    os.mkfifo(folder / "waiting.yaml")
    running = subprocess.Popen(  # noqa: S603 - our own command
        [*COMMAND, "check", "--playbook", "waiting.yaml"],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with (folder / "waiting.yaml").open("wb"):  # opens once the command reads, and keeps it waiting
        running.send_signal(signal.SIGINT)
        out, told = running.communicate(timeout=60)
    assert (running.returncode, out, told) == (130, "", "interrupted\n")


@pytest.mark.parametrize("width", ["40", "300"])
def test_any_width_is_kept_to(folder: Path, width: str) -> None:
    done = dealgate(folder, ["explain", "--deal", "D2", "--as-of", AS_OF], COLUMNS=width)
    assert done.returncode == 0
    assert max(map(len, done.stdout.splitlines())) <= int(width)
