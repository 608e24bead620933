import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content import captions
from content.caption_files import read_captions
from content.captions import (
    LINE_CELLS,
    SQUARE_CELLS,
    TALL_CELLS,
    Caption,
    cells,
    join_words,
    lay_captions,
    line_cells,
    srt,
    webvtt,
)
from content.values import SpokenWord

LATIN = st.text(alphabet="abcdefgh’-", min_size=1, max_size=14).map(lambda word: f"a{word}")
WORDS = st.lists(
    st.tuples(
        st.one_of(LATIN, st.sampled_from("新闻图书馆开放的了")),
        st.sampled_from(["", "", "", "", ",", ".", "?", "。", "，"]),
        st.floats(0.0, 0.4),  # silence after
    ),
    min_size=1,
    max_size=60,
)


def spoken(drawn, segments=1):
    words, at = [], 0.0
    for index, (text, sign, pause) in enumerate(drawn):
        length = max(0.12, 0.024 * cells(text))
        segment = index * segments // len(drawn)
        if words and segment != words[-1].segment:
            at += 0.6
        words.append(SpokenWord(text=text + sign, start_s=at, end_s=at + length, segment=segment))
        at += length + pause
    return words


def say(sentence, segment=0, start=0.0):
    words, at = [], start
    for text in sentence.split():
        words.append(SpokenWord(text=text, start_s=at, end_s=at + 0.3, segment=segment))
        at += 0.35
    return words


@settings(max_examples=150, deadline=None)
@given(drawn=WORDS, segments=st.integers(1, 4), room=st.sampled_from([LINE_CELLS, SQUARE_CELLS, TALL_CELLS]))
def test_every_caption_keeps_the_rules_of_the_screen(drawn, segments, room):
    words = spoken(drawn, segments)
    captions = lay_captions(words, room=room)

    assert "".join("".join(c.text.split()) for c in captions) == "".join(w.text for w in words)
    for before, after in itertools.pairwise(captions):
        assert before.end_s <= after.start_s
    for caption in captions:
        assert caption.text.count("\n") <= 1
        assert all(cells(line) <= room for line in caption.text.split("\n"))
        inside = [w for w in words if caption.start_s - 1e-9 <= w.start_s and w.end_s <= caption.end_s + 1e-9]
        assert len({w.segment for w in inside}) == 1
        assert min(abs(w.start_s - caption.start_s) for w in words) <= 0.06
        following = [w for w in words if w.segment > inside[0].segment]
        time_left = following[0].start_s - caption.start_s if following else 99.0
        assert caption.end_s - caption.start_s >= min(0.8, time_left) - 1e-9


def test_a_caption_breaks_where_the_sentence_does():
    captions = lay_captions(
        say("The council met on Monday. It voted to open the new library in the spring of next year.")
    )

    assert captions[0].text == "The council met on Monday."
    assert captions[1].text.endswith("\nin the spring of next year.") or captions[1].text.count("\n") == 1


def test_an_abbreviation_ends_no_sentence():
    captions = lay_captions(say("The U.S. Senate met Dr. Lee."))

    assert [caption.text for caption in captions] == ["The U.S. Senate met Dr. Lee."]


def test_captions_never_span_two_segments():
    words = [*say("One story ends", 0), *say("and another begins", 1, start=1.6)]

    assert [caption.text for caption in lay_captions(words)] == ["One story ends", "and another begins"]


def test_a_word_said_in_a_blink_stays_long_enough_to_read():
    words = [
        SpokenWord(text="No.", start_s=0.0, end_s=0.2, segment=0),
        SpokenWord(text="Next.", start_s=3.0, end_s=3.3, segment=1),
    ]

    assert [(c.start_s, c.end_s) for c in lay_captions(words)] == [(0.0, 0.8), (3.0, 3.8)]


def test_an_address_wider_than_a_line_is_cut_rather_than_lost():
    address = "https://example.org/" + "a" * 120
    captions = lay_captions([SpokenWord(text=address, start_s=0, end_s=8, segment=0)])

    assert "".join("".join(c.text.split()) for c in captions) == address
    assert all(cells(line) <= LINE_CELLS for c in captions for line in c.text.split("\n"))


def test_chinese_is_joined_without_spaces_and_eighteen_characters_fill_a_line():
    assert join_words(["新", "闻", "2026", "年", "open", "data"]) == "新闻2026年open data"
    assert cells("新" * 18) <= LINE_CELLS < cells("新" * 19)


def test_webvtt_escapes_markup_and_counts_past_an_hour():
    written = webvtt(
        [Caption(text="R&D <b> -->\nsecond", start_s=0.5, end_s=1.25), Caption(text="x", start_s=3601, end_s=3602)]
    )

    assert written == (
        "WEBVTT\n\n1\n00:00:00.500 --> 00:00:01.250\nR&amp;D &lt;b&gt; --&gt;\nsecond\n\n"
        "2\n01:00:01.000 --> 01:00:02.000\nx\n"
    )


@settings(max_examples=60, deadline=None)
@given(drawn=WORDS)
def test_every_webvtt_cue_has_a_time_that_runs_forward(drawn):
    blocks = webvtt(lay_captions(spoken(drawn))).rstrip("\n").split("\n\n")

    assert blocks[0] == "WEBVTT"
    for block in blocks[1:]:
        times = re.match(r"\d+\n(\d\d:\d\d:\d\d\.\d{3}) --> (\d\d:\d\d:\d\d\.\d{3})\n\S", block)
        assert times
        assert times[1] < times[2]


@settings(max_examples=60, deadline=None)
@given(drawn=WORDS, segments=st.integers(1, 3))
def test_captions_carry_their_words_with_their_times(drawn, segments):
    words = spoken(drawn, segments)
    captions = lay_captions(words, room=TALL_CELLS)

    assert [word for caption in captions for word in caption.words] == words
    for caption in captions:
        assert join_words([word.text for word in caption.words]).split() == caption.text.replace("\n", " ").split() or (
            "".join(word.text for word in caption.words) == "".join(caption.text.split())
        )
        assert caption.words[0].start_s == caption.start_s


def test_a_caption_and_its_words_move_together_and_stay_in_the_film():
    (caption,) = lay_captions(say("Hello there", start=1.0))
    moved = caption.shifted(0.5, last_s=2.0)

    assert (moved.start_s, moved.end_s) == (1.5, 2.0)
    assert [(word.start_s, word.end_s) for word in moved.words] == [(1.5, 1.8), (1.85, 2.0)]
    assert [word.start_s for word in caption.shifted(-5).words] == [0.0, 0.0]


def test_lines_are_as_long_as_each_format_has_room_for():
    sizes = [(1920, 1080), (1080, 1080), (1080, 1350), (1080, 1920), (480, 270)]

    assert [line_cells(*size) // cells("x") for size in sizes] == [42, 30, 30, 22, 42]


def test_a_long_compound_is_cut_at_its_hyphen():
    word = SpokenWord(text="telecommunications-equipment", start_s=0, end_s=2, segment=0)

    (caption,) = lay_captions([word], room=TALL_CELLS)
    assert caption.text == "telecommunications-\nequipment"
    assert caption.words[0].end_s == caption.words[1].start_s


@settings(max_examples=60, deadline=None)
@given(drawn=WORDS)
def test_subrip_is_read_back_as_it_was_written(drawn):
    captions = lay_captions(spoken(drawn))
    found = read_captions(srt(captions).encode())

    assert [caption.text for caption in found] == [caption.text for caption in captions]
    for one, other in zip(found, captions, strict=True):
        assert abs(one.start_s - other.start_s) <= 0.0005001
        assert abs(one.end_s - other.end_s) <= 0.0015


def test_subrip_numbers_its_captions_and_leaves_no_markup_to_players():
    written = srt(
        [
            Caption(text="R&D <b> 1 < 2\n{\\an8} -->", start_s=0.5, end_s=1.25),
            Caption(text="x", start_s=3601, end_s=3602),
        ]
    )

    assert written == (
        "1\n00:00:00,500 --> 00:00:01,250\nR&D ‹b› 1 < 2\n(\\an8} →\n\n2\n01:00:01,000 --> 01:00:02,000\nx\n"
    )
    assert read_captions(written.encode())[0].text == "R&D ‹b› 1 < 2\n(\\an8} →"


@pytest.mark.parametrize("texts", [["word", "agency.", "of", "procurement,"], ["新", "的", "图书馆", "开放。"]])
def test_a_script_of_ten_thousand_words_takes_ten_times_the_work_of_a_thousand(texts, monkeypatch):
    looked = []
    lines = captions._lines
    monkeypatch.setattr(captions, "_lines", lambda *told: looked.append(1) or lines(*told))

    def work(count):
        looked.clear()
        said = [
            SpokenWord(text=texts[at % 4], start_s=0.3 * at, end_s=0.3 * at + 0.2, segment=0) for at in range(count)
        ]
        assert sum(len(caption.words) for caption in lay_captions(said)) == count
        return len(looked)

    assert work(10_000) < 11 * work(1_000)
