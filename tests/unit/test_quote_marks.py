"""Quotation marks: the drawn one stands for the first of the text, never beside it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.illustrator.quote_marks import opened


@pytest.mark.parametrize(
    ("text", "mark", "said"),
    [
        ("“We waited.”", "“", "We waited."),
        ("We waited.", "“", "We waited."),
        ("“We waited”.", "“", "We waited."),
        ("“We waited,”", "“", "We waited"),
        ("‘It’s late, don’t wait.’", "“", "It’s late, don’t wait."),
        ("“We waited,” says the keeper. “Long.”", "“", "We waited,” says the keeper. “Long.”"),
        ("“He said “go” and left.”", "“", "He said “go” and left."),
        ("「我們等了。」", "「", "我們等了。"),
        ("“我们等了。”", "“", "我们等了。"),
        ("『好』！", "「", "好！"),
        ("She said “go”.", "“", "She said “go”."),
    ],
)
def test_a_pair_round_the_whole_goes_and_marks_inside_stay(text, mark, said):
    assert opened(text) == (mark, said)


@given(st.text("ab “”‘’「」,.。", max_size=30))
def test_no_letter_is_lost(text):
    kept = opened(text)[1]
    assert [c for c in kept if c.isalpha()] == [c for c in text if c.isalpha()]
