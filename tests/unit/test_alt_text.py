"""Alternative text: says what a cover shows, in the newsletter's language."""

import pytest

from content.alt_text import alt_text, colour_name, figure_alt, quote_alt


def test_english_names_headline_colours_and_motif():
    text = alt_text(
        "Ferry  returns", language="en", motif="arcs", ink="#ffffff", ground="#14213d", figure="#d1495b"
    )  # fmt: skip
    assert text == "Cover: “Ferry returns”, set in white on dark blue, with red arcs"


def test_chinese_names_the_same_in_chinese():
    text = alt_text("春雨", language="zh", motif="waves", ink="#14213d", ground="#faf7f2", figure="#2e7f86")
    assert text == "封面：《春雨》，米白色底、深蓝色字，配青色的波浪"


def test_without_a_known_motif_it_says_the_headline_only():
    assert alt_text("Ferry returns", language="en") == "Cover: “Ferry returns”"


@pytest.mark.parametrize(
    ("colour", "name"),
    [
        ("#000000", "near-black"),
        ("#9a9a9a", "grey"),
        ("#f2a541", "orange"),
        ("#17b890", "teal"),
        ("#2b193d", "dark purple"),
    ],
)
def test_colours_have_plain_names(colour, name):
    assert colour_name(colour) == name


def test_a_quotation_names_its_speaker_and_quotes_inside_it_are_single():
    assert quote_alt("We “waited”.", "Han Ruoxi", language="en") == "Quotation: “We ‘waited’.” – Han Ruoxi"
    assert quote_alt("我们等了。", "韩若曦", language="zh") == "引语：“我们等了。”——韩若曦"
    assert quote_alt("We waited.", "", language="en") == "Quotation: “We waited.”"


def test_a_figure_says_what_it_counts_and_how_a_share_is_drawn():
    drawn = figure_alt("62 percent", "of small businesses", language="en", form="ring")
    assert drawn == "Figure: 62 percent of small businesses, drawn as a part of a ring"
    assert figure_alt("1,200", "", language="en") == "Figure: 1,200"
    assert figure_alt("百分之六十二", "的小企业", language="zh", form="dots").startswith(
        "数字：百分之六十二，的小企业，画作"
    )
