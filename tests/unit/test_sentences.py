"""Sentence splitting and length: a table of what is hard, and what must hold for any text."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.sentences import reading_length, split

ENGLISH = {
    "titles and initials": ["Mr. Smith met J. K. Rowling.", "Dr. A. Jones left at once."],
    "a country's initials go on": ["He joined the U.S. Digital Service.", "It moved."],
    "and end before a new sentence": ["The team works in the U.S.", "The agency agreed."],
    "companies": ["Acme Inc. Europe paid Bolt Ltd. for it.", "We saw Acme Inc.", "The deal is done."],
    "for example": ["Use tools, e.g. Git or i.e. anything.", "It helps."],
    "numbers after No.": ["Bus No. 7 runs again.", "He said no.", "Five left."],
    "decimals and versions": ["Version 2.0.1 costs $3.50 in all.", "Buy it."],
    "addresses": ["See https://a.example/b.html?x=1.5 and login.gov today.", "Then go."],
    "names in small letters begin sentences": ["It is ready.", "login.gov opens today."],
    "hours": ["Doors open at 5 p.m. Monday.", "They close at 9 a.m.", "Tickets are sold out."],
    "months": ["It opened on Jan. 5 and closed on Feb. 9.", "Nobody came."],
    "an ellipsis that pauses": ["Wait... what is it?", "Nothing…", "Good."],
    "a quotation closes after the stop": ["He said, “It works.”", "She agreed.", '"Yes."', '"No."'],
    "a quotation and who said it": ["“We built it. It works,” said Jane Doe.", "“Why?” she asked.", "Nobody knew."],
    "a capital after a quotation": ["“Is it done?” Jane Doe asked.", "It was."],
    "brackets hold together": ["It grew (see the note. It is long) fast.", "(We asked. They came.)", "Good."],
    "exclamations": ["Yahoo! is a company?!", "Yes!"],
    "list numbers": ["1. Measure everything twice.", "Cut once."],
}
CHINESE = {
    "plain": ["港口关闭了！", "为什么？", "因为风大；船不能进港。"],
    "speaker before": ["市长王明说：“我们将在五月开放。欢迎大家。”", "他补充说，工程已完成。"],
    "speaker after": ["“真的吗？”记者问。", "“好。”王明说，“很好。”", "新的一天开始了。"],
    "ellipsis in a quotation": ["“太好了……”林海说。", "大家都笑了。"],
    "decimals": ["票价是3.5元。", "共有2.0万人。"],
    "brackets": ["工程（预算为三千万元。）已经开工。", "很快。"],
}


@pytest.mark.parametrize("expected", ENGLISH.values(), ids=ENGLISH.keys())
def test_english_is_split_where_a_reader_would(expected):
    assert [sentence.text for sentence in split(" ".join(expected), "en")] == expected


@pytest.mark.parametrize("expected", CHINESE.values(), ids=CHINESE.keys())
def test_chinese_is_split_where_a_reader_would(expected):
    assert [sentence.text for sentence in split("".join(expected), "zh-CN")] == expected


def test_a_line_is_a_paragraph_and_a_heading_is_a_sentence_of_its_own():
    text = "What we learned\n\nIt works. It lasts.\n- an item"
    assert [(s.text, s.paragraph) for s in split(text, "en")] == [
        ("What we learned", 0),
        ("It works.", 2),
        ("It lasts.", 2),
        ("- an item", 3),
    ]


@given(
    st.text(alphabet=st.sampled_from("aB1 .!?…\n“”\"'()。！？，说“”「」Mr.U.S.\t\u3000"), max_size=120),
    st.sampled_from(["en", "zh"]),
)
def test_spans_are_exact_and_ordered_and_lose_nothing_visible(text, language):
    sentences = split(text, language)
    assert all(text[s.start : s.end] == s.text == s.text.strip() != "" for s in sentences)
    assert all(a.end <= b.start for a, b in itertools.pairwise(sentences))
    assert all(s.paragraph == text.count("\n", 0, s.start) for s in sentences)
    assert "".join("".join(s.text.split()) for s in sentences) == "".join(text.split())


@given(st.text(max_size=200), st.sampled_from(["en", "zh"]))
def test_any_text_at_all_can_be_split(text, language):
    sentences = split(text, language)
    assert "".join("".join(s.text.split()) for s in sentences) == "".join(text.split())


def test_length_is_words_in_english_and_characters_in_chinese():
    assert reading_length("The U.S. paid $3.50 for well-made goods.", "en") == 7
    assert reading_length("汐川镇的MiniLM花了30元。", "zh") == 7 + 2 * 2
