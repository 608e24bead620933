"""Highlights are in order, never overlap, never outlast what was asked for, and hold what matters."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.errors import BadInputError
from content.highlights import Shot, by_shots, by_transcript
from content.values import SpokenWord

TALK = (
    "The ferry runs on batteries now. It rained a little in the morning. "
    "Batteries make the ferry quiet, and the ferry crew likes batteries. Somebody had a sandwich. "
    "The harbour pays for the ferry batteries."
)


def spoken(text: str, pace: float = 0.4) -> list[SpokenWord]:
    return [
        SpokenWord(text=word, start_s=at * pace, end_s=at * pace + pace * 0.8, segment=0)
        for at, word in enumerate(text.split())
    ]


def said(words, stretches):
    return " ".join(w.text for w in words for start, end in stretches if start <= w.start_s and w.end_s <= end)


def test_whole_sentences_about_the_matter_are_kept_and_small_talk_goes():
    words = spoken(TALK)
    found = said(words, by_transcript(words, 11, 20, "en"))

    assert "ferry" in found
    assert "sandwich" not in found
    assert "rained" not in found
    assert found.endswith(".")


def test_chinese_sentences_are_chosen_too():
    text = "渡轮改用电池。早上下雨了。电池让渡轮安静。"
    words = [SpokenWord(text=c, start_s=i * 0.3, end_s=i * 0.3 + 0.3, segment=0) for i, c in enumerate(text)]
    found = said(words, by_transcript(words, 5, 7, "zh"))
    assert "雨" not in found
    assert "池" in found


def test_when_no_sentence_fits_the_best_is_cut_after_a_word():
    words = spoken("The very long sentence of the ferry goes on and on without ever coming to an end")
    ((start, end),) = by_transcript(words, 2.0, 30, "en")
    assert end - start <= 2.0
    assert any(word.end_s == end for word in words)


def test_without_words_the_way_out_is_named():
    with pytest.raises(BadInputError, match="choose by shots"):
        by_transcript([], 5, 10, "en")


def test_the_liveliest_shots_are_kept_in_order():
    shots = [Shot(at * 4.0, at * 4.0 + 4, (lively,) * 8) for at, lively in enumerate((0.1, 0.9, 0.2, 0.8, 0.1))]
    first, second = by_shots(shots, 6)
    assert 4 <= first[0] < first[1] <= 8
    assert 12 <= second[0] < second[1] <= 16


def test_of_a_long_shot_the_part_is_kept_in_which_something_happens():
    calm_then_lively = Shot(0, 20, (0.0,) * 30 + (1.0,) * 6 + (0.0,) * 4)
    ((start, end),) = by_shots([calm_then_lively], 3)
    assert 14 <= start < end <= 18.5


def test_of_short_shots_there_are_more():
    shots = [Shot(at, at + 1, (1.0,)) for at in range(20)]
    assert sum(end - start for start, end in by_shots(shots, 10)) == pytest.approx(10)


def test_a_film_that_is_short_enough_stays_whole():
    assert by_shots([Shot(0, 2, (1,)), Shot(2, 5, (1,))], 10) == ((0, 5),)


@given(
    st.lists(st.tuples(st.floats(0.1, 30), st.lists(st.floats(0, 1), min_size=1, max_size=9)), min_size=1, max_size=12),
    st.floats(0.2, 60),
)
def test_shots_never_outlast_the_target_nor_overlap(rows, target):
    shots, at = [], 0.0
    for length, lively in rows:
        shots.append(Shot(at, at + length, tuple(lively)))
        at += length
    found = by_shots(shots, target)
    assert sum(end - start for start, end in found) <= target + 1e-6
    edges = [edge for stretch in found for edge in stretch]
    assert all(after >= before - 1e-9 for before, after in pairwise(edges))
    assert edges[0] >= 0
    assert edges[-1] <= at + 1e-6


@given(
    st.lists(st.sampled_from([*"abcdefgh", "ferry.", "boat.", "Now", "The"]), min_size=1, max_size=60),
    st.floats(0.5, 30),
)
def test_sentences_never_outlast_the_target_nor_overlap(texts, target):
    words = spoken(" ".join(texts))
    found = by_transcript(words, target, 100, "en")
    assert sum(end - start for start, end in found) <= target + 1e-6
    edges = [edge for stretch in found for edge in stretch]
    assert edges == sorted(edges)
