"""What a user must put right before a run can do its work; the message and its help are shown, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rules.problems import Problem, did_you_mean, render_problems


class Mistake(Exception):  # noqa: N818 - it is the user's mistake, told to the user, not an error of the program
    """A mistake in what the user asked for; `help` says what would be right."""

    def __init__(self, message: str, help: str = "") -> None:  # noqa: A002 - the word users see before it
        super().__init__(f"{message}\n  help: {help}" if help else message)


class ProblemsFound(Mistake):
    """Files hold problems; all of them are told at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(render_problems(problems))
        self.problems = tuple(problems)


class DealsNotFound(Mistake):
    """The CRM holds no deals of these ids."""

    def __init__(self, missing: Sequence[str], known: Iterable[str]) -> None:
        named = ", ".join(f"`{each}`" for each in missing)
        what = "the CRM has no deal" if len(missing) == 1 else "the CRM has no deals"
        super().__init__(f"{what} {named}", did_you_mean(missing[0], known))


class OwnerNotFound(Mistake):
    """No deal is owned by someone of that name or id."""

    def __init__(self, owner: str, known: Iterable[str]) -> None:
        super().__init__(f"no deal is owned by `{owner}`", did_you_mean(owner, known))


class NotJudged(Mistake):
    """No playbook judges this deal, so there is nothing to explain."""

    def __init__(self, deal_id: str, reason: str = "") -> None:
        advice = "" if reason else "`applies_to` of each playbook says which deals it judges"
        super().__init__(reason or f"no playbook applies to deal `{deal_id}`", advice)
