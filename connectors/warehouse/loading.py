"""Makes a warehouse mapping of YAML text; every problem of it is found at once, each at its place."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from connectors.warehouse.mapping import (
    UTC,
    Case,
    Changes,
    Collected,
    Column,
    Join,
    Latest,
    Origin,
    Part,
    Source,
    TableName,
    Test,
    WarehouseMapping,
)
from connectors.warehouse.well_formed import part_problems, value_problems
from rules.node_reading import child, entries, items, mapping, text, texts, truth
from rules.problems import Place, Problem, did_you_mean
from rules.schema_problems import check_schema
from rules.yaml_nodes import ListNode, MappingNode, Node, ScalarNode
from rules.yaml_text import read_yaml

FOLDER = Path(__file__).parent
SCHEMA = FOLDER / "mapping.schema.json"
READY = FOLDER / "ready"


def load_mapping(data: bytes | str, file: str) -> tuple[WarehouseMapping | None, tuple[Problem, ...]]:
    """Load a mapping; None where it has problems."""
    node, problems = read_yaml(data, file)
    if node is None or problems:
        return None, problems
    problems = check_schema(node, schema(), "mapping")
    if problems or not isinstance(node, MappingNode):
        return None, problems
    loader = _Loader(node)
    made = loader.mapping()
    return (None if loader.problems else made), tuple(sorted(set(loader.problems)))


def ready_mappings() -> dict[str, Path]:
    """Give the mappings that ship with Dealgate, by id."""
    return {path.stem: path for path in sorted(READY.glob("*.yaml"))}


def ready_mapping(name: str) -> WarehouseMapping:
    """Load a mapping that ships with Dealgate."""
    loaded, problems = load_mapping(ready_mappings()[name].read_bytes(), f"{name}.yaml")
    if loaded is None:
        raise ValueError(problems)
    return loaded


@cache
def schema() -> Mapping[str, Any]:
    """Give the JSON Schema of warehouse mappings."""
    loaded: Mapping[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return loaded


@dataclass
class _Loader:
    """Walks a tree that fits the schema and collects what the schema cannot know; used once."""

    root: MappingNode
    problems: list[Problem] = field(default_factory=list)

    @property
    def lenient(self) -> bool:
        return text(self.root, "missing") == "leave_out"

    def mapping(self) -> WarehouseMapping:
        base = self._base()
        own = tuple(self._parts())
        replaced = {part.table for part in own} | set(texts(self.root, "without"))
        kept = tuple(part for part in base.parts if part.table not in replaced)
        made = WarehouseMapping(
            text(self.root, "warehouse"),
            text(self.root, "crm") or base.crm,
            tuple(self._moved(part) for part in kept) + own,
            self._zone(self.root, "timezone") or base.timezone,
            self._zone(self.root, "days_in") or base.days_in,
            frozenset(texts(self.root, "tracked")) if child(self.root, "tracked") is not None else base.tracked,
        )
        return replace(made, parts=tuple(self._with_fields(made)))

    def _base(self) -> WarehouseMapping:
        """Give the ready mapping to start from, or one of nothing."""
        name, known = text(self.root, "like"), ready_mappings()
        if name in known:
            return ready_mapping(name)
        if name:
            self._add(self.root, "like", "unknown-mapping", f"no mapping is called `{name}`", did_you_mean(name, known))
        elif not text(self.root, "crm"):
            said = "whose stages, roles and fields are these? `salesforce`, `hubspot` or `local`"
            self._add(self.root, "warehouse", "missing-key", "the mapping has no `crm`", said)
        elif mapping(self.root, "tables") is None:
            self._add(
                self.root, "warehouse", "missing-key", "the mapping has no `tables`", "or start `like` a ready one"
            )
        return WarehouseMapping("", "local", ())

    def _moved(self, part: Part) -> Part:
        """Look for the tables of a ready mapping in the schema that is named here."""
        name = text(self.root, "schema")

        def moved(source: Source) -> Source:
            return replace(source, table=replace(source.table, schema=source.table.schema or name))

        def of_origin(origin: Origin) -> Origin:
            found, last = origin.collected, origin.otherwise
            return replace(
                origin,
                collected=None if found is None else replace(found, source=moved(found.source)),
                first=tuple(map(of_origin, origin.first)),
                listed=tuple(map(of_origin, origin.listed)),
                cases=tuple(replace(case, value=of_origin(case.value)) for case in origin.cases),
                otherwise=None if last is None else of_origin(last),
            )

        joins = tuple(replace(each, source=moved(each.source)) for each in part.joins)
        columns = tuple(replace(each, origin=of_origin(each.origin)) for each in part.columns)
        return replace(part, source=moved(part.source), joins=joins, columns=columns)

    def _parts(self) -> Iterable[Part]:
        for table, node in entries(self.root, "tables"):
            for each in node.items if isinstance(node, ListNode) else (node,):
                part = self._part(table.text, each)
                self.problems.extend(part_problems(part))
                yield part

    def _part(self, table: str, node: Node) -> Part:
        source = self._source(node)
        beside = tuple(test for test in source.where if "." in test.column)
        return Part(
            node.place,
            table,
            replace(source, where=tuple(test for test in source.where if test not in beside)),
            tuple(self._column(name, value) for name, value in entries(node, "columns")),
            tuple(self._join(name, value) for name, value in entries(node, "join")),
            beside,
            self.lenient,
        )

    def _with_fields(self, made: WarehouseMapping) -> Iterable[Part]:
        """Add the fields that playbooks declare to the tables they belong to."""
        own = dict[str, tuple[Column, ...]]()
        for table, node in entries(self.root, "fields"):
            own[table.text] = tuple(self._column(name, value) for name, value in entries(node))
            if table.text not in made.tables:
                advice = did_you_mean(table.text, made.tables)
                message = f"no rows are mapped for `{table.text}`, so it can have no fields"
                self.problems.append(Problem(table.place, "unknown-table", message, advice))
        for part in made.parts:
            added = own.get(part.table, ())
            kept = tuple(each for each in part.columns if each.name not in {column.name for column in added})
            yield replace(part, columns=kept + added)

    def _source(self, node: Node) -> Source:
        latest, changes = mapping(node, "latest"), mapping(node, "changes")
        return Source(
            node.place,
            self._table(text(node, "from")),
            tuple(self._tests(child(node, "where"))),
            Latest(latest.place, texts(latest, "of"), texts(latest, "by")) if latest else None,
            self._changes(changes) if changes else None,
        )

    def _changes(self, node: MappingNode) -> Changes:
        first = text(node, "first", "true") == "true"
        return Changes(node.place, text(node, "column"), text(node, "of"), texts(node, "by"), first)

    def _table(self, written: str) -> TableName:
        first, _, last = written.rpartition(".")
        return TableName(last, first or text(self.root, "schema"))

    def _join(self, alias: ScalarNode, node: Node) -> Join:
        on = tuple((key.text, _scalar(value)) for key, value in entries(node, "on"))
        return Join(alias.place, alias.text, self._source(node), on, truth(node, "required"))

    def _tests(self, node: Node | None) -> Iterable[Test]:
        for column, value in entries(node):
            if not isinstance(value, MappingNode):
                yield Test(column.place, column.text, _words(value))
            elif (left_out := child(value, "not")) is not None:
                yield Test(column.place, column.text, _words(left_out), negated=True)
            elif child(value, "starts_with") is not None:
                yield Test(column.place, column.text, starts_with=_scalar(value.get("starts_with")))
            elif child(value, "ahead") is not None:
                yield Test(column.place, column.text, ahead=True, negated=not truth(value, "ahead"))
            else:
                yield Test(column.place, column.text, negated=not truth(value, "present"))

    def _column(self, name: ScalarNode, node: Node) -> Column:
        lenient = self.lenient or truth(node, "optional")
        each, required = truth(node, "each"), truth(node, "required")
        return Column(name.place, name.text, self._origin(node), lenient, each, required)

    def _origin(self, node: Node) -> Origin:
        if not isinstance(node, MappingNode):
            return Origin(node.place, column=_scalar(node))
        self.problems.extend(value_problems(node))
        collect, constant = mapping(node, "collect"), child(node, "constant")
        otherwise = child(node, "otherwise")
        parts = {name: tuple(map(self._origin, items(node, name))) for name in ("first", "text", "list")}
        return Origin(
            node.place,
            text(node, "column"),
            _scalar(constant) if constant is not None else None,
            parts["first"],
            parts["text"],
            _scalar(node.get("between")) if "between" in node.keys else " ",
            parts["list"],
            self._collected(collect) if collect else None,
            tuple(self._case(each) for each in items(node, "cases")),
            self._origin(otherwise) if otherwise is not None else None,
            {key.text: _scalar(value) for key, value in entries(node, "values")},
            text(node, "unmapped") or "refuse",
            text(node, "unix"),
            self._zone(node, "timezone"),
            text(node, "separator") or ";",
        )

    def _case(self, node: Node) -> Case:
        value = child(node, "is")
        return Case(tuple(self._tests(child(node, "where"))), self._origin(value or node))

    def _collected(self, node: Node) -> Collected:
        on = tuple((key.text, _scalar(value)) for key, value in entries(node, "on"))
        return Collected(self._source(node), on, text(node, "take"))

    def _zone(self, node: Node, key: str) -> ZoneInfo | None:
        name = text(node, key)
        if not name:
            return None
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            self._add(node, key, "unknown-timezone", f"there is no time zone `{name}`", "such as `Europe/Berlin`")
            return UTC

    def _add(self, node: Node, key: str, code: str, message: str, advice: str = "") -> None:
        value = child(node, key)
        place: Place = value.place if value is not None else node.place
        self.problems.append(Problem(place, code, message, advice))


def _scalar(node: Node | None) -> str:
    return node.text if isinstance(node, ScalarNode) else ""


def _words(node: Node) -> tuple[str, ...]:
    listed = node.items if isinstance(node, ListNode) else (node,)
    return tuple(_scalar(each) for each in listed)
