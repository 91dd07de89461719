"""Objects and fields of a simulated org, and how the API describes them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

NUMBERS = frozenset({"currency", "double", "percent"})
TEXTS = frozenset({"string", "picklist", "multipicklist", "textarea", "combobox", "email", "phone", "url", "anyType"})
LONGEST_FILTERED = 255
SOAP = {
    "id": "tns:ID", "reference": "tns:ID", "boolean": "xsd:boolean", "int": "xsd:int", "date": "xsd:date",
    "datetime": "xsd:dateTime", "anyType": "xsd:anyType", "currency": "xsd:double", "double": "xsd:double",
    "percent": "xsd:double",
}  # fmt: skip
DEFAULTED = frozenset(
    {"Id", "IsDeleted", "OwnerId", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById",
     "SystemModstamp"}
)  # fmt: skip


@dataclass
class Field:
    """One field: its API name, Salesforce's type, and what a save checks.

    `create_only` cannot be changed later; `child` is the name by which the parent's subqueries find the rows.
    """

    name: str
    kind: str = "string"
    length: int = 0
    refers_to: tuple[str, ...] = ()
    relation: str = ""
    choices: tuple[str, ...] = ()
    restricted: bool = False
    required: bool = False
    unique: bool = False
    external_id: bool = False
    id_lookup: bool = False
    calculated: bool = False
    read_only: bool = False
    create_only: bool = False
    tracked: bool = False
    custom: bool = False
    case_sensitive: bool = False
    default: Any = None
    precision: int = 0
    scale: int = 0
    child: str = ""
    cascade: bool = False
    formula: str = ""
    label: str = ""
    filtered: bool = True

    @property
    def nillable(self) -> bool:
        return not (self.required or self.kind in {"boolean", "id"})

    @property
    def filterable(self) -> bool:
        return self.filtered and not (self.kind == "textarea" and self.length > LONGEST_FILTERED)

    def described(self) -> dict[str, Any]:
        """Describe it as the API does."""
        writable = not (self.calculated or self.read_only or self.kind == "id")
        long = self.kind == "textarea" and not self.filterable
        return _UNUSED | {
            "name": self.name, "label": self.label or words_of(self.name), "type": self.kind, "length": self.length,
            "byteLength": 18 if self.kind in {"id", "reference"} else self.length * 3 if self.kind in TEXTS else 0,
            "precision": self.precision, "scale": self.scale, "digits": 8 if self.kind == "int" else 0,
            "soapType": SOAP.get(self.kind, "xsd:string"), "referenceTo": list(self.refers_to),
            "relationshipName": self.relation or None, "polymorphicForeignKey": len(self.refers_to) > 1,
            "namePointing": len(self.refers_to) > 1, "picklistValues": [_choice(each) for each in self.choices],
            "restrictedPicklist": self.restricted, "nillable": self.nillable, "unique": self.unique,
            "externalId": self.external_id, "caseSensitive": self.case_sensitive, "calculated": self.calculated,
            "calculatedFormula": self.formula or None, "createable": writable, "custom": self.custom,
            "updateable": writable and not self.create_only, "nameField": self.name == "Name",
            "idLookup": self.external_id or self.id_lookup or self.kind == "id", "filterable": self.filterable,
            "sortable": self.filterable and self.kind != "multipicklist", "aggregatable": not long and self.kind != "boolean",
            "groupable": self.filterable and self.kind not in NUMBERS | {"datetime", "textarea"},
            "defaultedOnCreate": self.name in DEFAULTED or self.kind == "boolean" or self.default is not None,
            "defaultValue": False if self.kind == "boolean" else None, "cascadeDelete": False,
            "extraTypeInfo": "plaintextarea" if self.kind == "textarea" else None, "permissionable": self.nillable and writable,
        }  # fmt: skip

    @property
    def shown_type(self) -> str:
        """Name the type as Setup does, and FieldDefinition."""
        if self.kind == "reference":
            return f"Lookup({','.join(self.refers_to)})"
        if self.kind in NUMBERS:
            word = "Number" if self.kind == "double" else self.kind.capitalize()
            return f"{word}({self.precision - self.scale}, {self.scale})"
        if self.kind == "textarea" and self.length > LONGEST_FILTERED:
            return f"Long Text Area({self.length})"
        named = {
            "string": f"Text({self.length})",
            "boolean": "Checkbox",
            "datetime": "Date/Time",
            "int": "Number(8, 0)",
        }
        return named.get(self.kind, self.kind.capitalize())


@dataclass
class Thing:
    """One object with its fields by lower-case name; `prefix` begins its ids."""

    name: str
    prefix: str
    plural: str = ""
    fields: dict[str, Field] = field(default_factory=dict)
    present: bool = True
    custom_setting: bool = False

    def add(self, *fields: Field) -> None:
        """Add fields."""
        for each in fields:
            self.fields[each.name.lower()] = each

    def find(self, name: str) -> Field | None:
        return self.fields.get(name.lower())

    def of_relation(self, relation: str) -> Field | None:
        """Find the reference that a relation's name leads through."""
        wanted = relation.lower()
        return next((each for each in self.fields.values() if each.relation.lower() == wanted), None)

    @property
    def deletable(self) -> bool:
        return "isdeleted" in self.fields

    def summary(self, version: str) -> dict[str, Any]:
        """Give what the list of all objects says about it."""
        base = f"/services/data/v{version}/sobjects/{self.name}"
        flags = dict.fromkeys(_FLAGS_ON, True) | dict.fromkeys(_FLAGS_OFF, False)
        plural = self.plural or f"{words_of(self.name)}s"
        return flags | {
            "name": self.name, "label": words_of(self.name), "labelPlural": plural, "keyPrefix": self.prefix,
            "custom": self.name.endswith("__c"), "customSetting": self.custom_setting, "deletable": self.deletable,
            "mergeable": self.find("MasterRecordId") is not None,
            "undeletable": self.deletable, "associateEntityType": None, "associateParentEntity": None,
            "urls": {"sobject": base, "describe": f"{base}/describe", "rowTemplate": f"{base}/{{ID}}"},
        }  # fmt: skip


def reference(name: str, relation: str, *targets: str, **more: Any) -> Field:
    """Give a reference field."""
    return Field(name, "reference", 18, targets, relation, **more)


def words_of(name: str) -> str:
    """Make a label of an API name."""
    plain = name.removesuffix("__c").removesuffix("__r").replace("_", " ")
    return re.sub(r"\bId$", "ID", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain))


def _choice(value: str) -> dict[str, Any]:
    return {"active": True, "defaultValue": False, "label": value, "validFor": None, "value": value}


_FLAGS_ON = (
    "createable", "updateable", "queryable", "replicateable", "retrieveable", "searchable", "layoutable", "mruEnabled",
    "triggerable", "feedEnabled",
)  # fmt: skip
_FLAGS_OFF = (
    "activateable", "deepCloneable", "deprecatedAndHidden", "hasSubtypes", "isInterface", "isSubtype",
)  # fmt: skip
_UNUSED: dict[str, Any] = dict.fromkeys(
    ("compoundFieldName", "controllerName", "defaultValueFormula", "filteredLookupInfo", "inlineHelpText", "mask",
     "maskType", "referenceTargetField", "relationshipOrder"),
) | dict.fromkeys(
    ("aiPredictionField", "autoNumber", "dependentPicklist", "deprecatedAndHidden", "displayLocationInDecimal",
     "encrypted", "formulaTreatNullNumberAsZero", "highScaleNumber", "htmlFormatted", "queryByDistance",
     "restrictedDelete", "searchPrefilterable", "writeRequiresMasterRead"), False,
)  # fmt: skip
