"""How a formula names a playbook's fields, by what the org says of them."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.salesforce.facts import FieldFacts, OrgFacts
from connectors.salesforce.formula.literals import CannotTranslateError, text_literal
from connectors.salesforce.standard import COLUMNS, OPPORTUNITY
from connectors.salesforce.wanted import CRM
from rules.condition import Reference
from rules.playbook import Playbook
from rules.types import FieldType

LONGEST_TEXT = 255
"""A text area that holds more is a long one, which not every function of a formula takes."""
PICKLIST, MULTI = "picklist", "multipicklist"
THROUGH = {"deals": "", "accounts": "Account."}
NUMBERS = frozenset({"int", "long", "double", "percent", "currency"})


class Fields:
    """The fields of one playbook in one org."""

    def __init__(self, playbook: Playbook, facts: OrgFacts, columns: Mapping[str, str]) -> None:
        self.playbook = playbook
        self._facts = facts
        self._columns = columns
        self._own = {(each.table, each.id): each.crm.get(CRM, each.id) for each in playbook.fields}

    def known(self, reference: Reference) -> str:
        """Ask whether a field holds anything; a text of blanks does not, and a checkbox always does."""
        path, facts = self._found(reference)
        if facts.kind == "boolean":
            return "TRUE"
        if reference.type in {FieldType.TEXT, FieldType.CHOICE, FieldType.LINK} and facts.kind not in NUMBERS:
            return f"LEN(TRIM({self.text(reference)})) > 0"
        return f"NOT(ISBLANK({path}))"

    def text(self, reference: Reference) -> str:
        """Name a field whose text is compared."""
        path, facts = self._found(reference)
        if facts.kind == PICKLIST:
            return f"TEXT({path})"
        if facts.kind in {MULTI, *NUMBERS, "boolean", "date", "datetime"}:
            raise CannotTranslateError(f"`{path}` is a {facts.kind}, not a text")
        return path

    def plain(self, reference: Reference) -> str:
        """Name a field whose value is compared as it is."""
        path, facts = self._found(reference)
        wanted = PLAIN.get(reference.type, frozenset())
        if facts.kind not in wanted:
            raise CannotTranslateError(f"`{path}` is a {facts.kind}, not a {reference.type.value}")
        if reference.type is FieldType.MONEY and self._facts.has(OPPORTUNITY, "CurrencyIsoCode"):
            raise CannotTranslateError("the org has several currencies")
        return path

    def checkbox(self, reference: Reference) -> str:
        """Name a field that is ticked or not."""
        path, facts = self._found(reference)
        if facts.kind != "boolean":
            raise CannotTranslateError(f"`{path}` is no checkbox")
        return path

    def several(self, reference: Reference) -> str:
        """Name a field that holds several choices."""
        path, facts = self._found(reference)
        if facts.kind != MULTI:
            raise CannotTranslateError(f"`{path}` is no multi-select picklist")
        return path

    def is_stage(self, reference: Reference) -> bool:
        """Whether a column is the deal's stage."""
        return (reference.table, reference.name) == ("deals", "stage")

    def stage_name(self, stage: str) -> str:
        """Give the CRM's name of a stage or outcome."""
        names = {each.id: each.crm.get(CRM, each.id) for each in self.playbook.stages}
        names |= {each.id: each.crm.get(CRM, each.id) for each in self.playbook.outcomes}
        if stage not in names:
            raise CannotTranslateError(f"`{stage}` is no stage of the playbook")
        return names[stage]

    def stages_from(self, stage: str) -> list[str]:
        """Give the CRM's names of a stage and all later ones."""
        ids = [each.id for each in self.playbook.stages]
        return [self.stage_name(each) for each in ids[ids.index(stage) :]]

    def rank(self, column: str) -> str:
        """Give the number of a stage, from 1, won last; what is no step of the way, such as lost, is 0."""
        won = [each.id for each in self.playbook.outcomes if each.counts_as == "won"]
        steps = [self.stage_name(each.id) for each in self.playbook.stages]
        pairs = [f"{text_literal(name)}, {number}" for number, name in enumerate(steps, start=1)]
        pairs += [f"{text_literal(self.stage_name(each))}, {len(steps) + 1}" for each in won]
        return f"CASE({column}, {', '.join(pairs)}, 0)"

    def _found(self, reference: Reference) -> tuple[str, FieldFacts]:
        if reference.table not in THROUGH:
            raise CannotTranslateError(f"it reads `{reference.table}`")
        named = self._columns.get(f"{reference.table}.{reference.name}", "")
        own = self._own.get((reference.table, reference.name), "")
        path = f"{THROUGH[reference.table]}{own}" if own else named or COLUMNS[reference.table].get(reference.name, "")
        facts = self._facts.field(OPPORTUNITY, path) if path else None
        if facts is None:
            raise CannotTranslateError(f"the org has no field for `{reference.name}`")
        if facts.kind == "textarea" and facts.length > LONGEST_TEXT:
            raise CannotTranslateError(f"`{path}` is a long text area")
        if facts.kind == "reference":
            raise CannotTranslateError(f"`{path}` is a reference")
        return self._facts.path(OPPORTUNITY, path), facts


PLAIN: Mapping[FieldType, frozenset[str]] = {
    FieldType.NUMBER: NUMBERS,
    FieldType.MONEY: NUMBERS,
    FieldType.DATE: frozenset({"date"}),
    FieldType.TIME: frozenset({"datetime"}),
}
