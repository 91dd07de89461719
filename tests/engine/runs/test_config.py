"""`dealgate.yaml` is checked like a playbook, and its secrets come from the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from ipaddress import ip_network
from pathlib import Path

import pytest

from connectors.crm_settings import LocalSettings, kind_of
from connectors.hubspot.settings import HOST, EventSettings, HubSpotSettings, OAuth, Token
from connectors.salesforce.settings import JwtBearer, SalesforceSettings
from connectors.secret import Secret
from engine.runs.config import STORE, Config, load_config, schema
from engine.runs.mistakes import ProblemsFound
from engine.runs.schedule import SweepTimes
from engine.runs.service_settings import IntakeSettings

ORG = "type: salesforce, url: 'https://acme.my.salesforce.com'"
DOCUMENT = (Path(__file__).parents[3] / "docs" / "dealgate-yaml.md").read_text(encoding="utf-8")


def load(folder: Path, text: str, environment: Mapping[str, str] | None = None) -> Config:
    path = folder / "dealgate.yaml"
    path.write_text(text, encoding="utf-8")
    return load_config(path, environment or {})


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ProblemsFound) as raised:
        load(folder, text, {"T": "x"})
    return [f"{each.where.line}:{each.where.column} {each.code}" for each in raised.value.problems]


def test_the_only_crm_is_the_usual_one(tmp_path: Path) -> None:
    config = load(tmp_path, "crms: {acme: {type: local, path: crm.db}}\n")
    assert config.crm == "acme"
    assert config.crms["acme"] == LocalSettings("acme", tmp_path / "crm.db")


def test_a_salesforce_org_is_reached_as_the_file_says(tmp_path: Path) -> None:
    text = f"crms: {{acme: {{{ORG}, sign_in: jwt, client_id: '${{ID}}', username: a@b.c, private_key: '${{KEY}}'}}}}\n"
    config = load(tmp_path, text, {"ID": "3MVG", "KEY": "-----BEGIN-----\\nabc"})
    settings = config.crms["acme"]
    assert isinstance(settings, SalesforceSettings)
    assert settings.sign_in == JwtBearer("3MVG", "a@b.c", Secret("-----BEGIN-----\nabc"))
    assert settings.mirror == tmp_path / "acme.mirror.duckdb"
    assert "abc" not in repr(config)


def test_a_hubspot_account_is_reached_as_the_file_says(tmp_path: Path) -> None:
    text = (
        "crms: {acme: {type: hubspot, sign_in: token, token: '${TOKEN}', per_ten_seconds: 90, "
        "events: {app_id: 7, client_secret: '${APP}', public_url: 'https://d.example.com/in/'}}}\n"
    )
    config = load(tmp_path, text, {"TOKEN": "pat-abc", "APP": "app-abc"})
    settings = config.crms["acme"]
    assert isinstance(settings, HubSpotSettings)
    assert kind_of(settings) == "hubspot"
    assert settings.sign_in == Token(Secret("pat-abc"))
    assert settings.events == EventSettings(7, Secret("app-abc"), "https://d.example.com/in")
    assert (settings.url, settings.mirror, settings.per_ten_seconds) == (HOST, tmp_path / "acme.mirror.duckdb", 90)
    assert "abc" not in repr(config)


def test_a_hubspot_app_signs_in_by_what_installing_it_gave(tmp_path: Path) -> None:
    text = "crms: {a: {type: hubspot, sign_in: oauth, client_id: c, client_secret: '${S}', refresh_token: '${R}'}}\n"
    settings = load(tmp_path, text, {"S": "s", "R": "r"}).crms["a"]
    assert isinstance(settings, HubSpotSettings)
    assert settings.sign_in == OAuth("c", Secret("s"), Secret("r"))


def test_a_crm_whose_variables_are_not_set_troubles_only_those_who_ask_for_it(tmp_path: Path) -> None:
    text = f"crms: {{a: {{{ORG}, sign_in: session, session_id: '${{SID}}'}}, b: {{type: local, path: x}}}}\ncrm: b\n"
    config = load(tmp_path, text)
    assert list(config.crms) == ["b"]
    assert [each.code for each in config.unusable["a"]] == ["unset-variable"]
    assert list(load(tmp_path, text, {"SID": "s"}).crms) == ["a", "b"]


def test_paths_are_beside_the_file_unless_they_are_absolute(tmp_path: Path) -> None:
    text = "playbooks: [a.yaml, /b.yaml]\nwaivers: w.yaml\nstore: sqlite:///state/x.db\n"
    config = load(tmp_path, text)
    assert config.playbooks == (tmp_path / "a.yaml", Path("/b.yaml"))
    assert config.waivers == tmp_path / "w.yaml"
    assert config.store == f"sqlite:///{tmp_path}/state/x.db"


@pytest.mark.parametrize(
    ("store", "kept"),
    [
        ("sqlite:////var/x.db", "sqlite:////var/x.db"),
        ("postgresql://db/x", "postgresql://db/x"),
        ("sqlite://", "sqlite://"),
    ],
)
def test_other_addresses_stay_as_they_are(tmp_path: Path, store: str, kept: str) -> None:
    assert load(tmp_path, f"store: {store}\n").store == kept


def test_without_a_store_it_is_beside_the_file(tmp_path: Path) -> None:
    assert load(tmp_path, "playbooks: [a.yaml]\n").store == STORE.replace("dealgate.db", f"{tmp_path}/dealgate.db")


def test_a_variable_is_put_in(tmp_path: Path) -> None:
    config = load(tmp_path, "store: 'postgresql://me:${PW}@db/x'\n", {"PW": "hidden"})
    assert config.store == "postgresql://me:hidden@db/x"


def test_a_variable_that_is_not_set_is_a_problem(tmp_path: Path) -> None:
    assert problems(tmp_path, "store: ${NOPE}\nwaivers: ${NOR}\n") == ["1:8 unset-variable", "2:10 unset-variable"]


def test_a_password_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(ProblemsFound) as raised:
        load(tmp_path, "store: postgresql://me:s3cret@db/x\n")
    assert "secret-in-file" in str(raised.value)
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("crm: acme\n", ["1:6 unknown-crm"]),
        ("crms: {a: {type: local, path: x}, b: {type: local, path: y}}\n", ["1:1 no-usual-crm"]),
        ("limits: {blocked: 120}\n", ["1:19 out-of-range"]),
        ("limits: {bloked: 20}\n", ["1:10 unknown-key"]),
        ("crms: {a: {type: local}}\n", ["1:11 missing-key"]),
        ("crms: {a: {type: oracle}}\n", ["1:18 not-one-of"]),
        (f"crms: {{a: {{{ORG}, sign_in: magic}}}}\n", ["1:78 not-one-of"]),
        (f"crms: {{a: {{{ORG}, sign_in: jwt, client_id: c}}}}\n", ["1:11 missing-key", "1:11 missing-key"]),
        (f"crms: {{a: {{{ORG}, sign_in: session, session_id: '00D!x'}}}}\n", ["1:99 secret-in-file"]),
        ("crms: {a: {type: salesforce, url: 'http://x', sign_in: session}}\n", ["1:11 missing-key", "1:35 wrong-form"]),
        ("crms: {a: {type: hubspot, sign_in: oauth}}\n", ["1:11 missing-key"] * 3),
        ("crms: {a: {type: hubspot, sign_in: token, token: pat-x}}\n", ["1:50 secret-in-file"]),
        ("crms: {a: {type: hubspot, sign_in: token, token: '${T}', url: 'http://x.com'}}\n", ["1:63 wrong-form"]),
        ("admin: {token: 0123456789abcdef}\n", ["1:16 secret-in-file"]),
        ("admin: {token: '${T}'}\n", ["1:16 wrong-size"]),
        ("intake: {per_crm: 0, proxies: [10.0.0.1/8]}\n", ["1:19 out-of-range"]),
        ("intake: {proxies: [127.0.0.1, 10.0.0.1/8, proxy]}\n", ["1:31 wrong-form", "1:43 wrong-form"]),
        ("playbooks: a.yaml\n", ["1:12 wrong-type"]),
        ("store: [\n", ["2:1 not-yaml"]),
        ("- a\n", ["1:1 wrong-type"]),
        ("playbooks: [a.yaml]\nplaybooks: [b.yaml]\n", ["2:1 duplicate-key"]),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert problems(tmp_path, text) == expected


def test_the_documented_example_loads_and_every_key_is_documented(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", DOCUMENT, flags=re.DOTALL)
    names = re.findall(r"\$\{(\w+)\}", example)
    config = load(tmp_path, example, dict.fromkeys(names, "x" * 20))
    assert config.unusable == {}
    assert set(config.limits) == set(schema()["properties"]["limits"]["properties"])
    keys = list(schema()["properties"])
    for crm in ("salesforce", "hubspot"):
        properties = schema()["$defs"][crm]["properties"]
        keys += [*properties, *properties["events"]["properties"]]
    assert [key for key in keys if f"`{key}` |" not in DOCUMENT] == []


def test_a_crm_says_when_it_is_swept(tmp_path: Path) -> None:
    text = "crms: {acme: {type: local, path: x, sweep: {at: '02:30', days: [fri, mon], timezone: Europe/Berlin}}}\n"
    assert load(tmp_path, text).sweeps == {"acme": SweepTimes(time(2, 30), (0, 4), "Europe/Berlin")}
    text = "crms: {acme: {type: local, path: x, sweep: {at: '23:00'}}}\n"
    assert load(tmp_path, text).sweeps == {"acme": SweepTimes(time(23), (0, 1, 2, 3, 4, 5, 6), "")}


@pytest.mark.parametrize(
    ("sweep", "found"),
    [
        ("at: '24:00'", ["1:54 wrong-form"]),
        ("days: [mon]", ["1:49 missing-key"]),
        ("at: '02:00', days: [monday]", ["1:70 not-one-of"]),
        ("at: '02:00', days: []", ["1:69 wrong-size"]),
        ("at: '02:00', timezone: Europe/Berln", ["1:73 unknown-time-zone"]),
        ("at: '02:00', every: day", ["1:63 unknown-key"]),
    ],
)
def test_a_time_that_cannot_be_swept_at_is_told_with_its_place(tmp_path: Path, sweep: str, found: list[str]) -> None:
    assert problems(tmp_path, f"crms: {{acme: {{type: local, path: crm.db, sweep: {{{sweep}}}}}}}\n") == found


def test_the_service_takes_what_the_file_says(tmp_path: Path) -> None:
    config = load(tmp_path, "intake: {per_address: 20, proxies: [127.0.0.1, '10.0.0.0/8']}\n")
    assert config.intake == IntakeSettings(20, 500, (ip_network("127.0.0.1"), ip_network("10.0.0.0/8")))
    assert load(tmp_path, "waivers: w.yaml\n").intake == IntakeSettings()


def test_the_admin_api_has_a_token_where_its_variable_is_set_and_else_there_is_none(tmp_path: Path) -> None:
    text, token = "admin: {token: '${ADMIN}'}\nwaivers: w.yaml\n", "0123456789abcdef"
    config = load(tmp_path, text, {"ADMIN": token})
    assert config.admin == Secret(token)
    assert token not in repr(config)
    assert load(tmp_path, text).admin is None
    with pytest.raises(ProblemsFound) as raised:
        load(tmp_path, text, {"ADMIN": "too-short"})
    assert "too-short" not in str(raised.value)
