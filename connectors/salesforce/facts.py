"""What an org has: objects, fields with their types, and whose changes it records, as its describe answers tell."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from connectors.salesforce.composite import Asks, read_together

OK = 200


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """One field as described: `kind` is Salesforce's type, `relation` the name that leads through a reference."""

    name: str
    kind: str
    relation: str = ""
    refers_to: tuple[str, ...] = ()
    calculated: bool = False
    updateable: bool = False
    createable: bool = False
    length: int = 0
    unique: bool = False
    external_id: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class OrgFacts:
    """An org's objects with the fields the signed-in user may see; an object that is not named is not there.

    `tracked` are the fields of Opportunity whose changes are recorded.
    """

    objects: Mapping[str, Mapping[str, FieldFacts]]
    tracked: frozenset[str] = field(default_factory=frozenset)

    def has(self, object_: str, path: str = "Id") -> bool:
        """Whether an object has a field, or a path through a reference."""
        return self.field(object_, path) is not None

    def field(self, object_: str, path: str) -> FieldFacts | None:
        """Find a field by its name or by a path such as `Account.Industry`; names are told apart by letters alone."""
        first, _, rest = path.partition(".")
        fields = self.objects.get(object_, {})
        if not rest:
            return fields.get(first.lower())
        link = next((each for each in fields.values() if each.relation.lower() == first.lower()), None)
        if link is None:
            return None
        return next((found for each in link.refers_to if (found := self.field(each, rest)) is not None), None)

    def path(self, object_: str, path: str) -> str:
        """Spell a path as Salesforce does."""
        first, _, rest = path.partition(".")
        found = self.field(object_, path)
        return f"{first}.{found.name}" if rest and found else found.name if found else path

    def lookups_to(self, object_: str, target: str) -> list[str]:
        """Name the fields of an object that refer to another one."""
        return sorted(each.name for each in self.objects.get(object_, {}).values() if target in each.refers_to)


def read_facts(client: Asks, objects: Sequence[str], *, tracking: bool) -> OrgFacts:
    """Describe objects, 25 of them a call; where `tracking` is asked for, whose changes of Opportunity are recorded."""
    asked = [(name, f"sobjects/{name}/describe") for name in objects]
    if tracking:
        asked.append(("tracked", f"query?q={TRACKED}"))
    answers = read_together(client, [path for _, path in asked])
    found = {name: body for (name, _), (status, body) in zip(asked, answers, strict=True) if status == OK}
    tracked = found.pop("tracked", {}).get("records", [])
    described = {name: _fields(body) for name, body in found.items()}
    return OrgFacts(described, frozenset(row["QualifiedApiName"] for row in tracked))


TRACKED = (
    "SELECT+QualifiedApiName+FROM+FieldDefinition+WHERE+EntityDefinition.QualifiedApiName+=+'Opportunity'"
    "+AND+IsFieldHistoryTracked+=+true"
)


def facts_to_text(facts: OrgFacts) -> str:
    """Write facts down, to be kept."""
    objects = {name: [asdict(each) for each in fields.values()] for name, fields in facts.objects.items()}
    return json.dumps({"objects": objects, "tracked": sorted(facts.tracked)})


def facts_from_text(text: str) -> OrgFacts:
    """Read facts that were written down."""
    values = json.loads(text)
    objects = {
        name: {each["name"].lower(): _kept_field(each) for each in fields} for name, fields in values["objects"].items()
    }
    return OrgFacts(objects, frozenset(values["tracked"]))


def _fields(body: Mapping[str, Any]) -> dict[str, FieldFacts]:
    return {each["name"].lower(): _field(each) for each in body["fields"]}


def _field(described: Mapping[str, Any]) -> FieldFacts:
    return FieldFacts(
        name=described["name"],
        kind=described["type"],
        relation=described.get("relationshipName") or "",
        refers_to=tuple(described.get("referenceTo") or ()),
        calculated=bool(described.get("calculated")),
        updateable=bool(described.get("updateable")),
        createable=bool(described.get("createable")),
        length=int(described.get("length") or 0),
        unique=bool(described.get("unique")),
        external_id=bool(described.get("externalId")),
        choices=tuple(_active(described.get("picklistValues") or ())),
    )


def _kept_field(values: Mapping[str, Any]) -> FieldFacts:
    lists = {name: tuple(values[name]) for name in ("refers_to", "choices")}
    return FieldFacts(**{**values, **lists})


def _active(choices: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    return (each["value"] for each in choices if each.get("active", True))
