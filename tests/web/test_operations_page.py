"""What docs/operations.md gives to copy works: the unit, the proxy, the alerts, the paths, and a restored backup."""

from __future__ import annotations

import csv
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from engine.ledger.store import Ledger
from tests.web.conftest import Running, serving
from tests.web.test_admin import BEARER, admin_of
from tests.web.test_serve import command

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
PLAYBOOK = """
playbook: sales
version: 1
title: Sales
stages:
  - id: discovery
    title: Discovery
    exit_criteria:
      - {id: next, says: The next step is written down, require: {filled: [next_step]}, enforce: hard,
         task: {title: Write down the next step, due: 2 business days}}
  - {id: proposal, title: Proposal}
"""


def block(kind: str) -> str:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, flags=re.DOTALL)[0]


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="`systemd-analyze` is not here")
def test_the_unit_is_one_that_systemd_takes_and_calls_safe(tmp_path: Path) -> None:
    unit = tmp_path / "dealgate.service"
    unit.write_text(block("ini").replace("/opt/dealgate/bin/dealgate", sys.executable), encoding="utf-8")
    verified = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)  # noqa: S603, S607 - found above
    ours = [line for line in verified.stderr.splitlines() if "dealgate" in line]
    assert (ours, verified.returncode) == ([], 0)
    words = ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit)]
    safe = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - likewise
    assert safe.returncode == 0, safe.stdout[-200:]


@pytest.mark.skipif(shutil.which("nginx") is None, reason="`nginx` is not here")
def test_the_proxy_is_one_that_nginx_takes(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key", tmp_path / "certificate"
    trustme_of(key, certificate)
    server = block("nginx")
    server = server.replace("/etc/ssl/hooks.example.com.pem", str(certificate))
    server = server.replace("/etc/ssl/hooks.example.com.key", str(key))
    config = tmp_path / "nginx.conf"
    config.write_text(f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{\n{server}\n}}\n", encoding="utf-8")
    words = ["nginx", "-t", "-q", "-c", str(config), "-e", str(tmp_path / "log")]
    tried = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - found above
    assert tried.returncode == 0, tried.stderr


def trustme_of(key: Path, certificate: Path) -> None:
    import trustme  # noqa: PLC0415 - only where nginx is

    made = trustme.CA().issue_cert("hooks.example.com")
    made.private_key_pem.write_to_path(key)
    made.cert_chain_pems[0].write_to_path(certificate)


def test_alerts_ask_for_metrics_that_are_told(running: Running) -> None:
    told = running.ask("GET", "/metrics").text
    families = set(re.findall(r"^# TYPE (dealgate_\w+)", told, flags=re.MULTILINE)) | {"dealgate_playbooks_refused"}
    names = families | {f"{each}_bucket" for each in families}
    asked = set(re.findall(r"dealgate_\w+", section("What to alert on")))
    assert len(asked) >= 12
    assert sorted(asked - names) == []


def test_labels_that_alerts_ask_for_are_told(running: Running) -> None:
    told = running.ask("GET", "/metrics").text
    for metric, name, value in re.findall(r'(dealgate_\w+)\{(\w+)="(\w+)"\}', section("What to alert on")):
        assert re.search(rf'^{metric}\{{[^}}]*{name}="{value}"', told, flags=re.MULTILINE), (metric, name, value)


def test_the_admin_api_is_documented_as_it_is(ledger: Ledger) -> None:
    with serving(ledger, admin=admin_of) as running:
        paths = running.ask("GET", "/admin/openapi.json", **BEARER).json()["paths"]
    there = {f"{method.upper()} {path}" for path, each in paths.items() for method in each if path.startswith("/admin")}
    documented = re.findall(r"\| `((?:GET|POST) /admin/[^`?]+)", section("The admin API"))
    assert {each.replace("CRM", "{crm}").replace("DEAL", "{deal}") for each in documented} == there


def test_every_answer_to_an_event_is_documented(running: Running) -> None:
    table = section("The process")
    assert running.ask("GET", "/webhooks/hubspot/hub").status_code == 405
    for status in (200, 400, 401, 404, 408, 413, 429, 503):
        assert re.search(rf"^\| [^|]*\b{status}\b", table, flags=re.MULTILINE), status


@pytest.mark.parametrize("start", ["from a copy", "with an empty store"])
def test_after_a_restore_nothing_is_written_twice(tmp_path: Path, start: str) -> None:
    store, copy = tmp_path / "dealgate.db", tmp_path / "copy.db"
    (tmp_path / "sales.yaml").write_text(PLAYBOOK, encoding="utf-8")
    (tmp_path / "crm").mkdir()
    put_deals(tmp_path, 1)
    apply(tmp_path)
    with sqlite3.connect(store) as db:
        db.execute("VACUUM INTO ?", (str(copy),))
    db.close()
    put_deals(tmp_path, 3)
    apply(tmp_path)
    written = tasks(tmp_path)
    assert len(written) == 3
    for each in tmp_path.glob("dealgate.db*"):
        each.unlink()
    if start == "from a copy":
        shutil.copy(copy, store)
    apply(tmp_path)
    assert tasks(tmp_path) == written


def put_deals(folder: Path, many: int) -> None:
    rows = [f"D-{number},Deal {number},discovery,open,ann," for number in range(many)]
    text = "\n".join(["id,name,stage,outcome,owner_id,next_step", *rows, ""])
    (folder / "crm" / "deals.csv").write_text(text, encoding="utf-8")


def apply(folder: Path) -> None:
    allowed = ["--allow", "blocked", "--allow", "tasks-per-owner"]
    words = command("apply", "--crm", "crm", "--playbook", "sales.yaml", *allowed)
    ended = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    assert ended.returncode == 0, ended.stderr


def tasks(folder: Path) -> list[str]:
    with (folder / "crm" / "tasks.csv").open(encoding="utf-8", newline="") as file:
        return sorted(row["key"] for row in csv.DictReader(file))
