"""What can go wrong with Salesforce, one class per kind of failure, each saying what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence

from connectors.protocol import CrmError, CrmLimitError


class SalesforceError(CrmError):
    """Salesforce refused a call or failed; `code` is its error code, `status` the HTTP status (0: no answer).

    `passing` means that the same call may succeed in a moment; `uncertain` that it may have been carried out though no
    good answer came.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        status: int = 0,
        fields: Sequence[str] = (),
        passing: bool = False,
        uncertain: bool = False,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.fields = tuple(fields)
        self.passing = passing
        self.uncertain = uncertain


class SignInError(CrmError):
    """Salesforce did not let us in, or no longer does."""


class DailyLimitError(CrmLimitError):
    """The org's API calls of the last 24 hours are used up."""

    def __init__(self) -> None:
        super().__init__(
            "Salesforce takes no more API calls for now: the org's limit of 24 hours is used up\n"
            "  help: what was fetched and written is kept; run again when calls are left (`dealgate doctor` tells)"
        )


class UncertainError(SalesforceError):
    """No answer came to a write that may have been carried out; it must be read back before it is sent again."""


class ChangedMeanwhileError(SalesforceError):
    """A record was changed after it was read, so that our write was not made (HTTP 412)."""


class ManyRecordsError(SalesforceError):
    """Several records hold the same external id (HTTP 300)."""


class LocatorExpiredError(SalesforceError):
    """The place in a long answer was forgotten; the query must start anew."""


class NotReadableError(SalesforceError):
    """A query names a field or object that is not there, or that the signed-in user may not read."""

    def __init__(self, message: str, *, code: str = "", status: int = 0, fields: Sequence[str] = ()) -> None:
        advice = "grant the signed-in user read access"
        super().__init__(f"{message}\n  help: {advice}", code=code, status=status, fields=fields)
        found = NO_SUCH_COLUMN.search(message)
        self.field = found["field"] if found else ""
        self.object = found["object"] if found else ""


NO_SUCH_COLUMN = re.compile(r"No such column '(?P<field>[^']+)' on (?:sobject of type|entity) '?(?P<object>\w+)")
