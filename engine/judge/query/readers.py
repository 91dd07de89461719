"""Where conditions read: the deal itself, or a row related to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis
from ibis.expr import types as ir

from engine.judge.calendar import column_of
from engine.judge.query.scope import Build, Scope
from engine.judge.query.truth import surely
from rules.condition import LastChangedBy, Reference, Related, Score
from rules.table_text import normalized
from rules.table_values import holds_something

PREFIX = {"accounts": "account.", "owners": "owner."}


@dataclass(frozen=True)
class DealReader:
    """Reads the deal's own columns from the frame as it stands."""

    build: Build
    scope: Scope

    def _at(self, name: str) -> ir.Value:
        return self.build.frame.table[self.scope.column(name)]

    def now(self) -> ir.TimestampValue:
        """Give the moment judged for."""
        return self._at("now")

    def today(self) -> ir.DateValue:
        """Give its local date."""
        return self._at("today")

    def segment(self) -> ir.StringValue:
        """Give the id of the deal's segment; "" for none."""
        return self.build.frame.table["_segment"]

    def column(self, subject: Reference | Score) -> ir.Value:
        """Give a column of the deal, its account or owner, or a score."""
        return self.build.frame.table[deal_column(subject)]

    def present(self, subject: Reference) -> ir.BooleanValue:
        """Say whether a column of the deal, its account or owner is present."""
        return holds_something(self.build.frame.table, deal_column(subject))

    def business_day(self, base: Reference | None, days: int) -> ir.DateValue:
        """Give the business day so many after today or after the date of a deal's column."""
        if base is None:
            return self._at(f"today{column_of(days)}")
        return self.build.frame.table[self.build.business[base, days]]

    def related(self, node: Related) -> ir.BooleanValue:
        """Give a quantified condition, aggregated before."""
        return self.build.frame.table[self.build.related[self.scope, node]]

    def last_change(self, reference: Reference) -> ir.TimestampValue | None:
        """Give when the field last changed up to now."""
        column = self.build.changed.get((self.scope, reference.name))
        return None if column is None else self.build.frame.table[column]

    def last_changed_by(self, node: LastChangedBy) -> ir.BooleanValue:
        """Give whether the team made the latest change, looked up before."""
        return self.build.frame.table[self.build.changed[self.scope, node]]

    def copied(self, reference: Reference) -> ir.BooleanValue:
        """Give whether the text of an open deal also stands on an open deal of another account."""
        deals = self.build.frame.table
        first, last = deals[f"_first.{reference.name}"], deals[f"_last.{reference.name}"]
        account = deals.account_id.fill_null(ibis.literal("deal:") + deals.id)
        elsewhere = (surely(first != account) | surely(last != account)) & deals["_outcome"].isnull()
        return ibis.ifelse(deals[reference.name].isnull(), ibis.null("boolean"), elsewhere)

    def crm_words(self, reference: Reference, word: str) -> Sequence[str]:
        """Give the CRM's names of a role or stage."""
        return crm_words(self.build, reference, word)

    def stages_from(self, stage: str) -> Sequence[str]:
        """Give the CRM's names of a stage and all later ones."""
        return stages_from(self.build, stage)

    def fiscal_year_start(self) -> int:
        """Give the month the fiscal year starts in."""
        return self.build.playbook.calendar.fiscal_year_start


@dataclass(frozen=True)
class RowReader:
    """Reads a related row, and the deal's columns that were put beside it."""

    build: Build
    scope: Scope
    rows: ir.Table
    people: Mapping[Related, str]

    def now(self) -> ir.TimestampValue:
        """Give the moment judged for."""
        return self.rows[self.scope.column("now")]

    def today(self) -> ir.DateValue:
        """Give its local date."""
        return self.rows[self.scope.column("today")]

    def segment(self) -> ir.StringValue:
        """Give the id of the deal's segment; "" for none."""
        return self.rows["_segment"]

    def column(self, subject: Reference | Score) -> ir.Value:
        """Give a column of the row, or one of its deal."""
        return self.rows[row_column(subject)]

    def present(self, subject: Reference) -> ir.BooleanValue:
        """Say whether a column of the row, or of its deal, is present."""
        return holds_something(self.rows, row_column(subject))

    def business_day(self, base: Reference | None, days: int) -> ir.DateValue:
        """Give the business day so many after today or after the date of a column."""
        if base is None:
            return self.rows[self.scope.column(f"today{column_of(days)}")]
        return self.rows[f"{row_column(base)}{column_of(days)}"]

    def related(self, node: Related) -> ir.BooleanValue:
        """Give what was said of the people of an activity, or a deal-wide condition put beside the row."""
        return self.rows[self.people[node]]

    def last_change(self, reference: Reference) -> ir.TimestampValue | None:
        """Give when the deal's field last changed."""
        column = self.build.changed.get((self.scope, reference.name))
        return None if column is None else self.rows[column]

    def last_changed_by(self, node: LastChangedBy) -> ir.BooleanValue:
        """Give whether the team made the latest change."""
        return self.rows[self.build.changed[self.scope, node]]

    def copied(self, reference: Reference) -> ir.BooleanValue:
        """Give whether the deal's text also stands on an open deal of another account."""
        return self.rows[copied_column(reference)]

    def crm_words(self, reference: Reference, word: str) -> Sequence[str]:
        """Give the CRM's names of a role or stage."""
        return crm_words(self.build, reference, word)

    def stages_from(self, stage: str) -> Sequence[str]:
        """Give the CRM's names of a stage and all later ones."""
        return stages_from(self.build, stage)

    def fiscal_year_start(self) -> int:
        """Give the month the fiscal year starts in."""
        return self.build.playbook.calendar.fiscal_year_start


def deal_column(subject: Reference | Score) -> str:
    """Name the frame's column for a reference or score."""
    if isinstance(subject, Score):
        part = "percent" if subject.percent else "points"
        return f"_{subject.card}.{subject.dimension}.{part}"
    if (subject.table, subject.name) == ("deals", "stage_entered_at"):
        return "_stage_entered_at"
    if subject.table == "flags":
        return "_flags"
    return f"{PREFIX.get(subject.table, '')}{subject.name}"


def row_column(subject: Reference | Score) -> str:
    """Name the column of a row's table: the row's own by their name, the deal's behind `deal.`."""
    if isinstance(subject, Reference) and not subject.of_deal:
        return subject.name
    return f"deal.{deal_column(subject)}"


def copied_column(reference: Reference) -> str:
    """Name the column of a row's table that says whether its deal's text was copied."""
    return f"deal.{reference.name}.copied"


def crm_words(build: Build, reference: Reference, word: str) -> Sequence[str]:
    """Give what the CRM calls the role or stage that the playbook names by its id."""
    if reference.name == "role":
        role = next((role for role in build.playbook.roles if role.id == word), None)
        return role.names.get(build.crm, (role.id,)) if role else (word,)
    named = [build.crm_stage(stage) for stage in build.playbook.stages if stage.id == word]
    named += [each.crm.get(build.crm, each.id) for each in build.playbook.outcomes if each.id == word]
    return named or [word]


def stages_from(build: Build, stage: str) -> Sequence[str]:
    """Give what the CRM calls a stage and every later one of the playbook."""
    ids = [each.id for each in build.playbook.stages]
    return [build.crm_stage(each) for each in build.playbook.stages[ids.index(stage) :]]


def join_shared_texts(build: Build, fields: Sequence[Reference]) -> None:
    """Put beside each deal which accounts' open deals hold the same text, first and last by account."""
    shared = ibis.table(
        {"field": "string", "text": "string", "first_account": "string", "last_account": "string"}, name="_shared_texts"
    )
    for reference in fields:
        key = f"_text.{reference.name}"
        build.frame.add({key: normalized(build.frame.table[reference.name])})
        of_field = shared.filter(shared.field == reference.name)
        side = build.frame.side(
            of_field.select(
                **{
                    key: of_field.text,
                    f"_first.{reference.name}": of_field.first_account,
                    f"_last.{reference.name}": of_field.last_account,
                }
            )
        )
        build.frame.join(side, {key: key})
