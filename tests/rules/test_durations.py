import pytest

from rules.durations import parse_duration
from rules.literals import NotAValueError
from rules.types import Duration, Unit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2 business days", Duration(2, Unit.BUSINESS_DAYS)),
        ("1 business day", Duration(1, Unit.BUSINESS_DAYS)),
        ("1 day", Duration(1, Unit.DAYS)),
        ("12 hours", Duration(12, Unit.HOURS)),
        (" 6  Weeks ", Duration(6, Unit.WEEKS)),
        ("36500 days", Duration(36500, Unit.DAYS)),
    ],
)
def test_durations_are_an_amount_and_a_unit(text: str, expected: Duration) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2d", "did you mean `2 days`?"),
        ("5", "did you mean `5 days`?"),
        ("3 months", "write days or weeks, such as `90 days`"),
        ("1 year", "write days or weeks, such as `365 days`"),
        ("two days", "write a duration as"),
        ("1.5 days", "write a duration as"),
        ("", "write a duration as"),
        ("0 days", "write at least one"),
        ("-1 day", "durations are positive"),
        ("36501 days", ""),
        ("9" * 5000 + " days", ""),
    ],
)
def test_what_is_no_duration_says_what_would_be(text: str, said: str) -> None:
    with pytest.raises(NotAValueError) as refused:
        parse_duration(text)
    assert said in refused.value.help_text


def test_only_where_it_means_something_may_a_duration_be_none_or_negative() -> None:
    assert parse_duration("0 days", zero=True) == Duration(0, Unit.DAYS)
    assert parse_duration("-2 weeks", signed=True) == Duration(-2, Unit.WEEKS)
