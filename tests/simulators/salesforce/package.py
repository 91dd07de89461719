"""Reads a package of metadata, and refuses what a deployment refuses."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from tests.simulators.salesforce.formula import FormulaError, UndefinedInFormulaError, evaluate
from tests.simulators.salesforce.saving import blank
from tests.simulators.salesforce.schema import Field
from tests.simulators.salesforce.validation import Rule, context_of

if TYPE_CHECKING:
    from tests.simulators.salesforce.org import Org

M = "{http://soap.sforce.com/2006/04/metadata}"
KINDS = {"Text": "string", "LongTextArea": "textarea", "Number": "double", "Date": "date", "DateTime": "datetime",
         "Checkbox": "boolean", "Picklist": "picklist"}  # fmt: skip
RULE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*")
LONGEST_NAME, LONGEST_MESSAGE = 40, 255

Failure = tuple[str, str, str]
"""Component type, file or name, and what is wrong with it."""


@dataclass
class Package:
    """What a package holds, and what is wrong with its files."""

    fields: list[tuple[str, Field]] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    objects: list[str] = field(default_factory=list)
    permission_sets: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    @property
    def components(self) -> int:
        return len(self.fields) + len(self.rules) + len(self.permission_sets)


def read_package(packed: bytes) -> Package:
    """Read a zip in the layout of the Metadata API."""
    found = Package()
    archive = zipfile.ZipFile(io.BytesIO(packed))
    names = set(archive.namelist())
    if "package.xml" not in names:
        found.failures.append(("", "package.xml", "No package.xml found"))
        return found
    listed = set(_listed(ET.fromstring(archive.read("package.xml"))))
    for name in sorted(names):
        if name.startswith("objects/") and name.endswith(".object"):
            _read_object(found, name, ET.fromstring(archive.read(name)), listed)
        elif name.startswith("permissionsets/"):
            _read_permission_set(found, name, ET.fromstring(archive.read(name)), listed)
    return found


def failures_of(org: Org, rule: Rule) -> Iterator[Failure]:
    """Refuse a rule as a deployment does: a formula that cannot be read, a name or a message that is too long."""
    if not RULE_NAME.fullmatch(rule.name) or len(rule.name) > LONGEST_NAME:
        said = "The Validation Rule Name can only contain underscores and alphanumeric characters."
        yield ("ValidationRule", rule.name, said)
    if len(rule.message) > LONGEST_MESSAGE:
        yield ("ValidationRule", rule.name, "Error Message: data value too large")
    if rule.field and org.thing(rule.object).find(rule.field) is None:
        yield ("ValidationRule", rule.name, f"Error Display Field: no field {rule.field}")
    empty = blank(org.thing(rule.object))
    try:
        for old in (None, empty):
            evaluate(rule.formula, context_of(org, rule.object, empty, old))
    except FormulaError as error:
        yield ("ValidationRule", rule.name, str(error))
    except UndefinedInFormulaError as error:
        yield ("ValidationRule", rule.name, f"the formula leans on what a blank does: {error}")


def _listed(manifest: ET.Element) -> Iterator[str]:
    for types in manifest:
        for member in types.findall(M + "members"):
            yield f"{types.findtext(M + 'name')}:{member.text}"


def _read_object(found: Package, path: str, root: ET.Element, listed: set[str]) -> None:
    object_ = path.removeprefix("objects/").removesuffix(".object")
    found.objects.append(object_)
    whole = f"CustomObject:{object_}" in listed
    for each in root.findall(M + "fields"):
        kind = each.findtext(M + "type") or ""
        if kind not in KINDS:
            found.failures.append(("CustomField", path, f"Must specify a valid field type, not {kind}"))
            continue
        made = _field(each, KINDS[kind])
        found.fields.append((object_, made))
        if not whole and f"CustomField:{object_}.{made.name}" not in listed:
            found.failures.append(("CustomField", path, f"{made.name} is not in package.xml"))
    for each in root.findall(M + "validationRules"):
        rule = _rule(object_, each)
        found.rules.append(rule)
        if not whole and f"ValidationRule:{object_}.{rule.name}" not in listed:
            found.failures.append(("ValidationRule", path, f"{rule.name} is not in package.xml"))


def _read_permission_set(found: Package, path: str, root: ET.Element, listed: set[str]) -> None:
    name = path.removeprefix("permissionsets/").removesuffix(".permissionset")
    found.permission_sets.append(name)
    if f"PermissionSet:{name}" not in listed:
        found.failures.append(("PermissionSet", path, f"{name} is not in package.xml"))
    if not root.findtext(M + "label"):
        found.failures.append(("PermissionSet", path, "Required field is missing: label"))


def _field(each: ET.Element, kind: str) -> Field:
    return Field(
        str(each.findtext(M + "fullName")), kind, int(each.findtext(M + "length") or 0),
        unique=each.findtext(M + "unique") == "true", external_id=each.findtext(M + "externalId") == "true",
        custom=True, default=False if kind == "boolean" else None, label=each.findtext(M + "label") or "",
        precision=int(each.findtext(M + "precision") or 0), scale=int(each.findtext(M + "scale") or 0),
    )  # fmt: skip


def _rule(object_: str, each: ET.Element) -> Rule:
    names = ("fullName", "errorConditionFormula", "errorMessage", "errorDisplayField")
    name, formula, message, shown_at = (each.findtext(M + one) or "" for one in names)
    return Rule(object_, name, formula, message, shown_at, each.findtext(M + "active") == "true")
