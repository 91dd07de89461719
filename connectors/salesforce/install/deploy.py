"""Deploys the metadata directly, where the signed-in user may."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import requests
from simple_salesforce.exceptions import SalesforceError as LibraryError
from zeep.exceptions import Error as ZeepError

from connectors.protocol import Difference, Installed
from connectors.salesforce import names
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.errors import SalesforceError
from connectors.salesforce.install.project import package
from connectors.salesforce.install.rules import PlaybookRules

MOST_POLLS = 200
PAUSE = 3.0
WAITING = frozenset({"Pending", "InProgress", "Canceling", None})


def deploy(
    client: SalesforceClient,
    made: Mapping[str, PlaybookRules],
    differences: Sequence[Difference],
    pause: Callable[[float], None],
) -> Installed:
    """Deploy all of it, or say that there is nothing to deploy; a failed deployment changes nothing."""
    asked = [each for each in differences if each.wrong != "is asked for by no playbook"]
    kept = tuple(each for each in differences if each not in asked)
    if not asked:
        return Installed(refused=kept)
    result = _deployed(client, package(made, client.settings.api_version), pause)
    errors = result["deployment_detail"].get("errors") or []
    if errors or result["state"] not in {"Succeeded", "SucceededPartial"}:
        return Installed(refused=(*(_failure(each) for each in errors), *kept) or (_unknown(result),))
    notes = (
        f"assign the permission set {names.ENGINE_SET} to the user Dealgate signs in as",
        f"assign the permission set {names.READER_SET} to everybody who works on deals",
        "put the panel Dealgate on the opportunity page (Lightning App Builder)",
    )
    return Installed(tuple(each.what for each in asked), kept, notes)


def _deployed(client: SalesforceClient, packed: bytes, pause: Callable[[float], None]) -> dict[str, Any]:
    salesforce = client.metadata()
    try:
        started = salesforce.deploy(io.BytesIO(packed), sandbox=False, rollbackOnError=True)
        for _ in range(MOST_POLLS):
            result: dict[str, Any] = salesforce.checkDeployStatus(started["asyncId"] or "")
            if result["state"] not in WAITING:
                return result
            pause(PAUSE)
    except (LibraryError, ZeepError, requests.exceptions.RequestException) as error:
        raise SalesforceError(f"the deployment failed: {str(error)[:300]}") from None
    raise SalesforceError("the deployment did not end in ten minutes\n  help: look at Deployment Status in Setup")


def _failure(error: Mapping[str, Any]) -> Difference:
    return Difference(
        str(error.get("file") or "package"), str(error.get("message") or "failed"), "mend it, install again"
    )


def _unknown(result: Mapping[str, Any]) -> Difference:
    return Difference("deployment", f"ended as {result['state']}", "look at Deployment Status in Setup")
