"""What a condition on related rows saw: `no economic buyer among the 3 contacts`."""

from __future__ import annotations

from dataclasses import replace

from engine.judge.failing import Leaf, at_segment
from rules.condition import AllOf, Condition, Literal, Not, Quantifier, Related
from rules.names import row_name
from rules.normal import normal
from rules.playbook import Playbook
from rules.row_words import picked, row_phrase
from rules.value_words import counted
from rules.words import asked_number, existence, happening, how_many, requirement, row_words


def rows_words(leaf: Leaf, related: Related, playbook: Playbook) -> str:
    """Say which related rows were seen and how many are needed."""
    plain = _plain(at_segment(related, leaf.seen))
    if leaf.unknown and leaf.seen.unknown == 0:
        return f"it must be so that {requirement(leaf.asked, playbook)}"
    match plain.quantifier, leaf.positive:
        case Quantifier.COUNT, _:
            return _count(leaf, plain, playbook)
        case Quantifier.EVERY, True:
            return _every(leaf, plain, playbook)
        case (Quantifier.SOME, True) | (Quantifier.NO, False):
            return _too_few(leaf, plain, playbook)
        case (Quantifier.NO, True) | (Quantifier.SOME, False):
            return _too_many(leaf, plain, playbook)
        case _:
            return f"{requirement(related, playbook)}; that must not be so"


def _too_few(leaf: Leaf, related: Related, playbook: Playbook) -> str:
    seen, wanted = leaf.seen, _wanted(related, playbook)
    needed = "" if related.at_least == Literal(1) else f"; {how_many(related.at_least, playbook)} are needed"
    if leaf.unknown:
        return f"{_unknown_rows(leaf, related, playbook)}{needed}"
    if seen.rows == 0:
        all_rows = AllOf(()) if related.where == AllOf(()) else related.where
        one = row_words(row_phrase(related.table, all_rows, playbook), playbook, related.table)
        among = f", and no {one} at all" if all_rows == related.where != AllOf(()) else ""
        return f"there is no {one if among else wanted}{needed}"
    if seen.met == 0 and seen.rows == 1:
        return f"the only {_among(1, related, playbook)[2:]} does not count: there is no {wanted}{needed}"
    if seen.met == 0:
        return f"no {wanted} among the {_among(seen.rows, related, playbook)}{needed}"
    phrase = row_phrase(related.table, picked(related), playbook)
    found = row_words(phrase, playbook, related.table, many=seen.met != 1)
    return f"only {seen.met} {found} among the {_among(seen.rows, related, playbook)}{needed}"


def _too_many(leaf: Leaf, related: Related, playbook: Playbook) -> str:
    alone = related.at_least == Literal(1)
    allowed = (
        "there must be none" if alone else f"there must be {how_many(related.at_least, playbook, 'fewer than {}')}"
    )
    if leaf.unknown:
        return f"{_unknown_rows(leaf, related, playbook)}; {allowed}"
    phrase = row_phrase(related.table, picked(related), playbook)
    number = str(leaf.seen.met) if leaf.seen.met > 1 else ""
    return f"{existence(phrase, playbook, related.table, number)}; {allowed}"


def _every(leaf: Leaf, related: Related, playbook: Playbook) -> str:
    seen, table = leaf.seen, related.table
    failing = seen.rows - seen.met - seen.unknown
    rows = _among(seen.rows, related, playbook)
    if leaf.unknown:
        return _unknown_rows(leaf, related, playbook)
    if failing <= 0:
        one = row_words(row_phrase(table, related.where, playbook), playbook, table)
        needed = how_many(related.at_least, playbook)
        if seen.rows == 0:
            return f"there is no {one}{'' if related.at_least == Literal(1) else f'; {needed} are needed'}"
        return f"there {'is' if seen.rows == 1 else 'are'} only {rows}; {needed} are needed"
    opposite = normal(Not(related.condition))
    share = f"{failing} of {rows}" if seen.rows != 1 else f"the only {rows.removeprefix('1 ')}"
    said = happening(opposite, playbook, table, many=failing != 1)
    return f"{share} {said}" if said else f"for {share}: {requirement(opposite, playbook, table)}"


def _count(leaf: Leaf, related: Related, playbook: Playbook) -> str:
    seen = leaf.seen
    phrase = row_phrase(related.table, picked(related), playbook)
    most = seen.met + seen.unknown
    number = f"between {seen.met} and {most}, as data is missing" if leaf.unknown else str(seen.met)
    asked = asked_number(related, playbook)
    must = f"must {'' if leaf.positive else 'not '}be {asked}"
    return f"the number of {row_words(phrase, playbook, related.table, many=True)} is {number}; it {must}"


def _unknown_rows(leaf: Leaf, related: Related, playbook: Playbook) -> str:
    seen, table = leaf.seen, related.table
    whole = seen.rows if seen.unknown <= seen.rows else 0
    rows = (
        f"{seen.unknown} of the {_among(whole, related, playbook)}"
        if whole
        else counted(seen.unknown, *row_name(table))
    )
    judged = related.condition if related.condition != AllOf(()) else related.where
    return f"for {rows} it is not known whether {requirement(judged, playbook, table)}"


def _wanted(related: Related, playbook: Playbook) -> str:
    return row_words(row_phrase(related.table, picked(related), playbook), playbook, related.table)


def _among(number: int, related: Related, playbook: Playbook) -> str:
    phrase = row_phrase(related.table, related.where, playbook)
    return f"{number} {row_words(phrase, playbook, related.table, many=number != 1)}"


def _plain(node: Condition) -> Related:
    if not isinstance(node, Related):
        msg = "only related conditions have rows"
        raise TypeError(msg)
    return replace(node, condition=normal(node.condition), where=normal(node.where))
