"""Checks a node tree against a JSON Schema and says what is wrong in the words of the file, each at its place.

Titles in the schema name things (`Exit criterion`), and `patternErrorMessage` (which editors show too) says what a
text must look like. No sentence of the schema library reaches a user.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from rules.problems import Problem, did_you_mean
from rules.yaml_nodes import ListNode, MappingNode, Node, ScalarNode, node_at, to_plain

LONGEST_QUOTE = 60

TYPE_WORDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "empty",
}


def check_schema(node: Node, schema: Mapping[str, Any], subject: str) -> tuple[Problem, ...]:
    """Say everything that is wrong with a tree by its schema; `subject` names the whole, such as `playbook`."""
    errors = Draft202012Validator(schema).iter_errors(to_plain(node))
    words = _Words(node, subject)
    found = {problem for error in errors for problem in words.problems(_fault(error))}
    return tuple(sorted(_without_misspelt(found)))


def quote(node: Node) -> str:
    """Show what stands at a node: the user's words in backticks, or what kind of thing it is."""
    match node:
        case ScalarNode() if node.is_null:
            return "empty"
        case ScalarNode(text=text):
            short = " ".join(text.split())
            return f"`{short}`" if len(short) <= LONGEST_QUOTE else f"`{short[:LONGEST_QUOTE]}...`"
        case ListNode(items=items):
            return "a list" if items else "an empty list"
        case MappingNode(entries=entries):
            return "a mapping" if entries else "an empty mapping"


def _without_misspelt(problems: set[Problem]) -> Iterator[Problem]:
    """Drop what is missing only because its key is misspelt in the same mapping."""
    meant = {(each.message.rpartition(" of ")[2], each.help) for each in problems if each.code == "unknown-key"}
    for each in problems:
        owner, _, key = each.message.partition(" has no ")
        if each.code != "missing-key" or (owner, f"did you mean {key}?") not in meant:
            yield each


@dataclass(frozen=True, slots=True)
class _Fault:
    """What one schema error says, in plain types: where, which keyword, what it asks and what was there."""

    path: tuple[str | int, ...]
    keyword: str
    asks: Any
    found: Any
    schema: Mapping[str, Any]
    of_key: bool
    branches: tuple[tuple[_Fault, ...], ...]


def _fault(error: ValidationError) -> _Fault:
    branches: dict[Any, list[_Fault]] = {}
    for each in error.context or []:
        branches.setdefault(each.relative_schema_path[0], []).append(_fault(each))
    return _Fault(
        path=tuple(error.absolute_path),
        keyword=str(error.validator),
        asks=error.validator_value,
        found=error.instance,
        schema=error.schema if isinstance(error.schema, Mapping) else {},
        of_key="propertyNames" in error.absolute_schema_path,
        branches=tuple(map(tuple, branches.values())),
    )


class _Words:
    """Words one fault against the tree it was found in."""

    def __init__(self, root: Node, subject: str) -> None:
        self.root = root
        self.subject = subject
        self.by_keyword: Mapping[str, Callable[[_Fault], Iterator[Problem]]] = {
            "additionalProperties": self._unknown_keys,
            "required": self._missing_keys,
            "dependentRequired": self._missing_companions,
            "type": self._type,
            "enum": self._choice,
            "const": self._choice,
            "pattern": self._pattern,
            "minimum": self._number,
            "maximum": self._number,
            "exclusiveMinimum": self._number,
            "exclusiveMaximum": self._number,
            "minItems": self._size,
            "maxItems": self._size,
            "minLength": self._size,
            "maxLength": self._size,
            "minProperties": self._size,
            "maxProperties": self._size,
            "uniqueItems": self._repeated,
            "anyOf": self._alternatives,
            "oneOf": self._alternatives,
        }

    def problems(self, fault: _Fault) -> Iterator[Problem]:
        """Give the problems one error stands for."""
        yield from self.by_keyword.get(fault.keyword, self._other)(fault)

    def _unknown_keys(self, fault: _Fault) -> Iterator[Problem]:
        known = fault.schema.get("properties", {})
        node = self._node(fault)
        for key in fault.found:
            if key not in known and isinstance(node, MappingNode):
                message = f"`{key}` is not a key of {self._owner(fault)}"
                yield Problem(node.place_of(key), "unknown-key", message, did_you_mean(key, known))

    def _missing_keys(self, fault: _Fault) -> Iterator[Problem]:
        for key in fault.asks:
            if key not in fault.found:
                said = fault.schema.get("properties", {}).get(key, {}).get("description", "")
                message = f"{self._owner(fault)} has no `{key}`"
                help_text = f"`{key}`: {_lowered(said)}" if said else f"add `{key}`"
                yield self._problem(fault, "missing-key", message, help_text)

    def _missing_companions(self, fault: _Fault) -> Iterator[Problem]:
        for key, companions in fault.asks.items():
            for companion in companions:
                if key in fault.found and companion not in fault.found:
                    message = f"{self._owner(fault)} has `{key}` but no `{companion}`"
                    yield self._problem(fault, "missing-key", message, f"add `{companion}`")

    def _type(self, fault: _Fault) -> Iterator[Problem]:
        wanted = _type_words(fault.asks)
        yield self._problem(fault, "wrong-type", f"{self._label(fault)} must be {wanted}, not {self._seen(fault)}")

    def _choice(self, fault: _Fault) -> Iterator[Problem]:
        known = fault.asks if fault.keyword == "enum" else [fault.asks]
        message = f"{self._label(fault)} cannot be {self._seen(fault)}"
        yield self._problem(fault, "not-one-of", message, did_you_mean(str(fault.found), map(str, known)))

    def _pattern(self, fault: _Fault) -> Iterator[Problem]:
        help_text = fault.schema.get("patternErrorMessage", "")
        if fault.of_key:
            node = self._node(fault)
            place = node.place_of(fault.found) if isinstance(node, MappingNode) else node.place
            yield Problem(place, "wrong-form", f"`{fault.found}` cannot be a key here", help_text)
        else:
            yield self._problem(fault, "wrong-form", f"{self._label(fault)} cannot be {self._seen(fault)}", help_text)

    def _number(self, fault: _Fault) -> Iterator[Problem]:
        limit = {
            "minimum": "at least",
            "maximum": "at most",
            "exclusiveMinimum": "more than",
            "exclusiveMaximum": "less than",
        }[fault.keyword]
        message = f"{self._label(fault)} must be {limit} {fault.asks}, not {self._seen(fault)}"
        yield self._problem(fault, "out-of-range", message)

    def _size(self, fault: _Fault) -> Iterator[Problem]:
        unit = {"Items": "item", "Length": "character", "Properties": "key"}[fault.keyword[3:]]
        limit, count = ("at least" if fault.keyword.startswith("min") else "at most"), fault.asks
        message = f"{self._label(fault)} must have {limit} {count} {unit}{'' if count == 1 else 's'}"
        yield self._problem(fault, "wrong-size", message)

    def _repeated(self, fault: _Fault) -> Iterator[Problem]:
        node, seen = self._node(fault), list[Any]()
        for index, item in enumerate(fault.found):
            if item in seen and isinstance(node, ListNode):
                message = f"{self._label(fault)} holds {quote(node.items[index])} twice"
                yield Problem(node.items[index].place, "repeated-item", message, "keep one of the two")
            seen.append(item)

    def _alternatives(self, fault: _Fault) -> Iterator[Problem]:
        """Report the one alternative of the right type; where none or several fit, name them."""
        fitting = [faults for faults in fault.branches if not any(_is_type_of(each, fault) for each in faults)]
        if len(fitting) == 1:
            for each in fitting[0]:
                yield from self.problems(each)
            return
        wanted = " or ".join(dict.fromkeys(_alternative(each) for each in fault.asks))
        yield self._problem(fault, "wrong-type", f"{self._label(fault)} must be {wanted}, not {self._seen(fault)}")

    def _other(self, fault: _Fault) -> Iterator[Problem]:
        said = fault.schema.get("description", "")
        message = f"{self._label(fault)} cannot be {self._seen(fault)}"
        yield self._problem(fault, "wrong-form", message, _lowered(said))

    def _problem(self, fault: _Fault, code: str, message: str, help_text: str = "") -> Problem:
        return Problem(self._node(fault).place, code, message, help_text)

    def _node(self, fault: _Fault) -> Node:
        return node_at(self.root, fault.path)

    def _seen(self, fault: _Fault) -> str:
        return quote(self._node(fault))

    def _owner(self, fault: _Fault) -> str:
        """Name the mapping an error is about: its schema's title and its id, or the key that holds it."""
        path = fault.path
        node = self._node(fault)
        title = _lowered(fault.schema.get("title", "")) or (self.subject if not path else "")
        name = node.get("id") if isinstance(node, MappingNode) else None
        if isinstance(name, ScalarNode) and title:
            return f"{title} `{name.text}`"
        return title or self._label(fault)

    def _label(self, fault: _Fault) -> str:
        """Name a value by the key that holds it and the nearest thing with an id around it."""
        path = fault.path
        if not path:
            return f"the {self.subject}"
        keys = [step for step in path if isinstance(step, str)]
        label = f"`{keys[-1]}`" if keys else "the list"
        label = f"item {path[-1] + 1} of {label}" if isinstance(path[-1], int) else label
        around = self._around(path[:-1])
        return f"{label} of `{around}`" if around else label

    def _around(self, path: Sequence[str | int]) -> str:
        for length in range(len(path), 0, -1):
            node = node_at(self.root, path[:length])
            name = node.get("id") if isinstance(node, MappingNode) else None
            if isinstance(name, ScalarNode):
                return name.text
        return ""


def _is_type_of(fault: _Fault, parent: _Fault) -> bool:
    return fault.keyword == "type" and fault.path == parent.path


def _alternative(schema: Mapping[str, Any]) -> str:
    title = str(schema.get("title", ""))
    return f"a {_lowered(title)}" if title else _type_words(schema.get("type", "object"))


def _type_words(types: str | Sequence[str]) -> str:
    """Name JSON types; where text will do, numbers need no mention."""
    names = [types] if isinstance(types, str) else list(types)
    if "string" in names:
        names = [name for name in names if name not in {"number", "integer", "boolean", "null"}]
    return " or ".join(TYPE_WORDS[name] for name in names)


def _lowered(title: str) -> str:
    """Begin a title or a sentence in lower case and end it without a stop, as messages do."""
    return (title[:1].lower() + title[1:]).removesuffix(".")
