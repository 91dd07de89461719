"""`sweep`: the nightly run by hand, over the whole pipeline, with a digest at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.protocol import CrmError
from console.commands.writing import Allow
from console.desk import Asked, Desk
from console.exits import Code, FoundError
from console.options import As, AsOf, ConfigFile, Crm, Format, Playbooks, Store, UpgradeStore
from console.running import apply_of, batches_of, settings_of
from console.show.page import page, words
from console.stream import print_json
from engine.judge.crossings import crossing_to_json
from engine.judge.surprise import Totals
from engine.ledger.receipts import receipts_of
from engine.runs.write_back import Applied

MOST_REASONS = 10
NO_REASON = "no reason was given"


def sweep(
    *,
    crm: Crm = "",
    playbook: Playbooks = None,
    as_of: AsOf = "",
    allow: Allow = None,
    output: As = Format.TABLE,
    config: ConfigFile = None,
    store: Store = "",
    upgrade_store: UpgradeStore = False,
) -> None:
    """Judge every deal and write what that asks for, as the nightly run does; it never asks before writing.

    A sweep that was stopped, by a kill or by the CRM's daily limit, is gone on with by the next one.
    """
    with Desk(Asked(config, crm, playbook or (), as_of, store, upgrade_store)) as desk:
        with batches_of(desk) as batches:
            applied = apply_of(desk, batches, settings_of(desk, allow), "sweep")
        untold = "" if applied.refusals else _tell(desk)
        with desk.ledger().reading() as connection:
            not_done = [each for each in receipts_of(connection, applied.run_id) if each["outcome"] != "done"]
        if output is Format.JSON:
            print_json(_document(desk, applied, not_done) | {"untold": untold})
        else:
            for line in (*_digest(desk, applied, not_done), *([untold] if untold else [])):
                page().print(words(line), soft_wrap=True)
    if applied.refusals:
        raise FoundError(Code.MISTAKE)
    if not_done or untold:
        raise FoundError(Code.FAILED)


def _tell(desk: Desk) -> str:
    """Tell the CRM that a sweep ended; give what went wrong, since all that was written stands."""
    try:
        desk.connector.record_sweep(datetime.now(UTC))
    except CrmError as error:
        return f"the CRM was not told that this sweep ended, and its gates go stale: {error}"
    return ""


def _digest(desk: Desk, applied: Applied, not_done: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Say what a manager wants to know in the morning: what was judged, what changed, what did not go through."""
    totals, outcomes = applied.totals, applied.outcomes
    yield f"{totals.deals:,} deals judged, {totals.open_deals:,} of them open; {totals.newly_blocked:,} newly blocked"
    yield from _crossed(applied)
    resumed = applied.resumed
    if resumed.finished or resumed.dropped or resumed.doubted:
        yield (
            f"an earlier run was cut off: {len(resumed.finished)} finished, {resumed.doubted:,} changes read back, "
            f"{resumed.dropped:,} judged again"
        )
    if applied.refusals:
        yield f"nothing was written: {'; '.join(applied.refusals)}"
        yield "  help: look at `dealgate plan`, then allow it by `--allow`"
        return
    asked = _asked(totals)
    yield f"written: {asked}" if asked else "nothing had to be written"
    wrong = {name: count for name, count in outcomes.items() if name != "done"}
    if wrong:
        yield "; ".join(f"{count:,} {name}" for name, count in sorted(wrong.items()))
    yield from _reasons(not_done)
    if applied.waiting:
        yield f"{applied.waiting:,} changes wait for another run"
    if desk.connector.cost:
        yield desk.connector.cost


def _crossed(applied: Applied) -> Iterator[str]:
    """Name the deals that moved through a closed gate since the last check."""
    for each in applied.crossings[:MOST_REASONS]:
        yield f"gate crossed: {each.words}"
    if len(applied.crossings) > MOST_REASONS:
        yield f"and {len(applied.crossings) - MOST_REASONS} other crossings: `--format json` lists them"


def _asked(totals: Totals) -> str:
    counts = (
        (totals.flags, "flags"),
        (totals.tasks_created, "new tasks"),
        (totals.tasks_updated, "tasks changed"),
        (totals.tasks_completed, "tasks completed"),
        (totals.moves, "moves undone"),
    )
    return ", ".join(f"{count:,} {what}" for count, what in counts if count)


def _reasons(not_done: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Give the commonest reasons why something was not written, with one deal each."""
    counted = Counter(each["reason"] or NO_REASON for each in not_done)
    for reason, count in counted.most_common(MOST_REASONS):
        deal = next(each["deal"] for each in not_done if (each["reason"] or NO_REASON) == reason)
        yield f"  {count:,} x {reason} (such as deal {deal})"
    if len(counted) > MOST_REASONS:
        yield f"  and {len(counted) - MOST_REASONS} other reasons: `--format json` lists them"


def _document(desk: Desk, applied: Applied, not_done: Sequence[dict[str, Any]]) -> dict[str, Any]:
    totals = applied.totals
    return {
        "run": applied.run_id,
        "as_of": desk.as_of.isoformat(),
        "checksum": applied.checksum,
        "deals": totals.deals,
        "open_deals": totals.open_deals,
        "newly_blocked": totals.newly_blocked,
        "outcomes": dict(applied.outcomes),
        "not_done": list(not_done),
        "crossings": [crossing_to_json(each) for each in applied.crossings],
        "refusals": list(applied.refusals),
        "cost": desk.connector.cost,
    }
