"""Moves a deal back, singly, so that what a person did in between wins.

`If-Unmodified-Since` knows whole seconds: a change within the very second in which the deal was read passes unseen.
"""

from __future__ import annotations

from connectors.receipts import refused
from connectors.salesforce import names
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.collections import in_words
from connectors.salesforce.errors import ChangedMeanwhileError, SalesforceError, UncertainError
from engine.judge.changes import Change, OutcomeOfChange, Receipt


def move(client: SalesforceClient, change: Change) -> Receipt:
    """Move one deal if it still stands where it should."""
    path = f"sobjects/Opportunity/{change.deal_id}"
    try:
        answer = client.send("GET", f"{path}?fields=StageName,LastModifiedDate")
        stage = str(answer.body.get("StageName") or "")
        if stage != change.from_stage:
            return refused(change, f"the deal no longer stands in `{change.from_stage}`, but in `{stage}`")
        note = change.note[: names.LENGTHS[names.NOTE]]
        unchanged = {"If-Unmodified-Since": answer.headers.get("Last-Modified") or answer.headers.get("Date", "")}
        client.send("PATCH", path, {"StageName": change.to_stage, names.NOTE: note}, unchanged, retry=False)
    except UncertainError as lost:
        return Receipt(change.key, OutcomeOfChange.IN_DOUBT, reason=str(lost))
    except ChangedMeanwhileError:
        return refused(change, "the deal was changed meanwhile")
    except SalesforceError as refusal:
        if refusal.passing:
            raise
        return refused(change, in_words(refusal.code, _said(refusal)))
    return Receipt(change.key, OutcomeOfChange.DONE, change.deal_id)


def _said(refusal: SalesforceError) -> str:
    return str(refusal).partition(": ")[2] or str(refusal)
