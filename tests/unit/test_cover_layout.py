"""Covers' words: they fit, break where they may, and keep clear of what lies below."""

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.errors import BadInputError
from models.illustrator.cover_layout import Arrangement, Box, lay_out
from models.illustrator.linebreaks import NEVER_FIRST, NEVER_LAST, stops, tidy
from models.illustrator.typefaces import Typecase
from models.protocols import CoverRequest

ARRANGEMENTS = get_args(Arrangement)
SIZES = ((1200, 630), (1080, 1080), (1920, 1080), (1080, 1920), (400, 300))
CASE = Typecase()
needs_chinese = pytest.mark.skipif(
    CASE._han("serif", "bold") is None, reason="no Chinese typeface is installed (apt-get install fonts-noto-cjk)"
)

latin = st.text(
    st.sampled_from("abcdefghijklmnoprstuvwxyzAVWTQ0123456789   -–,.:;!?’“”&%$/éü"), min_size=1, max_size=150
)
han = st.text(
    st.sampled_from("的一是在不了有和人这中大为上个国新闻港口图书馆年月十三，。、：；！？“”《》（）「」——…AI5 "),
    min_size=1,
    max_size=140,
)


def request(headline, size, language="en", **more):
    width, height = size
    return CoverRequest(
        headline=headline, kicker="The Harbour Post", byline="30 November 2015", language=language,
        width=width, height=height, **more,
    )  # fmt: skip


def assert_fits(layout, asked):
    canvas = Box(0, 0, asked.width, asked.height)
    assert layout.safe.within(canvas)
    for line in layout.lines:
        assert line.box.within(layout.safe), (line.role, line.line.text, line.box, layout.safe)
        if layout.card:
            assert line.box.within(layout.card)
        elif layout.picture.top > 0:
            assert line.box.bottom <= layout.picture.top
        elif layout.picture.left > 0:
            assert line.box.right <= layout.picture.left
        else:
            assert line.box.top >= layout.picture.bottom


@settings(max_examples=60, deadline=None)
@given(latin.filter(tidy), st.sampled_from(ARRANGEMENTS), st.sampled_from(SIZES), st.booleans())
def test_no_latin_headline_leaves_the_safe_area_or_touches_the_picture(headline, arrangement, size, low):
    asked = request(headline, size)
    layout = lay_out(asked, arrangement, CASE, low=low)
    assert_fits(layout, asked)
    set_text = "".join(line.line.text for line in layout.lines if line.role == "headline")
    assert set_text.replace("-", "").replace(" ", "") == tidy(headline).replace("-", "").replace(" ", "")


@needs_chinese
@settings(max_examples=40, deadline=None)
@given(han.filter(lambda t: tidy(t, "zh")), st.sampled_from(ARRANGEMENTS), st.sampled_from(SIZES))
def test_no_chinese_headline_leaves_the_safe_area(headline, arrangement, size):
    asked = request(headline, size, "zh")
    assert_fits(lay_out(asked, arrangement, CASE), asked)


@settings(deadline=None)  # the first one loads the dictionary
@given(han)
def test_no_stop_puts_closing_punctuation_first_or_opening_punctuation_last(text):
    *inner, last = stops(text, "zh")
    assert last == (len(text), 0.0)
    for place, _ in inner:
        before, after = text[place - 1], text[place]
        assert before == " " or (before not in NEVER_LAST and after not in NEVER_FIRST)


@needs_chinese
@pytest.mark.parametrize(
    "words",
    [
        "港口 轮渡 停航 十一个月 后 恢复 运营",
        "汐川 至 鹭岛 轮渡 明年 春天 改用 电池 动力",
        "激光 测绘 显示 礁头 灯塔 向海 倾斜 十一 厘米",
        "水灾 两年后， 汐川 图书馆 带着 六万册 书 重新 开放",
    ],
)
@pytest.mark.parametrize("arrangement", ["side", "card"])
def test_chinese_breaks_between_words_where_it_can(words, arrangement):
    layout = lay_out(request(words.replace(" ", ""), (1200, 630), "zh"), arrangement, CASE)
    lines = [line.line.text for line in layout.lines if line.role == "headline"]
    assert len(lines) > 1
    for word in words.split():
        assert any(word in line for line in lines), lines


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
@pytest.mark.parametrize("size", SIZES[:3])
def test_a_compound_keeps_its_hyphen_in_the_middle_of_a_line(arrangement, size):
    layout = lay_out(request("Night buses to run hourly in a six-month trial", size), arrangement, CASE)
    assert any("six-month" in line.line.text for line in layout.lines)


def test_a_headline_of_one_letter_and_one_of_a_hundred_and_forty_both_fill_their_column():
    short = lay_out(request("A", (1200, 630)), "side", CASE)
    long = lay_out(request("Sixteen words of news that went on and on " * 4, (1200, 630)), "side", CASE)
    assert max(line.size for line in short.lines) > 3 * max(line.size for line in long.lines)
    assert min(line.size for line in long.lines) >= 18


def test_a_word_wider_than_its_column_is_parted_rather_than_set_tiny():
    layout = lay_out(request("Donaudampfschifffahrtselektrizitätenhauptbetriebswerk", (1200, 630)), "side", CASE)
    lines = [line for line in layout.lines if line.role == "headline"]
    assert len(lines) > 1
    assert all(line.line.text.endswith("-") for line in lines[:-1])
    assert lines[0].size > 40


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_words_of_a_scene_stand_above_the_captions(arrangement):
    layout = lay_out(
        request("The quiet merger of three bus timetables begins on Monday", (1920, 1080)), arrangement, CASE
    )
    assert max(line.box.bottom for line in layout.lines) <= 800.5


def test_a_long_byline_is_cut_with_an_ellipsis_and_stays_one_line():
    asked = CoverRequest(headline="Short", byline="By a great many people " * 10, width=1200, height=630)
    (byline,) = [line for line in lay_out(asked, "side", CASE).lines if line.role == "byline"]
    assert byline.line.text.endswith("…")


def test_an_opening_quotation_mark_hangs_and_letters_align():
    layout = lay_out(request("“We waited,” says the last keeper of the light on Skerry", (1080, 1080)), "side", CASE)
    first, *rest = [line for line in layout.lines if line.role == "headline"]
    assert first.line.left < 0
    assert all(line.box.left == pytest.approx(layout.words.left) for line in rest)


def test_an_empty_headline_is_refused():
    with pytest.raises(BadInputError, match="needs a headline"):
        lay_out(request(" \u200b ", (1200, 630)), "side", CASE)


def test_quotation_marks_curl_and_invisible_characters_go():
    assert tidy("\"It's  the '90s\u200b,\" she said\n-- twice") == "“It’s the ’90s,” she said – twice"
