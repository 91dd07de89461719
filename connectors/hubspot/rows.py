"""Makes typed Arrow rows of the records that HubSpot sends; what does not parse is null, and named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from connectors.hubspot.standard import MERGED
from connectors.hubspot.unreadable import Unreadable
from connectors.hubspot.values import arrow_type, typed
from connectors.hubspot.wanted import Source
from connectors.mirror.mirror import DELETED
from rules.problems import Place, Problem

Record = Mapping[str, Any]


class Typing:
    """Types the records of one account, and keeps what was refused of them.

    `gone` are the properties, each with its object, that were asked for and left out of an answer: HubSpot says nothing
    of one that was deleted, and gives null for one that is not set.
    """

    def __init__(self, account: str, unreadable: Unreadable | None = None) -> None:
        self._place = Place(account)
        self.unreadable = unreadable or Unreadable()
        self.gone = set[tuple[str, str]]()

    @property
    def problems(self) -> list[Problem]:
        """The values that did not parse."""
        return self.unreadable.problems(self._place)

    def rows(self, records: Sequence[Record], source: Source) -> pa.Table:
        """Type records of an object; those that were merged into others are told as gone."""
        found = [*({"id": each, "archived": True} for each in merged_away(records)), *_once(records)]
        told = next((each["properties"] for each in records if each.get("properties")), None)
        if told is not None:
            self.gone |= {(source.object, name) for name in source.kinds if name not in told}
        self.unreadable.read_again(source.object, [str(each["id"]) for each in found])
        columns = [self._column(found, source, name, kind) for name, kind in source.kinds.items()]
        ids = pa.array([str(record["id"]) for record in found], pa.string())
        gone = pa.array([bool(record.get("archived")) for record in found], pa.bool_())
        return pa.table([ids, *columns, gone], schema=schema_of(source))

    def _column(self, records: Sequence[Record], source: Source, name: str, kind: str) -> pa.Array:
        texts = [_text((record.get("properties") or {}).get(name)) for record in records]
        values, wrong = typed(texts, kind)
        for place in wrong:
            self.unreadable.add((source.object, str(records[place]["id"]), name), kind, str(texts[place]))
        return values


def schema_of(source: Source) -> pa.Schema:
    """Give the schema an object's records are held in: the id, a column a property, and whether it is gone."""
    columns = [(name, arrow_type(kind)) for name, kind in source.kinds.items()]
    return pa.schema([("Id", pa.string()), *columns, (DELETED, pa.bool_())])


def merged_away(records: Sequence[Record]) -> list[str]:
    """Name the records that were merged into these: they are no longer there under their own ids."""
    texts = (_text((record.get("properties") or {}).get(MERGED)) for record in records)
    return sorted({each.strip() for text in texts if text for each in text.split(";") if each.strip()})


def _once(records: Sequence[Record]) -> list[Record]:
    """Keep the last of records that came twice."""
    return list({str(record["id"]): record for record in records}.values())


def _text(value: object) -> str | None:
    """Give a value's text, null for a blank one; numbers and booleans where texts belong are taken as written."""
    if value is None or value == "":
        return None
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
