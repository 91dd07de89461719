"""What deals are judged from beside their tables: what the CRM is called, waivers, and texts that deals share."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from engine.judge.copies import SCHEMA as TEXTS
from engine.judge.kept_tables import of_deals, pressed, unpressed
from engine.judge.tables import Tables, joined
from engine.judge.waivers import Waiver

WAIVER = tuple(each.name for each in fields(Waiver))


@dataclass(frozen=True)
class Context:
    """What judging takes beside tables, playbooks and the as-of.

    `crm` is the connector's name, by which playbooks call stages and roles; `texts` are those that open deals of
    several accounts share, over the whole pipeline (None: no playbook asks).
    """

    crm: str
    waivers: tuple[Waiver, ...] = ()
    texts: pa.Table | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that a batch was judged from, beside the playbooks and the as-of."""

    tables: Tables
    context: Context

    def of(self, deal_ids: Iterable[str]) -> Inputs:
        """Cut it down to what some deals are judged from."""
        tables = of_deals(self.tables, deal_ids)
        return Inputs(tables, context_of(self.context, tables))


def joined_inputs(several: Sequence[Inputs]) -> Inputs:
    """Put together what pieces of one run were judged from, where the CRM delivered the same columns."""
    first, *more = several
    if not more:
        return first
    texts = [each.context.texts for each in several if each.context.texts is not None]
    once = pa.concat_tables(texts).group_by(TEXTS.names).aggregate([]) if texts else None
    waivers = tuple(dict.fromkeys(waiver for each in several for waiver in each.context.waivers))
    return Inputs(joined([each.tables for each in several]), Context(first.context.crm, waivers, once))


def context_to_bytes(context: Context) -> bytes:
    """Lay a context out as bytes."""
    values = {
        "crm": context.crm,
        "waivers": [{name: _word(getattr(each, name)) for name in WAIVER} for each in context.waivers],
        "texts": None if context.texts is None else context.texts.to_pylist(),
    }
    return pressed(json.dumps(values, sort_keys=True).encode())


def context_from_bytes(data: bytes) -> Context:
    """Read back what `context_to_bytes` laid out; raises ValueError where these are other bytes."""
    values = json.loads(unpressed(data))
    texts = values["texts"]
    waivers = tuple(_waiver(each) for each in values["waivers"])
    return Context(values["crm"], waivers, None if texts is None else pa.Table.from_pylist(texts, schema=TEXTS))


def context_of(context: Context, tables: Tables) -> Context:
    """Cut a context down to what the deals of these tables are judged by."""
    ids = set(tables.deal_ids)
    waivers = tuple(each for each in context.waivers if each.deal_id in ids)
    texts = None if context.texts is None else _texts_of(context.texts, tables["deals"])
    return Context(context.crm, waivers, texts)


def _texts_of(texts: pa.Table, deals: pa.Table) -> pa.Table:
    """Give the texts that some of the deals may hold; which do is the query's to say."""
    names = [name for name in pc.unique(texts["field"]).to_pylist() if name in deals.column_names]
    held = {(name, text) for name in names for text in _rough(deals[name].to_pylist())}
    pairs = zip(texts["field"].to_pylist(), _rough(texts["text"].to_pylist()), strict=True)
    return texts.filter(pa.array([pair in held for pair in pairs], pa.bool_()))


def _rough(texts: Iterable[str | None]) -> Sequence[str]:
    """Write texts so that any two the query takes for one are one."""
    return ["".join((text or "").split()).casefold() for text in texts]


def _word(value: str | datetime) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _waiver(values: Mapping[str, str]) -> Waiver:
    granted, expires = (datetime.fromisoformat(values[name]) for name in ("granted_at", "expires_at"))
    words = {name: values[name] for name in ("deal_id", "criterion", "reason", "approver")}
    return Waiver(**words, granted_at=granted, expires_at=expires)
