"""Reads `NAME.cases.yaml`: checked against its schema, then every value typed by the column it stands in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from engine.judge.tables import canonical_types
from engine.judge.waivers import Waiver
from engine.runs.cases.case import Case, Expected, ExpectedFinding, Rows
from engine.runs.cases.values import Typing
from rules.node_reading import child, entries, items, mappings, scalar, text, texts
from rules.playbook import Playbook
from rules.problems import Problem, did_you_mean
from rules.schema_problems import check_schema
from rules.yaml_nodes import MappingNode, Node, ScalarNode, to_plain
from rules.yaml_text import read_yaml

ONE_ROW = {"deals": ("deal", "D1"), "accounts": ("account", "A1"), "owners": ("owner", "O1")}
"""Tables that a case gives one row of: the key it stands under, and the id it has where none is written."""

MERGED = ("deal", "account", "owner")
OWN = ("name", "like", "expect", "waivers")


def read_cases(data: bytes, file: str, playbook: Playbook) -> tuple[tuple[Case, ...], tuple[Problem, ...]]:
    """Read the cases of a playbook; where there are problems there are no cases."""
    node, problems = read_yaml(data, file)
    if node is None:
        return (), problems
    found = [*problems, *check_schema(node, schema(), "cases file")]
    if found:
        return (), tuple(sorted(set(found)))
    reader = _Reader(playbook, Typing(playbook), node)
    cases = tuple(reader.cases())
    every = tuple(sorted(set(reader.problems)))
    return (() if every else cases), every


@cache
def schema() -> Mapping[str, Any]:
    """Give the JSON Schema of cases files."""
    loaded: Mapping[str, Any] = json.loads(files("rules").joinpath("cases.schema.json").read_text("utf-8"))
    return loaded


@dataclass
class _Reader:
    """Reads the cases of one file, collecting problems on its way."""

    playbook: Playbook
    typing: Typing
    node: Node

    def __post_init__(self) -> None:
        self.types = canonical_types(self.playbook)
        self.known = {each.id for each in self.playbook.criteria()}

    @property
    def problems(self) -> list[Problem]:
        return self.typing.problems

    def cases(self) -> Iterator[Case]:
        """Yield every case, those that start from another one merged with it."""
        earlier: dict[str, MappingNode] = {}
        for written in mappings(self.node, "cases"):
            name = text(written, "name")
            if name in earlier:
                self._problem(child(written, "name"), "duplicate-case", f"another case is called `{name}`")
            whole = self._merged(written, earlier)
            earlier[name] = whole
            case = self._case(whole)
            if case is not None:
                yield case

    def _merged(self, written: MappingNode, earlier: Mapping[str, MappingNode]) -> MappingNode:
        like = scalar(written, "like")
        if like is None:
            return written
        if like.text.strip() not in earlier:
            message = f"no case before this one is called `{like.text}`"
            self._problem(like, "unknown-case", message, did_you_mean(like.text, earlier))
            return written
        return _laid_over(earlier[like.text.strip()], written)

    def _case(self, node: MappingNode) -> Case | None:
        as_of = scalar(node, "as_of") or scalar(self.node, "as_of")
        if as_of is None:
            self._problem(node, "missing-key", f"case `{text(node, 'name')}` has no `as_of`", "say it here or on top")
            return None
        moment = self.typing.moment(as_of)
        rows = self._rows(node)
        deal_id = rows["deals"][0]["id"]
        if moment is None:
            return None
        return Case(
            name=text(node, "name"),
            place=node.place_of("name"),
            as_of=moment,
            deal_id=deal_id,
            rows=rows,
            expect=self._expected(node),
            waivers=tuple(self._waivers(node, deal_id)),
            not_delivered=frozenset(self._not_delivered(node)),
        )

    def _rows(self, node: MappingNode) -> Rows:
        rows: dict[str, list[Mapping[str, Any]]] = {table: [] for table in self.types}
        for table, (key, usual) in ONE_ROW.items():
            if isinstance(each := child(node, key), MappingNode):
                rows[table].append({"id": usual} | self.typing.row(each, table))
        deal = self._linked(rows)
        for number, other in enumerate(mappings(node, "other_deals"), 2):
            rows["deals"].append({"id": f"D{number}", "outcome": "open"} | self.typing.row(other, "deals"))
        for table in self.types.keys() - ONE_ROW.keys():
            for number, each in enumerate(mappings(node, table), 1):
                rows[table].extend(self._related(each, table, number, deal["id"]))
        self._unknown_tables(node)
        return {table: tuple(every) for table, every in rows.items()}

    def _linked(self, rows: dict[str, list[Mapping[str, Any]]]) -> Mapping[str, Any]:
        """Link the deal to the account and owner beside it."""
        deal: dict[str, Any] = {"outcome": "open"}
        if rows["accounts"]:
            deal["account_id"] = rows["accounts"][0]["id"]
        if rows["owners"]:
            deal["owner_id"] = rows["owners"][0]["id"]
        deal.update(rows["deals"][0])
        rows["deals"][0] = deal
        return deal

    def _related(self, node: MappingNode, table: str, number: int, deal_id: str) -> Iterator[Mapping[str, Any]]:
        numbered = {"id": str(number)} if "id" in self.types[table] else {}
        role = child(node, "role") if table == "contacts" else None
        row = {"deal_id": deal_id} | numbered | self.typing.row(node, table, leaving=("role",) if role else ())
        if role is None:
            yield row
            return
        for name in texts(node, "role") or (None,):
            yield row | {"role": name}

    def _unknown_tables(self, node: MappingNode) -> None:
        known = {*self.types, *MERGED, *OWN, "as_of", "other_deals", "not_delivered"}
        for key, _ in node:
            if key.text not in known:
                self._problem(key, "unknown-key", f"`{key.text}` is not a key of a case", did_you_mean(key.text, known))

    def _waivers(self, node: MappingNode, deal_id: str) -> Iterator[Waiver]:
        for each in mappings(node, "waivers"):
            granted, expires = (self._moment(each, key) for key in ("granted_at", "expires_at"))
            if granted is not None and expires is not None:
                words = {key: text(each, key) for key in ("criterion", "reason", "approver")}
                yield Waiver(deal_id, **words, granted_at=granted, expires_at=expires)

    def _moment(self, node: MappingNode, key: str) -> datetime | None:
        value = scalar(node, key)
        return None if value is None else self.typing.moment(value)

    def _not_delivered(self, node: MappingNode) -> Iterator[str]:
        known = [*self.types, *(f"{table}.{column}" for table, columns in self.types.items() for column in columns)]
        for each in items(node, "not_delivered"):
            name = each.text.strip() if isinstance(each, ScalarNode) else ""
            if name not in known or name == "deals":
                self._problem(each, "unknown-table", f"`{name}` is no table or column", did_you_mean(name, known))
            else:
                yield name

    def _expected(self, node: MappingNode) -> Expected:
        expect = child(node, "expect")
        gate = child(expect, "gate")
        scores = {card.id: child(expect, card.id) for card in self.playbook.scorecards}
        for card, score in scores.items():
            if score is None:
                message = f"the case does not say what `{card}` must be"
                self._problem(expect, "missing-key", message, f"add `{card}: {{points: ...}}`")
        return Expected(
            gate=(text(gate, "status"), text(gate, "allowed_stage")) if isinstance(gate, MappingNode) else None,
            segment=text(expect, "segment") if child(expect, "segment") is not None else None,
            scores={card: to_plain(score) for card, score in scores.items() if score is not None},
            flags=tuple(sorted(texts(expect, "flags"))),
            findings=dict(self._findings(expect)),
        )

    def _findings(self, expect: Node | None) -> Iterator[tuple[str, ExpectedFinding]]:
        for item in items(expect, "findings"):
            if isinstance(item, ScalarNode):
                yield item.text.strip(), ExpectedFinding()
            for key, value in entries(item):
                state, _, due = (value.text if isinstance(value, ScalarNode) else "").partition(" ")
                day = self.typing.day(replace(value, text=due)) if due and isinstance(value, ScalarNode) else None
                yield key.text, ExpectedFinding(state, day if isinstance(day, date) else None)

    def _problem(self, node: Node | None, code: str, message: str, advice: str = "") -> None:
        self.problems.append(Problem((node or self.node).place, code, message, advice))


def _laid_over(base: MappingNode, written: MappingNode) -> MappingNode:
    """Change a case: `deal`, `account` and `owner` key by key, every other key as a whole."""
    kept = [(key, value) for key, value in base if key.text not in (*OWN, *written.keys)]
    laid = [(key, _key_by_key(base.get(key.text), value) if key.text in MERGED else value) for key, value in written]
    return MappingNode(written.place, (*kept, *laid))


def _key_by_key(base: Node | None, written: Node) -> Node:
    if not isinstance(base, MappingNode) or not isinstance(written, MappingNode):
        return written
    kept = [(key, value) for key, value in base if key.text not in written.keys]
    laid = [(key, value) for key, value in written if not (isinstance(value, ScalarNode) and value.is_null)]
    return MappingNode(written.place, (*kept, *laid))
