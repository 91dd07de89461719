"""What keeps a deal from a stage: rules of its pipeline, which callers pass by, and properties that are required."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from tests.simulators.hubspot.wire import DATED, Refused, Route, asked, invalid, not_found, route
from tests.simulators.serving import Request, Response

if TYPE_CHECKING:
    from tests.simulators.hubspot.account import Account
    from tests.simulators.hubspot.store import Values

RULES = rf"/crm/pipelines-rules/{DATED}/(?P<object>[^/]+)/(?P<pipeline>[^/]+)"
READ, WRITE, APPROVALS = "crm-pipelines-governance-read", "crm-pipelines-governance-write", "deal-approval-read"
NOTHING: dict[str, Any] = {
    "governanceValidationRules": {
        "noBackwardsMovementRule": {"enabledForAllStages": False, "pipelineStageIds": []},
        "noSkippingStagesRule": {"enabledForAllStages": False, "pipelineStageIds": []},
        "objectCreationRule": {"enabledForAllStages": False, "pipelineStageIds": []},
    },
    "approvalStage": None,
}  # fmt: skip
MODES = {"ALL", "ANY"}


def moved(account: Account, deal: str, stage: str) -> None:
    """Raise Refused where the rules keep a person from moving a deal to a stage."""
    values = account.tables["deals"][deal].values
    line = account.pipelines[values["pipeline"]]
    rules = account.rules.get(line.id)
    if rules is None or stage not in line.live:
        return
    order = list(line.live)
    here, there = order.index(values["dealstage"]), order.index(stage)
    validation = rules["governanceValidationRules"]
    if there < here and _binds(validation["noBackwardsMovementRule"], values["dealstage"]):
        raise invalid("Deals cannot be moved backwards in this pipeline")
    skipped = [order[each] for each in range(here + 1, there)]
    closing = line.stages[stage].closed and not line.stages[stage].won
    if not closing and any(_binds(validation["noSkippingStagesRule"], each) for each in skipped):
        raise invalid("Stages cannot be skipped in this pipeline")
    approval = rules.get("approvalStage")
    if approval and there > order.index(approval["pipelineStageId"]) >= here and _state(account, values) != "APPROVED":
        raise invalid("This deal needs an approval before it can be moved")


def conditions_met(account: Account, object_: str, taken: Mapping[str, str | None], before: Values) -> None:
    """Raise Refused where a stage is entered without what it requires."""
    stage = taken.get("dealstage")
    if object_ != "deals" or not stage or stage == before.get("dealstage"):
        return
    names = [name for at, name in account.conditions if at == stage and not taken.get(name, before.get(name))]
    if names:
        said = "{} is required because of a conditional property rule based on [dealstage]"
        errors = [{"message": said.format(name), "code": "MISSING_CONDITIONAL_REQUIRED_PROPERTY",
                   "context": {"propertyName": [name]}} for name in names]  # fmt: skip
        raise Refused("VALIDATION_ERROR", said.format(", ".join(names)), errors=errors)


def _read(account: Account, request: Request) -> Response:
    line = _line(account, request)
    return Response(body=_wire(request, account.rules.get(line, NOTHING)))


def _put(account: Account, request: Request) -> Response:
    line = _line(account, request)
    account.rules[line] = _checked(account, line, deepcopy(NOTHING), asked(request))
    return Response(body=_wire(request, account.rules[line]))


def _patch(account: Account, request: Request) -> Response:
    line = _line(account, request)
    account.rules[line] = _checked(account, line, deepcopy(account.rules.get(line, NOTHING)), _one_by_one(request))
    return Response(body=_wire(request, account.rules[line]))


def _one_by_one(request: Request) -> dict[str, Any]:
    """Read a partial change, which names each rule by itself, in the form of a whole one."""
    body = asked(request)
    rules = {name: body.pop(name) for name in NOTHING["governanceValidationRules"] if name in body}
    return body | ({"governanceValidationRules": rules} if rules else {})


def _delete(account: Account, request: Request) -> Response:
    account.rules.pop(_line(account, request), None)
    return Response(204)


def _start(account: Account, request: Request) -> Response:
    line, deal = _line(account, request), str(asked(request).get("objectId"))
    if deal not in account.tables["deals"]:
        raise not_found()
    if not (account.rules.get(line) or NOTHING)["approvalStage"]:
        raise invalid("This pipeline has no approval stage")
    account.approvals[deal] = "PENDING"
    return Response(body={"objectId": deal, "status": "PENDING"})


def _approval(account: Account, request: Request) -> Response:
    _line(account, request)
    item = account.tables["deals"].get(request.match["deal"])
    if item is None:
        raise not_found()
    return Response(body={"objectId": item.id, "status": _state(account, item.values)})


def _state(account: Account, values: Values) -> str:
    approval = (account.rules.get(values["pipeline"]) or NOTHING)["approvalStage"]
    if not approval:
        return "NOT_APPLICABLE"
    return account.approvals.get(values["hs_object_id"], "NO_APPROVAL_NEEDED")


def _line(account: Account, request: Request) -> str:
    """Find the pipeline; raises Refused, of an account without these rules the way it answers."""
    if not account.has_rules:
        raise Refused("FORBIDDEN", "This account does not have access to pipeline rules", 403)
    line = request.match["pipeline"]
    if account.kind(request.match["object"]).name != "deals" or line not in account.pipelines:
        raise not_found()
    return line


def _checked(account: Account, line: str, rules: dict[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    unknown = set(body) - {"governanceValidationRules", "approvalStage", "objectTypeId", "pipelineId"}
    if unknown:
        raise invalid(f"Invalid input JSON: Unrecognized field {min(unknown)}")
    for name, given in (body.get("governanceValidationRules") or {}).items():
        if name not in rules["governanceValidationRules"]:
            raise invalid(f"Invalid input JSON: Unrecognized field {name}")
        rule = rules["governanceValidationRules"][name] = {"enabledForAllStages": False, "pipelineStageIds": [],
                                                           **(given or {})}  # fmt: skip
        if rule["enabledForAllStages"] and rule["pipelineStageIds"]:
            raise invalid(f"{name}: pipelineStageIds must be empty when enabledForAllStages is true")
        _there(account, line, rule["pipelineStageIds"])
    if "approvalStage" in body:
        approval = body["approvalStage"]
        if approval is not None:
            _there(account, line, [approval.get("pipelineStageId")])
            if approval.get("approvalMode") not in MODES or not approval.get("approverUserIds"):
                raise invalid("An approval stage requires approvalMode and approverUserIds")
        rules["approvalStage"] = approval
    return rules


def _there(account: Account, line: str, stages: list[Any]) -> None:
    for each in stages:
        if each not in account.pipelines[line].live:
            raise invalid(f"Pipeline stage {each} does not exist in pipeline {line}")


def _binds(rule: Mapping[str, Any], stage: str) -> bool:
    return bool(rule["enabledForAllStages"]) or stage in rule["pipelineStageIds"]


def _wire(request: Request, rules: Mapping[str, Any]) -> dict[str, Any]:
    return {"objectTypeId": request.match["object"], "pipelineId": request.match["pipeline"], **rules}


ROUTES: tuple[Route, ...] = (
    route("GET", RULES, _read, "rules", READ),
    route("PUT", RULES, _put, "rules", WRITE),
    route("PATCH", RULES, _patch, "rules", WRITE),
    route("DELETE", RULES, _delete, "rules", WRITE),
    route("POST", RULES + "/approvals/start", _start, "rules", WRITE),
    route("GET", RULES + "/approvals/(?P<deal>[^/]+)", _approval, "rules", APPROVALS),
)
