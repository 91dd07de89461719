"""The first steps of the query: the moment, the deals with their accounts and owners, and where each deal stands."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import ibis
from ibis.expr import types as ir

from engine.judge.calendar import column_of
from engine.judge.query.frame import Frame
from engine.judge.query.scope import NOW, Build
from rules.table_text import not_blank
from rules.table_values import as_date, given
from rules.types import FieldType

USUAL_DIGITS = 3
FREE_TEXT = {FieldType.TEXT, FieldType.LINK}
WIDE = "decimal(38, 2)"
LARGEST = Decimal("9999999999999999.99")
"""The largest amount that a column of money holds."""


def start(build: Build) -> None:
    """Open the frame: one row per deal, its moment, its account's and owner's columns, its stage and outcome."""
    as_of = ibis.table({"as_of": "timestamp('UTC')"}, name="_as_of")
    moment = as_of.select(_now=as_of.as_of, _today=as_of.as_of.date())
    build.frame = Frame(moment, build.dialect)
    names = {NOW.column(f"today{column_of(n)}"): n for n in build.offsets}
    build.moment = with_business_days(build, build.frame.table, NOW.column("today"), names)
    build.frame.table = _deals(build)
    if build.waiving:
        build.frame.join(ibis.table({"deal_id": "string", "_waived": "array<string>"}, name="_waivers"))
    _add_parents(build)
    _add_position(build)


def calendar_table(build: Build) -> ir.Table:
    """Give the calendar as the query reads it: `date`, and one column per offset of business days."""
    columns = {"date": "date"} | {column_of(n): "date" for n in build.offsets}
    return ibis.table(columns, name="_calendar")


def money(amount: ir.Value, currency: ir.StringValue, build: Build) -> ir.Value:
    """Give an amount in the playbook's currency; null where there is no rate (rule 16), or no room for the result."""
    own = currency.isnull() | (currency == build.playbook.currency)
    rates = [(currency == name, _at_rate(amount, rate)) for name, rate in build.playbook.rates.items()]
    return ibis.cases((own, amount), *rates, else_=ibis.null(amount.type()))


def _at_rate(amount: ir.Value, rate: Decimal) -> ir.Value:
    """Convert with room for any product: one amount that overflows would end the judging of all."""
    converted = (amount.cast(WIDE) * _exactly(rate)).cast(WIDE)
    fits = converted.between(ibis.literal(-LARGEST, type=WIDE), ibis.literal(LARGEST, type=WIDE))
    return ibis.cases((fits, converted.cast(amount.type())), else_=ibis.null(amount.type()))


def _exactly(rate: Decimal) -> ir.DecimalScalar:
    """Give a rate with all its digits; left to itself, DuckDB keeps three behind the point."""
    exponent = rate.as_tuple().exponent
    digits = -exponent if isinstance(exponent, int) else 0
    return ibis.literal(rate) if digits <= USUAL_DIGITS else ibis.literal(rate, type=f"decimal(38, {digits})")


def with_business_days(build: Build, step: ir.Table, day: str, names: Mapping[str, int]) -> ir.Table:
    """Give a step with the business days so many after its column `day`, a date or an instant, as new columns."""
    if not names:
        return step
    key = f"_day.{day}"
    if key not in step.columns:
        step = build.frame.extended(step, {key: as_date(step[day])})
    calendar = calendar_table(build)
    days = build.frame.side(
        calendar.select(_date=calendar.date, **{name: calendar[column_of(n)] for name, n in names.items()})
    )
    return build.frame.joined(step, days, {key: "_date"})


def _deals(build: Build) -> ir.Table:
    deals = build.source("deals")
    types = build.types["deals"]
    columns = {name: _tidy(deals, name, types[name], build) for name in deals.columns if name in build.read["deals"]}
    columns |= {given(name): deals[name].notnull() for name in columns if types[name] is FieldType.MONEY}
    return build.frame.side(deals.select(**columns).cross_join(build.moment))


def _tidy(deals: ir.Table, name: str, kind: FieldType, build: Build) -> ir.Value:
    if kind in FREE_TEXT and name not in {"id", "owner_id", "account_id"}:
        return not_blank(deals[name])
    if kind is FieldType.MONEY and build.delivers("deals", "currency"):
        return money(deals[name], deals.currency, build)
    return deals[name]


def _add_parents(build: Build) -> None:
    for table, key, prefix in (("accounts", "account_id", "account"), ("owners", "owner_id", "owner")):
        if build.read[table] and table in build.delivered:
            source, types = build.source(table), build.types[table]
            tidy = {
                f"{prefix}.{name}": not_blank(source[name])
                if types[name] in FREE_TEXT and name != "id"
                else source[name]
                for name in source.columns
                if name in {"id", *build.read[table]}
            }
            build.frame.join(build.frame.side(source.select(**tidy)), {key: f"{prefix}.id"})


def _add_position(build: Build) -> None:
    deals, playbook = build.frame.table, build.playbook
    stages = [(deals.stage == build.crm_stage(stage), index) for index, stage in enumerate(playbook.stages)]
    ended = [(deals.stage == each.crm[build.crm], each.id) for each in playbook.outcomes if build.crm in each.crm]
    ended += [(deals.stage == each.id, each.id) for each in playbook.outcomes if build.crm not in each.crm]
    ended += [(deals.outcome == word, word) for word in ("won", "lost")]
    outcome = ibis.cases(*ended, else_=ibis.null("string"))
    standing = ibis.cases(*stages, else_=ibis.null("int64"))
    build.frame.add({"_outcome": outcome, "_standing": standing})
    deals = build.frame.table
    build.frame.add({"_stage": ibis.ifelse(deals["_outcome"].isnull(), deals["_standing"], ibis.null("int64"))})
