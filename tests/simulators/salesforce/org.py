"""The state of a simulated org, and what a test does with it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.simulators.salesforce import filling_up, removing, saving
from tests.simulators.salesforce.clock import Clock, stamp
from tests.simulators.salesforce.definitions import definitions
from tests.simulators.salesforce.derived import COMPUTED, derive
from tests.simulators.salesforce.faults import Faults
from tests.simulators.salesforce.history import keep_history
from tests.simulators.salesforce.ids import id18, new_id
from tests.simulators.salesforce.journal import Journal
from tests.simulators.salesforce.schema import Field, Thing, reference
from tests.simulators.salesforce.standard import STAGES, standard_objects, system_fields
from tests.simulators.salesforce.table import Record, Table
from tests.simulators.salesforce.validation import Rule
from tests.simulators.salesforce.wire import Refused

OnSave = Callable[[str, Record, Record | None, str], None]
"""Called after a row was committed: object, the row as it is, as it was (None: it is new), the user's id."""


class Org:
    """Objects, records, users; whatever writes by the API goes through `save`, `remove` or a `transaction`."""

    def __init__(self, clock: Clock | None = None, faults: Faults | None = None) -> None:
        self.lock = threading.RLock()
        self.clock, self.faults = clock or Clock(), faults or Faults()
        self.things: dict[str, Thing] = standard_objects()
        self.journal = Journal()
        self.records: dict[str, Table] = {each.name: Table(self.journal) for each in self.things.values()}
        self.on_save: list[OnSave] = []
        self.rules: dict[str, Rule] = {}
        self.permissions: set[str] = set()
        """The custom permissions of the signed-in user."""
        self._made: dict[str, int] = {}
        self.engine = ""
        self.organization_id = self.add("Organization", Name="Acme", OrganizationType="Enterprise Edition")
        self.engine = self.add("User", Name="Dealgate Engine", Email="dealgate@example.com", IsActive=True,
                               Username="dealgate@example.com")  # fmt: skip
        for order, (name, probability, category) in enumerate(STAGES):
            self.add_stage(name, probability=probability, category=category, order=order)

    # what a test sets up

    def add(self, object_: str, **fields: Any) -> str:
        """Make a record without asking any rule; read-only fields, the id and stamps may be given."""
        with self.lock:
            thing = self.thing(object_)
            given = {self._spelled(thing, name): value for name, value in fields.items()}
            record = saving.blank(thing) | given
            derive(self, thing, record, None, given=frozenset(given))
            return self.commit(thing, record, None, self.engine)

    def get(self, object_: str, id_: str) -> Record:
        """Give a record whole, with None for what is empty."""
        return self.whole(object_, self.records[self.thing(object_).name][id18(id_)])

    def rows(self, object_: str) -> list[Record]:
        """Give the records that are not deleted, whole."""
        name = self.thing(object_).name
        return [self.whole(name, row) for row in self.records[name].values() if not row.get("IsDeleted")]

    def change(self, object_: str, id_: str, *, rules: bool = False, by: str = "", **fields: Any) -> None:
        """Change a record as a person would; the org's rules are asked only where `rules` says so."""
        saving.save(self, object_, id_, fields, by=by or self.engine, asked=rules)

    def touch(self, object_: str, id_: str) -> None:
        """Let some machinery of Salesforce move a record's SystemModstamp, and nothing else."""
        with self.lock:
            row = self.records[object_][id18(id_)]
            self.records[object_].put(row | {"SystemModstamp": self.now()})

    def delete(self, object_: str, id_: str) -> None:
        removing.remove(self, object_, id_)

    def undelete(self, object_: str, id_: str) -> None:
        removing.restore(self, object_, id_)

    def merge(self, object_: str, winner: str, loser: str) -> None:
        """Merge two accounts or contacts: what belonged to the loser belongs to the winner."""
        removing.merge(self, object_, winner, loser)

    def merge_accounts(self, winner: str, loser: str) -> None:
        self.merge("Account", winner, loser)

    def merge_contacts(self, winner: str, loser: str) -> None:
        self.merge("Contact", winner, loser)

    def add_field(self, object_: str, name: str, kind: str = "string", **more: Any) -> None:
        """Add a custom field, visible to everybody; `refers_to` and `relation` make a lookup."""
        lengths = {"string": 255, "picklist": 255, "multipicklist": 4099, "textarea": 32768}
        length = more.pop("length", lengths.get(kind, 0))
        if kind in {"double", "currency", "percent"}:
            more = {"precision": 18, "scale": 2} | more
        if kind == "reference":
            self.thing(object_).add(reference(name, more.pop("relation"), *more.pop("refers_to"), custom=True, **more))
        else:
            self.thing(object_).add(Field(name, kind, length, custom=True, **more))

    def add_object(self, name: str, prefix: str, *fields: Field, custom_setting: bool = False) -> None:
        """Add a custom object with a name of its own, an owner and stamps."""
        thing = Thing(name, prefix, custom_setting=custom_setting)
        thing.add(*system_fields(), Field("Name", length=80))
        if not custom_setting:
            thing.add(reference("OwnerId", "Owner", "User"))
        thing.add(*fields)
        self.things[name.lower()] = thing
        self.records.setdefault(name, Table(self.journal))

    def add_stage(self, name: str, *, probability: float = 50, category: str = "Pipeline", order: int = 99) -> None:
        """Add a stage to the picklist and to what OpportunityStage tells."""
        field = self.things["opportunity"].fields["stagename"]
        field.choices = tuple(dict.fromkeys((*field.choices, name)))
        won, closed = category == "Closed", category in {"Closed", "Omitted"}
        self.add("OpportunityStage", MasterLabel=name, ApiName=name, SortOrder=order, IsActive=True, IsWon=won,
                 IsClosed=closed, DefaultProbability=float(probability), ForecastCategory=category,
                 ForecastCategoryName=category)  # fmt: skip

    def purge(self, object_: str, id_: str) -> None:
        """Forget a deleted record, which even queryAll sees no longer."""
        self.records[self.thing(object_).name].erase(id18(id_))

    def restrict(self, object_: str, name: str) -> None:
        """Let a picklist take only its own values, as an admin can; StageName is not so in an org as it comes."""
        self.thing(object_).fields[name.lower()].restricted = True

    def add_validation_rule(self, object_: str, name: str, formula: str, message: str, field: str = "") -> None:
        """Add a rule of the org's own."""
        self.rules[f"{object_}.{name}"] = Rule(object_, name, formula, message, field)

    def without(self, *objects: str) -> None:
        """Take standard objects away, as in an org that has no quotes, or no Enhanced Email."""
        for each in objects:
            self.things[each.lower()].present = False

    def hide_field(self, object_: str, name: str) -> None:
        """Take the permission to see a field from the signed-in user."""
        self.faults.hide_field(object_, name)

    def fill(self, *, opportunities: int, seed: int = 1) -> None:
        """Put a made-up pipeline into the org: accounts, contacts, roles, activities, histories, owners."""
        filling_up.fill(self, opportunities=opportunities, seed=seed)

    # what the API does

    def save(
        self, object_: str, id_: str | None, fields: Mapping[str, Any], *, by: str = "", asked: bool = True
    ) -> str:
        """Make (no id) or change a record; raises Refused. `asked`: whether permissions and rules are asked."""
        return saving.save(self, object_, id_ or "", fields, by=by or self.engine, asked=asked)

    def remove(self, object_: str, id_: str, *, by: str = "") -> None:
        """Delete a record as the API does; raises Refused."""
        removing.remove(self, object_, id_, asked=True, by=by)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Take back whatever was saved within, where it ends by an exception; `on_save` is called at its end."""
        with self.lock, self.journal.transaction():
            yield

    def thing(self, object_: str) -> Thing:
        """Find an object; raises Refused where there is none."""
        found = self.things.get(object_.lower())
        if found is None or not found.present:
            said = (
                f"sObject type '{object_}' is not supported. If you are attempting to use a custom object, be sure to "
            )
            more = "append the '__c' after the entity name. Please reference your WSDL or the describe call for the "
            raise Refused("INVALID_TYPE", f"{said}{more}appropriate names.")
        return found

    def field(self, object_: str, name: str) -> Field | None:
        """Find a field that the signed-in user may see."""
        found = self.thing(object_).find(name)
        return None if found is None or (object_.lower(), name.lower()) in self.faults.hidden else found

    def forbidden(self, object_: str, name: str) -> bool:
        """Whether the signed-in user may not write a field that he may read."""
        return (object_.lower(), name.lower()) in self.faults.read_only

    def every(self, object_: str) -> Iterable[Record]:
        """Give all rows of an object, deleted ones too; what describes the org itself is made up on the way."""
        return definitions(self.things.values()) if object_ == "FieldDefinition" else self.records[object_].values()

    def object_of(self, id_: str | None, among: Iterable[str] = ()) -> str:
        """Name the object that an id belongs to; "" where there is none such."""
        if not id_:
            return ""
        likely = (each.name for each in self.things.values() if each.prefix == id_[:3])
        return next((name for name in (*likely, *among) if name in self.records and id_ in self.records[name]), "")

    def whole(self, object_: str, row: Record) -> Record:
        """Give a row with every field of its object, worked-out ones too."""
        found: Record = {}
        for each in self.thing(object_).fields.values():
            computed = COMPUTED.get((object_, each.name))
            empty = False if each.kind == "boolean" else None
            found[each.name] = computed(self, row) if computed else row.get(each.name, empty)
        return found

    def commit(self, thing: Thing, new: Record, old: Record | None, user: str) -> str:
        """Put a row, stamped, with the history it leaves behind."""
        now = self.now()
        if old is None:
            new["Id"] = new.get("Id") or self._new_id(thing)
            new |= {"CreatedDate": new.get("CreatedDate") or now, "CreatedById": new.get("CreatedById") or user}
        stamped = new.get("SystemModstamp") if old is None else None
        new["SystemModstamp"] = stamped or now
        new["LastModifiedDate"] = (new.get("LastModifiedDate") if old is None else None) or new["SystemModstamp"]
        new["LastModifiedById"] = user
        if thing.find("OwnerId") and not new.get("OwnerId") and not thing.custom_setting:
            new["OwnerId"] = user
        row = {name: value for name, value in new.items() if value is not None}
        self.records[thing.name].put(row)
        keep_history(self, thing, row, old, user)
        self.journal.telling(lambda: self._tell(thing.name, row, old, user))
        return str(row["Id"])

    def now(self) -> str:
        return stamp(self.clock.now)

    def _tell(self, object_: str, new: Record, old: Record | None, user: str) -> None:
        for each in self.on_save:
            each(object_, new, old, user)

    def _new_id(self, thing: Thing) -> str:
        self._made[thing.prefix] = self._made.get(thing.prefix, 0) + 1
        return new_id(thing.prefix, self._made[thing.prefix])

    def free_prefix(self) -> str:
        """Give a prefix for the ids of an object that is made."""
        taken = {each.prefix for each in self.things.values()}
        return next(each for number in range(1000) if (each := f"a{number:02d}") not in taken)

    def made(self, thing: Thing, count: int) -> list[str]:
        """Give so many ids that were not used before."""
        start = self._made.get(thing.prefix, 0) + 1
        self._made[thing.prefix] = start + count - 1
        return [new_id(thing.prefix, number) for number in range(start, start + count)]

    @staticmethod
    def _spelled(thing: Thing, name: str) -> str:
        found = thing.find(name)
        if found is None:
            raise KeyError(f"{thing.name} has no field {name}")
        return found.name
