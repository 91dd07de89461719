"""Everything about the account itself: pipelines, owners, details of the account and its usage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulators.hubspot.pipelines import Pipeline
from tests.simulators.hubspot.wire import DATED, Route, not_found, route, versioned
from tests.simulators.serving import Request, Response

if TYPE_CHECKING:
    from tests.simulators.hubspot.account import Account

PIPELINES = versioned("v3", "pipelines") + r"/(?P<object>[^/]+)"
STAGES = PIPELINES + r"/(?P<pipeline>[^/]+)/stages"
OWNERS = versioned("v3", "owners")
DETAILS = rf"/account-info/(?:v3|{DATED})/details"
READ = ("{schema}.read", "{object}.read")


def _pipelines(account: Account, request: Request) -> Response:
    kind = account.kind(request.match["object"])
    lines = account.pipelines.values() if kind.name == "deals" else ()
    return Response(body={"results": [each.wire() for each in lines if not each.archived]})


def _pipeline(account: Account, request: Request) -> Response:
    return Response(body=_found(account, request).wire())


def _stages(account: Account, request: Request) -> Response:
    return Response(body={"results": [each.wire() for each in _found(account, request).live.values()]})


def _stage(account: Account, request: Request) -> Response:
    stage = _found(account, request).live.get(request.match["stage"])
    if stage is None:
        raise not_found()
    return Response(body=stage.wire())


def _owners(account: Account, request: Request) -> Response:
    archived, email = request.query.get("archived") == "true", request.query.get("email", "")
    owners = [each for each in account.owners.values() if each.archived == archived and email in {"", each.email}]
    owners.sort(key=lambda each: (len(each.id), each.id))
    start, limit = int(request.query.get("after") or 0), int(request.query.get("limit") or 100)
    more = start + limit < len(owners)
    paging = {"paging": {"next": {"after": str(start + limit)}}} if more else {}
    return Response(body={"results": [each.wire() for each in owners[start : start + limit]]} | paging)


def _owner(account: Account, request: Request) -> Response:
    owner, archived = account.owners.get(request.match["id"]), request.query.get("archived") == "true"
    if request.query.get("idProperty") == "userId":
        owner = next((each for each in account.owners.values() if str(each.user_id) == request.match["id"]), None)
    if owner is None or owner.archived != archived:
        raise not_found()
    return Response(body=owner.wire())


def _details(account: Account, _: Request) -> Response:
    return Response(body={
        "portalId": account.portal, "accountType": "STANDARD", "timeZone": "Europe/Berlin", "companyCurrency": "USD",
        "additionalCurrencies": [], "utcOffset": "+01:00", "utcOffsetMilliseconds": 3_600_000,
        "uiDomain": "app-eu1.hubspot.com", "dataHostingLocation": "eu1",
    })  # fmt: skip


def _found(account: Account, request: Request) -> Pipeline:
    line = account.pipelines.get(request.match["pipeline"])
    if line is None or line.archived or account.kind(request.match["object"]).name != "deals":
        raise not_found()
    return line


ROUTES: tuple[Route, ...] = (
    route("GET", PIPELINES, _pipelines, "pipelines", *READ),
    route("GET", PIPELINES + "/(?P<pipeline>[^/]+)", _pipeline, "pipelines", *READ),
    route("GET", STAGES, _stages, "pipelines", *READ),
    route("GET", STAGES + "/(?P<stage>[^/]+)", _stage, "pipelines", *READ),
    route("GET", OWNERS, _owners, "owners", "crm.objects.owners.read"),
    route("GET", OWNERS + "/(?P<id>[^/]+)", _owner, "owners", "crm.objects.owners.read"),
    route("GET", DETAILS, _details, "account", "oauth"),
)
