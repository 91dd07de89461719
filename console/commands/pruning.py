"""`prune`: takes out of the store what is older than it shall be kept."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from console.desk import configured, store_to_read
from console.options import As, ConfigFile, Format, Store
from console.show.page import page, words
from console.stream import print_json
from engine.ledger.pruning import prune as prune_store
from engine.ledger.pruning import would_prune
from engine.runs.pipeline import utc_now


def prune(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would be taken away.")] = False,
    output: As = Format.TABLE,
    config: ConfigFile = None,
    store: Store = "",
) -> None:
    """Take out of the store what is older than `retention` says; what stands, and what is under way, stays."""
    configuration = configured(config)
    with store_to_read(store or configuration.store) as ledger:
        take = would_prune if dry_run else prune_store
        pruned = take(ledger, configuration.retention, utc_now())
    if output is Format.JSON:
        print_json(asdict(pruned))
    else:
        page().print(words(f"{'would take' if dry_run else 'took'} away: {pruned.words}"))
