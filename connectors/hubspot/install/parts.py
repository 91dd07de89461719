"""The properties that Dealgate makes, as values, and how HubSpot is asked for each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from connectors.hubspot import names
from connectors.hubspot.facts import StageFacts
from connectors.hubspot.gates import OPEN, gate_name
from connectors.hubspot.standard import DEALS, TASKS
from engine.judge.verdicts import GateStatus

GROUP_LABEL = "Dealgate"
STATUSES = tuple(each.words for each in GateStatus)


@dataclass(frozen=True, slots=True)
class PropertyPart:
    """One property of an object: its type and how it is shown, in HubSpot's words; `options` are values it may take.

    `speaks` says whether its label names something that can be renamed, and so is told anew where it differs.
    """

    object: str
    name: str
    label: str
    kind: str
    shown: str
    help: str
    options: tuple[str, ...] = ()
    unique: bool = False
    speaks: bool = False

    def body(self) -> dict[str, Any]:
        """Give its definition as HubSpot takes it."""
        made: dict[str, Any] = {
            "name": self.name,
            "label": self.label,
            "groupName": names.GROUP,
            "type": self.kind,
            "fieldType": self.shown,
            "description": self.help,
        }
        if self.options:
            made["options"] = options_body((each, each) for each in self.options)
        return made | ({"hasUniqueValue": True} if self.unique else {})


PROPERTIES: tuple[PropertyPart, ...] = tuple(
    PropertyPart(DEALS, name, label, kind, shown, help_, options)
    for name, label, kind, shown, help_, options in (
        (
            names.STATUS, "Playbook status", "enumeration", "select",
            "Whether the deal may move on: clear, advise, not yet or blocked.", STATUSES,
        ),
        (names.SCORE, "Playbook score", "number", "number", "How well the deal is qualified, in percent.", ()),
        (names.BAND, "Playbook band", "string", "text", "The band that the score falls into.", ()),
        (
            names.ALLOWED_STAGE, "Playbook allowed stage", "string", "text",
            "The furthest stage the deal may stand in now, by its id.", (),
        ),
        (
            names.MISSING, "Playbook missing", "string", "textarea",
            "What is missing and what to do, one line each.", (),
        ),
        (names.FLAGS, "Playbook flags", "string", "textarea", "What the playbook's rules call attention to.", ()),
        (names.NEXT_DEADLINE, "Playbook next deadline", "date", "date", "When the next thing is due.", ()),
        (names.PLAYBOOK, "Playbook", "string", "text", "Which playbook judged the deal, with its version.", ()),
        (names.CHECKED_AT, "Playbook checked at", "datetime", "date", "As of when this was found.", ()),
        (
            names.BLOCKED_STAGES, "Playbook blocked stages", "string", "text",
            "Stages the deal may not move to now, by their ids.", (),
        ),
        (names.WAIVED, "Playbook waived", "string", "text", "Criteria that are excepted for this deal.", ()),
        (names.BLOCKING, "Playbook blocking", "string", "textarea", "Criteria that stand against moving on.", ()),
        (names.NOTE, "Playbook note", "string", "textarea", "Why the deal was last moved back.", ()),
    )
)  # fmt: skip
KEY = PropertyPart(
    TASKS, names.KEY, "Playbook key", "string", "text", "Finds a task of the playbook again.", unique=True
)


def gate_parts(stages: Iterable[StageFacts]) -> list[PropertyPart]:
    """Give the gate properties of some stages, each of which is asked for once."""
    return [_gate(stage) for stage in {stage.id: stage for stage in stages}.values()]


def options_body(options: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """Give the values that a property may take, each with its label."""
    return [{"value": value, "label": label, "displayOrder": n} for n, (value, label) in enumerate(options)]


def _gate(stage: StageFacts) -> PropertyPart:
    return PropertyPart(
        DEALS,
        gate_name(stage.id),
        f"Playbook gate: {stage.label or stage.id}",
        "enumeration",
        "select",
        f"Open while the deal may enter {stage.label or stage.id}. Dealgate fills it in; blank, its card says why.",
        (OPEN,),
        speaks=True,
    )
