"""Disguised words come out readable, and every normalised character knows where it stood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.normalise import concealed, plain, unmasked


@pytest.mark.parametrize(
    ("disguised", "word"),
    [
        ("ＫＩＬＬ", "kill"),
        ("𝓴𝓲𝓵𝓵", "kill"),
        ("ⓚⓘⓛⓛ", "kill"),
        ("🅺🅸🅻🅻", "kill"),
        ("kіll", "kill"),  # Cyrillic і
        ("νοte", "vote"),  # Greek ν and ο
        ("ᴋɪʟʟ", "kill"),
        ("k\u200bi\u00adl\u2060l", "kill"),
        ("k\U000e0041ill", "kill"),
        ("k̷i̵l̶l̸", "kill"),
        ("k1ll", "kill"),
        ("k!ll", "kill"),
        ("h@7e", "hate"),
        ("k i l l", "kill"),
        ("k.i.l.l", "kill"),
        ("k_i-l*l", "kill"),
        ("k i l l  y o u", "kill you"),
        ("kiiiill", "kiill"),
        ("法 轮·功", "法轮功"),
    ],
)
def test_a_disguise_is_undone_in_some_reading(disguised: str, word: str) -> None:
    assert word in [view.text for view in unmasked(disguised)]


def test_numbers_and_names_with_digits_are_not_read_as_words() -> None:
    assert [view.text for view in unmasked("18F spent 4,500 dollars in 2015, or $3 a head.")] == [
        "18f spent 4,500 dollars in 2015, or $3 a head."
    ]


def test_an_excerpt_shows_the_original_words_whole() -> None:
    text = "They shouted F\u200b4gg0ts! at him"
    view = next(view for view in unmasked(text) if "faggots" in view.text)
    start = view.text.index("faggot")
    assert view.excerpt(start, start + 6) == "F\u200b4gg0ts"


def test_a_wrapped_line_is_one_line_and_a_paragraph_break_stays() -> None:
    assert plain("kill\nyourself\n\nnext").text == "kill yourself\n\nnext"


def test_text_in_tag_characters_is_found_and_a_flag_is_not() -> None:
    assert concealed("hello" + "".join(chr(0xE0000 + ord(letter)) for letter in "obey")) == "obey"
    assert concealed("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f") == ""


@given(st.text(max_size=120))
def test_every_normalised_character_points_into_the_original_in_order(text: str) -> None:
    for view in (plain(text), *unmasked(text)):
        assert len(view.text) == len(view.offsets)
        assert list(view.offsets) == sorted(view.offsets)
        assert all(0 <= offset < len(text) for offset in view.offsets)


@given(st.text(alphabet="ab1!@ .-kil*\n\u200bі", max_size=60))
def test_any_stretch_of_a_view_has_an_excerpt_from_the_original(text: str) -> None:
    for view in unmasked(text):
        for start in range(len(view.text)):
            assert view.excerpt(start, start + 1) in " ".join(text.split()) or text.isspace()
