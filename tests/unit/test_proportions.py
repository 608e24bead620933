"""Shares of a whole: a percentage is one, unless it tells of a change; nothing is made up."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.proportions import proportion_in


@pytest.mark.parametrize(
    "figure",
    [
        "62%",
        "62 percent",
        "62 per cent",
        "百分之六十二",
        "62％",
        "百分之62",
        "sixty-two percent",
        "about 62 %",
        "６２％",
    ],
)
def test_however_it_is_written_sixty_two_percent_is_its_share(figure):
    assert proportion_in(figure, "of small businesses") == Decimal("0.62")


@given(st.decimals(0, 100, places=1))
def test_the_share_is_exact(value):
    assert proportion_in(f"{value}%") == value / 100


@pytest.mark.parametrize(
    ("figure", "counted"),
    [
        ("$4.2 million", "spent"),
        ("1,200", "people"),
        ("三千六百万元", ""),
        ("150%", "of the plan"),
        ("62–65%", "of trips"),
        ("-3%", "of sales"),
        ("62 percentage points", ""),
        ("62%", "growth in sales"),
        ("up 62%", ""),
        ("62%", "more than a year ago"),
        ("百分之六十二", "的增长"),
        ("3个百分点", ""),
        ("", ""),
    ],
)
def test_what_is_no_share_of_a_whole_is_not_drawn_as_one(figure, counted):
    assert proportion_in(figure, counted) is None
