"""Types the values of a case by the columns they stand in; what does not fit is a problem at its place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from engine.judge.tables import canonical_types
from rules.literals import DAY, NotAValueError, read_date, read_number, read_time, read_yes_no
from rules.playbook import Playbook
from rules.problems import Problem, did_you_mean
from rules.types import FieldType
from rules.yaml_nodes import ListNode, MappingNode, Node, ScalarNode

CENTS = Decimal("0.01")

READ: Mapping[FieldType, Callable[[str], Any]] = {
    FieldType.CHOICES: lambda text: [text],
    FieldType.YES_NO: read_yes_no,
    FieldType.NUMBER: lambda text: float(read_number(text)),
    FieldType.MONEY: lambda text: read_number(text).quantize(CENTS),
    FieldType.DATE: read_date,
}
"""How a value of each type is read; times need a zone beside, other types are any text."""


class Typing:
    """Reads rows of canonical tables in a playbook's time zone, collecting problems."""

    def __init__(self, playbook: Playbook) -> None:
        self.zone = ZoneInfo(playbook.calendar.timezone)
        self.types = canonical_types(playbook)
        self.problems: list[Problem] = []

    def row(self, node: MappingNode, table: str, leaving: Collection[str] = ()) -> dict[str, Any]:
        """Read one row; a column that is null or left out is absent."""
        columns = self.types[table]
        values: dict[str, Any] = {}
        for key, value in node:
            if key.text not in columns:
                message = f"`{key.text}` is no column of {table}"
                self.problems.append(Problem(key.place, "unknown-field", message, did_you_mean(key.text, columns)))
            elif key.text not in leaving:
                values[key.text] = self._value(value, columns[key.text])
        return {name: value for name, value in values.items() if value is not None}

    def moment(self, node: ScalarNode) -> datetime | None:
        """Read a time, or a date for its midnight in the playbook's time zone."""
        value = self._value(node, FieldType.TIME)
        return value if isinstance(value, datetime) else None

    def day(self, node: ScalarNode) -> date | None:
        """Read a date."""
        value = self._value(node, FieldType.DATE)
        return value if isinstance(value, date) else None

    def read(self, text: str, kind: FieldType) -> Any:  # noqa: ANN401 - as below
        """Read one value; raises NotAValueError."""
        if kind is FieldType.TIME:
            day = DAY.fullmatch(text)
            return datetime.combine(read_date(text), time.min, self.zone) if day else read_time(text, self.zone)
        return READ[kind](text) if kind in READ else text

    def _value(self, node: Node, kind: FieldType) -> Any:  # noqa: ANN401 - what the column holds
        match node:
            case ScalarNode() if node.is_null:
                return None
            case ListNode(items=items) if kind is FieldType.CHOICES:
                return [each.text for each in items if isinstance(each, ScalarNode)]
            case ScalarNode(text=text):
                return self._scalar(node, text, kind)
            case _:
                self.problems.append(Problem(node.place, "wrong-type", f"a {kind.value} is one value, not several"))
                return None

    def _scalar(self, node: ScalarNode, text: str, kind: FieldType) -> Any:  # noqa: ANN401 - as above
        try:
            return self.read(text.strip() if kind is not FieldType.TEXT else text, kind)
        except NotAValueError as error:
            self.problems.append(Problem(node.place, "wrong-value", error.message, error.help_text))
            return None
