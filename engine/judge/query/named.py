"""The names verdicts are told with, beside each deal: for answers that come without the tables they rest on."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from engine.judge.query.scope import Build
from engine.judge.tables import Tables

DEAL: Mapping[str, str] = {each: f"_named.{each}" for each in ("name", "stage", "account_id", "owner_id")}
"""The deal's own columns as they came, by the names the query gives them."""
PARENTS: Mapping[str, tuple[str, str]] = {
    "accounts": ("_named.account_id", "_named.account"),
    "owners": ("_named.owner_id", "_named.owner"),
}
"""The tables a deal points into: the column that holds the key, and the one that holds the name."""
PEOPLE = "_named.people"


def add_names(build: Build) -> tuple[str, ...]:
    """Put beside each deal its name, its account's, its owner's and its contacts'; give the columns' names."""
    deals = build.source("deals")
    build.frame.join(
        build.frame.side(deals.select(_named=deals.id, **{name: deals[each] for each, name in DEAL.items()})),
        {"id": "_named"},
    )
    for table, (key, name) in PARENTS.items():
        rows = build.source(table)
        build.frame.join(build.frame.side(rows.select(**{f"{key}.id": rows.id, name: rows.name})), {key: f"{key}.id"})
    contacts = build.source("contacts")
    known = build.frame.side(contacts.filter(contacts.id.notnull() & contacts.name.notnull()))
    person = ibis.struct({"id": known.id, "name": known.name})
    build.frame.join(build.frame.side(known.group_by("deal_id").agg(**{PEOPLE: person.collect()})))
    return (*DEAL.values(), *(name for _, name in PARENTS.values()), PEOPLE)


def named_tables(answer: pa.Table) -> Tables:
    """Give tables that hold the names of an answer, and nothing else."""
    deals = pa.table({"id": answer["id"]} | {each: answer[name] for each, name in DEAL.items()})
    return Tables({"deals": deals, "contacts": _people(answer)} | {each: _parents(answer, each) for each in PARENTS})


def _parents(answer: pa.Table, table: str) -> pa.Table:
    key, name = PARENTS[table]
    pairs = dict(zip(answer[key].to_pylist(), answer[name].to_pylist(), strict=True))
    return pa.table({"id": pa.array(pairs, pa.string()), "name": pa.array(pairs.values(), pa.string())})


def _people(answer: pa.Table) -> pa.Table:
    people = answer[PEOPLE].combine_chunks()
    deals = answer["id"].take(pc.list_parent_indices(people))
    listed = pc.list_flatten(people)
    return pa.table({"deal_id": deals, "id": pc.struct_field(listed, "id"), "name": pc.struct_field(listed, "name")})
