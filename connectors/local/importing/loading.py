"""Makes a mapping of YAML text; every problem of it is found at once, each at its place."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from connectors.local.csv_rows import Dialect
from connectors.local.importing.mapping import (
    ColumnMap,
    FileMap,
    Filter,
    ImportMapping,
    Lookup,
    Origin,
    RowsMap,
    Written,
)
from connectors.local.importing.moments import NAMED_FORMATS
from connectors.local.importing.nodes import child, entries, items, place_of, scalar, text_of, words
from connectors.local.layout import KEYS
from rules.problems import Place, Problem, did_you_mean
from rules.schema_problems import check_schema
from rules.types import KNOWN_VALUES, STANDARD_TABLES, FieldType
from rules.yaml_nodes import ListNode, MappingNode, Node, ScalarNode
from rules.yaml_text import read_yaml

SCHEMA = Path(__file__).parent.parent / "mapping.schema.json"
ORIGINS = ("column", "constant", "template", "lookup")
MAY_BE_NULL = {"from_stage", "to_stage"}
ROUNDING = {
    FieldType.TIME: {"second", "minute", "day"},
    FieldType.DATE: {"second", "minute", "day"},
    FieldType.MONEY: {"cent"},
}
TEMPLATE = re.compile(r"[^{}]*(\{[^{}]+\}[^{}]*)+")


def load_mapping(data: bytes | str, file: str) -> tuple[ImportMapping | None, tuple[Problem, ...]]:
    """Load a mapping; None where it has problems."""
    node, problems = read_yaml(data, file)
    if node is None or problems:
        return None, problems
    problems = check_schema(node, _schema(), "mapping")
    if problems or not isinstance(node, MappingNode):
        return None, tuple(sorted(problems))
    loader = _Loader(node)
    mapping = loader.mapping()
    return (None if loader.problems else mapping), tuple(sorted(loader.problems))


@cache
def _schema() -> Mapping[str, Any]:
    schema: Mapping[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return schema


@dataclass
class _Loader:
    """Walks a tree that fits the schema and collects what the schema cannot know; used once."""

    root: MappingNode
    problems: list[Problem] = field(default_factory=list)

    def mapping(self) -> ImportMapping:
        files = tuple(self._file(key, value) for key, value in entries(self.root.get("files")))
        known = [each.id for each in files]
        rows = tuple(
            self._rows(table, each, known)
            for table, value in entries(self.root.get("tables"))
            for each in (value.items if isinstance(value, ListNode) else (value,))
        )
        tracked, ignore = (tuple(words(self.root.get(name))) for name in ("tracked", "ignore"))
        return ImportMapping(text_of(self.root, "mapping"), files, rows, tracked, ignore)

    def _file(self, key: ScalarNode, node: Node) -> FileMap:
        shared = self.root.get("csv")
        how = {name: text_of(node, name) or text_of(shared, name) for name in ("encoding", "delimiter", "quote")}
        if how["encoding"] and not _is_encoding(how["encoding"]):
            place = place_of(node, "encoding", shared)
            self._add(place, "unknown-encoding", f"there is no encoding `{how['encoding']}`", "such as `cp1252`")
        dialect = Dialect(**{name: value for name, value in how.items() if value})
        skip = tuple(self._filter(each) for each in items(child(node, "skip")))
        return FileMap(key.text, text_of(node, "name"), key.place, dialect, skip)

    def _filter(self, node: Node) -> Filter:
        present = text_of(node, "present")
        tests = {name: frozenset(words(child(node, name))) for name in ("one_of", "none_of") if child(node, name)}
        if not tests and not present:
            self._add(node.place, "no-test", "this tests nothing", "add `present`, `one_of` or `none_of`")
        asked = None if not present else present == "true"
        return Filter(node.place, text_of(node, "column"), asked, because=text_of(node, "because"), **tests)

    def _rows(self, table: ScalarNode, node: Node, files: list[str]) -> RowsMap:
        file, columns = text_of(node, "from"), child(node, "columns")
        self._file_must_be_known(child(node, "from"), files)
        mapped = tuple(self._column(table.text, name, value, files) for name, value in entries(columns))
        missing = [name for name in _keys_of(table.text) if name not in {each.name for each in mapped}]
        for name in missing:
            advice = "they tell one row from another"
            self._add(node.place, "missing-column", f"`{table.text}` needs the column `{name}`", advice)
        when = child(node, "when")
        merge = text_of(node, "repeated") == "merge"
        return RowsMap(table.text, file, mapped, self._filter(when) if when else None, merge)

    def _column(self, table: str, name: ScalarNode, node: Node, files: list[str]) -> ColumnMap:
        kind = self._kind(table, name, node)
        self._must_round_rightly(node, kind)
        return ColumnMap(
            name.text,
            kind,
            self._origin(node, files),
            self._written(node),
            KNOWN_VALUES.get((table, name.text), ()),
            text_of(node, "default"),
            required=text_of(node, "required") == "true" or name.text in _keys_of(table),
        )

    def _kind(self, table: str, name: ScalarNode, node: Node) -> FieldType:
        """Give a column's type: its own, or that of the canonical column, which cannot be another."""
        standard = STANDARD_TABLES.get(table, {"deal_id": FieldType.TEXT}).get(name.text)
        said = text_of(node, "type")
        if table == "tasks" and name.text == "key":
            self._add(name.place, "not-yours", "`key` marks the tasks Dealgate makes", "leave it out")
        if standard is None and not said:
            near = did_you_mean(name.text, STANDARD_TABLES.get(table, {"deal_id": ""}))
            advice = f"{near}; a column of your own says its `type`"
            self._add(name.place, "unknown-column", f"`{table}` has no column `{name.text}`", advice)
        if standard is not None and said and said != standard.value:
            place = place_of(node, "type")
            self._add(place, "wrong-type", f"`{name.text}` is of type `{standard.value}`", "leave `type` out")
        return standard or FieldType(said or "text")

    def _must_round_rightly(self, node: Node, kind: FieldType) -> None:
        unit = text_of(node, "round_to")
        if unit and unit not in ROUNDING.get(kind, set()):
            place = place_of(node, "round_to")
            self._add(place, "wrong-type", f"a column of type `{kind.value}` cannot be rounded to a {unit}")

    def _origin(self, node: Node, files: list[str]) -> Origin:
        if isinstance(node, ScalarNode):
            return Origin(node.place, column=node.text, absent=self._absent(None))
        given = [name for name in ORIGINS if child(node, name) is not None]
        if len(given) != 1:
            wrong = f"this has {' and '.join(f'`{name}`' for name in given) or 'no value'}"
            self._add(node.place, "no-single-value", wrong, "give one of `column`, `constant`, `template` and `lookup`")
        lookup = child(node, "lookup")
        return Origin(
            node.place,
            text_of(node, "column"),
            text_of(node, "constant"),
            self._templates(child(node, "template")),
            self._lookup(lookup, files) if lookup else None,
            self._absent(child(node, "absent")),
            whole=text_of(node, "whole") == "true",
            values={key.text: scalar(value) for key, value in entries(child(node, "values"))},
            unmapped=text_of(node, "unmapped") or "refuse",
        )

    def _templates(self, node: Node | None) -> tuple[str, ...]:
        for each in items(node):
            if not TEMPLATE.fullmatch(scalar(each)):
                advice = "write it such as `{first} {last}`"
                self._add(each.place, "bad-template", f"the template `{scalar(each)}` names no column", advice)
        return tuple(words(node))

    def _lookup(self, node: Node, files: list[str]) -> Lookup:
        self._file_must_be_known(child(node, "file"), files)
        by = child(node, "by")
        origin = self._origin(by, files) if by else Origin(node.place)
        refuse = text_of(node, "missing") != "absent"
        return Lookup(text_of(node, "file"), text_of(node, "key"), origin, text_of(node, "take"), refuse)

    def _absent(self, own: Node | None) -> frozenset[str]:
        return frozenset(words(own if own is not None else child(self.root.get("written"), "absent")))

    def _written(self, node: Node) -> Written:
        """Say how values are written: as the column says, else as the mapping says for all."""
        shared = self.root.get("written")

        def said(name: str) -> Node | None:
            own = child(node, name)
            return own if own is not None else child(shared, name)

        texts = {name: scalar(value) for name in ("decimal", "thousands") if (value := said(name))}
        if texts.get("thousands") == texts.get("decimal", "."):
            place = (said("thousands") or node).place
            self._add(place, "same-sign", "the decimal sign and the sign between thousands are the same")
        return Written(
            formats=self._formats(said("format")),
            timezone=self._timezone(said("timezone")),
            currency_signs=tuple(words(said("currency_signs"))),
            yes=frozenset(words(said("yes")) or {"true"}),
            no=frozenset(words(said("no")) or {"false"}),
            separator=text_of(node, "separator") or ";",
            multiply=Decimal(text_of(node, "multiply") or "1"),
            round_to=text_of(node, "round_to"),
            **texts,
        )

    def _formats(self, node: Node | None) -> tuple[str, ...]:
        for each in items(node):
            if (text := scalar(each)) not in NAMED_FORMATS and not _is_format(text):
                named = ", ".join(f"`{name}`" for name in NAMED_FORMATS)
                message = f"`{text}` is not a format of dates or times"
                self._add(each.place, "bad-format", message, f"{named}, or such as `%d/%m/%Y`")
        return tuple(words(node)) or ("iso",)

    def _timezone(self, node: Node | None) -> ZoneInfo | None:
        if node is None:
            return None
        try:
            return ZoneInfo(scalar(node))
        except (KeyError, ValueError, OSError):
            self._add(
                node.place, "unknown-timezone", f"there is no time zone `{scalar(node)}`", "such as `Europe/Berlin`"
            )
            return None

    def _file_must_be_known(self, node: Node | None, files: list[str]) -> None:
        if node is not None and scalar(node) not in files:
            message = f"`{scalar(node)}` is not one of the `files`"
            self._add(node.place, "unknown-file", message, did_you_mean(scalar(node), files))

    def _add(self, place: Place, code: str, message: str, advice: str = "") -> None:
        problem = Problem(place, code, message, advice)
        if problem not in self.problems:
            self.problems.append(problem)


def _keys_of(table: str) -> tuple[str, ...]:
    return tuple(name for name in KEYS.get(table, ("deal_id",)) if name not in MAY_BE_NULL)


def _is_encoding(name: str) -> bool:
    try:
        "".encode(name)
        codecs.lookup(name)
    except (LookupError, ValueError):
        return False
    return True


def _is_format(text: str) -> bool:
    """Whether a format both writes a moment and reads it back."""
    moment = datetime(2026, 3, 4, 15, 6, 7, tzinfo=UTC)
    try:
        datetime.strptime(moment.strftime(text), text).replace(tzinfo=UTC)
    except (ValueError, re.error):
        return False
    return "%" in text
