"""A reviewed `waivers.yaml`: read into waivers that know their place, with every problem told at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import cache
from importlib.resources import files
from typing import Any

from engine.judge.waivers import Waiver
from rules.literals import NotAValueError, read_date, read_time
from rules.problems import Place, Problem
from rules.schema_problems import check_schema
from rules.yaml_nodes import ListNode, MappingNode, Node, ScalarNode
from rules.yaml_text import read_yaml

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WaiverFile:
    """The waivers of a file, each with where it stands."""

    places: Mapping[Waiver, Place]

    @property
    def waivers(self) -> tuple[Waiver, ...]:
        """The waivers in the order they were written."""
        return tuple(self.places)


def read_waivers(data: bytes | str, file: str, zone: tzinfo) -> tuple[WaiverFile, tuple[Problem, ...]]:
    """Read a file of waivers; dates are the local days of `zone`. What is wrong is told, all else is read."""
    root, problems = read_yaml(data, file)
    if root is None:
        return WaiverFile({}), problems
    found = [*problems, *check_schema(root, waivers_schema(), "file of waivers")]
    if found:
        return WaiverFile({}), tuple(found)
    places: dict[Waiver, Place] = {}
    for node in _entries(root):
        waiver = _waiver(node, zone, found)
        if waiver is not None:
            places[waiver] = node.place
    return WaiverFile(places), tuple(found)


@cache
def waivers_schema() -> Mapping[str, Any]:
    """Give the published JSON Schema of `waivers.yaml`."""
    text = files("engine.judge").joinpath("waivers.schema.json").read_text(encoding="utf-8")
    loaded: Mapping[str, Any] = json.loads(text)
    return loaded


def beginning(text: str, zone: tzinfo) -> datetime:
    """Read a date as the moment it begins, or a time; raises NotAValueError."""
    if _is_date(text):
        return datetime.combine(read_date(text), time.min, zone).astimezone(UTC)
    return read_time(text, zone)


def end(text: str, zone: tzinfo) -> datetime:
    """Read a date as the moment it is over, or a time; raises NotAValueError."""
    if _is_date(text):
        return datetime.combine(read_date(text) + ONE_DAY, time.min, zone).astimezone(UTC)
    return read_time(text, zone)


def _is_date(text: str) -> bool:
    return ":" not in text


def _entries(root: Node) -> Iterator[MappingNode]:
    listed = root.get("waivers") if isinstance(root, MappingNode) else None
    if isinstance(listed, ListNode):
        yield from (node for node in listed.items if isinstance(node, MappingNode))


def _waiver(node: MappingNode, zone: tzinfo, problems: list[Problem]) -> Waiver | None:
    granted, expires = _moment(node, "granted", zone, problems), _moment(node, "expires", zone, problems)
    if granted is None or expires is None:
        return None
    if expires <= granted:
        message = f"the waiver expires on `{_text(node, 'expires')}`, before it is granted"
        problems.append(Problem(node.place_of("expires"), "ends-before-it-begins", message))
        return None
    person = _text(node, "person")
    criterion = f"{_text(node, 'criterion')}:{person}" if person else _text(node, "criterion")
    words = {"reason": _text(node, "reason"), "approver": _text(node, "approver")}
    return Waiver(_text(node, "deal"), criterion, **words, granted_at=granted, expires_at=expires)


def _moment(node: MappingNode, key: str, zone: tzinfo, problems: list[Problem]) -> datetime | None:
    text = _text(node, key)
    try:
        return beginning(text, zone) if key == "granted" else end(text, zone)
    except NotAValueError as error:
        problems.append(Problem(node.place_of(key), "not-a-date", error.message, error.help_text))
    except OverflowError:
        problems.append(Problem(node.place_of(key), "not-a-date", f"`{text}` lies beyond every calendar"))
    return None


def _text(node: MappingNode, key: str) -> str:
    value = node.get(key)
    return value.text.strip() if isinstance(value, ScalarNode) else ""
