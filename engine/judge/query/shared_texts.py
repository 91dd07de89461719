"""The texts that open deals of several accounts share, found where the deals are (see `engine.judge.copies`)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import ibis
from ibis.expr import types as ir

from engine.judge.dialects.dialect import Dialect
from engine.judge.query.truth import surely
from rules.table_text import normalized


def shared_texts_sql(fields: Sequence[str], endings: Collection[str], dialect: Dialect) -> str:
    """Write the query that gives, by field and text, the first and last account that hold it.

    Without fields it gives no rows. `endings` are the stages in which deals have ended.
    """
    columns = dict.fromkeys(["id", "account_id", "stage", "outcome", *fields], "string")
    deals = ibis.table(columns, name="deals")
    ended = surely(deals.outcome.isin(["won", "lost"])) | surely(deals.stage.isin(sorted(endings)))
    found = [_of_field(deals.filter(~ended), field) for field in fields]
    return dialect.text(dialect.query(ibis.union(*found) if len(found) > 1 else found[0] if found else _none(deals)))


def _of_field(deals: ir.Table, field: str) -> ir.Table:
    account = ibis.coalesce(deals.account_id.nullif(""), ibis.literal("deal:") + deals.id)
    texts = deals.select(text=normalized(deals[field]), account=account)
    held = texts.filter(texts.text != "").group_by("text")
    shared = held.agg(first_account=texts.account.min(), last_account=texts.account.max())
    several = shared.filter(shared.first_account != shared.last_account)
    return several.select("text", "first_account", "last_account", field=ibis.literal(field)).select(
        "field", "text", "first_account", "last_account"
    )


def _none(deals: ir.Table) -> ir.Table:
    nobody = deals.filter(ibis.literal(value=False))
    return nobody.select(field=nobody.id, text=nobody.id, first_account=nobody.id, last_account=nobody.id)
