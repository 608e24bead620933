"""What a painter is told: plain words, whatever the sources tried to smuggle in."""

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.illustrator.cover_prompt import LONGEST, cover_alt, cover_prompt, plain_words
from models.protocols import CoverRequest


def request(**more):
    return CoverRequest(width=1200, height=630, **({"headline": "Night ferry returns after nine years"} | more))


@pytest.mark.parametrize(
    ("told", "left"),
    [
        ("Harbour ferry returns after 11 months, €4.2m spent", "Harbour ferry returns after months, spent"),
        ("See https://evil.example/x?y=1 or evil.example/p now", "See or now"),
        ("A boat [at sea](http://evil.example) and ![x](y)", "A boat at sea and x"),
        ("<b>Bold</b> {{ secret }} {% raw %} ${x} boats", "Bold boats"),
        ("&lt;script&gt;alert&lt;/script&gt; boats", "alert boats"),
        ("javascript:alert(1) boats", "boats"),
        ("write me@evil.example or @evil, #ad", "write or ad"),
        ("r\u202eed\u200b boat\x00s", "red boats"),
        ("bridge １２３ and ١٢٣ of ③", "bridge and of"),
        ("潮汐发电机发电1.9亿千瓦时，平稳", "潮汐发电机发电 亿千瓦时,平稳"),
        ("The U.S. fleet, e.g. boats: red & blue.", "The U.S. fleet, e.g. boats: red & blue."),
    ],
)
def test_words_are_kept_and_the_rest_is_not(told, left):
    assert plain_words(told, 200) == left


@given(st.text(max_size=400), st.integers(1, 120))
def test_no_digit_markup_or_control_ever_passes(text, longest):
    words = plain_words(text, longest)
    assert len(words) <= longest
    assert not re.search(r"[\d<>{}\[\]|\\@#$%*_=`~\"“”/]", words)
    assert all(character == " " or character.isprintable() for character in words)


@given(
    st.from_regex(r"[a-z]{2,12}\.(com|example|cn|io)", fullmatch=True),
    st.sampled_from(["https://{}", "http://{}/p?q=1#x", "www.{}", "{}/path", "HTTPS://{}:8080/", "ftp://me@{}", "{}"]),
)
def test_no_address_ever_passes(host, written):
    assert host not in plain_words(f"boats at {written.format(host)} today", 300)


@given(st.text(max_size=500), st.text(max_size=500), st.text(max_size=500))
def test_a_prompt_says_something_and_never_too_much(headline, scene, style):
    prompt = cover_prompt(request(headline=headline, scene=scene, style=style))
    assert 0 < len(prompt) <= LONGEST
    assert "palette of dark blue, off-white, red, teal" in prompt


def test_a_scene_goes_before_the_headline_and_the_style_follows():
    prompt = cover_prompt(request(scene="A ferry leaving at dusk.", style="woodcut, two colours"))
    assert prompt == "A ferry leaving at dusk, woodcut, two colours, palette of dark blue, off-white, red, teal"
    assert cover_prompt(request()).startswith("Night ferry returns after nine years, palette")
    assert cover_prompt(request(headline="2015: 11 %")).startswith("an abstract composition")


def test_long_text_is_cut_between_words():
    words = plain_words(" ".join(string.ascii_lowercase[:12] for _ in range(40)), 100)
    assert set(words.split()) == {string.ascii_lowercase[:12]}


def test_the_reader_is_told_in_the_newsletters_language():
    assert cover_alt(request(scene="A ferry at dusk")) == "Illustration: A ferry at dusk"
    assert cover_alt(request(scene="黄昏的渡轮", language="zh")) == "插图：黄昏的渡轮"
    assert cover_alt(request()) == "Illustration for “Night ferry returns after nine years”"
    assert cover_alt(request(headline="夜间渡轮", language="zh")) == "《夜间渡轮》配图"
