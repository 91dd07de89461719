"""Recorded answers of real orgs, and what sets an answer of the simulator apart from them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml


@dataclass(frozen=True)
class Recorded:
    """One call and its answer."""

    method: str
    path: str
    asked: Any
    status: int
    body: Any


def fixture(folder: Path, name: str) -> Any:
    """Read a recorded body; skip where it is not there."""
    text = _text(folder / "restforce" / name)
    return json.loads(text) if text.strip() else None


def described(folder: Path, name: str) -> Any:
    """Read what a real org says of an object, or of all where `name` is Global."""
    where = f"cumulusci/tests/shared_cassettes/GET_sobjects_{name}_describe.yaml"
    (found,) = _interactions(folder / where)
    return found.body


def calls(folder: Path, place: str) -> list[Recorded]:
    """Read the calls of a cassette, whose path below `cumulusci` is given; those of Bulk API v1 are left out."""
    return [each for each in _interactions(folder / "cumulusci" / place) if "/async/" not in each.path]


def call(folder: Path, place: str, method: str, path_holds: str) -> Recorded:
    """Find the first call of a cassette by its method and a part of its path."""
    found = (each for each in calls(folder, place) if each.method == method and path_holds in each.path)
    return next(found)


def unlike(real: Any, ours: Any, where: str = "$") -> Iterator[str]:
    """Tell what differs in structure: keys that are missing or too many, other types; null fits every scalar."""
    if isinstance(real, dict) and isinstance(ours, dict):
        yield from (f"{where}.{name} is missing" for name in real.keys() - ours.keys())
        yield from (f"{where}.{name} is too many" for name in ours.keys() - real.keys())
        for name in real.keys() & ours.keys():
            yield from unlike(real[name], ours[name], f"{where}.{name}")
    elif isinstance(real, list) and isinstance(ours, list):
        if bool(real) is not bool(ours):
            yield f"{where} has {len(ours)} where the real one has {len(real)}"
        for each in ours[:3] if real else ():
            yield from unlike(real[0], each, f"{where}[]")
    elif real is not None and ours is not None and _kind(real) is not _kind(ours):
        yield f"{where} is {type(ours).__name__}, and really {type(real).__name__}"


def _kind(value: Any) -> type:
    return float if isinstance(value, int | float) and not isinstance(value, bool) else type(value)


@lru_cache
def _interactions(path: Path) -> list[Recorded]:
    read = yaml.load(_text(path), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe one
    listed = read.get("interactions", [read])
    return [_recorded(each) for each in listed if "request" in each]


def _recorded(each: Any) -> Recorded:
    asked, answer = each["request"], each["response"]
    body = answer["body"]
    body = body["string"] if isinstance(body, dict) and "string" in body else body
    path = asked["uri"].partition(".com")[2]
    return Recorded(asked["method"], path, _json(asked.get("body")), answer["status"]["code"], _json(body))


def _json(text: Any) -> Any:
    try:
        return json.loads(text) if isinstance(text, str | bytes) else text
    except ValueError:
        return text


def _text(path: Path) -> str:
    if not path.exists():
        pytest.skip(f"the recorded answer `{path.name}` is not there")
    return path.read_text(encoding="utf-8")
