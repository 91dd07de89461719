"""Judging tables of deals: a compiled playbook prepared once on an embedded DuckDB and fed batch after batch.

Nothing is read from a clock; the as-of is a one-row table. What a registered name yields is swapped, never the
registration itself: re-registering under a prepared statement would return old answers. Everything is fed as Arrow:
a table of DuckDB's own in the query would have it planned anew at every run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from engine.judge.calendar import BusinessCalendar
from engine.judge.copies import SCHEMA as TEXTS
from engine.judge.copies import shared_texts
from engine.judge.judged import Judged
from engine.judge.query.compiled import Compiled, compile_playbook
from engine.judge.seen import Look
from engine.judge.tables import Tables, canonical_schemas
from engine.judge.telling import look_for
from engine.judge.verdict_making import verdicts_of
from engine.judge.verdicts import Verdict
from engine.judge.waivers import Waiver
from rules.playbook import Playbook

CHUNK = 8_192
"""Rows a piece, so that DuckDB reads one batch on every core."""
WAIVERS = pa.schema([("deal_id", pa.string()), ("_waived", pa.list_(pa.string()))])
AS_OF = pa.schema([("as_of", pa.timestamp("us", tz="UTC"))])


class _Feed:
    """What DuckDB reads under a registered name: always the table of the present batch."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        return self.table.schema.__arrow_c_schema__()


class Prepared:
    """One compiled query, prepared on a connection of its own; close it when done."""

    def __init__(self, compiled: Compiled, calendar: BusinessCalendar, threads: int | None = None) -> None:
        self.compiled = compiled
        self.schemas = canonical_schemas(compiled.playbook)
        self._connection = duckdb.connect(config={"threads": threads} if threads else {})
        self._connection.execute(f"SET TimeZone = '{compiled.playbook.calendar.timezone}'")
        # Pulling projections up finds nothing in a chain of added columns, and takes half the time of planning.
        self._connection.execute("SET disabled_optimizers = 'projection_pullup'")
        empty = {name: schema.empty_table() for name, schema in self.schemas.items()}
        empty |= {
            "_as_of": AS_OF.empty_table(),
            "_waivers": WAIVERS.empty_table(),
            "_shared_texts": TEXTS.empty_table(),
        }
        empty["_calendar"] = calendar.table(compiled.offsets)
        self._feeds = {name: _Feed(table) for name, table in empty.items()}
        for name, feed in self._feeds.items():
            self._connection.register(name, feed)
        self._connection.execute(f"PREPARE judge AS {compiled.sql}")

    def run(self, tables: Tables, as_of: datetime, waivers: pa.Table, texts: pa.Table) -> pa.Table:
        """Feed one batch to the prepared query and give its answer."""
        for name, schema in self.schemas.items():
            self._feeds[name].table = _conformed(tables.tables.get(name), schema)
        self._feeds["_as_of"].table = pa.table({"as_of": [as_of]}, schema=AS_OF)
        self._feeds["_waivers"].table = waivers
        self._feeds["_shared_texts"].table = texts
        return _sorted(self._connection.sql("EXECUTE judge").to_arrow_table())

    def close(self) -> None:
        """Give back the connection."""
        self._connection.close()


class Evaluator:
    """A playbook ready to judge batches from one CRM; compile once, judge often.

    `delivered` are the columns each table will have (`Tables.delivered`), `tracked` the deal fields with a history.
    """

    def __init__(
        self,
        playbook: Playbook,
        crm: str = "local",
        *,
        delivered: Mapping[str, frozenset[str]],
        tracked: frozenset[str] | None = None,
        threads: int | None = None,
    ) -> None:
        self.playbook, self.crm = playbook, crm
        self._shape = (delivered, tracked)
        self._threads = threads
        self._calendar = BusinessCalendar(playbook.calendar)
        self._prepared: dict[tuple[bool, bool], Prepared] = {}

    @property
    def compiled(self) -> Compiled:
        """The compiled query, with or without explanations, whichever was made first."""
        made = next(iter(self._prepared.values()), None)
        return (made or self._ready(observing=False, waiving=False)).compiled

    def evaluate(
        self,
        tables: Tables,
        as_of: datetime,
        waivers: Sequence[Waiver] = (),
        texts: pa.Table | None = None,
        *,
        observing: bool = False,
    ) -> Judged:
        """Judge one batch; `texts` are shared over the whole pipeline (None: this batch is the whole of it)."""
        held = waiver_table(waivers, as_of)
        prepared = self._ready(observing=observing, waiving=held.num_rows > 0)
        if texts is None:
            compiled = prepared.compiled
            texts = shared_texts([tables["deals"]], compiled.copied, compiled.endings)
        deals = prepared.run(tables, as_of, held, texts)
        return Judged(deals, prepared.compiled, as_of)

    def judge(
        self,
        tables: Tables,
        as_of: datetime,
        waivers: Sequence[Waiver] = (),
        texts: pa.Table | None = None,
        *,
        words: bool = True,
    ) -> list[Verdict]:
        """Judge one batch and give its verdicts, sorted by deal id; without `words` findings say nothing."""
        judged = self.evaluate(tables, as_of, waivers, texts, observing=words)
        return verdicts_of(judged, tables, waivers)

    def look(self, tables: Tables, as_of: datetime, deal_id: str, criterion: str, person_id: str = "") -> Look:
        """Give what a criterion's or rule's conditions saw on one deal of a batch."""
        return look_for(self.evaluate(tables, as_of, observing=True), deal_id)(criterion, person_id)

    def applies(self, tables: Tables, as_of: datetime) -> dict[str, bool | None]:
        """Say by deal id whether the playbook applies; None where it cannot be told."""
        deals = self.evaluate(tables, as_of).deals
        states = {1: True, 0: False}
        pairs = zip(deals["id"].to_pylist(), deals["_applies"].to_pylist(), strict=True)
        return {key: states.get(number) for key, number in pairs}

    @property
    def unjudged(self) -> tuple[str, ...]:
        """Say, one sentence each, what could not be judged because the CRM does not deliver it."""
        return unjudged_sentences(self.compiled)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back every connection."""
        for prepared in self._prepared.values():
            prepared.close()
        self._prepared = {}

    def _ready(self, *, observing: bool, waiving: bool) -> Prepared:
        key = (observing, waiving)
        if key not in self._prepared:
            delivered, tracked = self._shape
            compiled = compile_playbook(
                self.playbook, self.crm, delivered, tracked, observing=observing, waiving=waiving
            )
            self._prepared[key] = Prepared(compiled, self._calendar, self._threads)
        return self._prepared[key]


def unjudged_sentences(compiled: Compiled) -> tuple[str, ...]:
    """Say, one sentence each, what a query cannot judge because the CRM does not deliver it."""
    missing = compiled.unjudged
    return tuple(
        f"`{name}` is not judged: the crm does not deliver {_listed(tables)}" for name, tables in missing.items()
    )


def judge(
    playbook: Playbook,
    tables: Tables,
    as_of: datetime,
    *,
    crm: str = "local",
    waivers: Sequence[Waiver] = (),
    words: bool = True,
) -> list[Verdict]:
    """Judge one batch that is a whole pipeline; compiles the playbook anew, so keep an `Evaluator` for many."""
    with Evaluator(playbook, crm, delivered=tables.delivered, tracked=tables.tracked) as evaluator:
        return evaluator.judge(tables, as_of, waivers, words=words)


def waiver_table(waivers: Sequence[Waiver], as_of: datetime) -> pa.Table:
    """Give by deal what is waived at a moment."""
    held: dict[str, list[str]] = {}
    for waiver in waivers:
        if waiver.holds(as_of):
            held.setdefault(waiver.deal_id, []).append(waiver.criterion)
    return pa.table({"deal_id": list(held), "_waived": list(held.values())}, schema=WAIVERS)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _conformed(table: pa.Table | None, schema: pa.Schema) -> pa.Table:
    """Give a table the canonical columns in the canonical order; what was not delivered is null."""
    if table is None:
        return schema.empty_table()
    known = set(table.column_names)
    columns = [
        table[each.name].cast(each.type) if each.name in known else pa.nulls(table.num_rows, each.type)
        for each in schema
    ]
    whole = pa.Table.from_arrays(columns, schema=schema)
    return pa.Table.from_batches(whole.to_batches(max_chunksize=CHUNK), schema)


def _sorted(answer: pa.Table) -> pa.Table:
    """Sort by deal id, which most often is how the rows come already."""
    ids = answer["id"]
    ordered = answer.num_rows < 2 or pc.all(pc.less_equal(ids[:-1], ids[1:])).as_py()  # noqa: PLR2004 -- a pair
    return answer if ordered else answer.sort_by("id")
