"""Figures as words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.numerals import say_numbers


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("0", "zero"),
        ("007", "zero zero seven"),
        ("1,234,567.5", "one million two hundred thirty four thousand five hundred sixty seven point five"),
        ("3rd", "third"),
        ("21st", "twenty first"),
        ("40th", "fortieth"),
        ("1990s", "nineteen nineties"),
        ("12%", "twelve percent"),
        ("COVID-19", "COVID-nineteen"),
        ("18F", "eighteen F"),
        ("B2B", "B two B"),
        ("10:30", "ten:thirty"),
        ("1234567890123456", "one two three four five six seven eight nine zero one two three four five six"),
        ("no figure", "no figure"),
    ],
)
def test_english_figures(written, said):
    assert say_numbers(written, "en") == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("10月", "十月"),
        ("110人", "一百一十人"),
        ("1002", "一千零二"),
        ("10001", "一万零一"),
        ("20500", "二万零五百"),
        ("12345678", "一千二百三十四万五千六百七十八"),
        ("100000000", "一亿"),
        ("3.5%", "百分之三点五"),
    ],
)
def test_chinese_figures(written, said):
    assert say_numbers(written, "zh") == said


@given(st.text(alphabet="0123456789.,%sthd 年x٣４", max_size=40), st.sampled_from(["en", "zh"]))
def test_no_digit_is_left_whatever_is_written(text, language):
    assert not any(character.isdecimal() for character in say_numbers(text, language))


@given(st.integers(0, 10**15 - 1))
def test_different_numbers_are_said_differently(number):
    for language in ("en", "zh"):
        assert say_numbers(str(number), language) != say_numbers(str(number + 1), language)
