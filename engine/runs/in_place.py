"""Judging where the tables are: the query goes to a database or cluster, and only verdicts' columns come back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import pyarrow as pa

from connectors.warehouse.backend import Backend
from engine.judge.calendar import BusinessCalendar
from engine.judge.dialects.duckdb import DUCKDB
from engine.judge.evaluate import AS_OF, waiver_table
from engine.judge.judged import Judged
from engine.judge.query.compiled import Compiled, compile_playbook
from engine.judge.query.frame import TooWideError
from engine.judge.query.named import named_tables
from engine.judge.query.scope import IBIS_TYPES
from engine.judge.query.shared_texts import shared_texts_sql
from engine.judge.tables import canonical_types
from engine.judge.verdict_making import verdicts_of
from engine.judge.verdicts import Verdict
from engine.judge.waivers import Waiver
from engine.runs.mistakes import Mistake, ProblemsFound
from rules.playbook import Playbook
from rules.portable import unportable_patterns
from rules.types import FieldType

BATCH = 20_000


class InPlace:
    """A playbook ready to judge the tables of one backend, as `Evaluator` judges batches.

    `sources` are SELECTs in the backend's dialect, by canonical table (see `connectors.warehouse.backend`); `tracked`
    names the deal fields with a history (None: all). A playbook whose patterns the backend would not read as DuckDB
    does raises ProblemsFound.
    """

    def __init__(
        self,
        playbook: Playbook,
        crm: str,
        backend: Backend,
        sources: Mapping[str, str],
        *,
        tracked: frozenset[str] | None = None,
    ) -> None:
        problems = unportable_patterns(playbook, playbook.id)
        if problems and backend.dialect != DUCKDB:
            raise ProblemsFound(problems)
        self.playbook, self.crm = playbook, crm
        self._backend, self._tracked = backend, tracked
        self._types = canonical_types(playbook)
        self._calendar = BusinessCalendar(playbook.calendar)
        self._compiled: dict[tuple[bool, bool], Compiled] = {}
        backend.set_zone(playbook.calendar.timezone)
        self.delivered = self._delivered(sources)
        for table, types in self._types.items():
            backend.define(table, self._conformed(table, types))
        self._prepare()

    def judged(
        self, as_of: datetime, waivers: Sequence[Waiver] = (), *, observing: bool = False, rows: int = BATCH
    ) -> Iterator[Judged]:
        """Judge all deals, and yield the answer in the order of their ids, about so many deals at a time."""
        held = waiver_table(waivers, as_of)
        compiled = self._ready(observing=observing, waiving=held.num_rows > 0)
        self._backend.put("_as_of", pa.table({"as_of": [as_of]}, schema=AS_OF))
        self._backend.put("_waivers", held)
        for deals in self._backend.batches(compiled.script, compiled.schema, rows):
            yield Judged(deals, compiled, as_of)

    def verdicts(
        self, as_of: datetime, waivers: Sequence[Waiver] = (), *, words: bool = True, rows: int = BATCH
    ) -> Iterator[list[Verdict]]:
        """Judge all deals, and yield their verdicts in the order of their ids; without `words` findings say nothing."""
        for judged in self.judged(as_of, waivers, observing=words, rows=rows):
            yield verdicts_of(judged, named_tables(judged.deals), waivers)

    @property
    def compiled(self) -> Compiled:
        """The compiled query, with or without explanations, whichever was made first."""
        made = next(iter(self._compiled.values()), None)
        return made or self._ready(observing=False, waiving=False)

    def _ready(self, *, observing: bool, waiving: bool) -> Compiled:
        key = (observing, waiving)
        if key not in self._compiled:
            self._compiled[key] = self._compile(observing=observing, waiving=waiving)
        return self._compiled[key]

    def _compile(self, *, observing: bool, waiving: bool) -> Compiled:
        try:
            return compile_playbook(
                self.playbook,
                self.crm,
                self.delivered,
                self._tracked,
                observing=observing,
                waiving=waiving,
                naming=True,
                dialect=self._backend.dialect,
            )
        except TooWideError as error:
            name, engine = self.playbook.id, self._backend.dialect.name
            advice = "judge it with `--engine duckdb`, or take it apart"
            raise Mistake(f"playbook `{name}` is too large for {engine}: {error}", advice) from None

    def _delivered(self, sources: Mapping[str, str]) -> Mapping[str, frozenset[str]]:
        """Name the sources, so that the canonical names are free, and say which canonical columns each has."""
        for table, query in sources.items():
            self._backend.define(_source(table), query)
        return {
            table: frozenset(self._backend.columns(query)) & frozenset(self._types[table])
            for table, query in sources.items()
        }

    def _conformed(self, table: str, types: Mapping[str, FieldType]) -> str:
        """Write a table as the query reads it: every canonical column in its type, null where it is not delivered."""
        dialect, present = self._backend.dialect, self.delivered.get(table, frozenset())
        columns = ", ".join(
            dialect.column(name if name in present else None, name, IBIS_TYPES[kind]) for name, kind in types.items()
        )
        rows = f"FROM {dialect.quoted(_source(table))}" if table in self.delivered else "WHERE 1 = 0"
        return f"SELECT {columns} {rows}"

    def _prepare(self) -> None:
        """Hand over the calendar, and find the texts that deals share."""
        compiled, backend = self.compiled, self._backend
        backend.put("_calendar", self._calendar.table(compiled.offsets))
        backend.keep("_shared_texts", shared_texts_sql(compiled.copied, compiled.endings, backend.dialect))


def _source(table: str) -> str:
    return f"_source_{table}"
