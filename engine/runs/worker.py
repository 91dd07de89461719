"""Workers by name: who this process is, and whether another one on this machine has stopped."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path


def worker_name(part: str = "") -> str:
    """Name this process, or a part of it: the machine, its process namespace where there is one, and the process id."""
    return f"{_place()}/{os.getpid()}{f':{part}' if part else ''}"


def worker_is_gone(worker: str) -> bool:
    """Whether a worker ran here and has stopped; False where that cannot be told."""
    place, _, rest = worker.rpartition("/")
    process = rest.partition(":")[0]
    if place != _place() or not process.isdecimal():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


def _place() -> str:
    space = ""
    with suppress(OSError):
        space = str(Path("/proc/self/ns/pid").readlink())
    return f"{socket.gethostname()}/{space}"
