"""Fetches what a column's origin says out of a row's cells: a column, a constant, a template, or another file's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from connectors.local.importing.convert import whole_number
from connectors.local.importing.mapping import Lookup, Origin, names_in
from connectors.local.values import RefusedValueError
from connectors.troubles import shown

Fetched = tuple[str | None, bool]
"""A text, or None where there is none, and whether it is in canonical form already."""

Fetch = Callable[[Sequence[str]], Fetched]

Index = Mapping[str, str | None]
"""What another file holds by key; None where it holds different things under the same key."""

Indexes = Mapping[tuple[str, str, str], Index]
"""The index of every lookup by file, key column and column taken."""

ABSENT: Fetched = (None, False)


class RefusedCellError(RefusedValueError):
    """A written value cannot be taken; `text` is the value and `column` names where it stands."""

    def __init__(self, column: str, text: str, reason: str, advice: str = "") -> None:
        where = f"column {shown(column)}: " if column else ""
        super().__init__(f"{where}{shown(text)} is {reason}", advice)


def fetcher(origin: Origin, columns: Mapping[str, int], indexes: Indexes) -> Fetch:
    """Make what fetches an origin's value from the cells of a file with these columns."""
    raw = _raw(origin, columns, indexes)
    if not (origin.values or origin.whole or origin.absent):
        return raw

    def fetch(cells: Sequence[str]) -> Fetched:
        text, canonical = raw(cells)
        if text is None or canonical or text in origin.absent:
            return (text, canonical) if canonical else _kept(text, origin.absent)
        if origin.values:
            return _mapped(text, origin)
        return (_whole(text, origin), False) if origin.whole else (text, False)

    return fetch


def index_key(lookup: Lookup) -> tuple[str, str, str]:
    """Name the index a lookup reads."""
    return lookup.file, lookup.key, lookup.take


def _raw(origin: Origin, columns: Mapping[str, int], indexes: Indexes) -> Fetch:
    if origin.lookup is not None:
        return _looked_up(origin.lookup, columns, indexes)
    if origin.templates:
        return _templated(origin.templates, columns)
    if origin.column:
        number = columns[origin.column]
        return lambda cells: (cells[number].strip() or None, False)
    return lambda _: (origin.constant or None, True)


def _templated(templates: Sequence[str], columns: Mapping[str, int]) -> Fetch:
    """Fill the first template whose columns all hold something."""

    def fetch(cells: Sequence[str]) -> Fetched:
        for template in templates:
            held = {name: cells[columns[name]].strip() for name in names_in(template)}
            if all(held.values()):
                return _filled(template, held), False
        return ABSENT

    return fetch


def _filled(template: str, held: Mapping[str, str]) -> str:
    head, *parts = template.split("{")
    return head + "".join(held[name] + rest for name, _, rest in (part.partition("}") for part in parts))


def _looked_up(lookup: Lookup, columns: Mapping[str, int], indexes: Indexes) -> Fetch:
    by, index = fetcher(lookup.by, columns, indexes), indexes[index_key(lookup)]

    def fetch(cells: Sequence[str]) -> Fetched:
        key, _ = by(cells)
        if key is None:
            return ABSENT
        if key not in index and lookup.refuse:
            reason = f"not in the column {shown(lookup.key)} of {shown(lookup.file)}"
            raise RefusedCellError(lookup.by.words, key, reason, "add it there, map it in `values`, or set `missing`")
        if key in index and index[key] is None:
            reason = f"in {shown(lookup.file)} more than once, each time with another {shown(lookup.take)}"
            raise RefusedCellError(lookup.by.words, key, reason)
        return index.get(key) or None, False

    return fetch


def _kept(text: str | None, absent: frozenset[str]) -> Fetched:
    return ABSENT if text is None or text in absent else (text, False)


def _mapped(text: str, origin: Origin) -> Fetched:
    if text in origin.values:
        return origin.values[text] or None, True
    if origin.unmapped == "refuse":
        advice = "name it there, or set `unmapped: keep`"
        raise RefusedCellError(origin.words, text, "not among the declared `values`", advice)
    return (text, False) if origin.unmapped == "keep" else ABSENT


def _whole(text: str, origin: Origin) -> str:
    try:
        return whole_number(text)
    except RefusedValueError as error:
        raise RefusedCellError(origin.words, text, error.reason, error.help) from None
