"""Texts that open deals of several accounts share: what `copied` compares with (rule 18)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import pyarrow as pa

from engine.judge.dialects.lower import APART, TOGETHER

SMALL = str.maketrans(APART, TOGETHER)
SCHEMA = pa.schema(
    [("field", pa.string()), ("text", pa.string()), ("first_account", pa.string()), ("last_account", pa.string())]
)


class SharedTexts:
    """Collects texts batch by batch; `table` gives, by field and text, the first and last account that hold it.

    A deal without an account counts as an account of its own. `endings` are the stages in which deals have ended.
    """

    def __init__(self, fields: Sequence[str], endings: Collection[str] = ()) -> None:
        self.fields = tuple(fields)
        self._endings = endings
        self._accounts: dict[tuple[str, str], tuple[str, str]] = {}

    def add(self, deals: pa.Table) -> None:
        """Take in the open deals of one batch."""
        if not self.fields:
            return
        names = [name for name in ("id", "account_id", "stage", "outcome", *self.fields) if name in deals.column_names]
        for row in deals.select(names).to_pylist():
            if row.get("outcome") not in {"won", "lost"} and row.get("stage") not in self._endings:
                self._add_row(row)

    def _add_row(self, row: dict[str, object]) -> None:
        account = str(row.get("account_id") or f"deal:{row['id']}")
        for field in self.fields:
            text = str(row.get(field) or "").strip().translate(SMALL).lower()
            if text:
                first, last = self._accounts.get((field, text), (account, account))
                self._accounts[field, text] = (min(first, account), max(last, account))

    def table(self) -> pa.Table:
        """Give the texts that more than one account holds."""
        shared = [(*key, *accounts) for key, accounts in sorted(self._accounts.items()) if accounts[0] != accounts[1]]
        return pa.table([list(column) for column in zip(*shared, strict=True)] or [[], [], [], []], schema=SCHEMA)


def shared_texts(batches: Iterable[pa.Table], fields: Sequence[str], endings: Collection[str] = ()) -> pa.Table:
    """Give the texts of these deal fields that open deals of more than one account share."""
    texts = SharedTexts(fields, endings)
    for deals in batches:
        texts.add(deals)
    return texts.table()
