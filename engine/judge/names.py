"""The names of a batch's people and companies, for what a reader sees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.judge.tables import Tables
from engine.judge.verdicts import Verdict
from rules.playbook import Playbook


@dataclass(frozen=True)
class Names:
    """Names by id: deals, accounts, owners, and contacts by deal and person."""

    deals: Mapping[str, str]
    accounts: Mapping[str, str]
    owners: Mapping[str, str]
    people: Mapping[tuple[str, str], str]
    account_of: Mapping[str, str | None]
    owner_of: Mapping[str, str | None]

    def fill(self, text: str, deal_id: str, person_id: str = "") -> str:
        """Put the names of a deal, its account and a person into a text of the playbook."""
        known = {
            "{deal.name}": self.deals.get(deal_id) or deal_id,
            "{account.name}": self.accounts.get(self.account_of.get(deal_id) or "") or "the account",
            "{owner.name}": self.owners.get(self.owner_of.get(deal_id) or "") or "the owner",
            "{person.name}": self.people.get((deal_id, person_id)) or person_id or "this person",
        }
        for placeholder, name in known.items():
            text = text.replace(placeholder, name)
        return text


def names_of(tables: Tables) -> Names:
    """Read the names in a batch of tables."""
    deals = tables["deals"]
    ids = deals["id"].to_pylist()
    return Names(
        deals=_by_id(tables, "deals"),
        accounts=_by_id(tables, "accounts"),
        owners=_by_id(tables, "owners"),
        people=_people(tables),
        account_of=_column(tables, ids, "account_id"),
        owner_of=_column(tables, ids, "owner_id"),
    )


def _column(tables: Tables, ids: list[str], name: str) -> dict[str, str | None]:
    deals = tables["deals"]
    values = deals[name].to_pylist() if name in deals.column_names else [None] * len(ids)
    return dict(zip(ids, values, strict=True))


def _by_id(tables: Tables, table: str) -> dict[str, str]:
    if table not in tables.tables or "name" not in tables[table].column_names:
        return {}
    pairs = zip(tables[table]["id"].to_pylist(), tables[table]["name"].to_pylist(), strict=True)
    return {key: name for key, name in pairs if key and name}


def _people(tables: Tables) -> dict[tuple[str, str], str]:
    if "contacts" not in tables.tables or "name" not in tables["contacts"].column_names:
        return {}
    columns = [tables["contacts"][name].to_pylist() for name in ("deal_id", "id", "name")]
    return {(deal, person): name for deal, person, name in zip(*columns, strict=True) if person and name}


def standing(verdict: Verdict, playbooks: Iterable[Playbook]) -> str:
    """Say where a deal stands, as people read it: the stage's title, and the CRM's word where no playbook names it."""
    judged_by = next((each for each in playbooks if each.name == verdict.playbook), None)
    stages = judged_by.stages if judged_by is not None else ()
    title = next((stage.title for stage in stages if stage.id == verdict.stage), "")
    return title or verdict.crm_stage or verdict.stage
