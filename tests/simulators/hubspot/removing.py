"""What takes records away: archiving, which can be taken back, and merging, which cannot."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.simulators.hubspot.store import Item, Source

if TYPE_CHECKING:
    from tests.simulators.hubspot.account import Account

MERGED = "hs_merged_object_ids"


def archive(account: Account, object_: str, id_: str, by: Source) -> None:
    """Put a record into the bin and out of its associations; what is not there may be archived too."""
    with account.lock:
        item = account.tables[object_].get(id_)
        if item is None or item.archived:
            return
        account.associations.forget(object_, id_)
        gone = replace(item, archived=account.now(), updated=account.now())
        account.tables[object_].put(gone, account.clock.now, account.lag)
        told = {"objectId": id_, "changeFlag": "DELETED"}
        account.tell(f"{account.kind(object_).singular}.deletion", told, by)


def restore(account: Account, object_: str, id_: str, by: Source) -> None:
    """Take a record out of the bin again, without its associations."""
    with account.lock:
        item = account.tables[object_][id_]
        account.keep(object_, replace(item, archived="", updated=account.now()), item, {}, by)
        told = {"objectId": id_, "changeFlag": "RESTORED"}
        account.tell(f"{account.kind(object_).singular}.restore", told, by)


def merge(account: Account, object_: str, winner: str, loser: str, by: Source, *, new_record: bool) -> str:
    """Merge two records: what the winner does not hold, and who belonged to the loser, comes from the loser."""
    with account.lock:
        table, singular = account.tables[object_], account.kind(object_).singular
        first, second = table[winner], table[loser]
        new = table.new_id() if new_record else winner
        gone = [winner, loser] if new_record else [loser]
        for id_ in gone:
            _moved(account, object_, id_, new, primary=id_ == winner)
        left = _left(account, object_, new, first, second, gone)
        account.keep(object_, left, None, {}, by)
        told = {"primaryObjectId": winner, "mergedObjectIds": [loser], "newObjectId": new, "objectId": winner,
                "numberOfPropertiesMoved": len(left.values) - len(first.values)}  # fmt: skip
        account.tell(f"{singular}.merge", told, by)
        return new


def _moved(account: Account, object_: str, id_: str, new: str, *, primary: bool) -> None:
    """Let one record lead to another, which takes its associations over; `primary`: also that of being the first."""
    for to, other, types in account.associations.everything_of(object_, id_):
        kept = [each for each in types if each.label != "Primary" or primary]
        account.associations.join(object_, new, to, other, kept)
    account.associations.forget(object_, id_)
    gone = replace(account.tables[object_][id_], archived=account.now(), merged_into=new)
    account.tables[object_].put(gone, account.clock.now, account.lag)


def _left(account: Account, object_: str, new: str, first: Item, second: Item, gone: list[str]) -> Item:
    before = [each for item in (first, second) for each in item.values.get(MERGED, "").split(";") if each]
    values = {**second.values, **first.values, "hs_object_id": new, MERGED: ";".join([*before, *gone])}
    values[account.kind(object_).modified] = account.now()
    return replace(first, id=new, values=values, updated=account.now())
