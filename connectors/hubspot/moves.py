"""Moves a deal back, singly, so that what a person did in between wins.

HubSpot knows no condition for a write: the deal is read right before, and a person who moves it between that answer and
our write is overwritten. That is some tenths of a second, and as long as the call must wait for its turn where a limit
is reached. The deal's history shows both moves, and the next run judges it where it stands.
"""

from __future__ import annotations

from connectors.hubspot import names
from connectors.hubspot.batches import in_words
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.errors import HubSpotError, MissingScopesError, NotFoundError, UncertainError
from connectors.hubspot.settings import API
from connectors.receipts import refused
from engine.judge.changes import Change, OutcomeOfChange, Receipt

STAGE = "dealstage"


def move(client: HubSpotClient, change: Change) -> Receipt:
    """Move one deal if it still stands where it should."""
    path = API.objects("deals", change.deal_id)
    try:
        deal = client.get(path, {"properties": [STAGE]})
        stage = str(deal["properties"].get(STAGE) or "")
        if str(deal["id"]) != change.deal_id:
            return refused(change, f"the deal was merged into `{deal['id']}`")
        if stage != change.from_stage:
            return refused(change, f"the deal no longer stands in `{change.from_stage}`, but in `{stage}`")
        moved = {STAGE: change.to_stage, names.NOTE: change.note[: names.LONGEST]}
        client.send("PATCH", path, {"properties": moved}, retry=False)
    except UncertainError as lost:
        return Receipt(change.key, OutcomeOfChange.IN_DOUBT, reason=str(lost))
    except NotFoundError:
        return refused(change, "the deal is not there: it was deleted")
    except HubSpotError as refusal:
        if refusal.passing or isinstance(refusal, MissingScopesError):
            raise
        return refused(change, in_words(refusal.said, refusal.errors))
    return Receipt(change.key, OutcomeOfChange.DONE, change.deal_id)
