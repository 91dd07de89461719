"""What to do about each operator: the words of instructions, with places for a field and a value."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rules.condition import Operator

INSTEAD = "set {field} to something other than {value}"
LOWER, RAISE = "bring {field} down to at most {value}", "bring {field} up to at least {value}"
UNDER, OVER = "bring {field} below {value}", "bring {field} above {value}"
CHOOSE, MENTION, TAKE_OUT = "set {field} to {value}", "mention {value} in {field}", "take {value} out of {field}"
DATED, UPDATE, LEAVE = "set {field} to {date}", "review {field} and update it", "leave {field} as it is"

BETWEEN, OUTSIDE = "bring {field} between {value}", "bring {field} outside {value}"
DATES_TOO = {CHOOSE, INSTEAD, RAISE, LOWER, OVER, UNDER, BETWEEN, OUTSIDE}

INSTRUCTIONS: Mapping[Operator, tuple[str, str]] = MappingProxyType(
    {
        Operator.EQUALS: (CHOOSE, INSTEAD),
        Operator.NOT: (INSTEAD, CHOOSE),
        Operator.ONE_OF: (CHOOSE, INSTEAD),
        Operator.NONE_OF: (INSTEAD, CHOOSE),
        Operator.AT_LEAST: (RAISE, UNDER),
        Operator.AT_MOST: (LOWER, OVER),
        Operator.ABOVE: (OVER, LOWER),
        Operator.BELOW: (UNDER, RAISE),
        Operator.BETWEEN: (BETWEEN, OUTSIDE),
        Operator.CONTAINS: (MENTION, TAKE_OUT),
        Operator.AVOIDS: (TAKE_OUT, MENTION),
        Operator.MATCHES: ("write {field} to match the pattern {value}", "write {field} not to match {value}"),
        Operator.MIN_WORDS: ("write {field} in at least {value} words", "write {field} in fewer than {value} words"),
        Operator.MAX_CHARS: ("shorten {field} to {value} characters", "write {field} in more than {value} characters"),
        Operator.PLACEHOLDER: ("clear {field}", "say something real in {field}"),
        Operator.COPIED: ("copy {field} from another deal", "write {field} anew for this deal"),
        Operator.PRESENT: ("fill in {field}", "empty {field}"),
        Operator.INCLUDES_ANY: ("add {value} to {field}", TAKE_OUT),
        Operator.INCLUDES_ALL: ("add {value} to {field}", TAKE_OUT),
        Operator.BEFORE: (DATED, DATED),
        Operator.AFTER: (DATED, DATED),
        Operator.ON_OR_BEFORE: (DATED, DATED),
        Operator.ON_OR_AFTER: (DATED, DATED),
        Operator.WITHIN: (DATED, DATED),
        Operator.WITHIN_NEXT: (DATED, DATED),
        Operator.OLDER_THAN: (DATED, DATED),
        Operator.IN: (DATED, DATED),
        Operator.CHANGED_WITHIN: (UPDATE, LEAVE),
        Operator.CHANGED_SINCE: (UPDATE, LEAVE),
        Operator.FROM_STAGE: ("bring the deal to {value} or later", "move the deal back to before {value}"),
    }
)
"""For each operator what to do, and what where the leaf stands under a `not`."""

HAPPENING: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("contacts", "last_buyer_activity_at"): "hear from the contact",
        ("proposals", "sent_at"): "send the proposal",
        ("proposals", "viewed_at"): "get the proposal viewed",
        ("proposals", "answered_at"): "get an answer to the proposal",
    }
)
"""How an event that can still be made to happen is brought about."""
