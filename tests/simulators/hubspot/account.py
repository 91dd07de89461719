"""The state of a simulated account, and what a test does with it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.simulators.clock import Clock
from tests.simulators.hubspot import filling_up, governance, removing, saving
from tests.simulators.hubspot.associations import Associations, Type
from tests.simulators.hubspot.faults import Faults
from tests.simulators.hubspot.owners import Owner
from tests.simulators.hubspot.pipelines import Pipeline, Stage
from tests.simulators.hubspot.schema import FIELD_TYPES, Kind, Option, Property
from tests.simulators.hubspot.standard import STAGES, standard_kinds
from tests.simulators.hubspot.store import Item, Source, Table, Values
from tests.simulators.hubspot.times import moment_of, stamp
from tests.simulators.hubspot.wire import Refused

PERSON = Source()
OnChange = Callable[[str, Item, Item | None, Mapping[str, str | None], Source], None]
"""Called after a save: object, the record as it is, as it was (None: it is new), what changed, who did it."""
OnEvent = Callable[[str, Mapping[str, Any], Source], None]
"""Called after anything else: what happened (`deal.deletion`, ...), the fields of its event, who did it."""


class Account:
    """Objects, records, associations, pipelines and owners; the API's own writes go through `saving`."""

    def __init__(self, clock: Clock | None = None, faults: Faults | None = None, portal: int = 147893286) -> None:
        self.lock = threading.RLock()
        self.clock, self.faults, self.portal = clock or Clock(), faults or Faults(), portal
        self.kinds: dict[str, Kind] = standard_kinds()
        self.tables = {name: Table(kind.first_id, kind.modified) for name, kind in self.kinds.items()}
        self.associations = Associations()
        self.pipelines: dict[str, Pipeline] = {}
        self.owners: dict[str, Owner] = {}
        self.conditions: list[tuple[str, str]] = []
        """Deal properties that have to be filled before a stage: pairs of stage id and property name."""
        self.rules: dict[str, dict[str, Any]] = {}
        """The rules of pipelines, by pipeline."""
        self.approvals: dict[str, str] = {}
        self.has_rules = True
        """Whether the account's subscription has rules of pipelines."""
        self.searched: dict[tuple[str, str], tuple[int, list[tuple[int, str]]]] = {}
        self.used: set[str] = set()
        """Properties that something in the account uses, so that they cannot be archived."""
        self.lag = timedelta(0)
        """How much later search learns of a change."""
        self.app = Source("INTEGRATION", "1160452", "Dealgate")
        """Who the caller is in histories and webhooks."""
        self.on_change: list[OnChange] = []
        self.on_event: list[OnEvent] = []
        self.random = Random(7)  # noqa: S311 - it shuffles answers
        for kind in self.kinds.values():
            kind.properties = {
                name: replace(each, created="2019-08-06T02:41:52.364Z", updated="2023-06-20T22:32:28.368Z")
                for name, each in kind.properties.items()
            }
        stages = {id_: (label, probability) for id_, label, probability in STAGES}
        self.add_pipeline("default", "Sales Pipeline", stages)

    # what a test sets up

    def add(
        self,
        object_: str,
        *,
        id: str = "",  # noqa: A002 - as it is called on the wire
        at: datetime | str | None = None,
        by: Source = PERSON,
        **properties: Any,
    ) -> str:
        """Make a record as a person would, at a moment (now); read-only properties may be given as they stand."""
        with self.lock, self.clock.turned(moment_of(at) if isinstance(at, str) else at):
            kind = self.kind(object_)
            writable = {name: value for name, value in properties.items() if not self._read_only(object_, name)}
            required = {each.name: self.now() for each in kind.properties.values() if each.required}
            saved = saving.create(self, object_, required | writable, by, id_=id)
            own = {name: str(value) for name, value in properties.items() if name not in writable}
            if own:
                item = saved.item
                self.keep(object_, replace(item, values={**item.values, **own}), item, own, by)
            return saved.item.id

    def add_deal(self, name: str = "Deal", stage: str = "appointmentscheduled", *, pipeline: str = "default",
                 contacts: Iterable[str] = (), company: str = "", **more: Any) -> str:  # fmt: skip
        """Make a deal; `more`: `id`, `at`, `by` and properties by their names."""
        id_ = self.add("deals", dealname=name, dealstage=stage, pipeline=pipeline, **more)
        for each in contacts:
            self.associate("deals", id_, "contacts", each)
        if company:
            self.associate("deals", id_, "companies", company, "Primary")
        return id_

    def add_contact(self, email: str = "", **more: Any) -> str:
        return self.add("contacts", **({"email": email} if email else {}) | more)

    def add_company(self, name: str = "Acme", **more: Any) -> str:
        return self.add("companies", name=name, **more)

    def add_activity(self, object_: str, deal: str, at: datetime | str, *, contacts: Iterable[str] = (),
                     **more: Any) -> str:  # fmt: skip
        """Make a call, email, meeting, note or task of a deal; `at` becomes its hs_timestamp."""
        told = at if isinstance(at, str) else stamp(at)
        id_ = self.add(object_, hs_timestamp=told, **more)
        self.associate("deals", deal, object_, id_)
        for each in contacts:
            self.associate("contacts", each, object_, id_)
        return id_

    def change(self, object_: str, id_: str, *, at: datetime | str | None = None, by: Source = PERSON,
               **properties: Any) -> None:  # fmt: skip
        """Change a record as a person would, who may also write what is read-only to callers."""
        with self.lock, self.clock.turned(moment_of(at) if isinstance(at, str) else at):
            own = {name: value for name, value in properties.items() if self._read_only(object_, name)}
            rest = {name: value for name, value in properties.items() if name not in own}
            if rest:
                saving.change(self, object_, id_, rest, by)
            if own:
                saving.applied(self, object_, self.tables[object_][id_], own, by)

    def move(
        self, deal: str, stage: str, *, at: datetime | str | None = None, by: Source = PERSON, ruled: bool = False
    ) -> None:
        """Move a deal to another stage, of any pipeline; where `ruled`, as a person whom rules and conditions bind."""
        if ruled:
            governance.moved(self, deal, stage)
            governance.conditions_met(self, "deals", {"dealstage": stage}, self.get("deals", deal))
        line = self.pipeline_of(stage)
        self.change("deals", deal, at=at, by=by, dealstage=stage, pipeline=line)

    def touch(self, object_: str, id_: str) -> None:
        """Let some machinery of HubSpot move a record's modification time, and nothing else."""
        with self.lock:
            item, now = self.tables[object_][id_], self.now()
            stamped = {self.kind(object_).modified: now}
            self.keep(object_, replace(item, values={**item.values, **stamped}, updated=now), item, stamped, PERSON)

    def associate(self, from_: str, id_: str, to: str, other: str, label: str = "", *, by: Source = PERSON) -> None:
        """Associate two records; a label that is not there yet is made."""
        with self.lock:
            types: list[Type] = []
            if label:
                try:
                    types = [self.associations.labelled(from_, to, label)]
                except KeyError:
                    types = [self.associations.add_label(from_, to, label)]
            self.join(from_, id_, to, other, types, by)

    def dissociate(self, from_: str, id_: str, to: str, other: str, *, by: Source = PERSON) -> None:
        with self.lock:
            self.part(from_, id_, to, other, (), by)

    def archive(self, object_: str, id_: str, *, by: Source = PERSON) -> None:
        """Put a record into the bin."""
        removing.archive(self, object_, id_, by)

    def restore(self, object_: str, id_: str, *, by: Source = PERSON) -> None:
        """Take a record out of the bin again, without its associations."""
        removing.restore(self, object_, id_, by)

    def merge(self, object_: str, winner: str, loser: str, *, new_record: bool = False, by: Source = PERSON) -> str:
        """Merge two records, into a new one where `new_record` says so; older ids lead to it where one is asked for."""
        return removing.merge(self, object_, winner, loser, by, new_record=new_record)

    def add_owner(self, email: str, first_name: str = "", last_name: str = "", *, id: str = "",  # noqa: A002
                  archived: bool = False, team: str = "") -> str:  # fmt: skip
        number = 44_023_296 + len(self.owners)
        owner = Owner(id or str(number), email, first_name, last_name, self.now(), number - 30_000_000, archived, team)
        self.owners[owner.id] = owner
        return owner.id

    def add_pipeline(self, id_: str, label: str, stages: Mapping[str, tuple[str, str]]) -> None:
        """Add a pipeline of deals; stages by id, each with its label and its probability as it stands on the wire."""
        self.pipelines[id_] = Pipeline(id_, label, len(self.pipelines), self.now())
        for stage, (name, probability) in stages.items():
            self.add_stage(id_, stage, name, probability)

    def add_stage(self, pipeline: str, id_: str, label: str, probability: str = "0.5") -> None:
        """Add a stage, with the properties that tell when a deal entered and left it."""
        line = self.pipelines[pipeline]
        stage = line.stages[id_] = Stage(id_, label, len(line.stages), probability, self.now())
        for verb in ("entered", "exited"):
            named = f'Date {verb} "{label} ({line.label})"'
            self.kinds["deals"].add([Property(f"hs_v2_date_{verb}_{stage.suffix}", "datetime", "calculation_equation",
                                              named, read_only=True, created=self.now(), updated=self.now())])  # fmt: skip

    def remove_stage(self, pipeline: str, id_: str) -> None:
        """Take a stage away, and the properties about it."""
        stage = self.pipelines[pipeline].stages.pop(id_)
        for verb in ("entered", "exited"):
            self.kinds["deals"].properties.pop(f"hs_v2_date_{verb}_{stage.suffix}", None)

    def add_property(self, object_: str, name: str, type_: str = "string", field_type: str = "",
                     options: Iterable[str] = (), **more: Any) -> None:  # fmt: skip
        """Add a property of the account's own; a field type that goes with the type is found."""
        kinds = {"string": "text", "number": "number", "bool": "booleancheckbox", "enumeration": "select"}
        given = field_type or kinds.get(type_) or min(FIELD_TYPES[type_])
        choices = tuple(Option(each, each, order) for order, each in enumerate(options))
        told: dict[str, Any] = {"created": self.now(), "updated": self.now(), "hubspot": False} | more
        self.kind(object_).add([Property(name, type_, given, options=choices, **told)])

    def remove_property(self, object_: str, name: str) -> None:
        """Archive a property, as an admin can: it is not there any more for callers."""
        kind = self.kind(object_)
        kind.archived[name] = replace(kind.properties.pop(name), archived=self.now())

    def without(self, *objects: str) -> None:
        """Take objects away, as in an account that has no quotes."""
        for each in objects:
            del self.kinds[each]

    def require(self, stage: str, property_: str) -> None:
        """Make a property required in a stage, as an admin can; bound are only writes over the newest paths."""
        self.conditions.append((stage, property_))

    def get(self, object_: str, id_: str) -> Values:
        """Give the values of a record, those that are set."""
        return self.tables[object_][id_].values

    def history(self, object_: str, id_: str, name: str) -> list[tuple[str, str]]:
        """Give what a property was and since when, newest first."""
        return [(each.value, each.timestamp) for each in self.tables[object_][id_].versions(name)]

    def live(self, object_: str) -> list[str]:
        """Give the ids of the records that are not archived."""
        return [id_ for _, id_ in self.tables[object_].live]

    def fill(self, *, deals: int, seed: int = 1, activities: int = 1) -> None:
        """Put a made-up pipeline into the account: deals with two contacts each, companies, activities, histories."""
        filling_up.fill(self, deals=deals, seed=seed, activities=activities)

    # what the API does

    def now(self) -> str:
        return stamp(self.clock.now)

    def kind(self, object_: str) -> Kind:
        """Find an object by its name, its singular or its type id; raises Refused."""
        wanted = object_.lower()
        for each in self.kinds.values():
            if wanted in {each.name, each.singular, each.id, each.name.removesuffix("s")}:
                return each
        raise Refused("VALIDATION_ERROR", f"Unable to infer object type from: {object_}")

    def property(self, object_: str, name: str) -> Property | None:
        """Find a property that the caller may see."""
        return None if (object_, name) in self.faults.hidden else self.kinds[object_].properties.get(name)

    def stage_of(self, values: Values) -> Stage | None:
        line = self.pipelines.get(values.get("pipeline", ""))
        return line.stages.get(values.get("dealstage", "")) if line else None

    def pipeline_of(self, stage: str) -> str:
        """Give the id of the pipeline that has a stage; the first one where none does."""
        having = (line.id for line in self.pipelines.values() if stage in line.live)
        return next(having, next(iter(self.pipelines)))

    def resolved(self, object_: str, id_: str) -> Item | None:
        """Find a record by its id or by that of one that was merged into it."""
        item = self.tables[object_].get(id_)
        while item is not None and item.merged_into:
            item = self.tables[object_].get(item.merged_into)
        return item

    def keep(self, object_: str, item: Item, before: Item | None, changed: Mapping[str, str | None],
             source: Source) -> None:  # fmt: skip
        """Put a record and tell those who listen."""
        self.tables[object_].put(item, self.clock.now, self.lag)
        for each in self.on_change:
            each(object_, item, before, changed, source)

    def tell(self, what: str, fields: Mapping[str, Any], source: Source) -> None:
        for each in self.on_event:
            each(what, fields, source)

    def join(self, from_: str, id_: str, to: str, other: str, types: Iterable[Type], by: Source) -> None:
        self.associations.join(from_, id_, to, other, types)
        self._associated(from_, id_, to, other, by, removed=False)

    def part(self, from_: str, id_: str, to: str, other: str, types: Iterable[Type], by: Source) -> None:
        self.associations.part(from_, id_, to, other, types)
        self._associated(from_, id_, to, other, by, removed=True)

    def _associated(self, from_: str, id_: str, to: str, other: str, by: Source, *, removed: bool) -> None:
        one, two = self.kind(from_).singular, self.kind(to).singular
        primary = any(each.label == "Primary" for each in self.associations.between(from_, id_, to, other))
        told = {"associationType": f"{one}_TO_{two}".upper(), "fromObjectId": id_, "toObjectId": other,
                "associationRemoved": removed, "isPrimaryAssociation": primary, "objectId": id_}  # fmt: skip
        self.tell(f"{one}.associationChange", told, by)

    def _read_only(self, object_: str, name: str) -> bool:
        property_ = self.kind(object_).properties.get(name)
        return bool(property_ and property_.read_only) or name in {"createdate", "hs_createdate"}
