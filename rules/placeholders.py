"""Texts that say nothing (rule 18): a fixed list, marks without a letter, and one character over and over."""

from __future__ import annotations

PLACEHOLDERS = frozenset(
    {
        "?", "-", "--", "...", ".", "x", "xx", "xxx", "xxxx", "n/a", "n.a.", "n.a", "na", "n a", "not applicable",
        "none", "nil", "null", "tbd", "t.b.d.", "t.b.d", "tba", "tbc",
        "tbd.", "tba.", "tbc.", "todo", "to do", "to be determined", "to be defined", "to be confirmed",
        "to be announced", "to be discussed", "to be updated", "to be added", "to follow", "pending", "unknown",
        "not known", "not known yet", "not yet", "not sure", "no idea", "dont know", "don't know", "do not know", "idk",
        "undefined", "unclear", "not available", "not specified", "not provided", "unspecified", "misc",
        "various", "same", "same as above", "as above", "see above", "see below", "see note", "see notes", "see email",
        "see e-mail", "see attached", "see attachment", "see crm", "see description", "as discussed", "will update",
        "will follow", "update later", "later", "coming soon", "soon", "asap", "fill in", "fill in later",
        "fill me in", "placeholder", "sample", "example", "lorem ipsum", "blah", "blah blah", "bla", "bla bla", "foo",
        "bar", "foobar", "abc", "abcd", "123", "1234", "12345", "asdf", "asdfg", "asdfgh", "asdfasdf", "qwe", "qwer",
        "qwert", "qwerty", "test", "tests", "testing", "test test", "dummy", "temp", "tmp", "draft", "wip",
        "work in progress",
    }
)  # fmt: skip
"""Every one trimmed and in lower case, as a text must be before it is looked up."""


def is_placeholder(text: str) -> bool:
    """Say whether a text says nothing."""
    plain = text.strip().lower()
    if plain in PLACEHOLDERS or not any(map(str.isalnum, plain)):
        return True
    return len(set("".join(plain.split()))) == 1
