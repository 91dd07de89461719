import pytest

from rules.placeholders import PLACEHOLDERS, is_placeholder


@pytest.mark.parametrize(
    "text",
    ["tbd", " TBD ", "n/a", "xxx", "asdf", "?", "...", "-", "- -", "aaaa", "z z z", "11111", "", "To be confirmed"],
)
def test_a_text_that_says_nothing_is_a_placeholder(text: str) -> None:
    assert is_placeholder(text)


@pytest.mark.parametrize(
    "text", ["They lose 3 days a month", "tbd by Anna on Monday", "no", "SAP", "ää b", "12", "東京"]
)
def test_a_text_that_says_something_is_none(text: str) -> None:
    assert not is_placeholder(text)


def test_placeholders_are_listed_as_they_are_looked_up() -> None:
    assert [each for each in PLACEHOLDERS if each != each.strip().lower()] == []
