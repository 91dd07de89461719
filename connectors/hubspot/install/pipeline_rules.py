"""Reads and makes the rules of a pipeline. What an administrator set there is never loosened, only added to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.hubspot.answers import FORBIDDEN, reason_in
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.errors import HubSpotError, MissingScopesError, NotFoundError, UnknownPathError
from connectors.hubspot.facts import PipelineFacts
from connectors.hubspot.install.rules import BACK, SKIP, PipelineRule
from connectors.hubspot.settings import API
from connectors.protocol import Difference

DEAL = "0-3"
CREATION = "objectCreationRule"
LACKING = "the account has no rules of pipelines"
"""They come with Professional and Enterprise subscriptions."""
PLACE = "Settings > Objects > Deals > Pipelines > Pipeline Rules"
BY_HAND = f"set it in {PLACE}"
KEPT = f"it is left as it is; it can be taken away in {PLACE}"


@dataclass(frozen=True, slots=True)
class HeldRule:
    """One rule as it stands: `everywhere`, or for some stages by their ids."""

    everywhere: bool = False
    stages: frozenset[str] = frozenset()

    @property
    def stands(self) -> bool:
        """Whether it refuses anything."""
        return self.everywhere or bool(self.stages)

    def lacks(self, stages: Iterable[str]) -> list[str]:
        """Name the stages it does not hold for."""
        return [] if self.everywhere else [each for each in stages if each not in self.stages]

    def beyond(self, stages: Iterable[str]) -> list[str]:
        """Name the stages it holds for though nobody asks that."""
        return sorted(self.stages - set(stages))


class LackingError(Exception):
    """The account's subscription has no rules of pipelines, or the app may not see them; the message says which."""

    def __init__(self, message: str, help_: str, *, subscription: bool) -> None:
        super().__init__(message)
        self.help = help_
        self.subscription = subscription


Held = Mapping[str, HeldRule]
"""Rules by HubSpot's name of each."""


def read_rules(client: HubSpotClient, pipeline: str) -> Held | None:
    """Read the rules of a pipeline, None where none were ever set; raises LackingError."""
    try:
        return _held(client.get(API.pipeline_rules(DEAL, pipeline)))
    except HubSpotError as refusal:
        if isinstance(refusal, NotFoundError) and not isinstance(refusal, UnknownPathError):
            return None
        raise lacking(refusal) from None


def make_rule(client: HubSpotClient, asked: PipelineRule, held: Held | None) -> Difference | None:
    """Make a rule, or let one that stands hold for more stages; give what is wrong where HubSpot does not."""
    path = API.pipeline_rules(DEAL, asked.pipeline)
    standing = (held or {}).get(asked.kind, HeldRule())
    stages = [*asked.stages, *standing.beyond(asked.stages)]
    rules = {asked.kind: {"enabledForAllStages": False, "pipelineStageIds": stages}}
    try:
        if held is None:
            answer = client.send("PUT", path, {"governanceValidationRules": _whole(rules)})
        else:
            answer = client.send("PATCH", path, rules)
    except HubSpotError as refusal:
        if refusal.passing:
            raise
        return Difference(asked.words, f"HubSpot refused it: {reason_in(refusal.said, refusal.errors)}", BY_HAND)
    if _held(answer.body).get(asked.kind, HeldRule()).lacks(asked.stages):
        return Difference(asked.words, "HubSpot took it and does not show it", BY_HAND)
    return None


def compare_rule(asked: PipelineRule, held: Held | None, labels: Mapping[str, str], help_: str) -> Difference | None:
    """Say how a rule is not what is asked for; None where it is."""
    standing = (held or {}).get(asked.kind, HeldRule())
    lacking_ = standing.lacks(asked.stages)
    if lacking_:
        named = ", ".join(f"`{labels.get(each, each)}`" for each in lacking_)
        wrong = f"does not hold for {named}" if standing.stands else "is missing"
        return Difference(f"rule against {asked.words}", wrong, help_)
    return None


def surplus(pipeline: PipelineFacts, asked: Iterable[PipelineRule], held: Held | None) -> Iterator[Difference]:
    """Name what the rules of a pipeline refuse though no playbook asks it; they are left as they are."""
    labels = {stage.id: stage.label for stage in pipeline.stages}
    wanted = {each.kind: each.stages for each in asked}
    for kind in (SKIP, BACK):
        rule = (held or {}).get(kind, HeldRule())
        what = f"rule against {PipelineRule(pipeline.id, pipeline.label, kind, ()).words}"
        more = [f"`{labels.get(each, each)}`" for each in rule.beyond(wanted.get(kind, ()))]
        if rule.stands and kind not in wanted:
            yield Difference(what, "is asked for by no playbook", KEPT)
        elif rule.everywhere or more:
            yield Difference(what, f"holds for {', '.join(more) or 'every stage'} too", KEPT)


def lacking(refusal: HubSpotError) -> Exception:
    """Tell an account without rules of pipelines, and an app that may not see them, from any other failure."""
    if isinstance(refusal, MissingScopesError):
        says, _, help_ = str(refusal).partition("\n  help: ")
        return LackingError(says, help_, subscription=False)
    if isinstance(refusal, UnknownPathError) or refusal.status == FORBIDDEN:
        return LackingError(LACKING, "moves are judged, and undone where `correct_moves` is on", subscription=True)
    return refusal


def _held(body: Mapping[str, Any]) -> dict[str, HeldRule]:
    """Read the rules of an answer."""
    rules: Mapping[str, Mapping[str, Any]] = (body or {}).get("governanceValidationRules") or {}
    return {
        kind: HeldRule(bool(rule.get("enabledForAllStages")), frozenset(map(str, rule.get("pipelineStageIds") or ())))
        for kind, rule in rules.items()
        if kind in {SKIP, BACK}
    }


def _whole(rules: Mapping[str, Any]) -> dict[str, Any]:
    nothing = {"enabledForAllStages": False, "pipelineStageIds": []}
    return {SKIP: nothing, BACK: nothing, CREATION: {"pipelineStageIds": []}, **rules}
