"""The child process in which durable-rules matches facts: reads orders from stdin, a line each, and answers on stdout.

An order is `{"rules": name, "definition": {...}}`, which is not answered, or `{"ask": name, "facts": [...]}`, which is
answered by a line per fact, all together: the names of the rules that fired, or `{"error": ...}`. One session is used
throughout: a fact is asserted, and retracted before the next.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from durable.engine import MessageNotHandledException, Ruleset

SESSION = "1"
Answer = list[str] | dict[str, str]


class Rules:
    """One ruleset of the library, and what fired since it was last asked."""

    def __init__(self, name: str, definition: dict[str, Any]) -> None:
        self.fired: list[str] = []
        rules = {each: {**rule, "run": self._action(each)} for each, rule in definition.items()}
        self._ruleset = Ruleset(name, None, rules)

    def answer(self, number: int, fact: dict[str, Any]) -> Answer:
        """Give the names of the rules that a fact fires, or what the library says went wrong."""
        try:
            return self._match(number, fact)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the parent tells it
            return {"error": f"{type(error).__name__}: {error}"}

    def _match(self, number: int, fact: dict[str, Any]) -> list[str]:
        self.fired = []
        whole = {**fact, "id": number, "sid": SESSION}
        try:
            handle = self._ruleset.assert_fact(whole)
        except MessageNotHandledException:
            return []
        self._run(handle)
        fired = self.fired
        self._run(self._ruleset.retract_fact(whole))
        return fired

    def _run(self, handle: object) -> None:
        failed: list[BaseException] = []
        self._ruleset.do_actions(handle, lambda error, _: failed.append(error) if error else None)
        if failed:
            raise failed[0]

    def _action(self, name: str) -> Callable[[object], None]:
        def run(_closure: object) -> None:
            self.fired.append(name)

        return run


def main() -> None:
    """Follow orders until there are no more."""
    known: dict[str, Rules] = {}
    answers: list[Answer] = []
    number = 0
    for line in sys.stdin:
        order = json.loads(line)
        if "rules" in order:
            known[order["rules"]] = Rules(order["rules"], order["definition"])
            continue
        for fact in order["facts"]:
            number += 1
            answers.append(known[order["ask"]].answer(number, fact))
        sys.stdout.write("".join(json.dumps(each) + "\n" for each in answers))
        sys.stdout.flush()
        answers.clear()


if __name__ == "__main__":
    main()
