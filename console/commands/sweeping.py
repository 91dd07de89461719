"""`sweep`: the nightly run by hand, over the whole pipeline, with a digest at its end."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from console.commands.writing import Allow
from console.desk import Asked, Desk
from console.exits import Code, FoundError
from console.options import As, AsOf, ConfigFile, Crm, Format, Playbooks, Store, UpgradeStore
from console.progress import sweeping
from console.running import limits_of, refuse_read_only
from console.show.page import page, words
from console.stream import print_json
from engine.ledger.receipts import receipts_of
from engine.ledger.sweeps import Sweep, SweepState
from engine.runs.due import Watched
from engine.runs.sweep_by_hand import PATIENCE, sweep_by_hand
from engine.runs.sweep_digest import Digest, digest_of
from engine.runs.sweep_hand import asked_settings
from engine.runs.sweeps import Sweeps


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

    A sweep that was stopped, by a kill or by the CRM's daily limit, is gone on with by the next one. While one is under
    way no other begins.
    """
    with Desk(Asked(config, crm, playbook or (), as_of, store, upgrade_store)) as desk:
        refuse_read_only(desk)
        ended = _swept(desk, limits_of(desk, allow), as_of_asked=bool(as_of))
        if ended.state is SweepState.FAILED:
            sys.stderr.write(f"the sweep was given up: {ended.reason}\n")
            raise FoundError(Code.FAILED)
        digest = digest_of(ended.digest)
        with desk.ledger().reading() as connection:
            not_done = [each for each in receipts_of(connection, digest.run) if each["outcome"] != "done"]
        _print(digest, not_done, output)
    if digest.refusals:
        raise FoundError(Code.MISTAKE)
    if not_done or digest.untold:
        raise FoundError(Code.FAILED)


def _swept(desk: Desk, limits: Mapping[str, float], *, as_of_asked: bool) -> Sweep:
    moves = desk.config.correct_moves
    watched = Watched(desk.crm, lambda: nullcontext(desk.connector), desk.playbooks, desk.config.waivers, moves, limits)
    asked = asked_settings(desk.as_of, correct_moves=moves, limits=limits)
    with sweeping() as watcher:
        sweeps = Sweeps(watched, desk.ledger(), patience=PATIENCE, watcher=watcher)
        return sweep_by_hand(sweeps, asked, as_of_asked=as_of_asked)


def _print(digest: Digest, not_done: Sequence[dict[str, Any]], output: Format) -> None:
    if output is Format.JSON:
        print_json(_document(digest, not_done) | {"untold": digest.untold})
        return
    for line in (*digest.lines, *([digest.untold] if digest.untold else [])):
        page().print(words(line), soft_wrap=True)


def _document(digest: Digest, not_done: Sequence[dict[str, Any]]) -> dict[str, Any]:
    counts = {name: digest.totals[name] for name in ("deals", "open_deals", "newly_blocked")}
    return {
        "run": digest.run,
        "as_of": digest.as_of.isoformat(),
        "checksum": digest.checksum,
        **counts,
        "outcomes": dict(digest.outcomes),
        "not_done": list(not_done),
        "crossings": list(digest.crossings),
        "refusals": list(digest.refusals),
        "cost": digest.cost,
    }
