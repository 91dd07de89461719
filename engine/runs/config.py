"""`dealgate.yaml`: the CRMs, playbooks, store and limits of a folder, checked like a playbook."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from connectors.crm_settings import SECRET_KEYS, CrmSettings, crm_settings
from connectors.secret import Secret
from engine.ledger.retention import Retention
from engine.runs.files import read_file
from engine.runs.mistakes import ProblemsFound
from engine.runs.retention_settings import retention_of, retention_problems
from engine.runs.schedule import SweepTimes, sweep_times
from engine.runs.service_settings import IntakeSettings, intake_settings, network
from rules.node_reading import entries, mapping
from rules.parse_calendar import time_zones
from rules.problems import Problem, did_you_mean
from rules.schema_problems import check_schema
from rules.yaml_nodes import ListNode, MappingNode, Node, ScalarNode, node_at, to_plain
from rules.yaml_text import read_yaml

NAME = "dealgate.yaml"
STORE = "sqlite:///dealgate.db"
VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class Config:
    """A folder's configuration; every path is resolved against the file it stands in.

    `unusable` holds the CRMs whose environment variables are not set, with what is wrong: a problem only for those who
    ask for them. `admin` is the token of the admin API; None where none is named, or its variable is not set.
    """

    crms: Mapping[str, CrmSettings] = field(default_factory=dict)
    unusable: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)
    crm: str = ""
    playbooks: tuple[Path, ...] = ()
    store: str = STORE
    waivers: Path | None = None
    correct_moves: bool = False
    limits: Mapping[str, float] = field(default_factory=dict)
    sweeps: Mapping[str, SweepTimes] = field(default_factory=dict)
    intake: IntakeSettings = field(default_factory=IntakeSettings)
    admin: Secret | None = None
    retention: Retention = field(default_factory=Retention)


def load_config(path: Path, environment: Mapping[str, str]) -> Config:
    """Read and check a configuration file, or tell all its problems; `${NAME}` is taken from the environment."""
    node, problems = read_yaml(read_file(path), str(path))
    if node is None:
        raise ProblemsFound(problems)
    rest, unusable = _without_unusable(node, environment)
    filled = _Filled(environment)
    whole = filled.node(_without_unset_admin(rest, environment))
    found = [*problems, *filled.problems, *check_schema(whole, schema(), "configuration")]
    if not found:
        found.extend(_references(node))
    if found:
        raise ProblemsFound(found)
    config = _config(to_plain(whole), path.parent)
    return replace(config, unusable=unusable, crm=config.crm or next(iter(unusable), ""))


@cache
def schema() -> Mapping[str, Any]:
    """Give the JSON Schema of `dealgate.yaml`."""
    loaded: Mapping[str, Any] = json.loads(files("engine.runs").joinpath("config.schema.json").read_text("utf-8"))
    return loaded


class _Filled:
    """Puts environment variables in place of `${NAME}`, collecting those that are not set."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.problems: list[Problem] = []

    def node(self, node: Node) -> Node:
        match node:
            case MappingNode(place, entries):
                return MappingNode(place, tuple((key, self.node(value)) for key, value in entries))
            case ListNode(place, items):
                return ListNode(place, tuple(self.node(item) for item in items))
            case ScalarNode(place, text, quoted) if VARIABLE.search(text):
                return ScalarNode(place, VARIABLE.sub(lambda match: self._value(match, node), text), quoted=quoted)
            case _:
                return node

    def _value(self, match: re.Match[str], node: Node) -> str:
        name = match.group(1)
        if name not in self.environment:
            message = f"the environment variable `{name}` is not set"
            self.problems.append(Problem(node.place, "unset-variable", message, f"set it: `export {name}=...`"))
        return self.environment.get(name, match.group())


def _without_unusable(root: Node, environment: Mapping[str, str]) -> tuple[Node, dict[str, tuple[Problem, ...]]]:
    """Take out the CRMs that name variables which are not set."""
    unusable = {}
    for name, node in entries(root, "crms"):
        filled = _Filled(environment)
        filled.node(node)
        if filled.problems:
            unusable[name.text] = tuple(filled.problems)
    crms = mapping(root, "crms")
    if not unusable or crms is None or not isinstance(root, MappingNode):
        return root, {}
    kept = tuple((name, node) for name, node in entries(root, "crms") if name.text not in unusable)
    usable = [(key, MappingNode(crms.place, kept) if key.text == "crms" else node) for key, node in root.entries]
    return MappingNode(root.place, tuple(each for each in usable if kept or each[0].text != "crms")), unusable


def _without_unset_admin(root: Node, environment: Mapping[str, str]) -> Node:
    """Take out the admin API where its token is not set: then there is none."""
    filled, admin = _Filled(environment), mapping(root, "admin")
    if admin is None or not isinstance(root, MappingNode):
        return root
    filled.node(admin)
    if not filled.problems:
        return root
    return MappingNode(root.place, tuple(each for each in root.entries if each[0].text != "admin"))


def _references(written: Node) -> Iterator[Problem]:
    """Check what the schema cannot: names that must exist, and secrets that must not stand in the file."""
    values = to_plain(written)
    crm, crms = values.get("crm"), values.get("crms", {})
    if crm is not None and crm not in crms:
        place = node_at(written, ["crm"]).place
        yield Problem(place, "unknown-crm", f"no CRM is called `{crm}`", did_you_mean(crm, crms))
    if crm is None and len(crms) > 1 and isinstance(written, MappingNode):
        named = ", ".join(f"`{name}`" for name in sorted(crms))
        message = f"several CRMs are named ({named}), and none as the usual one"
        yield Problem(written.place_of("crms"), "no-usual-crm", message, "add `crm: NAME`")
    yield from _address_problems(node_at(written, ["store"]), "store")
    yield from _secrets_written(mapping(written, "admin"))
    yield from _proxy_problems(node_at(written, ["intake", "proxies"]))
    yield from retention_problems(written)
    for _, node in entries(written, "crms"):
        yield from _secrets_written(node)
        yield from _address_problems(node_at(node, ["url"]), "url")
        yield from _zone_problems(node_at(node, ["sweep", "timezone"]))


def _secrets_written(node: Node | None) -> Iterator[Problem]:
    """Find credentials that stand in the file itself."""
    if not isinstance(node, MappingNode):
        return
    for key, value in node.entries:
        if key.text in SECRET_KEYS and isinstance(value, ScalarNode) and not VARIABLE.fullmatch(value.text):
            message = f"`{key.text}` stands in clear"
            yield Problem(value.place, "secret-in-file", message, "write `${NAME}` and set that environment variable")
        yield from _secrets_written(value)


def _zone_problems(zone: Node) -> Iterator[Problem]:
    if isinstance(zone, ScalarNode) and zone.text not in time_zones():
        message = f"there is no time zone `{zone.text}`"
        yield Problem(zone.place, "unknown-time-zone", message, did_you_mean(zone.text, time_zones()))


def _proxy_problems(proxies: Node) -> Iterator[Problem]:
    for each in proxies.items if isinstance(proxies, ListNode) else ():
        if isinstance(each, ScalarNode) and network(each.text) is None:
            message = f"`{each.text}` is no address and no network"
            yield Problem(each.place, "wrong-form", message, "write one such as `127.0.0.1` or `10.0.0.0/8`")


def _address_problems(address: Node, key: str) -> Iterator[Problem]:
    """Find an address that is none, and one with a password in it."""
    if not isinstance(address, ScalarNode) or "://" not in address.text:
        return
    try:
        password = make_url(address.text).password
    except (ArgumentError, ValueError):
        yield Problem(address.place, "wrong-form", f"`{key}` is no address", f"write one such as `{STORE}`")
        return
    if password and not VARIABLE.fullmatch(str(password)):
        message = f"`{key}` holds a password in clear"
        yield Problem(address.place, "secret-in-file", message, "write `${NAME}` and set that environment variable")


def _config(values: Mapping[str, Any], folder: Path) -> Config:
    crms = {name: crm_settings(name, each, folder) for name, each in values.get("crms", {}).items()}
    return Config(
        crms=crms,
        crm=values.get("crm") or next(iter(crms), ""),
        playbooks=tuple(folder / each for each in values.get("playbooks", ())),
        store=_beside(values.get("store", STORE), folder),
        waivers=folder / values["waivers"] if "waivers" in values else None,
        correct_moves=values.get("correct_moves", False),
        limits=values.get("limits", {}),
        sweeps={name: sweep_times(each["sweep"]) for name, each in values.get("crms", {}).items() if "sweep" in each},
        intake=intake_settings(values.get("intake", {})),
        admin=Secret(values["admin"]["token"]) if "admin" in values else None,
        retention=retention_of(values.get("retention", {})),
    )


def _beside(store: str, folder: Path) -> str:
    """Resolve a relative SQLite file against the folder of the configuration."""
    if "://" not in store:
        return str(folder / store)
    prefix, _, rest = store.partition(":///")
    relative = prefix == "sqlite" and rest and not rest.startswith("/")
    return f"sqlite:///{folder / rest}" if relative else store
