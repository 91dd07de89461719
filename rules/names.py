"""What things are called in sentences: fields, scores, roles, stages and rows, in a reader's words, not in ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rules.condition import Reference, Score
from rules.playbook import Playbook
from rules.types import FieldType


@dataclass(frozen=True, slots=True)
class Label:
    """What a sentence is about; `event` is what happened to it, such as `created`, or ""."""

    text: str
    plural: bool = False
    event: str = ""

    @property
    def pronoun(self) -> str:
        """The word that stands for it in the next clause."""
        return "they" if self.plural else "it"

    @property
    def be(self) -> str:
        """The form of `to be` that follows it."""
        return "are" if self.plural else "is"


EVENTS: Mapping[tuple[str, str], tuple[str, str]] = MappingProxyType(
    {
        ("deals", "created_at"): ("the deal", "created"),
        ("deals", "stage_entered_at"): ("the stage", "entered"),
        ("deals", "closed_at"): ("the deal", "closed"),
        ("contacts", "last_buyer_activity_at"): ("the contact", "last active"),
        ("proposals", "sent_at"): ("the proposal", "sent"),
        ("proposals", "viewed_at"): ("the proposal", "viewed"),
        ("proposals", "answered_at"): ("the proposal", "answered"),
        ("stage_changes", "changed_at"): ("the stage", "changed"),
        ("field_changes", "changed_at"): ("the field", "changed"),
    }
)
"""Times that read better as something that happened, with what it happened to."""

NOUNS: Mapping[str, str] = MappingProxyType(
    {
        "created_at": "deal creation",
        "stage_entered_at": "stage entry",
        "closed_at": "closing",
        "last_buyer_activity_at": "last buyer activity",
        "sent_at": "sending",
        "viewed_at": "first view",
        "answered_at": "answer",
        "expires_at": "expiry",
        "happened_at": "its time",
        "changed_at": "change",
        "started_at": "start",
        "owner_id": "owner",
        "account_id": "account",
        "manager_id": "manager",
        "contact_ids": "people",
        "changed_by": "who changed it",
    }
)
"""Standard columns whose ids do not read as words."""

ROWS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "contacts": ("contact", "contacts"),
        "with": ("person in it", "people in it"),
        "activities": ("activity", "activities"),
        "proposals": ("proposal", "proposals"),
        "stage_changes": ("stage change", "stage changes"),
        "field_changes": ("field change", "field changes"),
        "tasks": ("task", "tasks"),
        "findings": ("finding", "findings"),
    }
)
"""One row and several of each related table."""


def plain(identifier: str) -> str:
    """Turn an id into words: `next_step_date` into `next step date`."""
    return identifier.replace("_", " ").replace("-", " ").strip()


def field_label(subject: Reference | Score, playbook: Playbook, row: str = "") -> Label:
    """Name a column or score as the subject of a sentence; `row` is the related table the sentence is about."""
    if isinstance(subject, Score):
        return Label(score_name(subject, playbook))
    if (subject.table, subject.name) in EVENTS:
        about, event = EVENTS[subject.table, subject.name]
        return Label(about, event=event)
    text = field_name(subject, row)
    return Label(text, plural=subject.type is FieldType.CHOICES and text.endswith("s"))


def field_name(reference: Reference, row: str = "") -> str:
    """Name a column as a thing; `row` is the related table the sentence is about."""
    noun = NOUNS.get(reference.name, plain(reference.name))
    if reference.table == "deals":
        noun = {"type": "deal type", "name": "deal name"}.get(reference.name, noun)
        return f"the deal's {noun.removeprefix('deal ')}" if row else noun
    if reference.table in {"accounts", "owners"}:
        owner = reference.table.removesuffix("s")
        return f"the {owner}'s {noun}" if row else f"{owner} {noun}"
    return noun


def score_name(score: Score, playbook: Playbook) -> str:
    """Name a scorecard's result, or one dimension's, by its title."""
    card = next((card for card in playbook.scorecards if card.id == score.card), None)
    if score.dimension:
        dimensions = card.dimensions if card else ()
        title = next((each.title for each in dimensions if each.id == score.dimension), "")
        return f"the score for {title or plain(score.dimension)}"
    title = card.title if card else ""
    return f"the {plain(score.card) if title in {'', score.card} else title} score"


def role_name(role: str, playbook: Playbook) -> str:
    """Name a role: `economic_buyer` is an `economic buyer`; a CRM's own word stays as it is."""
    return plain(role) if any(each.id == role for each in playbook.roles) else role


def stage_name(stage: str, playbook: Playbook) -> str:
    """Name a stage by its title; a CRM's own word stays as it is."""
    return next((each.title for each in playbook.stages if each.id == stage and each.title), stage)


def row_name(table: str) -> tuple[str, str]:
    """Name one row of a related table and several: `quote`, `quotes`."""
    if table in ROWS:
        return ROWS[table]
    words = plain(table)
    if words.endswith("ies"):
        return f"{words[:-3]}y", words
    return (words[:-1], words) if words.endswith("s") and not words.endswith("ss") else (words, f"{words} rows")


def choice_name(reference: Reference, value: object, playbook: Playbook) -> str:
    """Name a value of a choice field: roles and stages in words, anything else as it is written."""
    if reference.name == "role":
        return role_name(str(value), playbook)
    if reference.name in {"stage", "from_stage", "to_stage"}:
        return stage_name(str(value), playbook)
    return plain(str(value)) if reference.table == "findings" else str(value)
