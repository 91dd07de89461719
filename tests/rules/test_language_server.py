"""The schema works in editors: the language server they use is asked, over its own protocol, about real playbooks."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from rules.load import load_playbook, playbook_schema
from rules.schema_problems import check_schema
from rules.yaml_text import read_yaml

ROOT = Path(__file__).parents[2]
SERVER = (
    Path(__file__).parent / "language_server" / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
)
NODE = shutil.which("node")
SHIPPED = sorted(path for path in (ROOT / "playbooks").glob("*.yaml") if not path.name.endswith(".cases.yaml"))
WHOLE = Path(__file__).parent / "data" / "whole.yaml"
MODELINE = re.compile(r"# yaml-language-server: \$schema=(\S+)")
GIVE_UP_AFTER = 120

needs_server = pytest.mark.skipif(
    NODE is None or not SERVER.exists(),
    reason="node, or the server (`npm ci` in tests/rules/language_server), is missing",
)


class LanguageServer:
    """Speaks the language server protocol over a process's pipes."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.send("initialize", {"processId": None, "rootUri": ROOT.as_uri(), "capabilities": {}}, number=1)
        self.answer_to(1)
        self.send("initialized", {})
        settings = {"validate": True, "completion": True, "hover": True, "schemaStore": {"enable": False}}
        self.send("workspace/didChangeConfiguration", {"settings": {"yaml": settings}})

    def send(self, method: str, params: Any, number: int | None = None) -> None:
        self._write(
            {"jsonrpc": "2.0", "method": method, "params": params, **({} if number is None else {"id": number})}
        )

    def answer_to(self, number: int) -> Any:
        return next(message["result"] for message in self._messages() if message.get("id") == number)

    def diagnostics_of(self, path: Path, text: str) -> list[str]:
        document = {"uri": path.as_uri(), "languageId": "yaml", "version": 1, "text": text}
        self.send("textDocument/didOpen", {"textDocument": document})
        for message in self._messages():
            if message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == path.as_uri():
                return [each["message"] for each in message["params"]["diagnostics"]]
        return ["the server is gone"]

    def completions_at(self, path: Path, line: int, character: int) -> list[dict[str, Any]]:
        where = {"textDocument": {"uri": path.as_uri()}, "position": {"line": line, "character": character}}
        self.send("textDocument/completion", where, number=2)
        items: list[dict[str, Any]] = self.answer_to(2)["items"]
        return items

    def _messages(self) -> Iterator[dict[str, Any]]:
        while (message := self._read()) is not None:
            if "method" in message and "id" in message:
                self._write({"jsonrpc": "2.0", "id": message["id"], "result": None})
            else:
                yield message

    def _read(self) -> dict[str, Any] | None:
        assert self.process.stdout is not None
        length = 0
        while line := self.process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        message: dict[str, Any] | None = json.loads(self.process.stdout.read(length)) if length else None
        return message

    def _write(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        body = json.dumps(message).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()


@pytest.fixture(scope="module")
def server() -> Iterator[LanguageServer]:
    command: Sequence[str] = [str(NODE), str(SERVER), "--stdio"]
    with subprocess.Popen(  # noqa: S603 - a command of this file, with no input in it
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        patience = Timer(GIVE_UP_AFTER, process.kill)
        patience.start()
        yield LanguageServer(process)
        patience.cancel()
        process.kill()


@needs_server
@pytest.mark.parametrize("path", [*SHIPPED, WHOLE], ids=lambda path: path.name)
def test_an_editor_finds_nothing_wrong_with_a_playbook_that_loads(server: LanguageServer, path: Path) -> None:
    assert server.diagnostics_of(path, path.read_text(encoding="utf-8")) == []


@needs_server
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("\ncurrency: USD", "\ncurency: USD"),
        ("enforce: hard", "enforce: hrad"),
        ("due: 2 business days", "due: 2 busy days"),
        ("{some: {kind: meeting", "{sme: {kind: meeting"),
        ("min_words: 8", "min_wrods: 8"),
        ("fiscal_year: february", "fiscal_year: febuary"),
        ("{budget_confirmed: true}", "[budget_confirmed]"),
        ("in: [this quarter]", "in: [this quater]"),
    ],
)
def test_an_editor_shows_what_is_wrong_while_one_types(server: LanguageServer, right: str, wrong: str) -> None:
    text = WHOLE.read_text(encoding="utf-8").replace("{forecast: Commit}", "{close_date: {in: [this quarter]}}")
    assert right in text
    path = WHOLE.with_name(f"broken{re.sub(r'[^a-z]+', '-', wrong)}.yaml")
    assert server.diagnostics_of(path, text.replace(right, wrong)) != []


@needs_server
def test_an_editor_completes_keys_with_their_descriptions(server: LanguageServer) -> None:
    path = WHOLE.with_name("half-written.yaml")
    lines = ["# yaml-language-server: $schema=../../../rules/playbook.schema.json", "playbook: p", "clocks:", "  "]
    server.diagnostics_of(path, "\n".join(lines))
    offered = {item["label"]: json.dumps(item.get("documentation", "")) for item in server.completions_at(path, 3, 2)}
    assert "How long the buyer may be silent" in offered["buyer_silence"]


@pytest.mark.parametrize("path", [*SHIPPED, WHOLE], ids=lambda path: path.name)
def test_the_modeline_of_a_playbook_leads_to_the_schema_it_fits(path: Path) -> None:
    modeline = MODELINE.match(path.read_text(encoding="utf-8").splitlines()[0])
    assert modeline is not None
    assert (path.parent / modeline[1]).resolve() == ROOT / "rules" / "playbook.schema.json"
    node, problems = read_yaml(path.read_bytes(), path.name)
    assert node is not None
    assert (
        *problems,
        *check_schema(node, playbook_schema(), "playbook"),
        *load_playbook(path.read_bytes(), path.name)[1],
    ) == ()


def keys_without_description(schema: Any, path: str = "") -> Iterator[str]:
    if isinstance(schema, dict):
        for name, value in schema.get("properties", {}).items():
            if not value.get("description"):
                yield f"{path}/{name}"
        for name, value in schema.items():
            yield from keys_without_description(value, f"{path}/{name}")
    elif isinstance(schema, list):
        for index, value in enumerate(schema):
            yield from keys_without_description(value, f"{path}/{index}")


def test_every_key_of_the_schema_is_described() -> None:
    assert list(keys_without_description(playbook_schema())) == []


def test_every_mapping_of_the_schema_says_what_else_may_stand_in_it() -> None:
    definitions = playbook_schema()["$defs"]
    open_mappings = [
        name for name, each in definitions.items() if "properties" in each and "additionalProperties" not in each
    ]
    assert open_mappings == []
