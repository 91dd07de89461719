"""Fields that the org works out itself: on a save, or each time they are read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

from tests.simulators.salesforce.schema import Thing
from tests.simulators.salesforce.table import Record

if TYPE_CHECKING:
    from tests.simulators.salesforce.org import Org

FORECAST = {"BestCase": "Best Case", "MostLikely": "Best Case", "Forecast": "Commit"}


def derive(org: Org, thing: Thing, new: Record, old: Record | None, *, given: frozenset[str]) -> None:
    """Work out what follows from the fields of a row; what was `given` stays as it is."""
    working_out = DERIVED.get(thing.name)
    if working_out is not None:
        new |= {name: value for name, value in working_out(org, new, old).items() if name not in given}


def _opportunity(org: Org, new: Record, old: Record | None) -> Record:
    stage = next(iter(org.records["OpportunityStage"].where("ApiName", [new.get("StageName")])), {})
    category = stage.get("ForecastCategory", "Pipeline")
    derived: Record = {"IsClosed": stage.get("IsClosed", False), "IsWon": stage.get("IsWon", False)}
    if old is None or new.get("StageName") != old.get("StageName"):
        if old is None or new.get("Probability") == old.get("Probability"):
            derived["Probability"] = stage.get("DefaultProbability", new.get("Probability", 0.0))
        derived |= {"ForecastCategory": category, "ForecastCategoryName": FORECAST.get(category, category)}
        derived["LastStageChangeDate"] = org.now() if old is not None else None
    if new.get("Amount") is not None:
        probability = derived.get("Probability", new.get("Probability")) or 0.0
        derived["ExpectedRevenue"] = round(new["Amount"] * probability / 100, 2)
    elif old is not None:
        derived["ExpectedRevenue"] = None
    return derived | _fiscal(new.get("CloseDate"))


def _fiscal(closes: str | None) -> Record:
    if not closes:
        return {}
    year, quarter = int(closes[:4]), (int(closes[5:7]) + 2) // 3
    return {"FiscalYear": year, "FiscalQuarter": quarter, "Fiscal": f"{year} {quarter}"}


def _task(org: Org, new: Record, _old: Record | None) -> Record:
    closed = new.get("Status") == "Completed"
    done = (new.get("CompletedDateTime") or org.now()) if closed else None
    high = new.get("Priority") == "High"
    return {"IsClosed": closed, "CompletedDateTime": done, "IsHighPriority": high, "AccountId": _account(org, new)}


def _event(org: Org, new: Record, _old: Record | None) -> Record:
    starts, ends = new.get("StartDateTime") or new.get("ActivityDateTime"), new.get("EndDateTime")
    if not starts:
        return {"AccountId": _account(org, new)}
    return {"StartDateTime": starts, "ActivityDateTime": starts, "ActivityDate": starts[:10],
            "EndDateTime": ends or starts, "AccountId": _account(org, new)}  # fmt: skip


def _account(org: Org, activity: Record) -> str | None:
    what = activity.get("WhatId")
    if what and what in org.records["Account"]:
        return str(what)
    about = org.records["Opportunity"].get(what) or org.records["Contact"].get(activity.get("WhoId")) or {}
    return about.get("AccountId")


def _person(_org: Org, new: Record, old: Record | None) -> Record:
    if old is None and new.get("Name") and not new.get("LastName"):
        first, _, last = str(new["Name"]).rpartition(" ")
        return {"FirstName": first or None, "LastName": last}
    return {"Name": " ".join(each for each in (new.get("FirstName"), new.get("LastName")) if each)}


DERIVED: dict[str, Callable[[Org, Record, Record | None], Record]] = {
    "Opportunity": _opportunity, "Task": _task, "Event": _event, "Contact": _person, "User": _person,
}  # fmt: skip


def _open_tasks(org: Org, deal: Record) -> list[Record]:
    tasks = org.records["Task"].where("WhatId", [deal["Id"]])
    return [each for each in tasks if not each.get("IsClosed") and not each.get("IsDeleted")]


def _has_open_activity(org: Org, deal: Record) -> bool:
    events = org.records["Event"].where("WhatId", [deal["Id"]])
    coming = any(each.get("StartDateTime", "") > org.now() for each in events if not each.get("IsDeleted"))
    return coming or bool(_open_tasks(org, deal))


def _has_overdue_task(org: Org, deal: Record) -> bool:
    today = org.now()[:10]
    return any(each.get("ActivityDate", today) < today for each in _open_tasks(org, deal))


def _last_activity(org: Org, deal: Record) -> str | None:
    today: date = org.clock.now.date()
    done = [each for each in org.records["Task"].where("WhatId", [deal["Id"]]) if each.get("IsClosed")]
    held = org.records["Event"].where("WhatId", [deal["Id"]])
    days = [each["ActivityDate"] for each in (*done, *held) if each.get("ActivityDate") and not each.get("IsDeleted")]
    return max((day for day in days if day <= today.isoformat()), default=None)


COMPUTED: dict[tuple[str, str], Callable[[Org, Record], Any]] = {
    ("Opportunity", "HasOpenActivity"): _has_open_activity,
    ("Opportunity", "HasOverdueTask"): _has_overdue_task,
    ("Opportunity", "LastActivityDate"): _last_activity,
}
"""Fields that are worked out when they are read."""
