"""The state of a simulated org, and the one way by which anything is saved in it."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.simulators.salesforce_org.faults import Faults
from tests.simulators.salesforce_org.schema import STAGES, Field, Thing, reference, standard_objects
from tests.simulators.salesforce_org.validation import Rule

Record = dict[str, Any]
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Refused(Exception):  # noqa: N818 - what a save answers
    """A record that was not saved."""

    def __init__(self, code: str, message: str, fields: Iterable[str] = (), status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.fields, self.status = code, message, list(fields), status


class Clock:
    """The org's own time."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def advance(self, passed: timedelta) -> None:
        self.now += passed


def id18(given: str) -> str:
    """Add the three letters that say which characters are capitals."""
    if len(given) != 15:
        return given
    parts = (given[start : start + 5] for start in (0, 5, 10))
    return given + "".join(LETTERS[sum(1 << n for n, each in enumerate(part) if each.isupper())] for part in parts)


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"


class Org:
    """Objects, records, users, rules; every public way of writing goes through `save`."""

    def __init__(self, clock: Clock, faults: Faults) -> None:
        self.lock = threading.RLock()
        self.clock, self.faults = clock, faults
        self.things: dict[str, Thing] = standard_objects()
        self.records: dict[str, dict[str, Record]] = defaultdict(dict)
        self.children: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self.rules: dict[str, Any] = {}
        self.hidden: set[tuple[str, str]] = set()
        self.permissions: set[str] = set()
        self.on_save: list[Any] = []
        self._count = 0
        organization = self.add("Organization", Name="Acme", OrganizationType="Enterprise Edition")
        self.organization_id = organization
        self.engine = self.add("User", Name="Dealgate", Email="dealgate@example.com", Username="dealgate@example.com")
        for order, (name, probability) in enumerate(STAGES):
            won = name == "Closed Won"
            self.add("OpportunityStage", MasterLabel=name, ApiName=name, SortOrder=order, IsWon=won,
                     IsClosed=name.startswith("Closed"), DefaultProbability=probability)  # fmt: skip

    # what a test does

    def add(self, object_: str, **fields: Any) -> str:
        """Make a record without asking any rule; read-only fields may be given."""
        record = self._blank(object_)
        record |= {self._spelled(object_, name): value for name, value in fields.items()}
        self._derive(object_, record, None, forced=set(fields))
        return self._store(object_, record, None)

    def get(self, object_: str, id_: str) -> Record:
        return self.records[object_][id18(id_)]

    def rows(self, object_: str) -> list[Record]:
        return [row for row in self.records[object_].values() if not row.get("IsDeleted")]

    def change(self, object_: str, id_: str, *, rules: bool = False, by: str = "", **fields: Any) -> None:
        """Change a record as a person would; the org's rules are asked only where `rules` says so."""
        self.save(object_, id_, fields, by=by or "person", asked=rules)

    def delete(self, object_: str, id_: str) -> None:
        with self.lock:
            row = self._existing(object_, id_)
            row |= {"IsDeleted": True, "SystemModstamp": self._now(), "LastModifiedDate": self._now()}

    def undelete(self, object_: str, id_: str) -> None:
        self.records[object_][id18(id_)] |= {"IsDeleted": False, "SystemModstamp": self._now()}

    def merge(self, object_: str, winner: str, loser: str) -> None:
        """Merge two accounts or contacts: what belonged to the loser belongs to the winner."""
        with self.lock:
            field = f"{object_}Id"
            for name, rows in self.records.items():
                for row in rows.values():
                    if name != object_ and row.get(field) == id18(loser):
                        row |= {field: id18(winner), "SystemModstamp": self._now()}
                        self._index(name, row)
            self.delete(object_, loser)
            self.records[object_][id18(loser)]["MasterRecordId"] = id18(winner)

    def add_field(self, object_: str, name: str, kind: str = "string", **more: Any) -> None:
        """Add a custom field, visible to everybody."""
        length = more.pop("length", 255 if kind in {"string", "picklist"} else 32768 if kind == "textarea" else 0)
        field = Field(name, kind, length, custom=True, **more)
        if kind == "reference":
            field = reference(name, more["relation"], *more["refers_to"])
        self.things[object_.lower()].add(field)
        for row in self.records[object_].values():
            row.setdefault(name, False if kind == "boolean" else None)

    def add_object(self, name: str, prefix: str, *fields: Field) -> None:
        """Add a custom object."""
        thing = Thing(name, prefix)
        thing.add(*standard_objects()["account"].fields.values(), *fields)
        for each in ("industry", "numberofemployees", "annualrevenue", "billingcountry", "masterrecordid"):
            thing.fields.pop(each)
        thing.fields["name"].required = False
        self.things[name.lower()] = thing

    def add_validation_rule(self, object_: str, name: str, formula: str, message: str, field: str = "") -> None:
        """Add a rule of the org's own."""
        self.rules[f"{object_}.{name}"] = Rule(object_, name, formula, message, field)

    def hide_field(self, object_: str, name: str) -> None:
        """Take the permission to see a field from the signed-in user."""
        self.hidden.add((object_.lower(), name.lower()))

    # what the API does

    def save(self, object_: str, id_: str, fields: Mapping[str, Any], *, by: str = "", asked: bool = True) -> str:
        """Make or change a record: fields, then rules, then history; raises Refused."""
        with self.lock:
            old = self._existing(object_, id_) if id_ else None
            if old is not None and asked and self.faults.locked(old["Id"]):
                raise Refused(
                    "UNABLE_TO_LOCK_ROW", f"unable to obtain exclusive access to this record or 1 records: {old['Id']}"
                )
            new = dict(old) if old is not None else self._blank(object_)
            for name, value in fields.items():
                new[self._writable(object_, name, asked=asked)] = self._checked(object_, name, value)
            self._derive(object_, new, old, forced=set())
            self._check_whole(object_, new, old)
            if asked:
                self._ask_rules(object_, new, old)
            return self._store(object_, new, old, by=by)

    def thing(self, object_: str) -> Thing:
        found = self.things.get(object_.lower())
        if found is None or not found.present:
            raise Refused("INVALID_TYPE", f"sObject type '{object_}' is not supported. If you are attempting to use a custom "
                          "object, be sure to append the '__c' after the entity name.")  # fmt: skip
        return found

    def field(self, object_: str, name: str) -> Field | None:
        found = self.thing(object_).fields.get(name.lower())
        return None if found is None or (object_.lower(), name.lower()) in self.hidden else found

    def of_parent(self, object_: str, field: str, ids: Iterable[str]) -> list[Record]:
        """Give the rows whose reference names one of some ids."""
        index = self.children[f"{object_}.{field}"]
        return [self.records[object_][one] for each in ids for one in sorted(index.get(each, ()))]

    def _store(self, object_: str, new: Record, old: Record | None, by: str = "") -> str:
        with self.lock:
            now = self._now()
            user = by if by.startswith("005") else self.engine if hasattr(self, "engine") else ""
            if old is None:
                self._count += 1
                new["Id"] = new.get("Id") or self._new_id(self.things[object_.lower()].prefix)
                new.setdefault("CreatedDate", now)
                new["CreatedDate"] = new["CreatedDate"] or now
                new["CreatedById"] = new.get("CreatedById") or user
            stamped = old is None and new.get("SystemModstamp")
            new["SystemModstamp"] = new["SystemModstamp"] if stamped else now
            new["LastModifiedDate"] = new["SystemModstamp"]
            new["LastModifiedById"] = user
            self.records[object_][new["Id"]] = new
            self._index(object_, new)
            if object_ == "Opportunity":
                self._history(new, old, user)
            for each in self.on_save:
                each(object_, new, old, by)
            return str(new["Id"])

    def _history(self, new: Record, old: Record | None, user: str) -> None:
        watched = ("StageName", "Amount", "CloseDate", "Probability")
        at = new["SystemModstamp"] if old is not None else new["CreatedDate"]
        if old is None or any(new.get(name) != old.get(name) for name in watched):
            previous = {"PrevAmount": old["Amount"], "PrevCloseDate": old["CloseDate"]} if old else {}
            row = {name: new.get(name) for name in watched}
            self._store("OpportunityHistory", {**self._blank("OpportunityHistory"), **row, **previous, "OpportunityId": new["Id"],
                        "CreatedDate": at, "SystemModstamp": at, "CreatedById": user}, None)  # fmt: skip
        for field in self.things["opportunity"].fields.values() if old is not None else ():
            if field.tracked and old is not None and new.get(field.name) != old.get(field.name):
                self._store("OpportunityFieldHistory", {**self._blank("OpportunityFieldHistory"), "OpportunityId": new["Id"],
                            "Field": field.name, "OldValue": old.get(field.name), "NewValue": new.get(field.name),
                            "CreatedDate": at, "CreatedById": user}, None)  # fmt: skip

    def _derive(self, object_: str, new: Record, old: Record | None, forced: set[str]) -> None:
        if object_ == "Opportunity":
            stage = new.get("StageName")
            derived = {"IsClosed": str(stage).startswith("Closed"), "IsWon": stage == "Closed Won"}
            if old is None or stage != old.get("StageName"):
                derived["LastStageChangeDate"] = self._now() if old is not None else new.get("LastStageChangeDate")
            new |= {name: value for name, value in derived.items() if name not in forced}
        if object_ == "Task":
            closed = new.get("Status") == "Completed"
            new["IsClosed"] = closed
            if closed and not new.get("CompletedDateTime"):
                new["CompletedDateTime"] = self._now()

    def _check_whole(self, object_: str, new: Record, old: Record | None) -> None:
        for field in self.thing(object_).fields.values():
            value = new.get(field.name)
            if field.required and value in (None, ""):
                raise Refused("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{field.name}]", [field.name])
            if field.unique and value is not None:
                for row in self.records[object_].values():
                    if row.get(field.name) == value and row["Id"] != (old or {}).get("Id") and not row["IsDeleted"]:
                        raise Refused(
                            "DUPLICATE_VALUE",
                            f"duplicate value found: {field.name} duplicates value on record with id: {row['Id']}",
                        )

    def _ask_rules(self, object_: str, new: Record, old: Record | None) -> None:
        for rule in [each for each in self.rules.values() if each.object == object_ and each.active]:
            if rule.refuses(self, new, old):
                raise Refused("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message, [rule.field] if rule.field else [])

    def _writable(self, object_: str, name: str, *, asked: bool) -> str:
        field = self.field(object_, name)
        if field is None:
            raise Refused("INVALID_FIELD", f"No such column '{name}' on sobject of type {object_}")
        if asked and (field.calculated or field.read_only):
            raise Refused("INVALID_FIELD_FOR_INSERT_UPDATE",
                          f"Unable to create/update fields: {field.name}. Please check the security settings of this field and "
                          "verify that it is read/write for your profile or permission set.", [field.name])  # fmt: skip
        return field.name

    def _checked(self, object_: str, name: str, value: Any) -> Any:
        field = self.thing(object_).fields[name.lower()]
        if value in (None, ""):
            return False if field.kind == "boolean" else None
        checked = CHECKS.get(field.kind, lambda _field, given: given)(field, value)
        if isinstance(checked, str) and field.length and len(checked) > field.length and field.kind != "reference":
            raise Refused(
                "STRING_TOO_LONG",
                f"{field.name}: data value too large: {checked} (max length={field.length})",
                [field.name],
            )
        if field.kind == "picklist" and field.restricted and checked not in field.choices:
            raise Refused("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                          f"{field.name}: bad value for restricted picklist field: {checked}", [field.name])  # fmt: skip
        if field.kind == "reference":
            return self._reference(field, str(checked))
        return checked

    def _reference(self, field: Field, value: str) -> str:
        found = id18(value)
        rows = [row for target in field.refers_to for row in [self.records[target].get(found)] if row]
        if not rows or rows[0].get("IsDeleted"):
            raise Refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [field.name])
        if field.name == "OwnerId" and rows[0].get("IsActive") is False:
            raise Refused(
                "INACTIVE_OWNER_OR_USER", "operation performed with inactive user [" + found + "] as owner of task"
            )
        return found

    def _existing(self, object_: str, id_: str) -> Record:
        row = self.records[object_].get(id18(id_))
        if row is None:
            raise Refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", status=404)
        if row.get("IsDeleted"):
            raise Refused("ENTITY_IS_DELETED", "entity is deleted", status=404)
        return row

    def _blank(self, object_: str) -> Record:
        return {field.name: field.default for field in self.things[object_.lower()].fields.values()}

    def _spelled(self, object_: str, name: str) -> str:
        return self.things[object_.lower()].fields[name.lower()].name

    def _index(self, object_: str, row: Record) -> None:
        for field in self.things[object_.lower()].fields.values():
            if field.kind == "reference" and row.get(field.name):
                self.children[f"{object_}.{field.name}"][row[field.name]].add(row["Id"])

    def _new_id(self, prefix: str) -> str:
        number, digits = self._count, ""
        while number:
            number, rest = divmod(number, 62)
            digits = DIGITS[rest] + digits
        return id18(f"{prefix}dM0000{digits.rjust(6, '0')}"[:15])

    def _now(self) -> str:
        return stamp(self.clock.now)


def _date(field: Field, value: Any) -> str:
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise Refused(
            "JSON_PARSER_ERROR", f"Cannot deserialize instance of date from VALUE_STRING value {value}", [field.name]
        ) from None


def _datetime(field: Field, value: Any) -> str:
    try:
        return stamp(datetime.fromisoformat(str(value)))
    except ValueError:
        raise Refused("JSON_PARSER_ERROR", f"Cannot deserialize instance of datetime from VALUE_STRING value {value}",
                      [field.name]) from None  # fmt: skip


def _number(field: Field, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise Refused(
            "JSON_PARSER_ERROR", f"Cannot deserialize instance of double from VALUE_STRING value {value}", [field.name]
        ) from None


def _boolean(_field: Field, value: Any) -> bool:
    return value if isinstance(value, bool) else str(value).lower() in {"true", "1"}


def _string(_field: Field, value: Any) -> str:
    return str(value).strip()


CHECKS: dict[str, Any] = {
    "date": _date, "datetime": _datetime, "currency": _number, "double": _number, "percent": _number, "int": _number,
    "boolean": _boolean, "string": _string, "textarea": _string, "combobox": _string,
}  # fmt: skip
