"""The settings of each kind of CRM, made of what `dealgate.yaml` says about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.hubspot import settings as hubspot
from connectors.salesforce.settings import (
    API_VERSION,
    CLOSED_DAYS,
    ClientCredentials,
    EventSettings,
    JwtBearer,
    SalesforceSettings,
    SessionId,
    SignIn,
)
from connectors.secret import Secret
from connectors.warehouse.settings import Engine, WarehouseSettings

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """A local CRM: a SQLite file, or a folder of CSV files."""

    name: str
    path: Path


CrmSettings = LocalSettings | SalesforceSettings | hubspot.HubSpotSettings | WarehouseSettings


def kind_of(settings: CrmSettings) -> str:
    """Give the kind of a CRM as `type` names it."""
    return KINDS[type(settings)]


KINDS = {
    LocalSettings: "local",
    SalesforceSettings: "salesforce",
    hubspot.HubSpotSettings: "hubspot",
    WarehouseSettings: "warehouse",
}
SECRET_KEYS = frozenset(
    {"private_key", "client_secret", "session_id", "path_secret", "callout_secret", "token", "refresh_token"}
)
"""The keys whose values come from the environment and never stand in a file."""


def crm_settings(name: str, values: Values, folder: Path) -> CrmSettings:
    """Make the settings of one CRM; `values` were checked by the schema, and paths lie beside `folder`."""
    return MAKERS[values["type"]](name, values, folder)


def _local(name: str, values: Values, folder: Path) -> LocalSettings:
    return LocalSettings(name, folder / values["path"])


def _salesforce(name: str, values: Values, folder: Path) -> SalesforceSettings:
    events = values.get("events")
    return SalesforceSettings(
        name=name,
        url=values["url"].rstrip("/"),
        sign_in=_sign_in(values),
        mirror=_mirror(name, values, folder),
        api_version=values.get("api_version", API_VERSION),
        closed_days=values.get("closed_days", CLOSED_DAYS),
        columns=values.get("columns", {}),
        events=_events(events) if events else None,
    )


def _sign_in(values: Values) -> SignIn:
    match values["sign_in"]:
        case "jwt":
            return JwtBearer(values["client_id"], values["username"], Secret(_pem(values["private_key"])))
        case "client_credentials":
            return ClientCredentials(values["client_id"], Secret(values["client_secret"]))
        case _:
            return SessionId(Secret(values["session_id"]))


def _pem(text: str) -> str:
    r"""Give a key its lines back where the environment could only hold them as `\n`."""
    return text.replace("\\n", "\n")


def _events(values: Values) -> EventSettings:
    return EventSettings(values["organization"], Secret(values["path_secret"]), Secret(values["callout_secret"]))


def _hubspot(name: str, values: Values, folder: Path) -> hubspot.HubSpotSettings:
    events = values.get("events")
    return hubspot.HubSpotSettings(
        name=name,
        sign_in=_hubspot_sign_in(values),
        mirror=_mirror(name, values, folder),
        url=values.get("url", hubspot.HOST).rstrip("/"),
        closed_days=values.get("closed_days", hubspot.CLOSED_DAYS),
        columns=values.get("columns", {}),
        events=_hubspot_events(events) if events else None,
        per_ten_seconds=values.get("per_ten_seconds", 0),
    )


def _hubspot_sign_in(values: Values) -> hubspot.SignIn:
    if values["sign_in"] == "token":
        return hubspot.Token(Secret(values["token"]))
    secrets = Secret(values["client_secret"]), Secret(values["refresh_token"])
    return hubspot.OAuth(values["client_id"], *secrets)


def _hubspot_events(values: Values) -> hubspot.EventSettings:
    return hubspot.EventSettings(values["app_id"], Secret(values["client_secret"]), values["public_url"].rstrip("/"))


def _warehouse(name: str, values: Values, folder: Path) -> WarehouseSettings:
    url, parquet = values.get("url"), values.get("parquet")
    usual = Engine.POSTGRESQL if url else Engine.SPARK if "master" in values else Engine.DUCKDB
    return WarehouseSettings(
        name=name,
        engine=Engine(values["engine"]) if "engine" in values else usual,
        url=Secret(url) if url else None,
        master=values.get("master", ""),
        parquet=folder / parquet if parquet else None,
        mapping=values.get("mapping", ""),
        folder=folder,
    )


def _mirror(name: str, values: Values, folder: Path) -> Path:
    given: str = values.get("mirror", f"{name}.mirror.duckdb")
    return folder / given


MAKERS: Mapping[str, Callable[[str, Values, Path], CrmSettings]] = {
    "local": _local,
    "salesforce": _salesforce,
    "hubspot": _hubspot,
    "warehouse": _warehouse,
}
