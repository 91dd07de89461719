"""Reads a field path of a row, through references, and lays rows out as the API does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.simulators.salesforce.derived import COMPUTED
from tests.simulators.salesforce.schema import Field, Thing
from tests.simulators.salesforce.table import Record
from tests.simulators.salesforce.wire import Refused

if TYPE_CHECKING:
    from tests.simulators.salesforce.org import Org

Reader = Callable[[Record], Any]
AS_NAMES = ("Id", "Name", "Type", "FirstName", "LastName", "Email", "Title", "Alias")
"""What a reference to several kinds of records lets one read."""


def no_such(path: str, thing: Thing) -> Refused:
    """Word the refusal of a field that is not there, or that the signed-in user may not see."""
    return Refused("INVALID_FIELD", f"No such column '{path}' on entity '{thing.name}'. If you are attempting to use a "
                   "custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or "
                   "the describe call for the appropriate names.")  # fmt: skip


def found_field(org: Org, thing: Thing, path: str) -> tuple[Field, str]:
    """Find the field a path ends at, and the path as the API spells it; raises Refused where there is none."""
    whole = org.field(thing.name, path)
    if whole is not None:
        return whole, whole.name
    first, dot, rest = path.partition(".")
    link = thing.of_relation(first) if dot else None
    if link is None or org.field(thing.name, link.name) is None:
        relation = f"Didn't understand relationship '{first}' in field path. If you are attempting to use a custom "
        more = (
            "relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL "
        )
        raise (
            Refused("INVALID_FIELD", f"{relation}{more}or the describe call for the appropriate names.")
            if dot
            else no_such(path, thing)
        )
    if len(link.refers_to) > 1 and rest.lower() == "type":
        return Field("Type", "string", 40), f"{link.relation}.Type"
    targets = [each for each in link.refers_to if each.lower() in org.things]
    for target in targets:
        if len(targets) == 1 or rest in AS_NAMES or "." in rest or org.field(target, rest) is not None:
            if len(targets) > 1 and org.things[target.lower()].find(rest.partition(".")[0]) is None and "." not in rest:
                continue
            field, spelled = found_field(org, org.thing(target), rest)
            return field, f"{link.relation}.{spelled}"
    raise no_such(rest, Thing("Name", ""))


def reader(org: Org, thing: Thing, path: str) -> Reader:
    """Give what reads a path of a row; raises Refused where there is none such."""
    field, _ = found_field(org, thing, path)
    own = org.field(thing.name, path)
    if own is not None:
        return _own(org, thing, own)
    first, _, rest = path.partition(".")
    link = thing.of_relation(first)
    assert link is not None
    name = link.name
    if rest.lower() == "type" and len(link.refers_to) > 1:
        among = link.refers_to
        return lambda row: org.object_of(row.get(name), among) or None
    if len(link.refers_to) == 1:
        table = org.records[link.refers_to[0]]
        through = reader(org, org.thing(link.refers_to[0]), rest)

        def one(row: Record) -> Any:
            parent = table.get(row.get(name))
            return None if parent is None else through(parent)

        return one
    return _any(org, link, rest, empty=False if field.kind == "boolean" else None)


def parent_of(org: Org, link: Field) -> Callable[[Record], tuple[str, Record] | None]:
    """Give what finds the object and the row that a reference leads to."""
    if len(link.refers_to) == 1:
        target = link.refers_to[0]
        return lambda row: (target, org.records[target][row[link.name]]) if _leads(org, link, target, row) else None

    def several(row: Record) -> tuple[str, Record] | None:
        target = org.object_of(row.get(link.name), link.refers_to)
        return (target, org.records[target][row[link.name]]) if target else None

    return several


def _leads(org: Org, link: Field, target: str, row: Record) -> bool:
    return target in org.records and row.get(link.name) in org.records[target]


def _own(org: Org, thing: Thing, field: Field) -> Reader:
    computed = COMPUTED.get((thing.name, field.name))
    if computed is not None:
        return lambda row: computed(org, row)
    name, empty = field.name, False if field.kind == "boolean" else None
    return lambda row: row.get(name, empty)


def _any(org: Org, link: Field, rest: str, *, empty: Any) -> Reader:
    """Read through a reference to several kinds of records."""
    parents = parent_of(org, link)
    readers: dict[str, Reader] = {}

    def read(row: Record) -> Any:
        found = parents(row)
        if found is None:
            return empty
        target, parent = found
        if target not in readers:
            try:
                readers[target] = reader(org, org.thing(target), rest)
            except Refused:
                readers[target] = lambda _: empty
        return readers[target](parent)

    return read


Layout = Callable[[Record], dict[str, Any]]


def layout(org: Org, thing: Thing, paths: list[str], version: str) -> Layout:
    """Give what lays a row out as the API does: attributes, own fields, and parents nested in it."""
    base = f"/services/data/v{version}/sobjects/{thing.name}/"
    own, nested = [], {}
    for path in paths:
        field = org.field(thing.name, path)
        if field is not None and "." not in field.name:
            own.append((field.name, _own(org, thing, field)))
        else:
            first, _, rest = path.partition(".")
            nested.setdefault(first.lower(), []).append(rest)
    parents = [_nested(org, thing, first, rests, version) for first, rests in nested.items()]

    def laid_out(row: Record) -> dict[str, Any]:
        answer: dict[str, Any] = {"attributes": {"type": thing.name, "url": f"{base}{row.get('Id')}"}}
        for name, read in own:
            answer[name] = read(row)
        for relation, parent in parents:
            answer[relation] = parent(row)
        return answer

    return laid_out


def _nested(
    org: Org, thing: Thing, first: str, rests: list[str], version: str
) -> tuple[str, Callable[[Record], dict[str, Any] | None]]:
    link = thing.of_relation(first)
    if link is None:
        fields = [org.field(thing.name, f"{first}.{rest}") for rest in rests]
        relation = next(each.name.partition(".")[0] for each in fields if each)
        names = [each.name for each in fields if each]
        return (
            relation,
            lambda row: {"attributes": {"type": relation}} | {name.partition(".")[2]: row.get(name) for name in names},
        )
    parents = parent_of(org, link)
    several = len(link.refers_to) > 1
    layouts: dict[str, Layout] = {}

    def laid_out(row: Record) -> dict[str, Any] | None:
        found = parents(row)
        if found is None:
            return None
        target, parent = found
        if target not in layouts:
            layouts[target] = (
                _names(org, target, rests, version) if several else layout(org, org.thing(target), rests, version)
            )
        return layouts[target](parent)

    return link.relation, laid_out


def _names(org: Org, target: str, rests: list[str], version: str) -> Layout:
    """Lay out a parent of one of several kinds: each field that its kind has, and its kind as `Type`."""
    thing = org.thing(target)
    there = [each for each in rests if each.lower() != "type" and _has(org, thing, each)]
    inner = layout(org, thing, there, version)

    def laid_out(row: Record) -> dict[str, Any]:
        missing = {each: None for each in rests if each not in there and each.lower() != "type"}
        kind = {"Type": target} if any(each.lower() == "type" for each in rests) else {}
        return inner(row) | kind | missing

    return laid_out


def _has(org: Org, thing: Thing, path: str) -> bool:
    try:
        found_field(org, thing, path)
    except Refused:
        return False
    return True
