"""Reads YAML text safely: no tags, aliases, merge keys, duplicate keys or second documents, and every node has a place.

Nothing here raises on what a user wrote: the answer is a tree, if one could be read, and all problems found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol, TypeVar

import yaml

from rules.problems import Place, Problem
from rules.yaml_nodes import ListNode, MappingNode, Node, ScalarNode

MAX_BYTES = 1_000_000
"""The largest file worth reading; callers look at a file's size before they read it."""

MAX_DEPTH = 32
MAX_ENTRIES = 5_000
"""The most keys of one mapping, or items of one list."""

T = TypeVar("T")

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")

SYNTAX = (
    ("mapping values are not allowed", "a `:` stands where no key can be", "quote a text that holds `: `"),
    ("cannot start any token", "a tab or a reserved character stands here", "indent with spaces, quote `@` and `%`"),
    ("expected ':'", "a key has no `:` after it", "write `key: value`, and quote a text of several lines"),
    ("expected <block end>", "this does not fit the indentation above it", "begin it in the column of its neighbours"),
    ("expected '-' indicator", "this does not fit the list above it", "begin every item of a list with `- `"),
    ("expected key", "this does not fit the indentation above it", "begin it in the column of its neighbours"),
    ("expected ',' or ']'", "a list is not closed", "end it with `]` and set `,` between its items"),
    ("expected ',' or '}'", "a mapping is not closed", "end it with `}` and set `,` between its keys"),
    ("unexpected end of stream", "a quoted text is not closed", "end it with the quote it began with"),
    ("escape", "a `\\` in double quotes is followed by an unknown letter", "write `\\\\`, or use single quotes"),
    ("undefined alias", "`*` begins an alias, which playbooks do not have", "quote the text"),
)  # fmt: skip


def read_yaml(data: bytes | str, file: str) -> tuple[Node | None, tuple[Problem, ...]]:
    """Read one YAML document; the tree is None where the text is too broken to go on."""
    if len(data) > MAX_BYTES:
        return None, (too_large(file),)
    text, problems = _decode(data, file)
    if problems:
        return None, problems
    return _Composer(file).compose(text)


def too_large(file: str) -> Problem:
    """Say that a file is too large to read; callers that look before reading use it too."""
    message = f"the file is larger than {MAX_BYTES:,} bytes and was not read"
    return Problem(Place(file), "file-too-large", message, "is it the right file? a playbook has a few hundred lines")


def _decode(data: bytes | str, file: str) -> tuple[str, tuple[Problem, ...]]:
    """Make text of bytes, refusing what is not UTF-8 and what cannot be seen."""
    try:
        text = data if isinstance(data, str) else data.decode("utf-8")
    except UnicodeDecodeError as error:
        return "", (_not_utf8(error, file),)
    text = text.removeprefix("\ufeff")
    return text, tuple(_unprintable(match, text, file) for match in list(UNPRINTABLE.finditer(text))[:5])


def _not_utf8(error: UnicodeDecodeError, file: str) -> Problem:
    before = error.object[: error.start].decode("utf-8")
    byte = error.object[error.start : error.start + 1]
    if error.object[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return Problem(Place(file), "not-utf-8", "the file is UTF-16, not UTF-8", "save the file as UTF-8")
    seen = byte.decode("latin-1")
    meant = f"; it may be latin-1, where this byte is `{seen}`" if seen.isprintable() else ""
    return Problem(
        _place_after(before, file), "not-utf-8", f"byte 0x{byte.hex()} is not UTF-8", f"save the file as UTF-8{meant}"
    )


def _unprintable(match: re.Match[str], text: str, file: str) -> Problem:
    message = f"the character U+{ord(match.group()):04X} cannot be seen and is not allowed"
    return Problem(_place_after(text[: match.start()], file), "control-character", message, "delete it")


def _place_after(before: str, file: str) -> Place:
    return Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))


class _Composer:
    """Builds nodes from YAML events, collecting problems on its way; used once."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.usable = True

    def compose(self, text: str) -> tuple[Node | None, tuple[Problem, ...]]:
        """Read all events of the text; whatever stops them is a problem like any other."""
        root = None
        try:
            root = self._document(yaml.parse(text, Loader=LOADER))
        except yaml.MarkedYAMLError as error:
            self._syntax(error)
        except yaml.YAMLError:
            self._add(Place(self.file), "not-yaml", "the file cannot be read as YAML")
        except _TooMuchError:
            self.usable = False
        return (root if self.usable else None), tuple(self.problems)

    def _document(self, events: Iterator[yaml.Event]) -> Node | None:
        root: Node | None = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent) and root is not None:
                self._add(
                    self._place(event),
                    "second-document",
                    "a second document begins here",
                    "one file holds one document",
                )
                return root
            if isinstance(event, yaml.NodeEvent):
                root = self._node(event, events, 1)
        if root is None or (isinstance(root, ScalarNode) and root.is_null):
            self._add(Place(self.file), "empty-file", "the file holds nothing")
            return None
        return root

    def _node(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Node:
        place = self._place(event)
        if depth > MAX_DEPTH:
            self._add(place, "too-deep", f"this is nested more than {MAX_DEPTH} levels deep")
            raise _TooMuchError
        self._plain(event, place)
        match event:
            case yaml.MappingStartEvent():
                return MappingNode(place, tuple(self._limited(self._entries(events, depth), place)))
            case yaml.SequenceStartEvent():
                return ListNode(place, tuple(self._limited(self._items(events, depth), place)))
            case yaml.ScalarEvent():
                return self._scalar(event, place)
            case _:
                return ScalarNode(place, "")

    def _limited(self, parts: Iterator[T], place: Place) -> Iterator[T]:
        for number, part in enumerate(parts):
            if number == MAX_ENTRIES:
                self._add(place, "too-many", f"more than {MAX_ENTRIES:,} entries stand in one list or mapping")
                raise _TooMuchError
            yield part

    def _items(self, events: Iterator[yaml.Event], depth: int) -> Iterator[Node]:
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            yield self._node(event, events, depth + 1)

    def _entries(self, events: Iterator[yaml.Event], depth: int) -> Iterator[tuple[ScalarNode, Node]]:
        seen: dict[str, int] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self._node(event, events, depth + 1)
            value = self._node(next(events), events, depth + 1)
            if self._is_key(key, seen) and isinstance(key, ScalarNode):
                seen[key.text] = key.place.line
                yield key, value

    def _is_key(self, key: Node, seen: dict[str, int]) -> bool:
        if not isinstance(key, ScalarNode):
            self._add(key.place, "not-a-key", "a key must be a plain word", "quote a text that begins with `{` or `[`")
        elif key.text == "<<" and not key.quoted:
            self._add(key.place, "merge-key", "merge keys (`<<`) are not allowed", "write the keys out")
        elif key.text in seen:
            message = f"the key `{key.text}` stands here again; it was given on line {seen[key.text]}"
            self._add(key.place, "duplicate-key", message, "keep one of the two")
        else:
            return True
        return False

    def _scalar(self, event: yaml.ScalarEvent, place: Place) -> ScalarNode:
        text = str(event.value)
        for match in UNPRINTABLE.finditer(text):
            message = f"the text holds the character U+{ord(match.group()):04X}, which is not allowed"
            self._add(place, "control-character", message, "delete it")
            return ScalarNode(place, UNPRINTABLE.sub("", text), quoted=True)
        return ScalarNode(place, text, quoted=event.style not in {None, ""})

    def _plain(self, event: yaml.Event, place: Place) -> None:
        """Refuse the marks YAML allows on any node: tags, anchors and aliases."""
        if isinstance(event, yaml.AliasEvent):
            self.usable = False
            self._add(
                place,
                "alias",
                f"the alias `*{event.anchor}` is not allowed",
                "write the value out, or quote a text with `*`",
            )
            return
        if (anchor := getattr(event, "anchor", None)) is not None:
            self._add(place, "alias", f"the anchor `&{anchor}` is not allowed", "delete it, or quote a text with `&`")
        if (tag := getattr(event, "tag", None)) is not None:
            self._add(place, "tag", f"the tag `{tag}` is not allowed", "delete it, or quote a text with `!`")

    def _syntax(self, error: yaml.MarkedYAMLError) -> None:
        self.usable = False
        said = f"{error.context or ''} {error.problem or ''}"
        began = error.context_mark if "end of stream" in said else None
        mark = began or error.problem_mark
        place = self._at(mark)
        for sign, message, help_text in SYNTAX:
            if sign in said:
                self._add(place, "not-yaml", message, help_text)
                return
        self._add(place, "not-yaml", "this cannot be read as YAML", "check quotes, indentation and the line above")

    def _place(self, event: yaml.Event) -> Place:
        return self._at(event.start_mark)

    def _at(self, mark: _Mark | None) -> Place:
        return Place(self.file, mark.line + 1, mark.column + 1) if mark else Place(self.file)

    def _add(self, place: Place, code: str, message: str, help_text: str = "") -> None:
        self.problems.append(Problem(place, code, message, help_text))


class _Mark(Protocol):
    """Where the parser stood; PyYAML has two classes for it."""

    @property
    def line(self) -> int:
        """The line, from 0."""

    @property
    def column(self) -> int:
        """The column, from 0."""


class _TooMuchError(Exception):
    """Stops reading a text that is nested too deep or has too many entries."""
