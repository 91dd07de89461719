"""A past run is judged again from the store alone, to the byte; what is judged otherwise is told."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from typer.testing import CliRunner, Result

from connectors.connecting import connect
from connectors.crm_settings import LocalSettings
from console.app import app
from engine.ledger import due, tables
from engine.ledger.pruning import prune
from engine.ledger.retention import Retention
from engine.ledger.store import Ledger
from engine.runs import batches
from engine.runs.due import DueDeals, Watched
from engine.runs.playbooks import load_playbooks
from engine.runs.replay import InputsPruned, NotInRun, Replay, RunNotFound
from engine.runs.stored_deals import DealUnknown, stored_deal

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
SALES = """
playbook: sales
version: 1
title: Sales
applies_to: {pipeline: New}
calendar: {timezone: Europe/Berlin}
fields: {pain: {type: text}}
stages:
  - id: discovery
    title: Discovery
    crm: {local: Discovery}
    exit_criteria:
      - {id: pain-own, says: The problem is theirs, require: {pain: {min_words: 2, copied: false}}, enforce: hard}
      - {id: step, says: A step is agreed, require: {next_step_date: {within_next: 14 days}}, enforce: soft}
  - {id: proposal, title: Proposal, crm: {local: Proposal}}
clocks: {next_step: {from: discovery}}
waivers: {approvers: [ops@example.com]}
"""
RENEWALS = """
playbook: renewals
version: 4
title: Renewals
applies_to: {pipeline: Renewal}
stages: [{id: quote, title: Quote, exit_criteria: [{id: quoted, says: A step, require: {filled: [next_step]}}]}]
"""
CONFIG = """
crms: {acme: {type: local, path: crm}}
playbooks: [sales.yaml, renewals.yaml]
"""
DEALS = """\
id,name,pipeline,stage,amount,currency,owner_id,account_id,outcome,next_step,next_step_date,pain
D-1,Zürich 株,New,Discovery,10,EUR,o1,a1,open,call,2026-11-05,they retype orders
D-2,Harbor,New,Discovery,20,EUR,o1,a2,open,,,They retype orders
D-3,Quarry,New,Proposal,30,EUR,o2,a3,open,call,2026-12-24,orders get lost
D-4,Old,Renewal,quote,40,EUR,o2,a3,open,,,
D-5,Other,Elsewhere,quote,50,EUR,o2,a3,open,,,
D-6,Wrong,New,Discovery,many,EUR,o2,a3,open,,,
"""
OWNERS = "id,name,email,manager_id\no1,Ana Ruiz,ana@example.com,o2\no2,Bo Lind,bo@example.com,\n"


@dataclass
class Place:
    """A folder with a CRM and playbooks, and a store beside it."""

    folder: Path
    ledger: Ledger
    store: str

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(app, [*words, "--config", str(self.folder / "dealgate.yaml"), "--store", self.store])

    def look_at(self, deals: Sequence[str]) -> None:
        """Do what the service does with deals that events name."""
        playbooks = load_playbooks([self.folder / "sales.yaml", self.folder / "renewals.yaml"])
        settings = LocalSettings("acme", self.folder / "crm")
        with self.ledger.writing() as connection:
            due.ask(connection, "acme", deals, NOW)
        assert DueDeals(Watched("acme", lambda: connect(settings), playbooks), self.ledger, now=lambda: NOW).round()

    def last_run(self) -> tuple[int, str]:
        with self.ledger.reading() as connection:
            row = connection.execute(select(tables.run).order_by(tables.run.c.id.desc())).first()
        assert row is not None
        return row.id, row.as_of.isoformat()

    def many(self, table: object) -> int:
        with self.ledger.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[arg-type]

    def change(self, statement: object) -> None:
        with self.ledger.writing() as connection:
            connection.execute(statement)  # type: ignore[call-overload]

    def replayed(self, run_id: int, deal: str = "") -> Replay:
        with Replay(self.ledger, run_id, deal) as again:
            assert list(again.verdicts())
            return again


@pytest.fixture
def place(tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Place:
    folder = tmp_path / "sales"
    (folder / "crm").mkdir(parents=True)
    texts = {"sales.yaml": SALES, "renewals.yaml": RENEWALS, "dealgate.yaml": CONFIG}
    for name, text in (texts | {"crm/deals.csv": DEALS, "crm/owners.csv": OWNERS}).items():
        (folder / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(batches, "DEALS_AT_ONCE", 2)
    url = ledger.engine.url.render_as_string(hide_password=False)
    return Place(folder, ledger, url)


def in_another_process(place: Place, *words: str) -> subprocess.CompletedProcess[str]:
    elsewhere = place.folder.parent / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "cli", *words, "--store", place.store],
        cwd=elsewhere,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_runs_of_every_kind_are_replayed_to_the_byte_when_the_crm_and_the_playbooks_are_gone(place: Place) -> None:
    waiver = ("--criterion", "step", "--reason", "They sign in May", "--approver", "ops@example.com")
    assert place.run("waive", "-d", "D-2", *waiver, "--until", "2030-01-01", "--as-of", NOW.isoformat()).exit_code == 0
    told: dict[int, tuple[str, str]] = {}
    for kind in ("apply", "sweep", "events"):
        if kind == "events":
            place.look_at(["D-3", "D-2"])
        else:
            done = place.run(kind, *(["--yes"] if kind == "apply" else []), "--format", "json")
            assert done.exit_code == 0, done.output
        run_id, as_of = place.last_run()
        deals = ["--deal", "D-2", "--deal", "D-3"] if kind == "events" else []
        told[run_id] = kind, place.run("check", "--as-of", as_of, "--format", "json", *deals).stdout
        (place.folder / "crm" / "deals.csv").write_text(DEALS.replace("call", f"after {kind}"), encoding="utf-8")
        (place.folder / "sales.yaml").write_text(SALES.replace("14 days", f"{run_id} days"), encoding="utf-8")
    shutil.rmtree(place.folder)
    assert [kind for kind, _ in told.values()] == ["apply", "sweep", "events"]
    for run_id, (kind, document) in told.items():
        again = in_another_process(place, "replay", str(run_id), "--format", "json")
        many = 2 if kind == "events" else 5
        assert again.stderr == f"run {run_id} ({kind}) of acme, done: {many} verdicts are the same to the byte\n"
        assert again.returncode == 0
        assert again.stdout == document, kind
    assert "`many`" in told[1][1]
    assert '"pain-own"' in told[1][1]
    assert "They sign in May" in told[1][1]


def test_a_run_that_is_judged_otherwise_is_told_by_deal_and_by_the_engines_that_differ(place: Place) -> None:
    place.run("apply", "--yes", "--as-of", NOW.isoformat())
    changed = SALES.replace("enforce: hard", "enforce: advise")
    text = tables.playbook_text
    place.change(update(text).where(text.c.name == "sales@1").values(text=changed))
    place.change(update(tables.run).values(engine="0.0.9"))
    done = place.run("replay", "1")
    assert done.exit_code == 1
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert "run 1 (apply) of acme, done: 2 of 5 verdicts are not the same" in lines
    assert any(line.startswith("engine 0.0.9 judged then, engine ") for line in lines)
    assert (
        "deal D-1 is judged otherwise: its gate was `not_yet` and is `advise`; the stage it is allowed was `discovery` "
        "and is `proposal`; what is open against it was `pain-own` and is nothing; the strictness of finding "
        "`pain-own` was `hard` and is `advise`"
    ) in lines
    assert [each.deal_id for each in place.replayed(1).otherwise] == ["D-1", "D-2"]
    assert place.replayed(1, "D-3").otherwise == []


def test_words_alone_that_differ_are_told_as_such(place: Place) -> None:
    place.run("apply", "--yes", "--as-of", NOW.isoformat())
    place.change(update(tables.playbook_text).values(text=RENEWALS.replace("A step", "Any step")))
    place.change(update(tables.playbook_text).where(tables.playbook_text.c.name == "sales@1").values(text=SALES))
    (found,) = place.replayed(1).otherwise
    assert found.words == "deal D-4 is judged otherwise: in its words alone"


def test_one_deal_is_replayed_alone_and_one_the_run_did_not_judge_is_told(place: Place) -> None:
    place.look_at(["D-2"])
    place.run("apply", "--yes", "--as-of", NOW.isoformat())
    again = place.replayed(2, "D-2")
    assert (again.compared, again.summary.deals, again.otherwise) == (1, 1, [])
    assert (place.replayed(2).compared, place.replayed(2).summary.deals) == (5, 4)
    with pytest.raises(NotInRun, match="run 1 did not judge deal `D-3`"):
        place.replayed(1, "D-3")


def test_what_did_not_change_from_night_to_night_is_kept_once(place: Place) -> None:
    for day in range(3):
        place.run("apply", "--yes", "--as-of", (NOW + timedelta(days=day)).isoformat())
    after_three = place.many(tables.stored_input)
    place.run("apply", "--yes", "--as-of", (NOW + timedelta(days=3)).isoformat())
    assert place.many(tables.stored_input) == after_three
    assert place.many(tables.run_input) == 12


def test_a_refused_run_is_replayed_though_nothing_of_it_stands(place: Place) -> None:
    with (place.folder / "dealgate.yaml").open("a", encoding="utf-8") as file:
        file.write("limits: {tasks-per-owner: 0, blocked: 0, tasks: 0}\n")
    rows = [f"N-{number},Far,New,Proposal,1,EUR,o1,a{number},open,,,tbd" for number in range(40)]
    (place.folder / "crm" / "deals.csv").write_text(DEALS + "\n".join(rows) + "\n", encoding="utf-8")
    assert place.run("apply", "--yes", "--as-of", NOW.isoformat()).exit_code == 2
    again = place.replayed(1)
    assert (again.run.state, again.compared, again.otherwise) == ("refused", 45, [])
    assert place.many(tables.verdict) == 0


def test_a_run_whose_inputs_were_pruned_says_since_when_they_are_kept(place: Place) -> None:
    place.run("apply", "--yes", "--as-of", NOW.isoformat())
    later = datetime.now(UTC) + timedelta(days=31)
    assert prune(place.ledger, Retention(), later).inputs > 0
    with pytest.raises(InputsPruned, match=r"run 1 judged from is no longer kept; it is kept of no run\n  help: "):
        place.replayed(1)
    place.run("apply", "--yes", "--as-of", NOW.isoformat())
    with pytest.raises(InputsPruned, match=r"it is kept since run 2 of 20\d\d-\d\d-\d\d"):
        place.replayed(1)
    assert place.replayed(2).otherwise == []


def test_unknown_runs_and_deals_are_refused_by_name(place: Place) -> None:
    with pytest.raises(RunNotFound, match=r"no run `7`\n  help: it holds no run yet"):
        place.replayed(7)
    place.run("apply", "--yes", "--as-of", NOW.isoformat())
    with pytest.raises(RunNotFound, match=r"no run `7`\n  help: the last one is 1"):
        place.replayed(7)
    with pytest.raises(DealUnknown, match=r"knows no deal `D-11`\n  help: did you mean `D-1`\?"):
        stored_deal(place.ledger, "D-11")
    with pytest.raises(DealUnknown, match=r"knows no deal `D-`\n  help: did you mean `D-1`"):
        stored_deal(place.ledger, "D-")
    assert stored_deal(place.ledger, " D-3 ") == "D-3"
