"""The metadata that Dealgate makes, as values, and the XML of each."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree as ET

from connectors.salesforce import names

NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
LONGEST_TEXT = 255


@dataclass(frozen=True, slots=True)
class CustomField:
    """One field of an object; `kind` is the metadata type, `length` its characters (0: has none)."""

    object: str
    name: str
    label: str
    kind: str
    help: str
    length: int = 0
    unique: bool = False

    def element(self) -> ET.Element:
        """Give its metadata."""
        inner = [("fullName", self.name), ("label", self.label), ("inlineHelpText", self.help), ("type", self.kind)]
        if self.kind == "Checkbox":
            inner.append(("defaultValue", "false"))
        if self.kind == "Number":
            inner += [("precision", "5"), ("scale", "1")]
        if self.length:
            inner.append(("length", str(self.length)))
        if self.kind == "LongTextArea":
            inner.append(("visibleLines", "6"))
        if self.unique:
            inner += [("externalId", "true"), ("unique", "true"), ("caseSensitive", "true")]
        return element("CustomField", inner)


@dataclass(frozen=True, slots=True)
class ValidationRule:
    """One rule on Opportunity: where its formula is true, a save is refused with its message, beside `field`."""

    name: str
    formula: str
    message: str
    description: str
    field: str = "StageName"

    def element(self) -> ET.Element:
        """Give its metadata."""
        inner = [
            ("fullName", self.name),
            ("active", "true"),
            ("description", self.description[:LONGEST_TEXT]),
            ("errorConditionFormula", self.formula),
            ("errorDisplayField", self.field),
            ("errorMessage", self.message),
        ]
        return element("ValidationRule", inner)


FIELDS: tuple[CustomField, ...] = tuple(
    CustomField("Opportunity", name, label, kind, help_, names.LENGTHS.get(name, 0))
    for name, label, kind, help_ in (
        (names.STATUS, "Playbook Status", "Text", "Whether the deal may move on: clear, advise, not yet or blocked."),
        (names.SCORE, "Playbook Score", "Number", "How well the deal is qualified, in percent."),
        (names.BAND, "Playbook Band", "Text", "The band that the score falls into."),
        (names.ALLOWED_STAGE, "Playbook Allowed Stage", "Text", "The furthest stage the deal may stand in now."),
        (names.MISSING, "Playbook Missing", "LongTextArea", "What is missing and what to do, one line each."),
        (names.FLAGS, "Playbook Flags", "LongTextArea", "What the playbook's rules call attention to."),
        (names.NEXT_DEADLINE, "Playbook Next Deadline", "Date", "When the next thing is due."),
        (names.PLAYBOOK, "Playbook", "Text", "Which playbook judged the deal, with its version."),
        (names.CHECKED_AT, "Playbook Checked At", "DateTime", "As of when this was found."),
        (names.BLOCKED_STAGES, "Playbook Blocked Stages", "Text", "Stages the deal may not move to now."),
        (names.BLOCKED_STAGES_2, "Playbook Blocked Stages 2", "Text", "Further stages the deal may not move to."),
        (names.WAIVED, "Playbook Waived", "Text", "Criteria that are excepted for this deal."),
        (names.BLOCKING, "Playbook Blocking", "LongTextArea", "Criteria that stand against moving on."),
        (names.BLOCKING_CODES, "Playbook Blocking Codes", "Text", "Finds the rule of each criterion that stands."),
        (names.ASKED_BY_RULES, "Playbook Asked By Rules", "Checkbox", "Whether rules of this org tell all of them."),
        (names.NOTE, "Playbook Note", "LongTextArea", "Why the deal was last moved back."),
    )
)
KEY = CustomField(
    "Activity", names.KEY, "Playbook Key", "Text", "Finds a task of the playbook again.", 255, unique=True
)
SWEPT_AT = CustomField(
    names.HEARTBEAT, names.SWEPT_AT, "Swept At", "DateTime", "When the last sweep over all deals ended."
)


def element(name: str, inner: list[tuple[str, str]]) -> ET.Element:
    """Make an element of texts."""
    made = ET.Element(name, {"xmlns": NAMESPACE})
    for each, text in inner:
        ET.SubElement(made, each).text = text
    return made


def nested(parent: ET.Element, name: str, inner: list[tuple[str, str]]) -> None:
    """Put an element of texts into another."""
    made = ET.SubElement(parent, name)
    for each, text in inner:
        ET.SubElement(made, each).text = text


def to_bytes(root: ET.Element) -> bytes:
    """Write XML the one way it is compared in."""
    ET.indent(root, "    ")
    body: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return body.replace(b"<?xml version='1.0' encoding='UTF-8'?>", b'<?xml version="1.0" encoding="UTF-8"?>') + b"\n"


def heartbeat() -> ET.Element:
    """Give the custom setting that tells when a sweep last ended."""
    made = ET.Element("CustomObject", {"xmlns": NAMESPACE})
    for name, text in (("customSettingsType", "Hierarchy"), ("label", "Dealgate Heartbeat"), ("visibility", "Public")):
        ET.SubElement(made, name).text = text
    return made


def bypass() -> ET.Element:
    """Give the permission that passes every gate."""
    return element(
        "CustomPermission", [("label", "Dealgate Gate Bypass"), ("description", "Passes every closed gate.")]
    )


def permission_set(name: str, *, engine: bool) -> ET.Element:
    """Give the permission set of those who write the fields, or of those who read them."""
    made = ET.Element("PermissionSet", {"xmlns": NAMESPACE})
    if engine:
        nested(made, "customPermissions", [("enabled", "true"), ("name", names.BYPASS)])
    fields = [("Opportunity", each.name) for each in FIELDS] + [("Task", names.KEY)]
    for object_, field in sorted(fields):
        editable = "true" if engine else "false"
        nested(
            made, "fieldPermissions", [("editable", editable), ("field", f"{object_}.{field}"), ("readable", "true")]
        )
    ET.SubElement(made, "label").text = name.replace("_", " ")
    return made
