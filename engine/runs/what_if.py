"""What-ifs: `field=value` words become the deal's tables as they would be, to be judged like any other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from engine.judge.tables import ARROW_TYPES, Tables, canonical_types
from engine.runs.cases.values import Typing
from engine.runs.mistakes import Mistake
from rules.literals import NotAValueError
from rules.playbook import Outcome, Playbook, Stage
from rules.problems import did_you_mean
from rules.types import KNOWN_VALUES, FieldType

OWNED_BY = {"account": ("accounts", "account_id"), "owner": ("owners", "owner_id")}
NOTHING = {"", "null", "none"}
KEYS = {"id", "owner_id", "account_id"}


def changed(tables: Tables, wishes: Iterable[str], playbook: Playbook, crm: str) -> Tables:
    """Give the tables of one deal with `field=value` put in; an empty value takes the field away."""
    for wish in wishes:
        name, equals, text = (part.strip() for part in wish.partition("="))
        if not equals:
            raise Mistake(f"`--if {wish}` sets nothing", "write `--if field=value`, such as `--if amount=50000`")
        tables = _with(tables, name, text, playbook, crm)
    return tables


def _with(tables: Tables, name: str, text: str, playbook: Playbook, crm: str) -> Tables:
    table, column = _column(name, playbook)
    kind = canonical_types(playbook)[table][column]
    value = None if text.lower() in NOTHING else _value(name, text, kind, playbook)
    known = KNOWN_VALUES.get((table, column))
    if known and value is not None and value not in known:
        raise Mistake(f"`{name}` cannot be `{text}`", did_you_mean(text, known))
    if column == "stage" and table == "deals" and value is not None:
        value = _stage(text, playbook, crm)
    return replace(tables, tables={**tables.tables, table: _put(tables, table, column, value, kind)})


def _column(name: str, playbook: Playbook) -> tuple[str, str]:
    owner, dot, column = name.partition(".")
    types = canonical_types(playbook)
    table = OWNED_BY[owner][0] if dot and owner in OWNED_BY else "deals"
    column = column if table != "deals" else name.removeprefix("deal.")
    if column in types[table] and column not in KEYS:
        return table, column
    prefixes = {"": "deals", "account.": "accounts", "owner.": "owners"}
    known = [f"{prefix}{each}" for prefix, owned in prefixes.items() for each in types[owned] if each not in KEYS]
    raise Mistake(f"a deal has no field `{name}` to change", did_you_mean(name, known))


def _value(name: str, text: str, kind: FieldType, playbook: Playbook) -> Any:  # noqa: ANN401 - what the field holds
    if kind is FieldType.CHOICES:
        return [each.strip() for each in text.split(";") if each.strip()]
    try:
        return Typing(playbook).read(text, kind)
    except NotAValueError as error:
        raise Mistake(f"`{name}`: {error.message}", error.help_text) from None


def _stage(text: str, playbook: Playbook, crm: str) -> str:
    """Name a stage or outcome as the CRM does, by its id, title or the CRM's own name."""
    places: list[Stage | Outcome] = [*playbook.stages, *playbook.outcomes]
    names = {each.id: each.crm.get(crm, each.id) for each in places}
    titles = {stage.title: names[stage.id] for stage in playbook.stages}
    found = names.get(text) or titles.get(text) or (text if text in names.values() else None)
    if found is None:
        raise Mistake(f"the playbook has no stage `{text}`", did_you_mean(text, names))
    return found


def _put(tables: Tables, table: str, column: str, value: object, kind: FieldType) -> pa.Table:
    present = tables.tables.get(table)
    rows: Sequence[str | None] = []
    if present is not None:
        key = "id" if table == "deals" else next(key for owned, key in OWNED_BY.values() if owned == table)
        rows = tables["deals"][key].to_pylist() if key in tables["deals"].column_names else []
    if present is None or not pc.any(pc.is_in(present["id"], value_set=pa.array(rows, pa.string()))).as_py():
        raise Mistake(f"the CRM knows no {table.removesuffix('s')} of this deal")
    old = present[column].to_pylist() if column in present.column_names else [None] * present.num_rows
    values = [value if each in rows else before for each, before in zip(present["id"].to_pylist(), old, strict=True)]
    filled = pa.array(values, ARROW_TYPES[kind])
    place = present.schema.get_field_index(column)
    return present.append_column(column, filled) if place < 0 else present.set_column(place, column, filled)
