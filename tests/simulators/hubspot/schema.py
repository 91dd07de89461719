"""What an object is made of: its properties, their kinds and options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

FIELD_TYPES = {
    "bool": {"booleancheckbox", "calculation_equation"},
    "date": {"date"},
    "datetime": {"date", "calculation_equation"},
    "enumeration": {"booleancheckbox", "checkbox", "radio", "select", "calculation_equation"},
    "number": {"number", "calculation_equation"},
    "phone_number": {"phonenumber"},
    "string": {"file", "html", "phonenumber", "text", "textarea", "calculation_equation"},
    "object_coordinates": {"text"},
    "json": {"text"},
}


@dataclass(frozen=True)
class Option:
    """One of the values that a property may take."""

    value: str
    label: str
    order: int = -1
    hidden: bool = False
    description: str = ""

    def wire(self) -> dict[str, Any]:
        told = {"label": self.label, "value": self.value, "displayOrder": self.order, "hidden": self.hidden}
        return told | {"description": self.description}


@dataclass(frozen=True)
class Property:
    """A property's definition; `read_only` values are HubSpot's own, `external` options stand elsewhere."""

    name: str
    type: str = "string"
    field_type: str = "text"
    label: str = ""
    group: str = ""
    options: tuple[Option, ...] = ()
    read_only: bool = False
    unique: bool = False
    external: bool = False
    hubspot: bool = True
    hidden: bool = False
    description: str = ""
    order: int = -1
    referenced: str = ""
    created: str = ""
    updated: str = ""
    archived: str = ""
    required: bool = False

    def wire(self) -> dict[str, Any]:
        """Lay it out as the API does."""
        told: dict[str, Any] = {
            "updatedAt": self.updated, "createdAt": self.created, "name": self.name, "label": self.label or self.name,
            "type": self.type, "fieldType": self.field_type, "description": self.description,
            "groupName": self.group, "options": [each.wire() for each in self.options], "displayOrder": self.order,
            "calculated": self.field_type == "calculation_equation", "externalOptions": self.external,
            "hasUniqueValue": self.unique, "hidden": self.hidden, "hubspotDefined": self.hubspot,
            "modificationMetadata": {
                "archivable": not self.hubspot, "readOnlyDefinition": self.hubspot, "readOnlyValue": self.read_only,
                **({"readOnlyOptions": self.hubspot} if self.type == "enumeration" else {}),
            },
            "formField": not self.read_only, "dataSensitivity": "non_sensitive",
        }  # fmt: skip
        if not self.hubspot:
            told.pop("hubspotDefined")
        if self.referenced:
            told["referencedObjectType"] = self.referenced
        return told | ({"archived": True, "archivedAt": self.archived} if self.archived else {"archived": False})


@dataclass
class Kind:
    """One type of object: how it is called, what it has, what comes when nothing is asked for."""

    name: str
    singular: str
    id: str
    first_id: int
    default: tuple[str, ...]
    scope: str
    properties: dict[str, Property] = field(default_factory=dict)
    archived: dict[str, Property] = field(default_factory=dict)
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    modified: str = "hs_lastmodifieddate"

    @property
    def created(self) -> str:
        return "hs_createdate" if "hs_createdate" in self.properties else "createdate"

    def add(self, properties: Iterable[Property]) -> None:
        for each in properties:
            self.properties[each.name] = replace(each, group=each.group or f"{self.singular}information")


def definition(line: str, options: Mapping[str, str]) -> Property:
    """Read a line such as `amount number number`; `!` after the type: read only, `*`: required, `@x`: refers to x."""
    name, kind, field_type, *marks = line.split()
    return Property(
        name, kind, field_type, label=name.removeprefix("hs_").replace("_", " ").capitalize(),
        read_only="!" in marks, required="*" in marks, external="@" in "".join(marks),
        referenced="".join(mark[1:] for mark in marks if mark.startswith("@")),
        options=tuple(Option(each, each.replace("_", " ").capitalize(), order)
                      for order, each in enumerate(options.get(name, "").split())),
    )  # fmt: skip
