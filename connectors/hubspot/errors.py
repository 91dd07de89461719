"""What can go wrong with HubSpot, one class per kind of failure, each saying what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.protocol import CrmError, CrmLimitError


class HubSpotError(CrmError):
    """HubSpot refused a call or failed; `category` is its own word for it, `status` the HTTP status (0: no answer).

    `said` are its own words, `errors` the details it gave, as parsed JSON. `passing` means that the same call may
    succeed in a moment, not before `wait` seconds; `uncertain` that it may have been carried out though no good answer
    came.
    """

    def __init__(
        self,
        message: str,
        *,
        category: str = "",
        status: int = 0,
        errors: Sequence[Mapping[str, Any]] = (),
        passing: bool = False,
        uncertain: bool = False,
        wait: float = 0.0,
        said: str = "",
    ) -> None:
        super().__init__(message)
        self.said = said or message
        self.category = category
        self.status = status
        self.errors = tuple(errors)
        self.passing = passing
        self.uncertain = uncertain
        self.wait = wait


class SignInError(CrmError):
    """HubSpot did not let us in, or no longer does."""


class DailyLimitError(CrmLimitError):
    """The account's API calls of today are used up."""

    def __init__(self) -> None:
        super().__init__(
            "HubSpot takes no more API calls today: the account's daily limit is used up\n"
            "  help: what was fetched and written is kept; run again after midnight in the account's time zone"
        )


class MovingError(CrmLimitError):
    """HubSpot is moving the account to another data centre and takes no calls for `wait` seconds (HTTP 477)."""

    def __init__(self, wait: float) -> None:
        super().__init__(
            "HubSpot takes no API calls for now: it is moving the account to another data centre\n"
            f"  help: what was fetched and written is kept; run again in {max(1, round(wait / 60))} minutes"
        )
        self.wait = wait


class RateLimitError(HubSpotError):
    """Too many calls came at once (HTTP 429); `policy` is HubSpot's name of the limit that was reached."""

    def __init__(self, message: str, *, policy: str, wait: float) -> None:
        super().__init__(message, category="RATE_LIMITS", status=429, passing=True, wait=wait)
        self.policy = policy


class UncertainError(HubSpotError):
    """No answer came to a write that may have been carried out; it must be read back before it is sent again."""


class NotFoundError(HubSpotError):
    """A record, property or pipeline is not there, or was archived."""


class UnknownPathError(NotFoundError):
    """HubSpot has nothing at an address: the account lacks the feature, or the version of the API has ended."""


class MissingScopesError(HubSpotError):
    """The signed-in app may not do this; `scopes` are those it lacks, as far as HubSpot names them."""

    def __init__(self, message: str, *, scopes: Sequence[str], errors: Sequence[Mapping[str, Any]] = ()) -> None:
        named = ", ".join(f"`{scope}`" for scope in scopes) or "those HubSpot's documentation names for this call"
        super().__init__(
            f"{message}\n  help: grant the app {named}, and install it again",
            category="MISSING_SCOPES",
            status=403,
            errors=errors,
        )
        self.scopes = tuple(scopes)
