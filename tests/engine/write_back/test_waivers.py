"""Who may waive what, for how long, and how often; and the file it is written in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from engine.judge.tables import Tables
from engine.judge.waiver_file import read_waivers
from engine.judge.waiver_policy import enforcement, valid_waivers
from engine.judge.waivers import Waiver
from engine.ledger.store import Ledger
from engine.runs.waive import WaiverRefused, WaiverSources
from rules.condition import MET
from rules.playbook import (
    Calendar,
    Criterion,
    Enforce,
    Moves,
    NextStepClock,
    Playbook,
    ProposalClock,
    Stage,
    WaiverPolicy,
)
from rules.types import Duration, Unit

AS_OF = datetime(2026, 11, 2, 15, tzinfo=UTC)
OWNERS = {"D-1": "Ann@example.com", "D-2": "ann@example.com", "D-3": "ann@example.com", "D-4": None}
STAGE = Stage(
    "discovery",
    "Discovery",
    exit_criteria=(Criterion("pain", "", MET, Enforce.HARD), Criterion("budget", "", MET, Enforce.SOFT)),
)
PLAYBOOK = Playbook(
    "sales",
    1,
    "",
    (STAGE,),
    calendar=Calendar("America/New_York"),
    clocks=(NextStepClock("discovery", None, Enforce.SOFT), ProposalClock(None, None, None, Enforce.ADVISE)),
    moves=Moves(skip=Enforce.HARD),
    waivers=WaiverPolicy(("ops@example.com",), Duration(30, Unit.DAYS), 2),
)
BUDGET = Waiver("D-1", "budget", "they pay from opex", "ann@example.com", AS_OF, AS_OF + timedelta(days=30))
FILE = """\
waivers:
  - deal: D-1
    criterion: budget
    reason: They pay from the operating budget, confirmed by their controller.
    approver: ann@example.com
    granted: 2026-11-02
    expires: 2026-11-20
"""


def refusal(*waivers: Waiver, playbooks: tuple[Playbook, ...] = (PLAYBOOK,)) -> str:
    return "\n".join(map(str, valid_waivers(waivers, playbooks, AS_OF, OWNERS)[1]))


def test_an_owner_waives_what_is_soft_on_a_deal_of_theirs() -> None:
    assert valid_waivers([BUDGET], [PLAYBOOK], AS_OF, OWNERS) == ((BUDGET,), ())


def test_only_an_approver_waives_what_is_hard() -> None:
    assert refusal(replace(BUDGET, criterion="pain")) == (
        "`ann@example.com` may not waive `pain` for deal `D-1`, which is hard\n  help: `ops@example.com` may"
    )
    assert refusal(replace(BUDGET, criterion="pain", approver=" OPS@example.com")) == ""


@pytest.mark.parametrize(("deal", "help_text"), [("D-1", "its owner `Ann@example.com` or `ops@example.com` may")])
def test_somebody_else_waives_nothing(deal: str, help_text: str) -> None:
    assert refusal(replace(BUDGET, deal_id=deal, approver="bob@example.com")).endswith(f"help: {help_text}")


def test_a_deal_whose_owner_has_no_address_is_waived_by_approvers_only() -> None:
    assert refusal(replace(BUDGET, deal_id="D-4", approver="")).endswith("help: `ops@example.com` may")


def test_a_waiver_ends_within_the_longest_time() -> None:
    long = replace(BUDGET, expires_at=AS_OF + timedelta(days=31))
    assert refusal(long) == (
        "the waiver of `budget` for deal `D-1` runs until 2026-12-03, longer than 30 days\n"
        "  help: let it end on 2026-12-02 at the latest"
    )


@pytest.mark.parametrize("reason", ["", "   ", "tbd", "N/A", "x x x", "..."])
def test_a_reason_that_says_nothing_is_refused(reason: str) -> None:
    assert "help: say why the exception is right for this deal" in refusal(replace(BUDGET, reason=reason))


def test_a_misspelt_criterion_is_refused_with_what_was_meant() -> None:
    assert refusal(replace(BUDGET, criterion="budgte:C-1")) == (
        "the waiver for deal `D-1` names `budgte`, which no playbook asks\n  help: did you mean `budget`?"
    )


def test_a_waiver_for_a_deal_the_crm_does_not_have_is_refused() -> None:
    assert "deal `D-9`, which the CRM does not have" in refusal(replace(BUDGET, deal_id="D-9"))


def test_the_earliest_waivers_fit_an_owners_budget_and_an_approvers_do_not_count() -> None:
    short = replace(BUDGET, expires_at=AS_OF + timedelta(days=9))
    early = [replace(short, deal_id=deal, granted_at=AS_OF - timedelta(days=n)) for n, deal in enumerate(OWNERS, 1)]
    granted = replace(short, criterion="pain", approver="ops@example.com", granted_at=AS_OF - timedelta(days=9))
    valid, refused = valid_waivers([*early[:3], granted], [PLAYBOOK], AS_OF, OWNERS)
    assert {each.deal_id for each in valid if each.criterion == "budget"} == {"D-2", "D-3"}
    assert granted in valid
    assert [str(each) for each in refused] == [
        (
            "`ann@example.com` holds 2 open waivers already: `budget` for deal `D-1` is one too many\n"
            "  help: clear another one, or ask an approver"
        )
    ]


def test_a_waiver_that_is_over_or_not_yet_granted_is_neither_valid_nor_refused() -> None:
    over = replace(BUDGET, granted_at=AS_OF - timedelta(days=40), expires_at=AS_OF)
    future = replace(BUDGET, granted_at=AS_OF + timedelta(seconds=1))
    assert valid_waivers([over, future], [PLAYBOOK], AS_OF, OWNERS) == ((), ())


def test_where_two_playbooks_ask_the_stricter_one_decides() -> None:
    strict = replace(PLAYBOOK, stages=(replace(STAGE, exit_criteria=(Criterion("budget", "", MET, Enforce.HARD),)),))
    assert "which is hard" in refusal(BUDGET, playbooks=(PLAYBOOK, strict))


def test_every_finding_has_a_name_to_waive_it_by() -> None:
    assert enforcement(PLAYBOOK) == {
        "pain": Enforce.HARD,
        "budget": Enforce.SOFT,
        "next_step": Enforce.SOFT,
        "proposal.follow_up": Enforce.ADVISE,
        "proposal.silence": Enforce.ADVISE,
        "moves.skip": Enforce.HARD,
        "won_too_early": Enforce.ADVISE,
        "unmapped": Enforce.ADVISE,
        "applies_to": Enforce.ADVISE,
    }


def test_a_file_is_read_in_local_days() -> None:
    filed, problems = read_waivers(FILE, "waivers.yaml", ZoneInfo("America/New_York"))
    assert problems == ()
    assert filed.waivers[0].granted_at == datetime(2026, 11, 2, 5, tzinfo=UTC)
    assert filed.waivers[0].expires_at == datetime(2026, 11, 21, 5, tzinfo=UTC)


def test_a_person_is_named_beside_the_criterion() -> None:
    filed, _ = read_waivers(FILE.replace("    reason", "    person: 17\n    reason"), "w.yaml", UTC)
    assert filed.waivers[0].criterion == "budget:17"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("expires: 2026-11-20", "expires: 2026-02-30", "w.yaml:7:5: not-a-date: `2026-02-30` is a day no calendar has"),
        ("expires: 2026-11-20", "expires: 2026-11-01", "w.yaml:7:5: ends-before-it-begins: "),
        ("expires: 2026-11-20", "expires: 9999-12-31", "w.yaml:7:5: not-a-date: `9999-12-31` lies beyond"),
        ("criterion", "criterium", "w.yaml:3:5: unknown-key: `criterium` is not a key of waiver"),
        ("ann@example.com", "Ann", "w.yaml:5:15: wrong-form: "),
        ("    approver: ann@example.com\n", "", "waiver has no `approver`"),
    ],
)
def test_a_mistake_in_a_file_is_told_with_its_place(old: str, new: str, told: str) -> None:
    filed, problems = read_waivers(FILE.replace(old, new), "w.yaml", UTC)
    assert filed.waivers == ()
    assert told in "\n".join(map(str, problems))


@dataclass
class Deals:
    """A CRM that delivers deals and owners."""

    name: str = "fake"

    def deal_id(self, given: str) -> str:
        return given

    def read(self, _playbooks: Any, deal_ids: Any = None, _size: int = 0) -> Iterator[Tables]:
        deals = pa.table({"id": list(deal_ids), "owner_id": ["ann"] * len(deal_ids)})
        yield Tables({"deals": deals, "owners": pa.table({"id": ["ann"], "email": ["ann@example.com"]})})


def sources(ledger: Ledger, file: Path | None = None) -> WaiverSources:
    return WaiverSources([PLAYBOOK], Deals(), ledger, file)  # type: ignore[arg-type]  # all that is asked of it


def test_a_granted_waiver_holds_until_it_expires(ledger: Ledger) -> None:
    sources(ledger).grant(ledger, BUDGET, AS_OF)
    assert sources(ledger).waivers(AS_OF).valid == (BUDGET,)
    assert sources(ledger).waivers(BUDGET.expires_at).valid == ()


def test_a_refused_waiver_is_not_recorded(ledger: Ledger) -> None:
    with pytest.raises(WaiverRefused, match="which is hard"):
        sources(ledger).grant(ledger, replace(BUDGET, criterion="pain"), AS_OF)
    assert sources(ledger).waivers(AS_OF).valid == ()


def test_waivers_of_the_file_and_the_store_share_the_budget(ledger: Ledger, tmp_path: Path) -> None:
    file = tmp_path / "waivers.yaml"
    file.write_text(FILE, encoding="utf-8")
    both = sources(ledger, file)
    both.grant(ledger, replace(BUDGET, deal_id="D-2"), AS_OF)
    with pytest.raises(WaiverRefused, match="holds 2 open waivers already"):
        both.grant(ledger, replace(BUDGET, deal_id="D-3", granted_at=AS_OF + timedelta(hours=1)), AS_OF)
    assert {each.deal_id for each in both.waivers(AS_OF).valid} == {"D-1", "D-2"}


def test_a_refused_waiver_of_a_file_is_told_with_its_place(ledger: Ledger, tmp_path: Path) -> None:
    file = tmp_path / "waivers.yaml"
    file.write_text(FILE.replace("budget", "pain", 1), encoding="utf-8")
    found = sources(ledger, file).waivers(AS_OF)
    assert found.valid == ()
    assert found.refused[0].startswith(f"{file}:2:5: not-an-approver: `ann@example.com` may not waive `pain`")
