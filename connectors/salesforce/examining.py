"""What `doctor` sees in a Salesforce org, one observation at a time; a failure is an observation too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from connectors.protocol import CrmError, Health, Observation
from connectors.salesforce import names
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.errors import NotReadableError
from connectors.salesforce.facts import OrgFacts, read_facts
from connectors.salesforce.filters import left_to_engine, pushed_down
from connectors.salesforce.install.parts import FIELDS
from connectors.salesforce.query import Soql, text_in_soql
from connectors.salesforce.standard import OPPORTUNITY, ROLE, TASK
from connectors.salesforce.wanted import CRM, objects_of, wanted
from connectors.stage_names import compare_stages, unnamed
from rules.playbook import Playbook
from rules.words import requirement

FEW_CALLS = 0.1
"""The share of the day's calls below which there are few left."""
SKEW = timedelta(minutes=2)
LONGEST_SINCE_SWEEP = timedelta(days=2)


def examine(client: SalesforceClient, playbooks: Sequence[Playbook]) -> Iterator[Observation]:
    """Look at the connection first; without one there is nothing else to see."""
    try:
        yield from _connection(client)
    except CrmError as error:
        yield Observation.failed("connection", error)
        return
    try:
        facts = read_facts(client, objects_of(playbooks), tracking=True)
    except CrmError as error:
        yield Observation.failed("fields", error)
        return
    yield from _objects(facts)
    yield from _fields(client, facts, playbooks)
    yield from _fetching(facts, playbooks)
    yield from _ours(facts)
    for look in (_stages, _roles, _sweep):
        yield from _guarded(look, client, facts, playbooks)


Look = Callable[[SalesforceClient, OrgFacts, Sequence[Playbook]], Iterator[Observation]]


def _guarded(
    look: Look, client: SalesforceClient, facts: OrgFacts, playbooks: Sequence[Playbook]
) -> Iterator[Observation]:
    try:
        yield from list(look(client, facts, playbooks))
    except CrmError as error:
        yield Observation.failed(look.__name__.strip("_"), error)


def _connection(client: SalesforceClient) -> Iterator[Observation]:
    org = client.query("SELECT Name, IsSandbox, OrganizationType FROM Organization").rows()[0]
    kind = "sandbox" if org.get("IsSandbox") else "production"
    yield Observation.fine("connection", f"signed in to `{org['Name']}` ({kind}) at {client.settings.url}")
    versions = [str(each["version"]) for each in client.versions()]
    spoken = client.settings.api_version
    if spoken in versions:
        yield Observation.fine("version", f"version {spoken} of the API is spoken")
    else:
        help_ = f"set `api_version` to one of {', '.join(versions[-3:])}"
        yield Observation(Health.WRONG, "version", f"the org does not speak version {spoken} of the API", help_)
    yield from _limits(client)
    theirs = client.now()
    if abs(theirs - datetime.now(UTC)) > SKEW:
        says = f"this machine's clock and Salesforce's differ by {abs(theirs - datetime.now(UTC)).seconds:,} seconds"
        yield Observation(Health.UNWISE, "clock", says, "set this machine's clock; deadlines are judged by it")


def _limits(client: SalesforceClient) -> Iterator[Observation]:
    daily = client.get("limits")["DailyApiRequests"]
    left, most = int(daily["Remaining"]), int(daily["Max"])
    says = f"{left:,} of {most:,} API calls are left today"
    few = left < most * FEW_CALLS
    help_ = "a sweep stops when none are left, and the next one goes on; look for what else uses them up"
    yield Observation(Health.UNWISE, "limits", says, help_) if few else Observation.fine("limits", says)


def _objects(facts: OrgFacts) -> Iterator[Observation]:
    for object_, what in ((OPPORTUNITY, "deals"), (ROLE, "contacts"), (TASK, "tasks"), ("User", "owners")):
        if facts.has(object_):
            yield Observation.fine("objects", f"{object_} can be read")
        else:
            says = f"{object_} cannot be read, so that there are no {what}"
            yield Observation(Health.WRONG, "objects", says, f"let the signed-in user read {object_}")


def _fields(client: SalesforceClient, facts: OrgFacts, playbooks: Sequence[Playbook]) -> Iterator[Observation]:
    found = wanted(facts, playbooks, client.settings)
    for problem in found.problems:
        yield Observation(Health.UNWISE, "fields", problem.message, problem.help)
    if not found.problems:
        yield Observation.fine("fields", "every field that the playbooks read is there")


def _fetching(facts: OrgFacts, playbooks: Sequence[Playbook]) -> Iterator[Observation]:
    """Say which deals a sweep fetches, and what of `applies_to` no query can ask."""
    where = pushed_down(playbooks, facts)
    said = f"only deals are fetched of which this is true: {where}" if where else "every deal is fetched"
    yield Observation.fine("fetching", said)
    for playbook in playbooks:
        for each in left_to_engine(playbook, facts):
            asked = requirement(each, playbook)
            yield Observation.fine("fetching", f"`{playbook.id}` is for deals where {asked}: judged after fetching")


def _ours(facts: OrgFacts) -> Iterator[Observation]:
    """Look at our own fields: there, and ours to write."""
    absent = [each.name for each in FIELDS if not facts.has(OPPORTUNITY, each.name)]
    locked = [each.name for each in FIELDS if (held := facts.field(OPPORTUNITY, each.name)) and not held.updateable]
    key = facts.field(TASK, names.KEY)
    if absent:
        says = f"{len(absent)} of {len(FIELDS)} fields of Dealgate are missing or hidden, such as `{absent[0]}`"
        yield Observation(Health.WRONG, "install", says, f"run `dealgate install`, and assign {names.ENGINE_SET}")
    elif locked:
        says = f"`{locked[0]}` may not be written"
        yield Observation(Health.WRONG, "install", says, f"assign {names.ENGINE_SET} to the signed-in user")
    else:
        yield Observation.fine("install", "the fields of Dealgate are there and may be written")
    if key is None:
        yield Observation(Health.WRONG, "install", f"Task has no `{names.KEY}`", "run `dealgate install`")
    elif not (key.unique and key.external_id):
        yield Observation(Health.WRONG, "install", f"`{names.KEY}` is not a unique external id", "make it one in Setup")


def _stages(client: SalesforceClient, _facts: OrgFacts, playbooks: Sequence[Playbook]) -> Iterator[Observation]:
    soql = "SELECT ApiName, IsActive FROM OpportunityStage WHERE IsActive = true ORDER BY SortOrder"
    held = {str(row["ApiName"]) for row in client.query(soql).rows()}
    missing = unnamed(held, playbooks, CRM)
    counts = client.queries([Soql(f"SELECT COUNT() FROM {OPPORTUNITY} WHERE {_standing_in(each)}") for each in missing])
    deals = {stage: query.total for stage, query in zip(missing, counts, strict=True)}
    yield from compare_stages(held, playbooks, CRM, all_known=True, open_deals=deals)


def _standing_in(stage: str) -> str:
    return f"IsClosed = false AND StageName = {text_in_soql(stage)}"


def _roles(_client: SalesforceClient, facts: OrgFacts, playbooks: Sequence[Playbook]) -> Iterator[Observation]:
    """Look for roles that nobody can hold: the list of contact roles does not have them."""
    role = facts.field(ROLE, "Role")
    known = set(role.choices) if role else set()
    for playbook in playbooks if known else ():
        for each in playbook.roles:
            asked = each.names.get(CRM, (each.id,))
            if not known.intersection(asked):
                listed = ", ".join(f"`{name}`" for name in asked)
                says = f"`{playbook.id}` asks for the role `{each.id}` ({listed}), which no contact can hold"
                yield Observation(
                    Health.UNWISE, "roles", says, "add it to the picklist of contact roles, or name another"
                )


def _sweep(client: SalesforceClient, _facts: OrgFacts, _playbooks: Sequence[Playbook]) -> Iterator[Observation]:
    try:
        rows = client.query(f"SELECT {names.SWEPT_AT} FROM {names.HEARTBEAT}").rows()
    except NotReadableError:
        return
    last = max((str(row[names.SWEPT_AT]) for row in rows if row.get(names.SWEPT_AT)), default="")
    if not last:
        yield Observation(Health.UNWISE, "sweep", "no sweep has ended yet", "run `dealgate sweep`")
        return
    at = datetime.fromisoformat(last).astimezone(UTC)
    says = f"the last sweep ended at {at:%Y-%m-%d %H:%M} UTC"
    late = client.now() - at > LONGEST_SINCE_SWEEP
    help_ = "run `dealgate sweep` every night: gates in the org go stale"
    yield Observation(Health.UNWISE, "sweep", says, help_) if late else Observation.fine("sweep", says)
