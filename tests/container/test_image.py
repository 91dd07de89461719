"""Dockerfile and compose.yaml promise: no root, nothing written but data, no secret inside, and a health check."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command_from_info

from console.app import app

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = (ROOT / "compose.yaml").read_text(encoding="utf-8")
SERVICES: dict[str, Any] = yaml.safe_load(COMPOSE)["services"]
OURS = ("serve", "worker")
REQUIRED = re.compile(r"\$\{\w+:\?[^}]*\}")


def instructions() -> list[tuple[str, str]]:
    """Give the instructions of the Dockerfile, lines that go on put together."""
    text = re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE))
    lines = (line.strip() for line in text.splitlines())
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines if line)]


def last_stage() -> dict[str, list[str]]:
    whole = instructions()
    begins = max(number for number, (word, _) in enumerate(whole) if word == "FROM")
    found: dict[str, list[str]] = {}
    for word, rest in whole[begins:]:
        found.setdefault(word, []).append(rest)
    return found


def words_of(service: str) -> list[str]:
    return [str(each) for each in SERVICES[service]["command"]]


def test_the_image_runs_as_nobody_in_particular() -> None:
    user, _, group = last_stage()["USER"][-1].partition(":")
    assert int(user) >= 1000
    assert int(group) >= 1000


def test_what_ships_is_made_elsewhere_by_pinned_versions_and_holds_no_build_tools() -> None:
    stages = [rest for word, rest in instructions() if word == "FROM"]
    assert len(stages) == 2
    installs = [rest for word, rest in instructions() if word == "RUN" and "install" in rest and "pip" in rest]
    assert all("-c constraints.txt" in each for each in installs)
    assert "--without-pip" in DOCKERFILE
    shipped = " ".join(last_stage()["RUN"])
    assert not re.search(r"\b(pip|apt-get|gcc|curl|wget)\b", shipped)
    assert all(each.startswith("--from=build /opt/dealgate ") for each in last_stage()["COPY"])


def test_every_room_goes_into_the_image_and_nothing_else() -> None:
    copied = {
        each for word, rest in instructions() if word == "COPY" and "--from" not in rest for each in rest.split()[:-1]
    }
    rooms = {"rules", "engine", "connectors", "playbooks", "console", "web"}
    assert copied == rooms | {"pyproject.toml", "constraints.txt", "README.md", "LICENSE", "cli.py"}
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split("\n")
    assert "*" in ignored
    assert {each.removeprefix("!") for each in ignored if each.startswith("!")} == copied


def test_the_image_asks_for_health_at_the_port_it_serves() -> None:
    stage = last_stage()
    (port,) = stage["EXPOSE"]
    served = re.findall(r'"([^"]*)"', stage["CMD"][0])
    assert served[served.index("--port") + 1] == port
    assert f"http://127.0.0.1:{port}/healthz" in stage["HEALTHCHECK"][0]


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_every_service_is_confined(service: str) -> None:
    found = SERVICES[service]
    assert found["read_only"] is True
    assert found["cap_drop"] == ["ALL"]
    assert found["security_opt"] == ["no-new-privileges:true"]
    assert "cap_add" not in found
    assert "privileged" not in found
    assert found.get("user", "10001") not in {"0", "root", "0:0"}


@pytest.mark.parametrize("service", OURS)
def test_beside_data_and_tmp_nothing_can_be_written(service: str) -> None:
    found = SERVICES[service]
    writable = {each.split(":")[1] for each in found["volumes"] if not each.endswith(":ro")}
    assert writable == {"/data"}
    assert [each.partition(":")[0] for each in found["tmpfs"]] == ["/tmp"]  # noqa: S108 - the container's
    assert last_stage()["WORKDIR"] == ["/data"]


def test_secrets_come_from_the_environment_and_have_to_be_set() -> None:
    for service in SERVICES.values():
        named = {name: value for name, value in service["environment"].items() if re.search("PASSWORD|TOKEN", name)}
        assert named
        assert [name for name, value in named.items() if not REQUIRED.fullmatch(value)] == []
    assert not re.search(r"(?i)(password|token|secret)=", DOCKERFILE)
    assert [rest for word, rest in instructions() if word == "ARG" and rest != "PYTHON=3.11-slim"] == []


def test_only_this_machine_reaches_the_service() -> None:
    ports = {name: service.get("ports", []) for name, service in SERVICES.items()}
    assert ports == {"store": [], "serve": ["127.0.0.1:8700:8700"], "worker": []}


def test_two_workers_share_the_work_and_begin_when_the_store_has_its_tables() -> None:
    assert SERVICES["worker"]["deploy"]["replicas"] == 2
    assert SERVICES["worker"]["depends_on"] == {"serve": {"condition": "service_healthy"}}
    assert SERVICES["serve"]["depends_on"] == {"store": {"condition": "service_healthy"}}
    assert "--upgrade-store" in words_of("serve")


def test_a_worker_is_asked_for_health_at_the_port_it_answers_at() -> None:
    words = words_of("worker")
    port = words[words.index("--metrics-port") + 1]
    assert any(f"http://127.0.0.1:{port}/metrics" in each for each in SERVICES["worker"]["healthcheck"]["test"])


@pytest.mark.parametrize("service", OURS)
def test_the_commands_take_the_options_they_are_given(service: str) -> None:
    words = words_of(service)
    (command,) = [each for each in app.registered_commands if (each.name or each.callback.__name__) == words[0]]
    asked = {each for each in words if each.startswith("--")}
    made = get_command_from_info(command, pretty_exceptions_short=False, rich_markup_mode=None)
    assert asked <= {option for each in made.params for option in each.opts}


def test_the_health_checks_are_programs_that_can_be_read() -> None:
    image = re.findall(r'"((?:[^"\\]|\\.)*)"', last_stage()["HEALTHCHECK"][0])
    for words in (image, SERVICES["worker"]["healthcheck"]["test"][1:]):
        assert words[:2] == ["python", "-c"]
        compile(words[2], "health", "exec")
    assert shlex.split(" ".join(SERVICES["store"]["healthcheck"]["test"][1:]))[0] == "pg_isready"
