"""What HubSpot works out by itself: on a save, and what depends on the hour when it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from tests.simulators.hubspot.store import sortable
from tests.simulators.hubspot.times import stamp

if TYPE_CHECKING:
    from tests.simulators.hubspot.account import Account
    from tests.simulators.hubspot.store import Values

Changes = dict[str, str | None]


def computed(account: Account, object_: str, values: Values, before: Values, now: str) -> Changes:
    """Give what follows from values that were just set; `before` is what there was, empty for a new record."""
    found: Changes = {}
    if values.get("hubspot_owner_id") != before.get("hubspot_owner_id"):
        found["hubspot_owner_assigneddate"] = now if values.get("hubspot_owner_id") else None
        found["hs_all_owner_ids"] = values.get("hubspot_owner_id")
    if object_ == "deals":
        found |= _of_deal(account, values, before, now)
    if object_ == "contacts" and "email" in values:
        found |= {"hs_email_domain": values["email"].partition("@")[2], "hs_full_name_or_email": values["email"]}
    if object_ == "tasks":
        found |= _of_task(values, before, now)
    if object_ == "notes" and "hs_note_body" in values:
        found["hs_body_preview"] = values["hs_note_body"][:100]
    return found


def of_the_hour(object_: str, values: Values, now: datetime) -> Mapping[str, str]:
    """Give what changes without any save."""
    if object_ != "tasks" or "hs_timestamp" not in values:
        return {}
    late = values.get("hs_task_status") != "COMPLETED" and sortable(values["hs_timestamp"]) < sortable(stamp(now))
    return {"hs_task_is_overdue": _said(late), "hs_task_is_past_due_date": _said(late)}


def _of_deal(account: Account, values: Values, before: Values, now: str) -> Changes:
    stage = account.stage_of(values)
    found: Changes = {}
    if stage is None:
        return found
    closed, won, amount = stage.closed, stage.won, values.get("amount")
    probability = format(Decimal(float(stage.probability)), "f")
    found |= {
        "hs_deal_stage_probability": probability if Decimal(probability) % 1 else str(int(Decimal(probability))),
        "hs_is_closed": _said(closed), "hs_is_closed_won": _said(won), "hs_is_closed_lost": _said(closed and not won),
        "hs_is_open_count": str(int(not closed)), "amount_in_home_currency": amount,
        "hs_closed_amount": (amount or "0") if won else "0",
        "hs_projected_amount": None if amount is None else f"{float(amount) * float(stage.probability):g}",
    }  # fmt: skip
    if values.get("dealstage") != before.get("dealstage"):
        found |= _moved(account, stage.suffix, before, now)
        if closed and not (before and values.get("closedate") != before.get("closedate")) and "closedate" not in before:
            found["closedate"] = values.get("closedate") or now
    return found


def _moved(account: Account, suffix: str, before: Values, now: str) -> Changes:
    found: Changes = {f"hs_v2_date_entered_{suffix}": now, "hs_v2_date_entered_current_stage": now,
                      "hs_v2_time_in_current_stage": now}  # fmt: skip
    left = account.stage_of(before) if before else None
    if left is not None:
        found[f"hs_v2_date_exited_{left.suffix}"] = now
    return found


def _of_task(values: Values, before: Values, now: str) -> Changes:
    done = values.get("hs_task_status") == "COMPLETED"
    was = before.get("hs_task_status") == "COMPLETED"
    found: Changes = {"hs_task_is_completed": str(int(done)), "hs_task_completion_count": str(int(done))}
    if done != was or not before:
        found["hs_task_completion_date"] = now if done else None
    if values.get("hs_task_body"):
        found["hs_body_preview"] = values["hs_task_body"][:100]
    return found


def _said(yes: bool) -> str:
    return "true" if yes else "false"
