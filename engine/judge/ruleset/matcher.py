"""The child process seen from outside: rules and facts go in, the names of rules that fired come out, within a time.

The library can crash its process or never answer, so a fact that makes it do so is named, and the process is started
anew; also after a number of facts, since its memory grows with them.
"""

from __future__ import annotations

import json
import selectors
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

CHILD = Path(__file__).with_name("child.py")
TIME_LIMIT = 10.0
"""Seconds for an answer; the usual is a few hundredths."""
FACTS_A_CHILD = 200_000
AT_ONCE = 200
"""Facts a line, few enough that the child reads them all before its answers fill the pipe."""


class RulesetsMissingError(Exception):
    """The library that matches rules is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "the evaluator `durable-rules` is not installed\n"
            "  help: run `pip install 'dealgate[durable-rules]'`; it is built from source and needs a C compiler"
        )


class RulesetsFailedError(Exception):
    """The library crashed, did not answer, or contradicted itself; says on which deal."""

    def __init__(self, deal_id: str, what: str) -> None:
        super().__init__(
            f"durable-rules {what} on deal `{deal_id}`\n"
            "  help: judge without `--evaluator durable-rules`; the table engine does not use the library"
        )
        self.deal_id = deal_id


class Matcher:
    """A child process that is started when first asked, and anew after a failure; close it when done."""

    def __init__(
        self, *, time_limit: float = TIME_LIMIT, facts_a_child: int = FACTS_A_CHILD, child: Path = CHILD
    ) -> None:
        if find_spec("durable") is None:
            raise RulesetsMissingError
        self._limit, self._most, self._program = time_limit, facts_a_child, child
        self._child: subprocess.Popen[bytes] | None = None
        self._told: set[str] = set()
        self._names = count(1)
        self._facts = 0
        self._unread = b""

    @property
    def process_id(self) -> int | None:
        """The id of the child process; None where none runs."""
        return None if self._child is None else self._child.pid

    def new_name(self) -> str:
        """Give a name that no other ruleset has."""
        return f"question{next(self._names)}"

    def match(
        self, name: str, definition: Mapping[str, Any], facts: Sequence[str], deal_ids: Sequence[str]
    ) -> list[list[str]]:
        """Give the names of the rules each fact, written as JSON, fires; `deal_ids` say whose each fact is.

        Facts that fail together are tried once more, each alone, so that the deal can be named.
        """
        answers: list[list[str]] = []
        for start in range(0, len(facts), AT_ONCE):
            some, theirs = facts[start : start + AT_ONCE], deal_ids[start : start + AT_ONCE]
            try:
                answers += self._piece(name, definition, some, theirs)
            except RulesetsFailedError:
                for fact, deal_id in zip(some, theirs, strict=True):
                    answers += self._piece(name, definition, [fact], [deal_id])
        return answers

    def close(self) -> None:
        """End the child process."""
        child, self._child, self._told, self._facts, self._unread = self._child, None, set(), 0, b""
        if child is not None:
            child.kill()
            child.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _piece(
        self, name: str, definition: Mapping[str, Any], facts: Sequence[str], deal_ids: Sequence[str]
    ) -> list[list[str]]:
        if self._facts + len(facts) > self._most:
            self.close()
        child = self._ready(deal_ids[0])
        self._facts += len(facts)
        if name not in self._told:
            self._order(child, json.dumps({"rules": name, "definition": definition}), deal_ids[0])
            self._told.add(name)
        self._order(child, f'{{"ask": "{name}", "facts": [{", ".join(facts)}]}}', deal_ids[0])
        return [self._answer(child, deal_id) for deal_id in deal_ids]

    def _ready(self, deal_id: str) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is not None:
            self._fail(deal_id, "crashed")
        if self._child is None:
            command = [sys.executable, "-P", str(self._program)]
            self._child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 -- our own program
        return self._child

    def _order(self, child: subprocess.Popen[bytes], order: str, deal_id: str) -> None:
        assert child.stdin is not None  # noqa: S101 -- for the type checker: it is a pipe
        try:
            child.stdin.write(order.encode() + b"\n")
            child.stdin.flush()
        except OSError:
            self._fail(deal_id, "crashed")

    def _answer(self, child: subprocess.Popen[bytes], deal_id: str) -> list[str]:
        answer = json.loads(self._line(child, deal_id))
        if isinstance(answer, dict):
            self._fail(deal_id, f"failed ({answer['error']})")
        return list(answer)

    def _line(self, child: subprocess.Popen[bytes], deal_id: str) -> bytes:
        assert child.stdout is not None  # noqa: S101 -- likewise
        while b"\n" not in self._unread:
            with selectors.DefaultSelector() as waiting:
                waiting.register(child.stdout, selectors.EVENT_READ)
                if not waiting.select(self._limit):
                    self._fail(deal_id, f"did not answer within {self._limit:g} seconds")
            read = child.stdout.read1(65_536)  # type: ignore[attr-defined]  # a buffered reader
            if not read:
                self._fail(deal_id, "crashed")
            self._unread += read
        line, _, self._unread = self._unread.partition(b"\n")
        return line

    def _fail(self, deal_id: str, what: str) -> None:
        self.close()
        raise RulesetsFailedError(deal_id, what)
