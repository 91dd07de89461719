"""What a deal's history tells: stages visited and left, its latest move, and when fields last changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import ibis
from ibis.expr import types as ir

from engine.judge.calendar import column_of
from engine.judge.query.base import with_business_days
from engine.judge.query.scope import NOW, Build, Scope, changes_read
from engine.judge.query.truth import NO, UNKNOWN, surely
from rules.condition import Condition, LastChangedBy, Reference, walk


def add_stage_history(build: Build, left: Sequence[str]) -> None:
    """Add `_visited.STAGE` for optional stages, when the present stage was entered, the latest move, and scopes.

    `left` are the stages whose criteria are judged until left: each gets a moment of its own.
    """
    if build.delivers("stage_changes"):
        _join_stage_changes(build, left)
    deals, stages = build.frame.table, build.playbook.stages
    known = build.delivers("stage_changes")
    entered = deals["_entered"] if known else ibis.null("timestamp('UTC')")
    columns = {"_stage_entered_at": ibis.coalesce(deals.stage_entered_at, entered)}
    columns |= {
        f"_visited.{stage.id}": surely(deals[f"_seen.{stage.id}"]) if known else NO
        for stage in stages
        if stage.optional
    }
    build.frame.add(columns)
    for stage in left:
        _add_scope(build, stage, known=known)


def add_last_changes(build: Build, wanted: Iterable[tuple[Scope, Condition]]) -> None:
    """Put beside each deal when the fields that conditions ask about last changed, and by whose team."""
    fields: dict[Scope, set[str]] = {}
    for scope, condition in wanted:
        fields.setdefault(scope, set()).update(each.name for each in changes_read(condition))
        for node in walk(condition):
            if isinstance(node, LastChangedBy):
                _add_last_changed_by(build, scope, node)
    for scope, names in fields.items():
        add_field_changes(build, scope, names)


def add_field_changes(build: Build, scope: Scope, names: Iterable[str]) -> None:
    """Put beside each deal when each of these fields last changed up to the scope's moment."""
    wanted = sorted(name for name in names if (scope, name) not in build.changed)
    tracked = [name for name in wanted if name != "stage" and (build.tracked is None or name in build.tracked)]
    if tracked and build.delivers("field_changes"):
        rows = changes_up_to_now(build, scope, build.source("field_changes"))
        columns = {name: build.name("changed") for name in tracked}
        totals = {column: rows.changed_at.max(where=rows.field == name) for name, column in columns.items()}
        build.frame.join(build.frame.side(rows.group_by("deal_id").agg(**totals)))
        build.changed |= {(scope, name): column for name, column in columns.items()}
    if "stage" in wanted and build.delivers("stage_changes"):
        rows, column = changes_up_to_now(build, scope, build.source("stage_changes")), build.name("changed")
        build.frame.join(build.frame.side(rows.group_by("deal_id").agg(**{column: rows.changed_at.max()})))
        build.changed[scope, "stage"] = column


def changes_up_to_now(build: Build, scope: Scope, rows: ir.Table) -> ir.Table:
    """Give the rows of a history that happened up to the scope's moment."""
    if scope == NOW:
        beside = build.frame.side(rows.cross_join(build.moment))
        return build.frame.side(beside.filter(beside.changed_at <= beside[NOW.column("now")]))
    deals, now = build.frame.table, scope.column("now")
    moments = build.frame.side(deals.select("id", now))
    joined = build.frame.side(rows.inner_join(moments, rows.deal_id == moments.id).select(rows, moments[now]))
    return build.frame.side(joined.filter(joined.changed_at <= joined[now]))


def _join_stage_changes(build: Build, left: Sequence[str]) -> None:
    rows = changes_up_to_now(build, NOW, build.source("stage_changes"))
    names = {stage.id: build.crm_stage(stage) for stage in build.playbook.stages}
    totals: dict[str, ir.Value] = {"_changes": rows.count()}
    for stage in build.playbook.stages:
        if stage.optional:
            totals[f"_seen.{stage.id}"] = (
                (rows.from_stage == names[stage.id]) | (rows.to_stage == names[stage.id])
            ).max()
    totals |= {f"_left.{stage}": rows.changed_at.max(where=rows.from_stage == names[stage]) for stage in left}
    build.frame.join(build.frame.side(rows.group_by("deal_id").agg(**totals)))
    entries = rows.group_by(["deal_id", "to_stage"]).agg(_entered=rows.changed_at.max())
    build.frame.join(build.frame.side(entries), {"id": "deal_id", "stage": "to_stage"})
    _join_latest_move(build, rows, list(names.values()))


def _join_latest_move(build: Build, rows: ir.Table, names: Sequence[str]) -> None:
    """Join the latest change: between stages of the playbook (a move), and of any kind (how it ended)."""
    index = [(rows.from_stage == name, number) for number, name in enumerate(names)]
    to = [(rows.to_stage == name, number) for number, name in enumerate(names)]
    ends = {"_from": ibis.cases(*index, else_=ibis.null("int64")), "_to": ibis.cases(*to, else_=ibis.null("int64"))}
    moves = build.frame.extended(rows, ends)
    for prefix, picked in (
        ("_move", moves.filter(moves["_from"].notnull() & moves["_to"].notnull())),
        ("_last", moves),
    ):
        window = ibis.window(
            group_by=picked.deal_id,
            order_by=[ibis.desc(picked.changed_at), ibis.desc(picked.from_stage), ibis.desc(picked.to_stage)],
        )
        ranked = build.frame.side(picked.mutate(_rank=ibis.row_number().over(window)))
        latest = ranked.filter(ranked["_rank"] == 0)
        build.frame.join(
            build.frame.side(
                latest.select(
                    "deal_id",
                    **{
                        f"{prefix}_from": latest["_from"],
                        f"{prefix}_to": latest["_to"],
                        f"{prefix}_at": latest.changed_at,
                    },
                )
            )
        )


def _add_scope(build: Build, stage: str, *, known: bool) -> None:
    deals, scope = build.frame.table, Scope(stage)
    index = [each.id for each in build.playbook.stages].index(stage)
    cut = ibis.null("timestamp('UTC')")
    if known:
        passed = surely(deals["_stage"] > index) | deals["_outcome"].notnull()
        cut = ibis.ifelse(passed, deals[f"_left.{stage}"], cut)
    build.frame.add({scope.column("cut"): cut, scope.column("now"): ibis.coalesce(cut, deals[NOW.column("now")])})
    build.frame.add({scope.column("today"): build.frame.table[scope.column("now")].date()})
    names = {scope.column(f"today{column_of(n)}"): n for n in build.offsets}
    build.frame.table = with_business_days(build, build.frame.table, scope.column("today"), names)


def _add_last_changed_by(build: Build, scope: Scope, node: LastChangedBy) -> None:
    if (scope, node) in build.changed or not build.delivers("field_changes", "changed_by"):
        return
    names = [field.name for field in node.fields]
    changes = changes_up_to_now(build, scope, build.source("field_changes"))
    picked = build.frame.side(changes.filter(changes.field.isin(names)))
    window = ibis.window(group_by=picked.deal_id, order_by=[ibis.desc(picked.changed_at), ibis.desc(picked.changed_by)])
    ranked = build.frame.side(picked.mutate(_rank=ibis.row_number().over(window)))
    latest = ranked.filter(ranked["_rank"] == 0)
    owners, column = build.source("owners"), build.name("changed_by")
    joined = latest.left_join(owners, latest.changed_by == owners.id)
    team = joined.select(latest.deal_id, **{f"{column}.at": latest.changed_at, f"{column}.team": owners.team})
    build.frame.join(build.frame.side(team))
    deals = build.frame.table
    made = ibis.ifelse(deals[f"{column}.at"].isnull(), NO, deals[f"{column}.team"] == node.team)
    build.frame.add({column: made if all(_tracked(build, field) for field in node.fields) else UNKNOWN})
    build.changed[scope, node] = column


def _tracked(build: Build, field: Reference) -> bool:
    return build.tracked is None or field.name in build.tracked
