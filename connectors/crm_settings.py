"""The settings of each kind of CRM, made of what `dealgate.yaml` says about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """A local CRM: a SQLite file, or a folder of CSV files."""

    name: str
    path: Path


CrmSettings = LocalSettings | SalesforceSettings


def kind_of(settings: CrmSettings) -> str:
    """Give the kind of a CRM as `type` names it."""
    return "local" if isinstance(settings, LocalSettings) else "salesforce"


SECRET_KEYS = frozenset({"private_key", "client_secret", "session_id", "path_secret", "callout_secret"})
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
        mirror=folder / values.get("mirror", f"{name}.mirror.duckdb"),
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


MAKERS: Mapping[str, Callable[[str, Values, Path], CrmSettings]] = {"local": _local, "salesforce": _salesforce}
