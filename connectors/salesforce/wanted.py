"""What is fetched for some playbooks: the objects and fields, and which canonical column each one becomes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.salesforce.facts import OrgFacts
from connectors.salesforce.names import FLAG_FIELDS
from connectors.salesforce.settings import SalesforceSettings
from connectors.salesforce.standard import (
    ABOUT_DEALS,
    COLUMNS,
    FIELD_HISTORY,
    FILTERS,
    NEEDED,
    OBJECTS,
    OPPORTUNITY,
    PARENTS,
    QUOTE,
    STAMPS,
    TABLE_OBJECTS,
)
from connectors.salesforce.values import can_be
from rules.playbook import Playbook, Record
from rules.problems import Place, Problem, did_you_mean
from rules.types import STANDARD_TABLES, Field, FieldType

CRM = "salesforce"
ALWAYS_TRACKED = frozenset({"amount", "close_date"})
"""The deal columns whose changes OpportunityHistory records in every org."""


@dataclass(frozen=True, slots=True)
class Column:
    """A canonical column and the field path it is read from."""

    name: str
    path: str
    kind: FieldType


@dataclass(frozen=True)
class Source:
    """One object to fetch: its field paths with Salesforce's type of each, how it leads to deals, what changes it.

    `also_stamped` are the stamps of rows that fields are read through. `filter` holds for a row for good, `about` only
    while it belongs to a deal.
    """

    object: str
    kinds: Mapping[str, str]
    parent: str
    stamp: str = "SystemModstamp"
    also_stamped: tuple[str, ...] = ()
    filter: str = ""
    about: str = ""
    deletable: bool = True

    @property
    def asked(self) -> str:
        """Say in one text what is asked for, so that another question is told from the same one."""
        return f"{self.object}({','.join(sorted(self.kinds))}){self.filter}{self.about}"


@dataclass(frozen=True)
class Wanted:
    """All that is fetched: sources by object, the columns they become by canonical table, records by their object."""

    sources: Mapping[str, Source]
    columns: Mapping[str, tuple[Column, ...]]
    records: Mapping[str, str]
    tracked: frozenset[str]
    problems: tuple[Problem, ...]


def objects_of(playbooks: Sequence[Playbook]) -> tuple[str, ...]:
    """Name the objects that an org is asked about."""
    records = {_object(record) for playbook in playbooks for record in playbook.records}
    return (*OBJECTS, *sorted(records - set(OBJECTS)))


def wanted(facts: OrgFacts, playbooks: Sequence[Playbook], settings: SalesforceSettings) -> Wanted:
    """Decide what to fetch; what the org lacks, or hides from the signed-in user, is left out and named."""
    return _Deciding(facts, playbooks, settings).decided()


class _Deciding:
    def __init__(self, facts: OrgFacts, playbooks: Sequence[Playbook], settings: SalesforceSettings) -> None:
        self.facts = facts
        self.playbooks = playbooks
        self.settings = settings
        self.problems: list[Problem] = []
        self.place = Place(settings.name)

    def decided(self) -> Wanted:
        columns = {table: tuple(self._columns(table)) for table in COLUMNS}
        records = dict(self._records())
        for table, object_ in records.items():
            columns[table] = tuple(self._record_columns(table, object_))
        sources = {each.object: each for each in self._sources(columns, records)}
        return Wanted(sources, columns, records, self._tracked(columns["deals"]), tuple(sorted(set(self.problems))))

    def _columns(self, table: str) -> Iterator[Column]:
        """Give the standard columns that are there, those the settings name, and the playbooks' own."""
        object_, through = TABLE_OBJECTS[table]
        named = {name.partition(".")[2]: path for name, path in self.settings.columns.items() if _of(name, table)}
        for name, path in {**COLUMNS[table], **named}.items():
            kind = STANDARD_TABLES[table].get(name)
            if kind is None:
                self._say(
                    "unknown-column", f"`{table}.{name}` is no column", did_you_mean(name, STANDARD_TABLES[table])
                )
            elif self.facts.has(object_, path) or name in named:
                yield from self._column(table, name, object_, path, kind)
        own = {field.id: field for playbook in self.playbooks for field in playbook.fields if field.table == table}
        for field in own.values():
            yield from self._column(table, field.id, object_, f"{through}{field.crm.get(CRM, field.id)}", field.type)

    def _record_columns(self, table: str, object_: str) -> Iterator[Column]:
        for field in self._record_fields(table):
            yield from self._column(table, field.id, object_, field.crm.get(CRM, field.id), field.type)

    def _column(self, table: str, name: str, object_: str, path: str, kind: FieldType) -> Iterator[Column]:
        found = self.facts.field(object_, path)
        if found is None:
            known = [each.name for each in self.facts.objects.get(object_, {}).values()]
            guess = did_you_mean(path, known) if "." not in path else ""
            help_ = guess if guess.startswith("did") else "make the field, or let the signed-in user read it"
            self._say("no-such-field", f"`{name}` of `{table}` is not read: {object_} has no `{path}`", help_)
        elif not can_be(found.kind, kind):
            said = f"`{name}` of `{table}` is not read: `{path}` is a {found.kind}, not {kind.value.replace('_', ' ')}"
            self._say("wrong-field-type", said, "give the field that type in the playbook, or name another field")
        else:
            yield Column(name, self.facts.path(object_, path), kind)

    def _records(self) -> Iterator[tuple[str, str]]:
        for record in {each.id: each for playbook in self.playbooks for each in playbook.records}.values():
            object_ = _object(record)
            if self.facts.has(object_) and self._parent(object_):
                yield record.id, object_
            else:
                said = f"`{record.id}` is not read: the org has no object `{object_}` that belongs to an Opportunity"
                self._say("no-such-object", said, "name the object under `crm: {salesforce: ...}`")

    def _record_fields(self, table: str) -> Sequence[Field]:
        records = [each for playbook in self.playbooks for each in playbook.records if each.id == table]
        return list({field.id: field for record in records for field in record.fields}.values())

    def _sources(self, columns: Mapping[str, Sequence[Column]], records: Mapping[str, str]) -> Iterator[Source]:
        for object_ in (*PARENTS, *sorted(set(records.values()) - set(PARENTS))):
            if not self.facts.has(object_) or not self._is_needed(object_, columns, records):
                continue
            paths = {*NEEDED.get(object_, ("Id",)), *(FLAG_FIELDS if object_ == OPPORTUNITY else ())}
            for table, listed in columns.items():
                if (records.get(table) or TABLE_OBJECTS.get(table, ("", ""))[0]) == object_:
                    paths |= {each.path for each in listed}
            yield self._source(object_, paths | {self._parent(object_)} - {""})

    def _is_needed(self, object_: str, columns: Mapping[str, Sequence[Column]], records: Mapping[str, str]) -> bool:
        """Leave out what would be fetched for nothing: untracked changes, and quotes nobody can say the sending of."""
        if object_ in records.values():
            return True
        if object_ == QUOTE:
            return any(each.name == "sent_at" for each in columns["proposals"])
        return object_ != FIELD_HISTORY or bool(self._tracked(columns["deals"]) - ALWAYS_TRACKED)

    def _source(self, object_: str, paths: set[str]) -> Source:
        found = {path: self.facts.field(object_, path) for path in sorted(paths)}
        through = {path.rpartition(".")[0] for path in found} - {""}
        stamps = (f"{each}.SystemModstamp" for each in sorted(through))
        return Source(
            object=object_,
            kinds={self.facts.path(object_, path): facts.kind for path, facts in found.items() if facts is not None},
            parent=self._parent(object_),
            stamp=STAMPS.get(object_, "SystemModstamp"),
            also_stamped=tuple(each for each in stamps if self.facts.has(object_, each)),
            filter=FILTERS.get(object_, ""),
            about=ABOUT_DEALS.get(object_, ""),
            deletable=self.facts.has(object_, "IsDeleted"),
        )

    def _parent(self, object_: str) -> str:
        """Give the field that leads to the Opportunity; "" where none does."""
        if object_ in PARENTS:
            return PARENTS[object_]
        return next(iter(self.facts.lookups_to(object_, OPPORTUNITY)), "")

    def _tracked(self, deals: Sequence[Column]) -> frozenset[str]:
        """Name the deal columns whose changes the org records; those in OpportunityHistory it always does."""
        return frozenset(each.name for each in deals if each.path in self.facts.tracked) | ALWAYS_TRACKED

    def _say(self, code: str, message: str, help_: str) -> None:
        self.problems.append(Problem(self.place, code, message, help_))


def _object(record: Record) -> str:
    return record.crm.get(CRM, record.id)


def _of(name: str, table: str) -> bool:
    return name.partition(".")[0] == table
