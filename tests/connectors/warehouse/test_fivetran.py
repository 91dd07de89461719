"""The tables that Fivetran lays down are read by the ready mappings: what was recorded, and what its shape leads on to.

The recorded rows are anonymous and hardly belong to each other, so rows of the same tables are added that do.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa

from connectors.warehouse.connector import WarehouseConnector
from engine.judge.tables import Tables
from tests.connectors.warehouse.conftest import Seeds
from tests.connectors.warehouse.warehouses import Place, Rows

OPPORTUNITY, PERSON, OWNER = "006q000000HdOhuAAF", "003q000000AAAAAAA0", "00555000003F3Q6AAK"


def at(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type,misc]  # noqa: DTZ001 - as Fivetran writes times


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


def with_rows(table: pa.Table, *rows: dict[str, object]) -> pa.Table:
    """Add rows to a recorded table; what they do not say is null, and a column of nothing takes their type."""
    columns = {}
    for name in table.column_names:
        told = [row.get(name) for row in rows]
        column = table[name]
        kind = (
            pa.array(told).type
            if column.null_count == len(column) and any(each is not None for each in told)
            else column.type
        )
        columns[name] = pa.concat_arrays([column.cast(kind).combine_chunks(), pa.array(told, kind)])
    unknown = {name for row in rows for name in row} - set(table.column_names)
    assert not unknown, f"not recorded: {unknown}"
    return pa.table(columns)


def salesforce(seeds: Seeds) -> Rows:
    """Every recorded opportunity was deleted; they are taken back here, and one gets an owner and a past."""
    tables = dict(seeds("salesforce"))
    deals = tables["opportunity"].to_pylist()
    mended = [{**row, "is_deleted": False, "owner_id": OWNER, "_fivetran_active": True} for row in deals]
    tables["opportunity"] = pa.Table.from_pylist(mended, schema=tables["opportunity"].schema)
    tables["event"] = with_rows(
        tables["event"],
        {"id": "00U1", "what_id": OPPORTUNITY, "who_id": PERSON, "type": "Meeting", "is_deleted": False,
         "is_child": False, "start_date_time": at(2018, 12, 18, 9), "subject": "Demo"},
        {"id": "00U2", "what_id": OPPORTUNITY, "type": "Call", "is_deleted": False, "is_child": True,
         "start_date_time": at(2018, 12, 18, 9)},
    )  # fmt: skip
    tables["task"] = with_rows(
        tables["task"],
        {"id": "00T1", "what_id": OPPORTUNITY, "who_id": PERSON, "task_subtype": "Call", "call_type": "Inbound",
         "is_closed": True, "is_deleted": False, "completed_date_time": at(2018, 12, 19, 8), "subject": "Called back",
         "activity_date": at(2018, 12, 19)},
        {"id": "00T2", "what_id": OPPORTUNITY, "task_subtype": "Task", "type": "Other", "is_closed": False,
         "is_deleted": False, "subject": "Send the contract", "activity_date": at(2018, 12, 21), "owner_id": OWNER},
    )  # fmt: skip
    return tables


def history(seeds: Seeds) -> Rows:
    """The recorded opportunities in history mode, with one that has moved twice."""
    tables = salesforce(seeds)
    recorded = tables.pop("opportunity_history")
    last = recorded.to_pylist()[-1]
    kept = {"id": OPPORTUNITY, "is_deleted": False, "owner_id": OWNER, "name": "Testing Order from Process"}
    versions = [
        kept | {"_fivetran_active": active, "_fivetran_start": start, "stage_name": stage, "amount": amount}
        for active, start, stage, amount in (
            (False, at(2018, 12, 18, 18), "Discovery", 100_000),
            (False, at(2018, 12, 18, 19), "Discovery", 210_000),
            (True, at(2018, 12, 19, 7), "Proposal", 210_000),
        )
    ]
    kept_ones = [{**row, "is_deleted": False} for row in recorded.to_pylist() if row["id"] != last["id"]]
    others = pa.Table.from_pylist(kept_ones, recorded.schema)
    return tables | {"opportunity": with_rows(others, *versions)}


def all_of(warehouse: WarehouseConnector) -> Tables:
    """Read everything once: the recordings are small, and what cannot be taken of them is nothing."""
    (tables,) = warehouse.read(())
    assert warehouse.problems == ()
    return tables


def rows(tables: Tables, table: str, deal: str) -> list[dict[str, object]]:
    key = "id" if table == "deals" else "deal_id"
    found = [row for row in tables[table].to_pylist() if row[key] == deal]
    return sorted(found, key=lambda row: [str(value) for value in row.values()])


def test_recorded_opportunities_are_read_with_what_belongs_to_them(quick_place: Place, seeds: Seeds) -> None:
    quick_place.fill(salesforce(seeds))
    with quick_place.warehouse("fivetran-salesforce") as warehouse:
        assert warehouse.name == "salesforce"
        assert warehouse.count_open() == 1
        tables = all_of(warehouse)
    (deal,) = rows(tables, "deals", OPPORTUNITY)
    activities = rows(tables, "activities", OPPORTUNITY)
    tasks = rows(tables, "tasks", OPPORTUNITY)
    assert len(tables.deal_ids) == 10
    assert tables["owners"].to_pylist()[0]["name"] == "Saurabh Kapadia"
    assert Counter(tables["deals"]["outcome"].to_pylist()) == {"won": 5, "lost": 4, "open": 1}
    assert deal == {
        "id": OPPORTUNITY, "name": "Testing Order from Process", "stage": "9RN9J3tlxr89gDctReax5w==",
        "amount": Decimal("210000.00"), "owner_id": OWNER, "account_id": "wIXkC/s93lDAT+HVkwv6+A==",
        "type": deal["type"], "created_at": utc(2018, 12, 18, 17, 56, 5), "close_date": date(2018, 12, 19),
        "closed_at": None, "outcome": "open", "next_step": None, "forecast": deal["forecast"],
    }  # fmt: skip
    assert [(each["id"], each["kind"], each["status"]) for each in activities] == [
        ("00T1", "call", "held"), ("00U1", "meeting", "held")
    ]  # fmt: skip
    call, meeting = activities
    assert (call["direction"], call["happened_at"], call["contact_ids"]) == ("inbound", utc(2018, 12, 19, 8), [PERSON])
    assert (meeting["direction"], meeting["subject"]) == (None, "Demo")
    assert [(each["id"], each["status"], each["due"]) for each in tasks] == [
        ("00T1", "completed", date(2018, 12, 19)), ("00T2", "open", date(2018, 12, 21))
    ]  # fmt: skip


def test_history_mode_tells_stage_changes_and_changes_of_amount(quick_place: Place, seeds: Seeds) -> None:
    quick_place.fill(history(seeds))
    with quick_place.warehouse("fivetran-salesforce-history") as warehouse:
        tables = all_of(warehouse)
    (deal,) = rows(tables, "deals", OPPORTUNITY)
    moves = rows(tables, "stage_changes", OPPORTUNITY)
    changes = rows(tables, "field_changes", OPPORTUNITY)
    assert (deal["stage"], deal["amount"]) == ("Proposal", Decimal("210000.00"))
    assert [(each["from_stage"], each["to_stage"], each["changed_at"]) for each in moves] == [
        ("Discovery", "Proposal", utc(2018, 12, 19, 7)), (None, "Discovery", utc(2018, 12, 18, 18))
    ]  # fmt: skip
    assert [(each["field"], each["old"], each["new"], each["changed_at"]) for each in changes] == [
        ("amount", "100000", "210000", utc(2018, 12, 18, 19))
    ]


def hubspot(seeds: Seeds) -> Rows:
    """The recorded account, in which one deal gets a stage, people and a task; companies and calls as documented."""
    tables = dict(seeds("hubspot"))
    tables["deal"] = with_rows(
        tables["deal"],
        {"deal_id": 7, "is_deleted": False, "deal_pipeline_id": "wh+Wm18D0z1D4E+PE252gg==",
         "deal_pipeline_stage_id": "/n0+plNHbWErNq8Ek+NM3g==", "owner_id": 35252170, "property_dealname": "Saltrane",
         "property_amount": 1250.5, "property_closedate": at(2021, 2, 1, 12), "property_createdate": at(2021, 1, 4)},
        {"deal_id": 8, "is_deleted": True, "property_createdate": at(2021, 1, 4)},
    )  # fmt: skip
    tables["deal_stage"] = with_rows(
        tables["deal_stage"],
        {"deal_id": 7, "value": "a", "date_entered": at(2021, 1, 4), "_fivetran_start": at(2021, 1, 4)},
        {"deal_id": 7, "value": "b", "date_entered": at(2021, 1, 9), "_fivetran_start": at(2021, 1, 9)},
    )
    tables["deal_property_history"] = with_rows(
        tables["deal_property_history"],
        {"deal_id": 7, "name": "amount", "value": "1000", "timestamp": at(2021, 1, 4)},
        {"deal_id": 7, "name": "amount", "value": "1250.5", "timestamp": at(2021, 1, 6)},
        {"deal_id": 7, "name": "hs_next_step", "value": "Call", "timestamp": at(2021, 1, 6)},
    )
    tables["deal_contact"] = with_rows(tables["deal_contact"], {"deal_id": 7, "contact_id": 78971951})
    contacts = tables["contact"]
    roles = pa.array(["BUDGET_HOLDER;CHAMPION" if each == 78971951 else None for each in contacts["id"].to_pylist()])
    tables["contact"] = contacts.append_column("property_hs_buying_role", roles)
    tables["engagement_deal"] = with_rows(
        tables["engagement_deal"],
        {"deal_id": 7, "engagement_id": 32034933897, "engagement_type": "TASK"},
        {"deal_id": 7, "engagement_id": 91, "engagement_type": "CALL"},
    )
    return tables | {
        "engagement_call": pa.table({
            "engagement_id": [91], "_fivetran_deleted": [False], "property_hs_call_direction": ["INBOUND"],
            "property_hs_call_status": ["COMPLETED"], "property_hs_timestamp": [at(2021, 1, 5, 10)],
        }),
        "engagement_contact": pa.table({"engagement_id": [91, 91], "contact_id": [2, 11]}),
        "deal_company": pa.table({"deal_id": [7], "company_id": [5]}),
        "company": pa.table({"id": [5], "is_deleted": [False], "property_name": ["Saltrane Builders"]}),
    }  # fmt: skip


def test_the_recorded_account_is_read_with_what_belongs_to_its_deals(quick_place: Place, seeds: Seeds) -> None:
    quick_place.fill(hubspot(seeds))
    with quick_place.warehouse("fivetran-hubspot") as warehouse:
        assert warehouse.name == "hubspot"
        tables = all_of(warehouse)
    (deal,) = rows(tables, "deals", "7")
    people = rows(tables, "contacts", "7")
    (call,) = rows(tables, "activities", "7")[-1:]
    (task,) = rows(tables, "tasks", "7")
    moves = rows(tables, "stage_changes", "7")
    changes = rows(tables, "field_changes", "7")
    assert len(tables.deal_ids) == 45
    assert (deal["stage"], deal["outcome"], deal["amount"]) == ("/n0+plNHbWErNq8Ek+NM3g==", "won", Decimal("1250.50"))
    assert (deal["pipeline"], deal["account_id"], deal["close_date"]) == (
        "wh+Wm18D0z1D4E+PE252gg==",
        "5",
        date(2021, 2, 1),
    )
    assert deal["closed_at"] == utc(2021, 2, 1, 12)
    assert tables["accounts"].to_pylist() == [{"id": "5", "name": "Saltrane Builders"}]
    assert [each["role"] for each in people] == ["BUDGET_HOLDER", "CHAMPION"]
    assert people[0]["name"] == "db320f93ead463e1a2faee198cd9a122 22370ea245fce0b355938327d41bd1e4"
    assert (call["id"], call["direction"], call["status"], call["contact_ids"]) == (
        "91",
        "inbound",
        "held",
        ["11", "2"],
    )
    assert (task["id"], task["due"], task["owner_id"]) == ("32034933897", date(2023, 3, 8), "32779820")
    assert [(each["from_stage"], each["to_stage"]) for each in moves] == [(None, "a"), ("a", "b")]
    assert [(each["field"], each["old"], each["new"]) for each in changes] == [
        ("amount", "1000", "1250.5"), ("next_step", None, "Call")
    ]  # fmt: skip
