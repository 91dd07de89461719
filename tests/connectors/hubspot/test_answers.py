"""HubSpot's refusals are told apart by what may be done about them, in words for a reader."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from connectors.hubspot.answers import failure_of, missing_scopes, reason_in
from connectors.hubspot.errors import DailyLimitError, HubSpotError, NotFoundError, RateLimitError, UnknownPathError

WHAT = "POST /crm/objects/2026-09/deals"


def failure(status: int, content: object, **headers: str) -> HubSpotError:
    found = failure_of(status, content, {name.replace("_", "-"): value for name, value in headers.items()}, WHAT)
    assert isinstance(found, HubSpotError)
    return found


def refusal(category: str, **more: Any) -> Mapping[str, Any]:
    return {"status": "error", "message": "No.", "category": category, **more}


@pytest.mark.parametrize(
    ("status", "content", "passing", "uncertain"),
    [
        (400, refusal("VALIDATION_ERROR"), False, False),
        (409, refusal("CONFLICT"), False, False),
        (423, refusal("LOCKED"), True, False),
        (477, {"status": "error", "message": "moving"}, True, False),
        (500, refusal("INTERNAL_ERROR"), True, True),
        (502, "<html>", True, True),
        (524, "", True, True),
        (400, "<html>a proxy</html>", True, True),
    ],
)
def test_a_refusal_is_told_from_a_failure(status: int, content: object, *, passing: bool, uncertain: bool) -> None:
    found = failure(status, content)
    assert (found.passing, found.uncertain, found.status) == (passing, uncertain, status)
    assert "<html>" not in str(found)


@pytest.mark.parametrize(
    ("body", "policy", "wait"),
    [
        ({"policyName": "TEN_SECONDLY_ROLLING", "message": "x"}, "TEN_SECONDLY_ROLLING", 10),
        ({"policyName": "SECONDLY", "message": "x"}, "SECONDLY", 1),
        ({"message": "You have reached your ten_secondly_rolling limit."}, "TEN_SECONDLY_ROLLING", 10),
        ({"message": "You have reached your secondly limit."}, "SECONDLY", 1),
        ({}, "TEN_SECONDLY_ROLLING", 10),
    ],
)
def test_each_rate_limit_is_waited_out_for_as_long_as_it_lasts(body: object, policy: str, wait: float) -> None:
    found = failure(429, body)
    assert isinstance(found, RateLimitError)
    assert (found.policy, found.wait, found.passing, found.uncertain) == (policy, wait, True, False)


@pytest.mark.parametrize("body", [{"policyName": "DAILY"}, {"message": "You have reached your daily limit."}])
def test_the_daily_limit_is_no_limit_to_wait_for(body: object) -> None:
    assert isinstance(failure_of(429, body, {}, WHAT), DailyLimitError)


def test_hubspot_may_ask_to_wait_longer() -> None:
    assert failure(429, {"policyName": "SECONDLY"}, Retry_After="7").wait == 7
    assert failure(503, refusal("X"), Retry_After="3").wait == 3
    assert failure(503, refusal("X"), Retry_After="soon").wait == 0


def test_a_page_of_html_is_an_address_that_is_not_there() -> None:
    assert isinstance(failure(404, "<html>"), UnknownPathError)
    found = failure(404, refusal("OBJECT_NOT_FOUND"))
    assert isinstance(found, NotFoundError)
    assert not isinstance(found, UnknownPathError)


def test_scopes_are_found_under_every_name_hubspot_gives_them() -> None:
    errors: list[Mapping[str, Any]] = [
        {"context": {"requiredGranularScopes": ["b"]}},
        {"context": {"missingScopes": ["a", "b"]}},
        {"context": "{missingScopes=[scope1]}"},
        {},
    ]
    assert missing_scopes(errors) == ["a", "b"]


def test_the_json_around_hubspots_words_is_taken_off() -> None:
    message = (
        'Property values were not valid: [{"isValid":false,"message":"X was not one of the allowed options: [A]",'
        '"error":"INVALID_OPTION","name":"dealstage"}]'
    )
    assert reason_in(message) == "`dealstage`: X was not one of the allowed options: [A]"
    assert reason_in("Property values were not valid: [{broken") == "Property values were not valid: [{broken"
    assert reason_in("x", [{"message": "budget is\nrequired", "context": {"propertyName": ["budget"]}}]) == (
        "budget is required"
    )
