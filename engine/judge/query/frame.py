"""A query as named steps: each sees the one before, so that no expression is ever written out twice.

Ibis would merge nested selects by repeating their expressions, and list every column of every step. Here a step that
adds columns is written `SELECT *, new` over the step before, which keeps compiling and planning quick.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import ibis
import sqlglot as sg
from ibis.expr import types as ir
from sqlglot import expressions as sge

from engine.judge.dialects.dialect import Dialect

OF_DEAL: Mapping[str, str] = {"id": "deal_id"}
"""The usual keys of a join: the deal's id is the side table's deal_id."""


class TooWideError(ValueError):
    """A query has steps of more columns than the database takes."""

    def __init__(self, widest: int, most: int) -> None:
        super().__init__(f"its query has {widest:,} columns, and the database takes {most:,}")


@dataclass(frozen=True, slots=True)
class Step:
    """A step that stands by itself, since others read it more than once (`again`) or too much is nested in it."""

    name: str
    text: str
    again: bool


@dataclass(frozen=True)
class Script:
    """A query written out: the steps that stand by themselves, in order, and the query that reads them."""

    steps: tuple[Step, ...]
    last: str
    quote: str

    @property
    def sql(self) -> str:
        """The whole as one query."""
        chain = ",\n".join(f"{self.quote}{step.name}{self.quote} AS ({step.text})" for step in self.steps)
        return f"WITH {chain}\n{self.last}" if chain else self.last


class Frame:
    """The deals as one growing table of the query, and the side tables that were joined to it."""

    def __init__(self, deals: ir.Table, dialect: Dialect) -> None:
        self.steps: list[tuple[str, sge.Query]] = []
        self._dialect, self._widest = dialect, 0
        self.table = self.side(deals)

    def side(self, table: ir.Table) -> ir.Table:
        """Name a table as a step of its own and give it as the later steps see it."""
        return self._step(self._dialect.query(table), table.schema())

    def extended(self, step: ir.Table, columns: Mapping[str, ir.Value]) -> ir.Table:
        """Give a step with columns added, or given anew, written over it."""
        if not columns:
            return step
        added = step.select(**columns)
        query = self._dialect.query(added)
        query.args["expressions"][:0] = self._kept(step, columns)
        return self._step(query, dict(step.schema()) | dict(added.schema()))

    def joined(
        self, step: ir.Table, other: ir.Table, keys: Mapping[str, str] = OF_DEAL, columns: Sequence[str] | None = None
    ) -> ir.Table:
        """Give a step with another left joined by keys; all its other columns are added, or those named."""
        names = [name for name in other.columns if name not in keys.values()] if columns is None else columns
        on = sg.and_(*(_column(left, "l").eq(_column(right, "r")) for left, right in keys.items()))
        query = (
            sg.select(sge.Column(this=sge.Star(), table=sg.to_identifier("l")), *(_column(name, "r") for name in names))
            .from_(_named(step, "l"))
            .join(_named(other, "r"), on=on, join_type="left")
        )
        return self._step(query, dict(step.schema()) | {name: other.schema()[name] for name in names})

    def add(self, columns: Mapping[str, ir.Value]) -> None:
        """Add columns to the deals, written over the deals as they stand."""
        self.table = self.extended(self.table, columns)

    def join(self, other: ir.Table, keys: Mapping[str, str] = OF_DEAL, columns: Sequence[str] | None = None) -> None:
        """Left join a step to the deals."""
        self.table = self.joined(self.table, other, keys, columns)

    def script(self, output: ir.Table) -> Script:
        """Write the whole query, the output last.

        A step that is read once stands where it is read, as deep as the dialect nests; only the others are chained by
        `WITH`, since planning a chain costs more with each link. TooWideError where the database cannot hold a step.
        """
        self._check_width(output)
        reads = self._dialect.reads
        texts = {name: self._dialect.text(query) for name, query in self.steps}
        last = self._dialect.text(self._dialect.query(output))
        read = Counter(name for text in (*texts.values(), last) for name in reads.findall(text))
        apart = self._apart({name: reads.findall(text) for name, text in texts.items()}, read)
        written: dict[str, str] = {}
        for name, text in texts.items():
            written[name] = _put_in(text, written, apart, reads) + self._dialect.fence
        steps = tuple(Step(name, text, again=read[name] > 1) for name, text in written.items() if name in apart)
        return Script(steps, _put_in(last, written, apart, reads), self._dialect.quote)

    def _check_width(self, output: ir.Table) -> None:
        widest, most = max(self._widest, len(output.columns)), self._dialect.most_columns
        if most is not None and widest > most:
            raise TooWideError(widest, most)

    def _apart(self, reads: Mapping[str, Sequence[str]], read: Mapping[str, int]) -> set[str]:
        """Name the steps that stand by themselves."""
        apart, depths = {name for name in reads if read[name] > 1}, dict[str, int]()
        for name, inner in reads.items():
            depths[name] = 1 + max((depths[each] for each in inner if each not in apart), default=0)
            if self._dialect.nests is not None and depths[name] >= self._dialect.nests:
                apart.add(name)
        return apart

    def _kept(self, step: ir.Table, columns: Mapping[str, ir.Value]) -> list[sge.Expression]:
        """Give what is selected of a step beside new columns: all but what they give anew."""
        rewritten = [name for name in columns if name in step.columns]
        if rewritten and not self._dialect.excludes:
            return [_column(name, "t0") for name in step.columns if name not in columns]
        return [sge.Star(except_=[sg.to_identifier(name, quoted=True) for name in rewritten] or None)]

    def _step(self, query: sge.Query, schema: Mapping[str, object]) -> ir.Table:
        self._widest = max(self._widest, len(schema))
        name = f"_step_{len(self.steps)}"
        self.steps.append((name, query))
        return ibis.table(schema, name=name)


def _put_in(text: str, written: Mapping[str, str], apart: Collection[str], reads: re.Pattern[str]) -> str:
    return reads.sub(lambda name: name[0] if name[1] in apart else f"({written[name[1]]}) AS", text)


def _named(step: ir.Table, alias: str) -> sge.Expression:
    name = sg.to_identifier(step.get_name(), quoted=True)
    return sge.Table(this=name, alias=sge.TableAlias(this=sg.to_identifier(alias)))


def _column(name: str, table: str) -> sge.Column:
    return sg.column(name, table=table, quoted=True)
