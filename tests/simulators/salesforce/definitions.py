"""The rows of FieldDefinition, which tell of every field of the org."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tests.simulators.salesforce.schema import Thing, words_of
from tests.simulators.salesforce.table import Record


def definitions(things: Iterable[Thing]) -> Iterator[Record]:
    """Give a row for each field."""
    for thing in things:
        for each in thing.fields.values():
            yield {
                "Id": "000000000000000AAA", "DurableId": f"{thing.name}.{each.name}", "QualifiedApiName": each.name,
                "EntityDefinition.QualifiedApiName": thing.name, "Label": each.label or words_of(each.name),
                "DataType": each.shown_type, "IsFieldHistoryTracked": each.tracked,
            }  # fmt: skip
