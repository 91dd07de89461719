"""What is fetched for some playbooks: the objects and properties, and which canonical column each one becomes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from connectors.hubspot.asked import Asked, asked_by
from connectors.hubspot.facts import AccountFacts, PipelineFacts, PropertyFacts, StageFacts
from connectors.hubspot.gates import gates_among
from connectors.hubspot.names import FLAG_PROPERTIES
from connectors.hubspot.settings import HubSpotSettings
from connectors.hubspot.standard import (
    COLUMNS,
    CONTACTS,
    DEALS,
    KEY,
    NEEDED,
    OBJECTS,
    QUOTE_STATUS,
    QUOTES,
    RELATED,
    STAGE,
    STAMP,
    STAMPS,
    TABLE_OBJECTS,
    WITH_PEOPLE,
)
from connectors.hubspot.values import NAMED, can_be
from rules.playbook import Playbook, Record
from rules.problems import Place, Problem, did_you_mean
from rules.types import STANDARD_TABLES, Field, FieldType

CRM = "hubspot"
BUYING_ROLE = "hs_buying_role"
BUILT: Mapping[str, frozenset[str]] = {
    "deals": frozenset({"id", "pipeline", "currency", "account_id", "stage_entered_at", "closed_at", "outcome"}),
    "contacts": frozenset({"deal_id", "id", "name", "role"}),
    "accounts": frozenset({"id"}),
    "proposals": frozenset({"deal_id", "id"}),
}
"""Columns that `canonical` puts together, which the settings cannot name a property for."""


@dataclass(frozen=True, slots=True)
class Column:
    """A canonical column and the property it is read from; `names` are what its values are called."""

    name: str
    path: str
    kind: FieldType
    hubspot: str
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """One object to fetch: its properties with HubSpot's type of each, and the one that tells when it changed."""

    object: str
    kinds: Mapping[str, str]
    stamp: str = STAMP

    @property
    def asked(self) -> str:
        """Say in one text what is asked for, so that another question is told from the same one."""
        return f"{self.object}({','.join(f'{name}:{kind}' for name, kind in sorted(self.kinds.items()))})"


@dataclass(frozen=True)
class Wanted:
    """All that is fetched: sources by object, the columns they become by canonical table, records by their object.

    `history` are the properties of deals whose every change is read, `quote_history` whether those of quotes' states
    are. `stages` are those whose entries are read, `roles` what the values of the buying role are called.
    """

    sources: Mapping[str, Source]
    columns: Mapping[str, tuple[Column, ...]]
    records: Mapping[str, str]
    tracked: frozenset[str]
    history: tuple[str, ...]
    quote_history: bool
    stages: tuple[StageFacts, ...]
    roles: Mapping[str, str]
    pipelines: tuple[PipelineFacts, ...]
    currency: str
    time_zone: str
    problems: tuple[Problem, ...]

    @property
    def related(self) -> tuple[str, ...]:
        """The objects whose associations with deals are read, in a fixed order."""
        return tuple(each for each in self.sources if each != DEALS)

    @property
    def with_people(self) -> tuple[str, ...]:
        """The activities whose associations with contacts are read."""
        return tuple(each for each in WITH_PEOPLE if each in self.sources and CONTACTS in self.sources)


def objects_of(playbooks: Sequence[Playbook]) -> tuple[str, ...]:
    """Name the objects that an account is asked about."""
    records = {_object(record) for playbook in playbooks for record in playbook.records}
    return (*OBJECTS, *sorted(records - set(OBJECTS)))


def wanted(facts: AccountFacts, playbooks: Sequence[Playbook], settings: HubSpotSettings) -> Wanted:
    """Decide what to fetch; what the account lacks, or hides from the signed-in app, is left out and named."""
    return _Deciding(facts, playbooks, settings).decided()


def without(asked: Wanted, object_: str, scopes: Sequence[str], account: str) -> Wanted:
    """Leave out an object that the signed-in app turned out not to be allowed to read, and name it."""
    return replace(
        asked,
        sources={name: source for name, source in asked.sources.items() if name != object_},
        records={table: name for table, name in asked.records.items() if name != object_},
        quote_history=asked.quote_history and object_ != QUOTES,
        problems=tuple(sorted({*asked.problems, hidden(object_, ", ".join(scopes), account)})),
    )


def hidden(object_: str, scopes: str, account: str) -> Problem:
    """Say that the signed-in app may not read an object, and what to grant it."""
    advice = f"grant the app {scopes or 'the scope to read them'}, and install it again"
    return Problem(Place(account), "hidden-object", f"{object_} are not read: the app may not see them", advice)


class _Deciding:
    def __init__(self, facts: AccountFacts, playbooks: Sequence[Playbook], settings: HubSpotSettings) -> None:
        self.facts = facts
        self.playbooks = playbooks
        self.settings = settings
        self.asked: Asked = asked_by(playbooks)
        self.problems: list[Problem] = []
        self.place = Place(settings.name)

    def decided(self) -> Wanted:
        self._name_hidden()
        columns = {table: tuple(self._columns(table)) for table in COLUMNS}
        records = dict(self._records())
        for table, object_ in records.items():
            fields = self._record_fields(table)
            columns[table] = tuple(found for each in fields for found in self._own(table, object_, each))
        stages = tuple(self._stages())
        tracked = {each.name: each.path for each in columns["deals"] if each.name in self.asked.changes}
        sources = {each.object: each for each in self._sources(columns, records, stages)}
        return Wanted(
            sources=sources,
            columns=columns,
            records=records,
            tracked=frozenset(tracked),
            history=tuple(sorted({STAGE, *tracked.values()})) if tracked or self.asked.movers else (),
            quote_history=QUOTES in sources and self._is_sent_by_history(columns),
            stages=stages,
            roles=self._names(self.facts.find(CONTACTS, BUYING_ROLE)),
            pipelines=self.facts.pipelines,
            currency=self.facts.currency,
            time_zone=self.facts.time_zone,
            problems=tuple(sorted(set(self.problems))),
        )

    def _name_hidden(self) -> None:
        self.problems += [hidden(object_, scopes, self.place.file) for object_, scopes in self.facts.hidden.items()]

    def _columns(self, table: str) -> Iterator[Column]:
        """Give the standard columns that are there, those the settings name, and the playbooks' own."""
        object_ = TABLE_OBJECTS[table]
        if object_ not in self.facts.objects:
            return
        named = {name.partition(".")[2]: path for name, path in self.settings.columns.items() if _of(name, table)}
        for name, path in {**COLUMNS[table], **named}.items():
            kind = STANDARD_TABLES[table].get(name)
            if kind is None or name in BUILT[table]:
                known = set(STANDARD_TABLES[table]) - BUILT[table]
                self._say("unknown-column", f"`{table}.{name}` is no column to name", did_you_mean(name, known))
            elif self.facts.has(object_, path) or name in named:
                yield from self._column(table, name, object_, path, kind)
        own = {field.id: field for playbook in self.playbooks for field in playbook.fields if field.table == table}
        for each in own.values():
            yield from self._own(table, object_, each)

    def _own(self, table: str, object_: str, asked: Field) -> Iterator[Column]:
        yield from self._column(table, asked.id, object_, asked.crm.get(CRM, asked.id), asked.type)

    def _column(self, table: str, name: str, object_: str, path: str, kind: FieldType) -> Iterator[Column]:
        found = self.facts.find(object_, path)
        if found is None or found.name == "id":
            guess = did_you_mean(path, self.facts.objects.get(object_, {}))
            help_ = guess if guess.startswith("did") else "make the property, or let the signed-in app read it"
            self._say("no-such-field", f"`{name}` of `{table}` is not read: {object_} have no `{path}`", help_)
        elif not can_be(found.kind, kind):
            said = f"`{name}` of `{table}` is not read: `{path}` is a {found.kind}, not {kind.value.replace('_', ' ')}"
            self._say("wrong-field-type", said, "give the field that type in the playbook, or name another property")
        else:
            names = {} if found.name == STAGE or kind not in NAMED else self._names(found)
            yield Column(name, found.name, kind, found.kind, names)

    def _names(self, found: PropertyFacts | None) -> dict[str, str]:
        """Call the values of an enumeration by their labels, except those that a playbook names as they are."""
        if found is None or found.kind != "enumeration":
            return {}
        said = ((value, label.strip()) for value, label in found.options if value not in self.asked.words)
        return {value: label for value, label in said if label and label != value}

    def _records(self) -> Iterator[tuple[str, str]]:
        for record in {each.id: each for playbook in self.playbooks for each in playbook.records}.values():
            object_ = _object(record)
            if self.facts.has(object_) and object_ != DEALS:
                yield record.id, object_
            elif object_ not in self.facts.hidden:
                said = f"`{record.id}` is not read: the account has no object `{object_}`"
                self._say("no-such-object", said, "name the object under `crm: {hubspot: ...}`")

    def _record_fields(self, table: str) -> Sequence[Field]:
        records = [each for playbook in self.playbooks for each in playbook.records if each.id == table]
        return list({field.id: field for record in records for field in record.fields}.values())

    def _sources(
        self, columns: Mapping[str, Sequence[Column]], records: Mapping[str, str], stages: Sequence[StageFacts]
    ) -> Iterator[Source]:
        listed = (DEALS, *RELATED, *sorted(set(records.values()) - set(RELATED)))
        for object_ in listed:
            if object_ not in self.facts.objects or not self._is_needed(object_, records):
                continue
            names = set(NEEDED.get(object_, ()))
            if object_ == DEALS:
                names |= {*FLAG_PROPERTIES, *gates_among(self.facts.objects[DEALS])}
                names |= {name for stage in stages for name in (stage.entered, stage.exited)}
            for table, each in columns.items():
                if (records.get(table) or TABLE_OBJECTS.get(table, "")) == object_:
                    names |= {column.path for column in each}
            yield self._source(object_, names - {"", KEY})

    def _is_needed(self, object_: str, records: Mapping[str, str]) -> bool:
        """Leave out quotes that nobody asks about."""
        return object_ != QUOTES or object_ in records.values() or self._asks_proposals()

    def _asks_proposals(self) -> bool:
        return self.asked.proposals or "proposals.sent_at" in self.settings.columns

    def _is_sent_by_history(self, columns: Mapping[str, Sequence[Column]]) -> bool:
        """Whether the moment a quote was sent is that of its publishing: where no property is named for it."""
        told = any(each.name == "sent_at" for each in columns["proposals"])
        return self._asks_proposals() and not told and self.facts.has(QUOTES, QUOTE_STATUS)

    def _source(self, object_: str, names: set[str]) -> Source:
        found = {name: self.facts.find(object_, name) for name in sorted(names)}
        kinds = {name: facts.kind for name, facts in found.items() if facts is not None}
        return Source(object_, kinds, STAMPS.get(object_, STAMP))

    def _stages(self) -> Iterator[StageFacts]:
        """Give the stages of the pipelines that the playbooks name a stage of, and of all where they name none."""
        named = {stage.crm.get(CRM, stage.id) for playbook in self.playbooks for stage in playbook.stages}
        chosen = [each for each in self.facts.pipelines if named & {stage.id for stage in each.stages}]
        for pipeline in chosen or self.facts.pipelines:
            yield from (stage for stage in pipeline.stages if stage.entered)

    def _say(self, code: str, message: str, help_: str) -> None:
        self.problems.append(Problem(self.place, code, message, help_))


def _object(record: Record) -> str:
    return record.crm.get(CRM, record.id)


def _of(name: str, table: str) -> bool:
    return name.partition(".")[0] == table
