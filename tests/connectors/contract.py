"""What every connector promises; a connector's tests inherit `ConnectorContract` and say how to fill its CRM."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from connectors.protocol import Connector
from engine.judge.changes import Change, ChangeKind, CrmTask, Flags, OutcomeOfChange
from engine.judge.tables import Tables, canonical_schemas
from rules.playbook import Playbook, Record
from rules.types import Field, FieldType

Rows = Sequence[Mapping[str, str]]
MakeCrm = Callable[[Mapping[str, Rows]], Connector]

PLAYBOOK = Playbook(
    id="contract",
    version=1,
    title="Contract",
    stages=(),
    fields=(
        Field("pain", FieldType.TEXT),
        Field("budget_confirmed", FieldType.YES_NO),
        Field("competitors", FieldType.CHOICES),
        Field("rank", FieldType.CHOICE, table="accounts"),
        Field("wants", FieldType.TEXT, table="contacts"),
        Field("never_there", FieldType.TEXT),
    ),
    records=(Record("quotes", (Field("total", FieldType.MONEY), Field("primary", FieldType.YES_NO))),),
)

CHECKED_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
FLAGS = Flags(
    status="not yet",
    score=Decimal("62.5"),
    band="fair",
    allowed_stage="discovery",
    missing='the next step is agreed\n=the "problem" is written down; it\'s new',
    flags=("executive sponsor needed", "late; very late"),
    next_deadline=date(2026, 3, 9),
    playbook="contract@1",
    checked_at=CHECKED_AT,
    blocked_stages=("Proposal/Price Quote", "Closed Won"),
    waived=("budget-known", "pain-documented"),
    blocking=("next-step", "problem-written"),
)


def pipeline() -> dict[str, Rows]:
    """Give three deals, two open, with people, history and a quote."""
    return {
        "deals": [
            {
                "id": "D2", "name": "Second", "pipeline": "New Business", "stage": "Discovery", "amount": "1234.50",
                "currency": "USD", "owner_id": "O1", "account_id": "A1", "created_at": "2026-01-05T10:00:00+01:00",
                "close_date": "2026-06-30", "outcome": "open", "next_step": "", "pain": "  ",
                "budget_confirmed": "true", "competitors": "Acme; Initech",
            },
            {
                "id": "D1", "name": "Erste Größe", "stage": "Proposal", "amount": "", "owner_id": "O2",
                "account_id": "", "created_at": "2026-02-05T10:00:00Z", "outcome": "", "pain": "tbd",
                "budget_confirmed": "", "competitors": "",
            },
            {"id": "D3", "name": "Done", "stage": "Closed Won", "outcome": "won", "closed_at": "2026-02-28T17:00:00Z"},
        ],
        "contacts": [
            {"deal_id": "D2", "id": "P1", "name": "Ann", "role": "Champion;Economic Buyer", "wants": "less work"},
            {"deal_id": "D2", "id": "P2", "name": "Bob", "role": ""},
            {"deal_id": "D1", "id": "P1", "name": "Ann", "role": "Champion"},
        ],
        "activities": [
            {
                "deal_id": "D2", "id": "E1", "kind": "meeting", "direction": "", "status": "held",
                "happened_at": "2026-02-10T15:00:00Z", "contact_ids": "P1;P2", "subject": "Discovery call",
            },
            {"deal_id": "D1", "id": "E2", "kind": "email", "direction": "inbound",
             "happened_at": "2026-02-11T15:00:00Z"},
        ],
        "stage_changes": [
            {"deal_id": "D1", "from_stage": "Discovery", "to_stage": "Proposal", "changed_at": "2026-02-09T00:00:00Z",
             "changed_by": "O2"},
        ],
        "owners": [
            {"id": "O1", "name": "Olga", "email": "olga@example.com", "manager_id": "O9", "quota": "500000"},
            {"id": "O2", "name": "Otto", "manager_id": ""},
            {"id": "O9", "name": "Mo"},
        ],
        "accounts": [{"id": "A1", "name": "Globex", "employees": "120", "revenue": "1500000.00", "rank": "A"}],
        "quotes": [{"deal_id": "D2", "total": "1234.50", "primary": "true"}],
    }  # fmt: skip


def task(key: str = "D2:pain", **changed: object) -> CrmTask:
    """Give a task of ours, not yet in the CRM."""
    new = CrmTask("D2", "", key, "+ write down the problem", date(2026, 3, 4), "open", "O1")
    return replace(new, **changed)  # type: ignore[arg-type] # the names are the task's own


def change(kind: ChangeKind, deal_id: str = "D2", **carried: object) -> Change:
    """Give a change with a key of its own."""
    return Change(f"{kind}:{deal_id}:{carried}", kind, deal_id, **carried)  # type: ignore[arg-type] # likewise


def read_all(connector: Connector, **limits: object) -> list[Tables]:
    """Read every batch."""
    return list(connector.read([PLAYBOOK], **limits))  # type: ignore[arg-type] # likewise


def rows_of(batches: Sequence[Tables], table: str) -> list[dict[str, object]]:
    """Put a table's rows of all batches together."""
    return [row for batch in batches for row in batch[table].to_pylist()]


class ConnectorContract:
    """The promises; `make_crm` fills an empty CRM with canonical rows, every cell as its canonical text."""

    @pytest.fixture
    def make_crm(self) -> MakeCrm:
        raise NotImplementedError

    @pytest.fixture
    def crm(self, make_crm: MakeCrm) -> Connector:
        return make_crm(pipeline())

    def test_deals_come_sorted_by_id_each_once_at_any_batch_size(self, crm: Connector) -> None:
        for size in (1, 2, 3, 100):
            batches = read_all(crm, batch_size=size)
            assert [deal for batch in batches for deal in batch.deal_ids] == ["D1", "D2", "D3"]
            assert all(len(batch.deal_ids) <= size for batch in batches)

    def test_a_batch_holds_all_related_rows_of_its_deals_and_no_others(self, crm: Connector) -> None:
        for batch in read_all(crm, batch_size=1):
            for table in ("contacts", "activities", "stage_changes", "quotes"):
                assert set(batch[table]["deal_id"].to_pylist()) <= set(batch.deal_ids)
        batches = read_all(crm, batch_size=1)
        assert sorted(str(row["id"]) for row in rows_of(batches, "activities")) == ["E1", "E2"]

    def test_columns_have_their_canonical_types_and_names(self, crm: Connector) -> None:
        schemas = canonical_schemas(PLAYBOOK)
        for batch in read_all(crm):
            for name, table in batch.tables.items():
                for column in table.schema:
                    assert column.type == schemas[name].field(column.name).type, (name, column.name)

    def test_every_batch_delivers_the_same_columns(self, crm: Connector) -> None:
        first, *others = [batch.delivered for batch in read_all(crm, batch_size=1)]
        assert all(other == first for other in others)

    def test_absent_is_null_never_blank(self, crm: Connector) -> None:
        first, second, _ = rows_of(read_all(crm), "deals")
        assert first["amount"] is None
        assert first["account_id"] is None
        assert first["budget_confirmed"] is None
        assert first["competitors"] is None
        assert second["next_step"] is None
        assert second["pain"] is None

    def test_values_arrive_typed(self, crm: Connector) -> None:
        deal = rows_of(read_all(crm), "deals")[1]
        assert deal["amount"] == Decimal("1234.50")
        assert deal["created_at"] == datetime(2026, 1, 5, 9, tzinfo=UTC)
        assert deal["close_date"] == date(2026, 6, 30)
        assert deal["budget_confirmed"] is True
        assert deal["competitors"] == ["Acme", "Initech"]

    def test_text_keeps_its_letters(self, crm: Connector) -> None:
        assert rows_of(read_all(crm), "deals")[0]["name"] == "Erste Größe"

    def test_a_contact_has_a_row_for_each_role(self, crm: Connector) -> None:
        people = rows_of(read_all(crm), "contacts")
        held = sorted((str(row["deal_id"]), str(row["id"]), str(row["role"])) for row in people)
        assert held == [
            ("D1", "P1", "Champion"),
            ("D2", "P1", "Champion"),
            ("D2", "P1", "Economic Buyer"),
            ("D2", "P2", "None"),
        ]

    def test_a_batch_holds_the_accounts_owners_and_managers_of_its_deals(self, crm: Connector) -> None:
        (batch,) = crm.read([PLAYBOOK], deal_ids=["D2"])
        assert batch["accounts"].to_pylist()[0]["rank"] == "A"
        assert {"O1", "O9"} <= set(batch["owners"]["id"].to_pylist())

    def test_a_declared_record_is_a_table_of_its_own(self, crm: Connector) -> None:
        assert rows_of(read_all(crm), "quotes") == [{"deal_id": "D2", "total": Decimal("1234.50"), "primary": True}]

    def test_a_table_or_column_the_crm_lacks_is_left_out(self, crm: Connector) -> None:
        batch = read_all(crm)[0]
        assert "proposals" not in batch.tables
        assert "never_there" not in batch.delivered["deals"]
        assert "pain" in batch.delivered["deals"]

    def test_an_id_as_it_is_read_is_spelled_so(self, make_crm: MakeCrm) -> None:
        connector = make_crm(pipeline())
        ids = [str(row["id"]) for row in rows_of(read_all(connector), "deals")]
        assert len(ids) == 3
        assert [connector.deal_id(each) for each in ids] == ids

    def test_only_the_deals_asked_for_are_read(self, crm: Connector) -> None:
        batches = read_all(crm, deal_ids=["D3", "D1", "nobody", "D3"], batch_size=1)
        assert [deal for batch in batches for deal in batch.deal_ids] == ["D1", "D3"]

    def test_no_deals_give_no_batch(self, crm: Connector) -> None:
        assert read_all(crm, deal_ids=["nobody"]) == []

    def test_open_deals_are_counted_or_declined(self, crm: Connector) -> None:
        assert crm.count_open() in {2, None}

    def test_flags_are_read_back_as_they_were_set(self, crm: Connector) -> None:
        setting = change(ChangeKind.SET_FLAGS, flags=FLAGS)
        assert [receipt.outcome for receipt in crm.write([setting])] == [OutcomeOfChange.DONE]
        assert crm.read_state(["D1", "D2"]).flags == {"D2": FLAGS}

    def test_flags_set_again_replace_the_former(self, crm: Connector) -> None:
        bare = Flags("clear", None, "", "won", "", (), None, "contract@1", CHECKED_AT)
        crm.write([change(ChangeKind.SET_FLAGS, flags=FLAGS)])
        crm.write([change(ChangeKind.SET_FLAGS, flags=bare)])
        assert crm.read_state(["D2"]).flags == {"D2": bare}

    def test_a_task_is_found_again_by_its_key_and_never_doubled(self, crm: Connector) -> None:
        creating = change(ChangeKind.CREATE_TASK, task=task())
        first, again = crm.write([creating])[0], crm.write([creating])[0]
        held = crm.read_state(["D2"]).tasks
        assert first.crm_id == again.crm_id == held["D2:pain"].id != ""
        assert held == {"D2:pain": task(id=first.crm_id)}

    def test_a_task_is_changed_and_completed_where_it_stands(self, crm: Connector) -> None:
        made = crm.write([change(ChangeKind.CREATE_TASK, task=task())])[0].crm_id
        later = task(id=made, due=date(2026, 3, 9), title="Write it down now")
        crm.write([change(ChangeKind.UPDATE_TASK, task=later)])
        assert crm.read_state(["D2"]).tasks == {"D2:pain": later}
        crm.write([change(ChangeKind.COMPLETE_TASK, task=later)])
        assert crm.read_state(["D2"]).tasks["D2:pain"].status == "completed"

    def test_a_task_a_person_completed_is_not_opened_again(self, crm: Connector) -> None:
        made = crm.write([change(ChangeKind.CREATE_TASK, task=task())])[0].crm_id
        crm.write([change(ChangeKind.COMPLETE_TASK, task=task(id=made))])
        receipt = crm.write([change(ChangeKind.UPDATE_TASK, task=task(id=made, title="Again"))])[0]
        assert receipt.outcome is OutcomeOfChange.REFUSED
        assert crm.read_state(["D2"]).tasks["D2:pain"].status == "completed"

    def test_a_refusal_stops_no_other_change_and_receipts_keep_the_order(self, crm: Connector) -> None:
        changes = [
            change(ChangeKind.SET_FLAGS, "nobody", flags=FLAGS),
            change(ChangeKind.UPDATE_TASK, task=task("D2:no-such-task", id="no-such-task")),
            change(ChangeKind.SET_FLAGS, flags=FLAGS),
        ]
        receipts = crm.write(changes)
        assert [receipt.key for receipt in receipts] == [each.key for each in changes]
        assert [receipt.outcome.value for receipt in receipts] == ["refused", "refused", "done"]
        assert all(receipt.reason for receipt in receipts[:2])

    def test_a_deal_is_moved_only_from_where_it_should_stand(self, crm: Connector) -> None:
        if not crm.capabilities.moves_stages:
            pytest.skip("this connector moves no stages")
        stale = change(ChangeKind.MOVE_STAGE, from_stage="Proposal", to_stage="Closed Won", at=CHECKED_AT)
        moving = change(ChangeKind.MOVE_STAGE, "D1", from_stage="Proposal", to_stage="Discovery", at=CHECKED_AT)
        refused, moved = crm.write([stale, moving])
        assert refused.outcome is OutcomeOfChange.REFUSED
        assert "Discovery" in refused.reason
        assert moved.outcome is OutcomeOfChange.DONE
        assert crm.find_written([stale, moving]) == {stale.key: False, moving.key: True}

    def test_a_change_in_doubt_is_found_if_and_only_if_it_was_made(self, crm: Connector) -> None:
        changes = [change(ChangeKind.SET_FLAGS, flags=FLAGS), change(ChangeKind.CREATE_TASK, task=task())]
        assert list(crm.find_written(changes).values()) == [False, False]
        crm.write(changes)
        assert list(crm.find_written(changes).values()) == [True, True]
        completing = change(ChangeKind.COMPLETE_TASK, task=task())
        updating = change(ChangeKind.UPDATE_TASK, task=task(title="Another"))
        assert list(crm.find_written([completing, updating]).values()) == [False, False]
        crm.write([updating])
        crm.write([completing])
        assert crm.find_written([completing]) == {completing.key: True}

    def test_no_changes_give_no_receipts(self, crm: Connector) -> None:
        assert list(crm.write([])) == []

    def test_what_was_written_changes_no_deal_that_is_read(self, crm: Connector) -> None:
        before = rows_of(read_all(crm), "deals")
        crm.write([change(ChangeKind.SET_FLAGS, flags=FLAGS), change(ChangeKind.CREATE_TASK, task=task())])
        assert rows_of(read_all(crm), "deals") == before

    def test_tables_are_whole_arrow_tables(self, crm: Connector) -> None:
        for batch in read_all(crm):
            for table in batch.tables.values():
                assert isinstance(table, pa.Table)
                table.validate(full=True)
