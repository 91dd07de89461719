"""Put actions into one deal's tables, as they would stand in the CRM once done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from engine.judge.repair.actions import Action, BuyerActivity, FillField, NamePerson, OwnActivity, Waive
from engine.judge.tables import Tables
from engine.judge.waivers import Waiver
from rules.playbook import Playbook

REASON = "proposed as a way out"


def apply_actions(
    tables: Tables, deal_id: str, actions: Sequence[Action], as_of: datetime, *, playbook: Playbook, crm: str
) -> tuple[Tables, tuple[Waiver, ...]]:
    """Give the tables with the actions done at `as_of`, and the waivers among them; nothing given is changed."""
    edit = _Edit(tables, deal_id, as_of, playbook, crm)
    for number, action in enumerate(actions):
        match action:
            case FillField():
                edit.fill(action)
            case NamePerson():
                edit.name(action)
            case OwnActivity() | BuyerActivity():
                edit.add(action, number)
            case Waive():
                pass
    waivers = [
        Waiver(deal_id, each.criterion, REASON, each.approver, as_of, each.expires_at)
        for each in actions
        if isinstance(each, Waive)
    ]
    return edit.tables_after(), tuple(waivers)


@dataclass
class _Edit:
    """The tables of one batch with those rows at hand that are being changed."""

    tables: Tables
    deal_id: str
    as_of: datetime
    playbook: Playbook
    crm: str
    touched: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Give the rows of a table, to be changed; none where the CRM does not deliver it."""
        if table not in self.tables.tables:
            return []
        if table not in self.touched:
            self.touched[table] = self.tables[table].to_pylist()
        return self.touched[table]

    def tables_after(self) -> Tables:
        """Give the tables with the rows as they are now."""
        changed = {
            name: pa.Table.from_pylist(rows, schema=self.tables[name].schema) for name, rows in self.touched.items()
        }
        return Tables({**self.tables.tables, **changed}, self.tables.tracked)

    def fill(self, action: FillField) -> None:
        deal = self._deal()
        if action.table == "deals":
            self._note_change(action.field, deal.get(action.field), action.value, deal.get("owner_id"))
            deal[action.field] = action.value
        elif action.table == "accounts":
            for row in self.rows("accounts"):
                if row["id"] == deal.get("account_id"):
                    row[action.field] = action.value
        else:
            for row in self._contact_rows(action.person):
                row[action.field] = action.value

    def name(self, action: NamePerson) -> None:
        role = next((each for each in self.playbook.roles if each.id == action.role), None)
        names = role.names.get(self.crm, ()) if role else ()
        word = names[0] if names else action.role or None
        rows = self._contact_rows(action.person)
        without = [row for row in rows if row.get("role") is None]
        if without:
            without[0]["role"] = word
        else:
            base = rows[0] if rows else {"deal_id": self.deal_id, "id": action.person, "name": action.person}
            self.rows("contacts").append({**base, "role": word})

    def add(self, action: OwnActivity | BuyerActivity, number: int) -> None:
        row = {**action.row, "deal_id": self.deal_id, "id": f"way-{number}"}
        if action.table == "activities":
            row["contact_ids"] = list(action.with_people)
            self._note_heard(action)
        if action.table in self.tables.tables:
            self.rows(action.table).append(row)

    def _note_heard(self, action: OwnActivity | BuyerActivity) -> None:
        """Keep the last activity of contacts where the CRM itself does, activities not telling it."""
        if isinstance(action, BuyerActivity):
            for person in action.with_people:
                for row in self._contact_rows(person):
                    row["last_buyer_activity_at"] = self.as_of

    def _note_change(self, name: str, old: object, new: object, owner: str | None) -> None:
        tracked = self.tables.tracked
        if "field_changes" in self.tables.tables and (tracked is None or name in tracked):
            change = {"deal_id": self.deal_id, "field": name, "old": _text(old), "new": _text(new)}
            self.rows("field_changes").append({**change, "changed_at": self.as_of, "changed_by": owner})

    def _deal(self) -> dict[str, Any]:
        return next(row for row in self.rows("deals") if row["id"] == self.deal_id)

    def _contact_rows(self, person: str) -> list[dict[str, Any]]:
        return [row for row in self.rows("contacts") if row["deal_id"] == self.deal_id and row["id"] == person]


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, date):
        return value.isoformat()
    return ";".join(map(str, value)) if isinstance(value, list) else str(value)
