import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.spoken import place_tokens, spoken_tokens


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        ("spent $3.5 million on", "spent 3.5 million dollars on"),
        ("about $12, or £3bn.", "about 12 dollars, or 3 billion pounds."),
        ("see https://18f.gsa.gov/blog/post.", "see 18f dot gsa dot gov."),
        ("e.g. R & D vs. 18F", "for example R and D versus 18 F"),
        ("in 2013–2015", "in 2013 to 2015"),
        ("the U.S. Senate", "the U.S. Senate"),
        ("It’s *new* #topic", "It's new topic"),
    ],
)
def test_signs_are_said_as_a_person_would(written, heard):
    assert place_tokens(spoken_tokens(written, "en"))[0] == heard


def test_words_keep_their_spelling_and_their_punctuation():
    assert [t.text for t in spoken_tokens("“Well,” she said — twice.", "en")] == ["“Well,”", "she", "said —", "twice."]


def test_chinese_words_are_characters_with_their_punctuation_and_runs_of_latin():
    words = [t.text for t in spoken_tokens("居民 Anna 说：“很好”！占12%，2026年。", "zh")]

    assert words == ["居", "民", "Anna", "说：", "“很", "好”！", "占", "12%，", "2026", "年。"]


def test_a_chinese_year_is_read_digit_by_digit():
    assert place_tokens(spoken_tokens("2026年有2026人", "zh"))[0] == "二零二六年有2026人"


@given(text=st.text(max_size=80), language=st.sampled_from(["en", "zh"]))
def test_no_written_sign_is_lost_and_every_place_holds_its_own_form(text, language):
    tokens = spoken_tokens(text, language)
    spoken, places = place_tokens(tokens)

    if tokens:
        assert "".join("".join(t.text.split()) for t in tokens) == "".join(text.split())
    assert [spoken[start:end] for start, end in places] == [token.spoken for token in tokens]
