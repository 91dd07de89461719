"""Reads who belongs to whom: the associations of 1,000 records a call, each with its labels.

A list of records gives associated ids too, but no labels, and of very many only the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from typing import Any

import pyarrow as pa

from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.settings import API
from connectors.mirror.mirror import DELETED

RECORDS_A_CALL = 1_000
DEAL_TO_PRIMARY_COMPANY = 5
PRIMARY = frozenset({DEAL_TO_PRIMARY_COMPANY, 6})
"""HubSpot's own types of a deal's primary company, from either side."""
LISTED_PRIMARY = "deal_to_company"
HUBSPOT_DEFINED = "HUBSPOT_DEFINED"

SCHEMA = pa.schema(
    [
        ("Id", pa.string()),
        ("From", pa.string()),
        ("To", pa.string()),
        ("Labels", pa.list_(pa.string())),
        ("Primary", pa.bool_()),
        (DELETED, pa.bool_()),
    ]
)

Inputs = list[dict[str, str]]


def table_of(from_: str, to: str) -> str:
    """Name the mirror's table of the associations between two objects."""
    return f"{from_} {to}"


def read_associations(client: HubSpotClient, from_: str, to: str, ids: Sequence[str]) -> Iterator[pa.Table]:
    """Yield the associations of records; one with very many goes on in the calls that follow."""
    path = API.associations(from_, to, "batch", "read")
    waiting: Inputs = [{"id": each} for each in ids]
    while waiting:
        some, waiting = waiting[:RECORDS_A_CALL], waiting[RECORDS_A_CALL:]
        results = client.send("POST", path, {"inputs": some}, retry=True).body.get("results") or ()
        waiting += [each for result in results for each in _goes_on(result)]
        yield _rows(results)


def calls_to_associate(records: int) -> int:
    """Say how many calls read the associations of so many records with one object."""
    return ceil(records / RECORDS_A_CALL)


def listed_beside(records: Sequence[Mapping[str, Any]], to: str) -> tuple[list[str], pa.Table]:
    """Give the associations that records of a list came with, and of which records they are whole.

    An associated company comes once for each type of association; the type without a further word is the primary one.
    """
    told = {str(record["id"]): _beside(record).get(to) or {} for record in records}
    whole = {id_: each for id_, each in told.items() if not (each.get("paging") or {}).get("next")}
    results = [
        {"from": {"id": id_}, "to": [{"toObjectId": other, "associationTypes": types} for other, types in each.items()]}
        for id_, each in ((id_, _types_by_id(each.get("results") or ())) for id_, each in whole.items())
    ]
    return list(whole), _rows(results)


def are_named(records: Sequence[Mapping[str, Any]], asked: Sequence[str]) -> bool:
    """Whether a list calls the objects beside its records by the names they were asked by."""
    return all(_beside(record).keys() <= set(asked) for record in records)


def _beside(record: Mapping[str, Any]) -> Mapping[str, Any]:
    return record.get("associations") or {}


def _types_by_id(results: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for each in results:
        primary = each.get("type") == LISTED_PRIMARY
        types = [{"category": HUBSPOT_DEFINED, "typeId": DEAL_TO_PRIMARY_COMPANY}] if primary else []
        found.setdefault(str(each["id"]), []).extend(types)
    return found


def _goes_on(result: Mapping[str, Any]) -> Inputs:
    after = ((result.get("paging") or {}).get("next") or {}).get("after")
    return [{"id": str(result["from"]["id"]), "after": str(after)}] if after else []


def _rows(results: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Lay associations out; the ids of the others may come as numbers."""
    pairs = [(str(result["from"]["id"]), str(each["toObjectId"]), each) for result in results for each in result["to"]]
    types = [each.get("associationTypes") or () for _, _, each in pairs]
    return pa.table(
        [
            pa.array([f"{from_}:{to}" for from_, to, _ in pairs], pa.string()),
            pa.array([from_ for from_, _, _ in pairs], pa.string()),
            pa.array([to for _, to, _ in pairs], pa.string()),
            pa.array([_labels(each) for each in types], pa.list_(pa.string())),
            pa.array([any(_is_primary(one) for one in each) for each in types], pa.bool_()),
            pa.array([False] * len(pairs), pa.bool_()),
        ],
        schema=SCHEMA,
    )


def _labels(types: Sequence[Mapping[str, Any]]) -> list[str]:
    """Give the labels that people see, sorted; the plain association has none."""
    return sorted({str(each["label"]).strip() for each in types if each.get("label") and not _is_primary(each)})


def _is_primary(type_: Mapping[str, Any]) -> bool:
    return type_.get("category") == HUBSPOT_DEFINED and type_.get("typeId") in PRIMARY
