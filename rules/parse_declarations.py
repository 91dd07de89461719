"""Reads what a playbook declares before it asks anything: fields, records, roles, rates, waivers; and all its names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from rules.catalogue import CARDS, TABLE_OF_PREFIX, Catalogue
from rules.identifiers import finding_ids
from rules.literals import NotAValueError, read_number
from rules.node_reading import child, entries, mapping, mappings, number, scalar, text, texts
from rules.parse_criteria import parse_plain_duration
from rules.parse_stages import ALWAYS, crm_names
from rules.parsing import Parsing
from rules.playbook import Record, Role
from rules.policies import OPEN, USUALLY_STALE_AFTER, GatePolicy, WaiverPolicy
from rules.types import STANDARD_TABLES, Field, FieldType, Unit
from rules.yaml_nodes import Node, ScalarNode


def parse_fields(root: Node) -> tuple[Field, ...]:
    """Read the columns a playbook reads beyond the standard ones."""
    return tuple(_field(name, node) for name, node in entries(root, "fields"))


def parse_records(root: Node) -> tuple[Record, ...]:
    """Read the related tables beyond the standard ones."""
    return tuple(_record(name, node) for name, node in entries(root, "records"))


def parse_roles(root: Node) -> tuple[Role, ...]:
    """Read the people a playbook asks for."""
    return tuple(
        Role(name.text, {crm.text: texts(node, crm.text) for crm, _ in entries(node)})
        for name, node in entries(root, "roles")
    )


def parse_rates(root: Node, parsing: Parsing) -> Mapping[str, Decimal]:
    """Read what one unit of other currencies is worth."""
    rates: dict[str, Decimal] = {}
    for currency, node in entries(root, "rates"):
        try:
            rates[currency.text] = read_number(node.text if isinstance(node, ScalarNode) else "")
        except NotAValueError as why:
            parsing.refuse(node.place, "wrong-value", why)
            continue
        if rates[currency.text] <= 0:
            parsing.add(node.place, "wrong-value", f"the rate of `{currency.text}` must be more than nothing")
    return rates


def parse_waivers(root: Node, parsing: Parsing) -> WaiverPolicy:
    """Read who may make exceptions, and how many."""
    node = mapping(root, "waivers")
    budget = number(node, "open_per_owner") if scalar(node, "open_per_owner") is not None else None
    return WaiverPolicy(texts(node, "approvers"), parse_plain_duration(scalar(node, "at_most"), parsing), budget)


def parse_gates(root: Node, parsing: Parsing) -> GatePolicy:
    """Read what gates in the CRM do when they have not been refreshed for long."""
    node = mapping(root, "gates")
    written = scalar(node, "stale_after")
    after = parse_plain_duration(written, parsing) or USUALLY_STALE_AFTER
    if written is not None and after.unit is Unit.BUSINESS_DAYS:
        message = "`stale_after` is asked by the CRM, which does not know business days"
        parsing.add(written.place, "wrong-duration", message, "write days, weeks or hours, such as `3 days`")
    return GatePolicy(after, text(node, "when_stale", OPEN))


def with_names_of(root: Node, fields: tuple[Field, ...], records: tuple[Record, ...], plain: Catalogue) -> Catalogue:
    """Gather all names of a playbook, so that its conditions can be checked wherever they stand."""
    columns = {table: dict(standard) for table, standard in STANDARD_TABLES.items()}
    for record in records:
        columns[record.id] = {"deal_id": FieldType.TEXT, **{each.id: each.type for each in record.fields}}
    for each in fields:
        columns[each.table][each.id] = each.type
    outcomes = [name.text for name, _ in entries(root, "outcomes")]
    return replace(
        plain,
        columns=columns,
        records=tuple(record.id for record in records),
        stages=tuple(text(stage, "id") for stage in mappings(root, "stages")),
        outcomes=tuple(dict.fromkeys((*outcomes, *ALWAYS))),
        roles=tuple(name.text for name, _ in entries(root, "roles")),
        segments=tuple(name.text for name, _ in entries(root, "segments")),
        dimensions={card: _dimensions(root, card) for card in CARDS if mapping(root, card) is not None},
        flags=tuple(dict.fromkeys(_flags(root))),
        findings=(*plain.findings, *(name.text for name, _ in finding_ids(root))),
    )


def _dimensions(root: Node, card: str) -> tuple[str, ...]:
    return tuple(text(dimension, "id") for dimension in mappings(mapping(root, card), "dimensions"))


def _flags(root: Node) -> Iterator[str]:
    """Yield the flags that rules and the steps of clocks can raise."""
    for rule in mappings(root, "rules"):
        yield from texts(child(rule, "then"), "flag")
    for _, clock in entries(root, "clocks"):
        for step in mappings(clock, "steps"):
            yield from texts(child(step, "then"), "flag")


def _field(name: ScalarNode, node: Node) -> Field:
    owner = text(node, "of", "deal")
    table = TABLE_OF_PREFIX.get(owner, owner if owner in STANDARD_TABLES else "deals")
    return Field(name.text, _type(node), table, crm_names(node))


def _record(name: ScalarNode, node: Node) -> Record:
    fields = tuple(Field(key.text, _type(value), name.text, crm_names(value)) for key, value in entries(node, "fields"))
    return Record(name.text, fields, crm_names(node))


def _type(node: Node) -> FieldType:
    written = text(node, "type")
    return FieldType(written) if written in set(FieldType) else FieldType.TEXT
