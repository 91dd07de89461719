"""What `doctor` sees in a HubSpot account, one observation at a time; a failure is an observation too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.hubspot import names
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.errors import MissingScopesError, NotFoundError
from connectors.hubspot.facts import AccountFacts, read_facts
from connectors.hubspot.gates import gates_among
from connectors.hubspot.install.parts import KEY, PROPERTIES
from connectors.hubspot.permissions import lacking_rights
from connectors.hubspot.settings import API
from connectors.hubspot.standard import CONTACTS, DEALS, STAGE, TASKS
from connectors.hubspot.wanted import BUYING_ROLE, CRM, objects_of, wanted
from connectors.protocol import CrmError, Health, Observation
from connectors.stage_names import compare_stages, unnamed
from rules.playbook import Playbook

FEW_CALLS = 0.1
"""The share of the day's calls below which there are few left."""
SKEW = timedelta(minutes=2)
MONTHS_OF_A_VERSION = 18
SOON = timedelta(days=180)
LONGEST_SILENCE = timedelta(days=7)
"""How long nothing new is found on any deal of a pipeline that is swept every night."""


@dataclass(frozen=True)
class Sight:
    """What is looked at."""

    client: HubSpotClient
    facts: AccountFacts
    playbooks: Sequence[Playbook]


Look = Callable[[Sight], Iterator[Observation]]


def examine(client: HubSpotClient, playbooks: Sequence[Playbook]) -> Iterator[Observation]:
    """Look at the connection first; without one there is nothing else to see."""
    try:
        yield from _connection(client)
    except CrmError as error:
        yield Observation.failed("connection", error)
        return
    try:
        facts = read_facts(client, objects_of(playbooks))
    except CrmError as error:
        yield Observation.failed("objects", error)
        return
    for look in (_permissions, _objects, _fields, _install, _stages, _roles, _owners, _sweep):
        yield from _guarded(look, Sight(client, facts, playbooks))


def _guarded(look: Look, sight: Sight) -> Iterator[Observation]:
    try:
        yield from list(look(sight))
    except CrmError as error:
        yield Observation.failed(look.__name__.strip("_"), error)


def _connection(client: HubSpotClient) -> Iterator[Observation]:
    account = _account(client)
    kind = str(account.get("accountType") or "").replace("_", " ").lower()
    zone = account.get("timeZone") or "UTC"
    says = f"signed in to account {account.get('portalId', '')} ({kind}, {zone}) at {client.settings.url}"
    yield Observation.fine("connection", says if account else f"signed in at {client.settings.url}")
    now = client.now() or datetime.now(UTC)
    yield from _version(now)
    if client.usage is not None:
        yield _limits(client.usage.left, client.usage.limit)
    apart = abs(now - datetime.now(UTC))
    if apart > SKEW:
        says = f"this machine's clock and HubSpot's differ by {int(apart.total_seconds()):,} seconds"
        yield Observation(Health.UNWISE, "clock", says, "set this machine's clock; deadlines are judged by it")


def _account(client: HubSpotClient) -> dict[str, Any]:
    """Ask who the account is; an app that may not know is signed in all the same."""
    try:
        return dict(client.get(API.account("details")))
    except (MissingScopesError, NotFoundError):
        return {}


def _version(now: datetime) -> Iterator[Observation]:
    end = end_of(API.version)
    says = f"version {API.version} of the API is spoken, which HubSpot answers until {end:%B %Y}"
    late = end - now < SOON
    help_ = "take a later release of Dealgate"
    yield Observation(Health.UNWISE, "version", says, help_) if late else Observation.fine("version", says)


def end_of(version: str) -> datetime:
    """Give when a dated version of the API ends: HubSpot keeps each for 18 months."""
    year, month = (int(each) for each in version.split("-"))
    months = year * 12 + month - 1 + MONTHS_OF_A_VERSION
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)


def _limits(left: int, most: int) -> Observation:
    says = f"{left:,} of {most:,} API calls are left today"
    help_ = "a sweep stops when none are left, and the next one goes on; look for what else uses them up"
    few = left < most * FEW_CALLS
    return Observation(Health.UNWISE, "limits", says, help_) if few else Observation.fine("limits", says)


def _permissions(sight: Sight) -> Iterator[Observation]:
    found = list(lacking_rights(sight.client))
    for each in found:
        health = Health.WRONG if each.always else Health.UNWISE
        says = f"the app may not do what is needed {each.what_for}"
        yield Observation(health, "permissions", says, each.help)
    if not found:
        yield Observation.fine("permissions", "the app may read, write and install all that it needs")


def _objects(sight: Sight) -> Iterator[Observation]:
    read = [each for each in objects_of(sight.playbooks) if each in sight.facts.objects]
    yield Observation.fine("objects", f"{', '.join(read)} can be read")
    for object_ in objects_of(sight.playbooks):
        if object_ not in sight.facts.objects:
            scopes = sight.facts.hidden.get(object_, "")
            why = "the app may not see them" if object_ in sight.facts.hidden else "the account has none"
            help_ = f"grant the app `{scopes}`" if scopes else "what the playbooks ask of them is left unjudged"
            yield Observation(Health.UNWISE, "objects", f"{object_} are not read: {why}", help_)


def _fields(sight: Sight) -> Iterator[Observation]:
    problems = wanted(sight.facts, sight.playbooks, sight.client.settings).problems
    own = [each for each in problems if each.code != "hidden-object"]
    for problem in own:
        yield Observation(Health.UNWISE, "fields", problem.message, problem.help)
    if not own:
        yield Observation.fine("fields", "every property that the playbooks read is there")


def _install(sight: Sight) -> Iterator[Observation]:
    """Look at our own properties: there, of their type, and ours to write."""
    held = {each.name: sight.facts.find(DEALS, each.name) for each in PROPERTIES}
    absent = [name for name, found in held.items() if found is None]
    other = [each for each in PROPERTIES if (found := held[each.name]) is not None and found.kind != each.kind]
    locked = [name for name, found in held.items() if found is not None and found.read_only]
    gates = len(gates_among(sight.facts.objects.get(DEALS, ())))
    if absent:
        says = f"{len(absent)} of {len(PROPERTIES)} properties of Dealgate are missing, such as `{absent[0]}`"
        yield Observation(Health.WRONG, "install", says, "run `dealgate install`")
    elif other or locked:
        name = other[0].name if other else locked[0]
        says = f"`{name}` is of another type" if other else f"`{name}` may not be written"
        yield Observation(Health.WRONG, "install", says, "`dealgate install --check` says what to do")
    else:
        also = f", and {gates} gate properties" if gates else ""
        yield Observation.fine("install", f"the properties of Dealgate are there and may be written{also}")
    yield from _key(sight.facts)


def _key(facts: AccountFacts) -> Iterator[Observation]:
    if TASKS not in facts.objects:
        return
    key = facts.find(TASKS, names.KEY)
    if key is None:
        yield Observation(Health.WRONG, "install", f"tasks have no `{names.KEY}`", "run `dealgate install`")
    elif not key.unique and KEY.unique:
        says = f"`{names.KEY}` is not unique on tasks, so that one may rarely double"
        yield Observation(Health.UNWISE, "install", says, "a double is closed by the next sweep")


def _stages(sight: Sight) -> Iterator[Observation]:
    """Compare stages by their ids, and count the open deals in those that nobody names."""
    held = {stage.id: stage for stage in sight.facts.stages}
    missing = unnamed(held, sight.playbooks, CRM)
    deals = {each: 0 if held[each].closed else _standing_in(sight.client, each) for each in missing}
    yield from compare_stages(held, sight.playbooks, CRM, all_known=True, open_deals=deals)


def _standing_in(client: HubSpotClient, stage: str) -> int:
    asked = {"filters": [{"propertyName": STAGE, "operator": "EQ", "value": stage}]}
    return int(client.search(DEALS, {"filterGroups": [asked], "limit": 1})["total"])


def _roles(sight: Sight) -> Iterator[Observation]:
    """Look for roles that nobody can hold: neither a label of an association nor a buying role is called so."""
    asked = [(playbook, role) for playbook in sight.playbooks for role in playbook.roles]
    if not asked or CONTACTS not in sight.facts.objects:
        return
    labels = sight.client.get(API.associations(DEALS, CONTACTS, "labels"))["results"]
    buying = sight.facts.find(CONTACTS, BUYING_ROLE)
    known = {str(each["label"]) for each in labels if each.get("label")}
    known |= {name for option in (buying.options if buying else ()) for name in option}
    for playbook, role in asked:
        called = role.names.get(CRM, (role.id,))
        if not known.intersection(called):
            listed = ", ".join(f"`{name}`" for name in called)
            says = f"`{playbook.id}` asks for the role `{role.id}` ({listed}), which no contact can hold"
            help_ = "add it as an association label between deals and contacts, or name another"
            yield Observation(Health.UNWISE, "roles", says, help_)


def _owners(sight: Sight) -> Iterator[Observation]:
    """Look whether there is anybody to give tasks to."""
    found = sight.client.get(API.owners(), {"limit": "1"})["results"]
    if not found:
        says = "the account has no owners, so that no task can be given to anybody"
        yield Observation(Health.UNWISE, "owners", says, "owners are users of HubSpot who may own deals")


def _sweep(sight: Sight) -> Iterator[Observation]:
    """Look when something new was last found on a deal: HubSpot itself is told of no sweep."""
    if not sight.facts.has(DEALS, names.CHECKED_AT):
        return
    asked = {"filters": [{"propertyName": names.CHECKED_AT, "operator": "HAS_PROPERTY"}]}
    newest = [{"propertyName": names.CHECKED_AT, "direction": "DESCENDING"}]
    body = {"filterGroups": [asked], "sorts": newest, "properties": [names.CHECKED_AT], "limit": 1}
    found = sight.client.search(DEALS, body)["results"]
    if not found:
        yield Observation(Health.UNWISE, "sweep", "no deal has been judged yet", "run `dealgate sweep`")
        return
    at = datetime.fromisoformat(str(found[0]["properties"][names.CHECKED_AT])).astimezone(UTC)
    says = f"something new was last written on a deal at {at:%Y-%m-%d %H:%M} UTC"
    late = (sight.client.now() or datetime.now(UTC)) - at > LONGEST_SILENCE
    help_ = "run `dealgate sweep` every night: what deals show goes stale"
    yield Observation(Health.UNWISE, "sweep", says, help_) if late else Observation.fine("sweep", says)
