"""Cards' words: every one inside the safe area of its format, none on another, none left out."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.errors import BadInputError, MissingGlyphError
from models.illustrator.card_layout import lay_out_card
from models.illustrator.cover_layout import Box
from models.illustrator.linebreaks import tidy
from models.illustrator.quote_marks import opened
from models.illustrator.typefaces import Typecase
from models.protocols import CoverRequest

CASE = Typecase()
WIDE, SQUARE, UPRIGHT = (480, 270, 0.26), (270, 270, 0.26), (270, 480, 0.43)
FORMATS = (WIDE, SQUARE, UPRIGHT)
needs_chinese = pytest.mark.skipif(
    CASE._han("serif", "bold") is None, reason="no Chinese typeface is installed (apt-get install fonts-noto-cjk)"
)

latin = st.text(st.sampled_from("abcdefghijklmnoprstuvwxyzAVWT0123456789    -–,.;!?’“”&%$/éü"), max_size=300)
han = st.text(
    st.sampled_from("的一是在不了有和人这中大为上个国新闻港口图书馆年月十三，。、；！？“”《》「」AI5 "), max_size=300
)
figures = st.sampled_from(
    [
        "$4.2 million",
        "62 percent",
        "1,200",
        "more than 4,000",
        "7",
        "sixty-two",
        "2013–2015",
        "Éclair été",
        "£1.25bn",
        "US$4",
    ]
)
figures_han = st.sampled_from(
    ["三千六百万元", "百分之六十二", "3.5亿元", "超过3600万元", "百分之三十七点五以上的学校", "第3届"]
)
bylines = st.sampled_from(["", "Dana Whitfield", "of small businesses that applied online " * 5])


def request(kind, headline, form, language="en", **more):
    width, height, kept_free = form
    return CoverRequest(
        kind=kind, headline=headline, language=language, width=width, height=height, kept_free=kept_free,
        **({"kicker": "The Harbour Post"} | more),
    )  # fmt: skip


def assert_fits(layout, asked):
    assert layout.safe.within(Box(0, 0, asked.width, asked.height))
    assert layout.safe.bottom <= asked.height * (1 - asked.kept_free) + 0.01
    things = [line.box for line in layout.lines]
    for line in layout.lines:
        assert line.box.within(layout.safe), (line.role, line.line.text, line.box, layout.safe)
        if asked.height > asked.width and line.box.bottom > asked.height / 2:
            assert line.box.right <= asked.width * 0.88 + 0.5
    things += [layout.quote.box] if layout.quote else []
    things += [box for box in (layout.mark, layout.rule, layout.proportion) if box]
    for one, other in combinations(things, 2):
        apart = one.right <= other.left or other.right <= one.left or one.bottom <= other.top or other.bottom <= one.top
        assert apart, (one, other)


def headline_of(layout):
    return "".join(line.line.text for line in layout.lines if line.role == "headline")


def bare(text):
    return text.replace("-", "").replace(" ", "")


@settings(max_examples=60, deadline=None)
@given(latin.filter(lambda text: opened(tidy(text))[1]), bylines, st.sampled_from(FORMATS))
def test_no_latin_quotation_of_three_hundred_characters_overflows_or_loses_a_letter(said, speaker, form):
    asked = request("quote", said, form, byline=speaker)
    layout = lay_out_card(asked, CASE)
    assert_fits(layout, asked)
    assert bare(headline_of(layout)) == bare(opened(tidy(said))[1])


@needs_chinese
@settings(max_examples=30, deadline=None)
@given(han.filter(lambda text: opened(tidy(text, "zh"))[1]), st.sampled_from(FORMATS))
def test_no_chinese_quotation_of_three_hundred_characters_overflows_or_loses_a_sign(said, form):
    asked = request("quote", said, form, "zh", byline="灯塔管理员 赵敏")
    layout = lay_out_card(asked, CASE)
    assert_fits(layout, asked)
    assert bare(headline_of(layout)) == bare(opened(tidy(said, "zh"))[1])


@needs_chinese
@pytest.mark.parametrize("form", FORMATS)
def test_three_hundred_full_characters_are_still_set(form):
    said = "图书馆重新开放的那一天来的人比水灾前任何一天都多。" * 12
    asked = request("quote", said, form, "zh", byline="汐川市图书馆馆长、古籍修复师 林知夏")
    assert_fits(lay_out_card(asked, CASE), asked)


@settings(max_examples=60, deadline=None)
@given(figures, bylines, st.sampled_from(FORMATS), st.sampled_from(["", "solid", "dots"]))
def test_no_figure_overflows(figure, counted, form, share):
    asked = request("figure", figure, form, byline=counted)
    layout = lay_out_card(asked, CASE, share=share)
    assert_fits(layout, asked)
    assert (layout.proportion is not None) == bool(share)


@needs_chinese
@settings(max_examples=30, deadline=None)
@given(figures_han, st.sampled_from(FORMATS), st.sampled_from(["", "solid"]))
def test_no_chinese_figure_overflows(figure, form, share):
    asked = request("figure", figure, form, "zh", byline="用于重建汐川图书馆")
    assert_fits(lay_out_card(asked, CASE, share=share), asked)


def test_a_card_of_another_size_is_the_same_card():
    small, large = (
        lay_out_card(request("quote", "We waited all winter for the ferry.", (480 * n, 270 * n, 0.26)), CASE)
        for n in (1, 4)
    )
    assert [line.line.text for line in small.lines] == [line.line.text for line in large.lines]
    assert [line.size * 4 for line in small.lines] == pytest.approx([line.size for line in large.lines])


def test_few_words_are_said_louder_than_many():
    sizes = [
        max(line.size for line in lay_out_card(request("quote", "We waited. " * times, WIDE), CASE).lines)
        for times in (1, 8, 25)
    ]
    assert sizes[0] > 1.5 * sizes[1] > 2 * sizes[2] * 0.9


def test_a_number_is_set_larger_than_its_unit():
    lines = [
        line for line in lay_out_card(request("figure", "$4.2 million", UPRIGHT), CASE).lines if line.role == "headline"
    ]
    assert [line.line.text for line in lines] == ["$4.2", "million"]
    assert lines[0].size > 1.5 * lines[1].size


def test_words_stand_above_a_videos_captions_also_where_nobody_asked():
    layout = lay_out_card(CoverRequest(kind="figure", headline="1,200", width=480, height=270), CASE)
    assert layout.foot <= 200.5


def test_a_bracket_of_the_text_is_drawn_as_a_bracket():
    assert lay_out_card(request("quote", "「We waited.」", WIDE), CASE).corner
    assert not lay_out_card(request("quote", "“We waited.”", WIDE), CASE).corner


@pytest.mark.parametrize("kind", ["quote", "figure"])
@pytest.mark.parametrize("headline", ["", " \u200b "])
def test_nothing_to_show_is_refused(kind, headline):
    with pytest.raises(BadInputError, match=f"a {kind} needs its words"):
        lay_out_card(request(kind, headline, WIDE), CASE)


def test_marks_round_nothing_are_refused():
    with pytest.raises(BadInputError, match="a quote needs its words"):
        lay_out_card(request("quote", "“”", WIDE), CASE)


def test_a_quotation_too_long_to_read_and_a_figure_that_is_a_sentence_are_refused():
    with pytest.raises(BadInputError, match="too long to be read"):
        lay_out_card(request("quote", "We waited all winter. " * 100, SQUARE), CASE)
    with pytest.raises(BadInputError, match="no figure but a sentence"):
        lay_out_card(request("figure", "We waited all winter. " * 3, SQUARE), CASE)


@pytest.mark.parametrize("kind", ["quote", "figure"])
def test_a_character_no_typeface_draws_is_named(kind):
    with pytest.raises(MissingGlyphError, match="U\\+E123"):
        lay_out_card(request(kind, "7 \ue123", WIDE), CASE)
