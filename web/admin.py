"""The admin API: how the service stands, and the few things that can be asked of it while it runs.

Nothing in a request is ever used as an address: a request names CRMs and deals, and the CRMs are those of
`dealgate.yaml`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request
from fastapi.security import HTTPBearer

from connectors.secret import Secret
from engine.ledger import due, sweeps
from engine.ledger.standing import due_standing, is_set_aside, last_sweep, outbox_standing, set_aside_standing
from engine.ledger.store import Ledger
from engine.runs.loaded import Loaded
from engine.runs.pipeline import utc_now
from engine.runs.write_back import Now
from web.admin_answers import (
    AskedAnswer,
    CrmAnswer,
    PlaybooksAnswer,
    Problem,
    RetriedAnswer,
    SetAsideAnswer,
    StatusAnswer,
    crm_answer,
    playbooks_answer,
)
from web.admin_gate import PREFIX

MOST = 1000
CrmName = Annotated[str, Path(description="The CRM's name in `dealgate.yaml`.", max_length=200)]
Deal = Annotated[str, Path(description="The deal's id in the CRM.", min_length=1, max_length=200)]
NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"model": Problem, "description": "There is none of that name."}}
ANSWERS: dict[int | str, dict[str, Any]] = {each: {"model": Problem} for each in (401, 422, 429, 503)}
DOCUMENTED = Depends(HTTPBearer(auto_error=False, description="The token of `admin` in `dealgate.yaml`."))
"""Says in the document that the token is needed; it was looked at before a request comes to a route."""
logger = logging.getLogger("dealgate.admin")


@dataclass(frozen=True)
class Admin:
    """What the admin API works on; `reload` reads the playbooks' files again, and `wake` sets workers on a CRM."""

    token: Secret
    ledger: Ledger
    crms: Sequence[str]
    loaded: Callable[[], Loaded]
    reload: Callable[[], Loaded]
    wake: Callable[[str], None]
    now: Now = utc_now
    up_since: datetime = field(default_factory=utc_now)

    def status(self) -> StatusAnswer:
        """Tell how the service stands."""
        with self.ledger.reading() as connection:
            due_deals = due_standing(connection, self.crms, self.now())
            outbox = outbox_standing(connection, self.crms)
            crms: list[CrmAnswer] = []
            for crm in self.crms:
                latest, done = last_sweep(connection, crm), last_sweep(connection, crm, done=True)
                crms.append(crm_answer(crm, due_deals[crm], outbox[crm], latest, done))
        return StatusAnswer(version("dealgate"), self.up_since, playbooks_answer(self.loaded()), crms)

    def set_aside(self, most: int) -> list[SetAsideAnswer]:
        """List the deals that are no longer tried."""
        with self.ledger.reading() as connection:
            found = set_aside_standing(connection, self.crms, most)
        return [SetAsideAnswer(crm, each.id, each.attempts, each.reason, each.at) for crm, each in found]

    def retry(self, crm: str, deal: str) -> RetriedAnswer:
        """Make a deal that was set aside due once more."""
        self._known(crm)
        with self.ledger.writing() as connection:
            if not is_set_aside(connection, crm, deal):
                raise HTTPException(404, "this deal is not set aside")
            due.ask(connection, crm, [deal], self.now())
        logger.info("%s: deal %s is tried once more", crm, deal, extra={"crm": crm, "deals": [deal]})
        self.wake(crm)
        return RetriedAnswer(crm, deal)

    def sweep(self, crm: str) -> AskedAnswer:
        """Ask for a sweep of a CRM; refused while another one goes on."""
        self._known(crm)
        now = self.now()
        slot = f"{sweeps.BY_HAND} {now.isoformat()}"
        with self.ledger.writing() as connection:
            if not sweeps.ask(connection, crm, slot, now, {}):
                raise HTTPException(409, "a sweep of this CRM goes on")
        logger.info("%s: a sweep was asked for", crm, extra={"crm": crm})
        self.wake(crm)
        return AskedAnswer(crm, slot)

    def _known(self, crm: str) -> None:
        if crm not in self.crms:
            raise HTTPException(404, "no CRM of this name is served")


def admin_api(admin: Admin) -> APIRouter:
    """Give the routes below `/admin`; whoever comes this far holds the token."""
    router = APIRouter(prefix=PREFIX, tags=["admin"], dependencies=[DOCUMENTED], responses=ANSWERS)

    @router.get("/status")
    def status() -> StatusAnswer:
        """Tell how the service stands: due deals, changes on their way, sweeps and playbooks."""
        return admin.status()

    @router.get("/set-aside")
    def set_aside(most: Annotated[int, Query(ge=1, le=MOST)] = MOST) -> list[SetAsideAnswer]:
        """List the deals that failed again and again and are no longer tried."""
        return admin.set_aside(most)

    @router.post("/set-aside/{crm}/{deal:path}/retry", responses=NOT_FOUND)
    def retry(crm: CrmName, deal: Deal) -> RetriedAnswer:
        """Try a deal that was set aside once more."""
        return admin.retry(crm, deal)

    @router.post("/sweeps/{crm}", status_code=202, responses={**NOT_FOUND, 409: {"model": Problem}})
    def sweep(crm: CrmName) -> AskedAnswer:
        """Ask for a sweep now, whatever the schedule says."""
        return admin.sweep(crm)

    @router.post("/reload")
    def reload() -> PlaybooksAnswer:
        """Read the playbooks' files again; where one does not validate, the last good ones stay."""
        return playbooks_answer(admin.reload())

    @router.get("/openapi.json", response_model=None)
    def document(request: Request) -> dict[str, Any]:
        """Give this document."""
        found: dict[str, Any] = request.app.openapi()
        return found

    return router
