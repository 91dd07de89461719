"""A condition as a Salesforce validation-rule formula: exact, or refused by name."""

from connectors.salesforce.formula.fields import Fields
from connectors.salesforce.formula.literals import CannotTranslateError
from connectors.salesforce.formula.translate import Translated, translate

__all__ = ["CannotTranslateError", "Fields", "Translated", "translate"]
