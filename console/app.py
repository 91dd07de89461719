"""The `dealgate` command: its sub-commands, each with an example."""

from __future__ import annotations

from collections.abc import Callable

import typer

from console.commands.crm import doctor, install
from console.commands.judging import check, explain
from console.commands.looking_back import history, replay
from console.commands.playbooks import lint, try_cases, validate
from console.commands.pruning import prune
from console.commands.serving import serve
from console.commands.set_up import import_, init
from console.commands.standing import status
from console.commands.sweeping import sweep
from console.commands.working import worker
from console.commands.writing import apply, plan, waive
from console.exits import guarded

app = typer.Typer(
    name="dealgate",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)


@app.callback()
def dealgate() -> None:
    """Enforce a sales process inside the CRM a team already uses."""


EXAMPLES: tuple[tuple[str, Callable[..., None], str], ...] = (
    ("init", init, "dealgate init pipeline --playbook small-business"),
    ("import", import_, "dealgate import exports/*.csv --mapping mapping.yaml --into crm.db"),
    ("validate", validate, "dealgate validate playbooks/enterprise.yaml"),
    ("lint", lint, "dealgate lint playbooks/enterprise.yaml --strict"),
    ("check", check, "dealgate check --crm crm.db --playbook enterprise --fail-on hard"),
    ("explain", explain, "dealgate explain --deal OPP-000146 --if next_step_date=2026-12-01"),
    ("plan", plan, "dealgate plan --crm crm.db --playbook enterprise --format diff"),
    ("apply", apply, "dealgate apply --crm crm.db --playbook enterprise --allow blocked=30"),
    ("sweep", sweep, "dealgate sweep --crm acme"),
    ("serve", serve, "dealgate serve --crm acme --port 8700"),
    ("worker", worker, "dealgate worker --store 'postgresql://dealgate@db.example.com/dealgate'"),
    ("status", status, "dealgate status --crm acme"),
    (
        "waive",
        waive,
        "dealgate waive -d D7 --criterion close-plan --reason 'Signs in May' --approver ops@acme.co --until 2026-12-31",
    ),
    ("history", history, "dealgate history --deal OPP-000146 --since 2026-10-01"),
    ("replay", replay, "dealgate replay 12 --deal OPP-000146"),
    ("prune", prune, "dealgate prune --dry-run"),
    ("test", try_cases, "dealgate test playbooks/enterprise.yaml"),
    ("install", install, "dealgate install salesforce --dry-run --into project"),
    ("doctor", doctor, "dealgate doctor --crm acme"),
)
"""Every command with an example of it."""

for name, command, example in EXAMPLES:
    app.command(name, epilog=f"Example: `{example}`")(guarded(command))
