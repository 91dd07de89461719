"""Printing a JSON document that grows deal by deal, all of it or nothing."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import IO, Any, Self

IN_MEMORY = 8_000_000


def print_json(document: Any) -> None:  # noqa: ANN401 - any JSON value
    """Print one JSON document."""
    sys.stdout.write(f"{json.dumps(document, ensure_ascii=False, indent=2)}\n")


class DealStream:
    """Collects `{head..., "deals": [...], tail...}` outside memory; `print` writes it out once it is whole."""

    def __init__(self, head: Mapping[str, Any]) -> None:
        self._file: IO[str] = SpooledTemporaryFile(IN_MEMORY, "w+", encoding="utf-8")  # noqa: SIM115 - closed on exit
        self._between = "\n    "
        self._file.write("{\n" + "".join(f"  {_pair(*each)},\n" for each in head.items()) + '  "deals": [')

    def add(self, deal: Mapping[str, Any]) -> None:
        """Add one deal, on a line of its own."""
        self._file.write(f"{self._between}{json.dumps(deal, ensure_ascii=False)}")
        self._between = ",\n    "

    def print(self, tail: Mapping[str, Any]) -> None:
        """Print the whole document."""
        end = "\n  ]" if self._between.startswith(",") else "]"
        self._file.write(end + "".join(f",\n  {_pair(*each)}" for each in tail.items()) + "\n}\n")
        self._file.seek(0)
        shutil.copyfileobj(self._file, sys.stdout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def _pair(name: str, value: object) -> str:
    return f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}"
