"""`sweep`, `doctor` and `install` through the command line, on a local CRM."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from typer.testing import Result

from tests.cli.conftest import Run

Judged = Callable[..., Result]


def test_a_sweep_writes_what_apply_would_and_tells_it_in_a_digest(judged: Judged) -> None:
    planned = json.loads(judged("plan", "--format", "json").stdout)
    swept = judged("sweep")
    assert swept.exit_code == 0
    assert swept.stdout.splitlines()[0] == "6 deals judged, 3 of them open; 1 newly blocked"
    assert swept.stdout.splitlines()[1].startswith("written: 5 flags, 2 new tasks")
    assert len(planned["changes"]) > 3
    assert "nothing had to be written" in judged("sweep").stdout


def test_a_sweep_as_json_counts_what_became_of_its_changes(judged: Judged) -> None:
    document = json.loads(judged("sweep", "--format", "json").stdout)
    assert document["deals"] == 6
    assert set(document["outcomes"]) == {"done"}
    assert document["not_done"] == document["refusals"] == []


def test_a_sweep_that_surprises_writes_nothing_and_says_how_to_allow_it(judged: Judged, folder: Path) -> None:
    deals = folder / "crm" / "deals.csv"
    lines = deals.read_text(encoding="utf-8").splitlines()
    many = [lines[3].replace("D3", f"E{number:02}") for number in range(12)]
    deals.write_text("\n".join([lines[0], *many]) + "\n", encoding="utf-8")
    refused = judged("sweep")
    assert refused.exit_code == 2
    assert "nothing was written: more than 20% of 12 open deals would be blocked" in refused.stdout
    assert not (folder / "crm" / "flags.csv").exists()


def test_doctor_names_stages_that_no_playbook_names(run: Run, folder: Path) -> None:
    deals = folder / "crm" / "deals.csv"
    deals.write_text(deals.read_text(encoding="utf-8").replace("Proposal", "Propsal"), "utf-8")
    wrong = run("doctor")
    assert wrong.exit_code == 1
    assert wrong.stdout == (
        "fine    reading: 6 deals can be read\n"
        "wrong   stages: no playbook names the stage `Handshake`: its deals have no gate\n"
        "        help: name it under `crm: {local: ...}` of a stage or an outcome\n"
        "wrong   stages: no playbook names the stage `Propsal`: its deals have no gate\n"
        "        help: did you mean `Proposal`?\n"
        "\n"
        "1 fine, 0 unwise, 2 wrong\n"
    )


def test_doctor_is_content_where_nothing_is_wrong(run: Run, folder: Path) -> None:
    deals = folder / "crm" / "deals.csv"
    deals.write_text(deals.read_text(encoding="utf-8").replace("Handshake", "Proposal"), "utf-8")
    assert run("doctor").exit_code == 0
    assert {each["health"] for each in json.loads(run("doctor", "--format", "json").stdout)} == {"fine"}


def test_a_crm_without_gates_of_its_own_has_nothing_to_install(run: Run, folder: Path) -> None:
    assert folder.is_dir()
    result = run("install")
    assert result.exit_code == 2
    assert "a local CRM has no gates of its own" in result.stderr
    assert run("install", "--dry-run", "--check").exit_code == 2


def test_the_status_tells_what_the_last_sweep_came_to(judged: Judged, run: Run) -> None:
    assert run("status").stdout == "the store knows of no CRM yet\n"
    judged("sweep")
    told = run("status")
    assert told.exit_code == 0
    assert "no deal is due" in told.stdout
    assert "6 deals judged, 3 of them open; 1 newly blocked" in told.stdout
    (crm,) = json.loads(run("status", "--format", "json").stdout)
    assert [each["state"] for each in crm["sweeps"]] == ["done"]
