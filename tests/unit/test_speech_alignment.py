"""Forced alignment finds what was put there, and every way of timing words keeps them in order and inside."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_narrators import tiny_aligner

from models.narrator.speech_alignment import align, filled, spread

BLANK = 0
TARGETS = st.lists(st.integers(1, 5), min_size=1, max_size=8)


def emissions(path: list[int], classes: int = 6, certainty: float = 8.0) -> np.ndarray:
    """Give log-probabilities that say the path aloud."""
    scores = np.zeros((len(path), classes))
    scores[np.arange(len(path)), path] = certainty
    return scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))


def score_of(log_probs: np.ndarray, path: tuple[int, ...]) -> float:
    return float(log_probs[np.arange(len(path)), path].sum())


def collapsed(path: tuple[int, ...]) -> list[int]:
    return [label for label, _ in itertools.groupby(path) if label != BLANK]


@given(st.data())
def test_what_was_said_is_found_to_the_frame(data):
    targets = data.draw(TARGETS)
    path: list[int] = []
    spans = []
    for at, target in enumerate(targets):
        needed = at > 0 and targets[at - 1] == target
        path += [BLANK] * data.draw(st.integers(1 if needed else 0, 3))
        begin = len(path)
        path += [target] * data.draw(st.integers(1, 4))
        spans.append((begin, len(path)))
    path += [BLANK] * data.draw(st.integers(0, 3))
    assert align(emissions(path), targets, BLANK) == tuple(spans)


@given(st.data())
def test_any_emissions_give_spans_in_order_that_cover_every_target(data):
    targets = data.draw(TARGETS)
    repeats = sum(one == other for one, other in itertools.pairwise(targets))
    frames = len(targets) + repeats + data.draw(st.integers(0, 10))
    log_probs = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1))).normal(size=(frames, 6))
    spans = align(log_probs, targets, BLANK)
    assert spans is not None
    assert len(spans) == len(targets)
    assert all(0 <= first < last <= frames for first, last in spans)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))


def test_the_path_is_the_likeliest_of_all():
    log_probs = np.random.default_rng(7).normal(size=(5, 3))
    paths = itertools.product(range(3), repeat=5)
    best = max((path for path in paths if collapsed(path) == [1, 2]), key=lambda path: score_of(log_probs, path))
    spans = align(log_probs, [1, 2], BLANK)
    assert spans is not None
    for target, (first, last) in zip([1, 2], spans, strict=True):
        assert [at for at, label in enumerate(best) if label == target] == list(range(first, last))


@pytest.mark.parametrize(("frames", "targets"), [(2, [1, 2, 3]), (2, [1, 1]), (0, [1]), (5, [])])
def test_too_few_frames_or_nothing_to_find_is_no_alignment(frames, targets):
    assert align(np.zeros((frames, 6)), targets, BLANK) is None


WORDS = st.lists(st.text(alphabet="abc,今天", min_size=0, max_size=6), min_size=1, max_size=8)


def placed(words: list[str]) -> tuple[str, list[tuple[int, int]]]:
    text, places = "", []
    for word in words:
        text += " " if text and word else ""
        places.append((len(text), len(text) + len(word)))
        text += word
    return text, places


@given(WORDS, st.integers(0, 500), st.integers(0, 20_000))
def test_words_laid_by_length_stay_in_order_and_inside(words, begin, length):
    text, places = placed(words)
    spans = spread(text, places, begin, begin + length)
    assert len(spans) == len(words)
    flat = [at for span in spans for at in span]
    assert flat == sorted(flat)
    assert begin <= flat[0]
    assert flat[-1] <= begin + length


@given(WORDS, st.data())
def test_words_nobody_timed_are_laid_between_those_somebody_did(words, data):
    text, places = placed(words)
    one = st.tuples(st.integers(-50, 1100), st.integers(-50, 1100))
    spans = data.draw(st.lists(st.none() | one, min_size=len(words), max_size=len(words)))
    times = filled(spans, text, places, 0, 1000)
    flat = [at for span in times for at in span]
    assert len(times) == len(words)
    assert flat == sorted(flat)
    assert flat[0] >= 0
    assert flat[-1] <= 1000


def test_times_that_are_already_good_are_kept():
    assert filled([(10, 20), (30, 40)], "ab cd", [(0, 2), (3, 5)], 0, 100) == ((10, 20), (30, 40))


def test_an_aligner_times_the_words_it_can_spell_and_leaves_the_others(tmp_path):
    from models.narrator.speech_alignment import CtcAligner

    aligner = CtcAligner(tiny_aligner(tmp_path / "aligner"), "cpu")
    text, places = placed(["HELLO", "你好", "world"])
    noise = np.random.default_rng(0).normal(scale=0.1, size=24_000).astype(np.float32)
    first, second, third = aligner.words(noise, 24_000, text, places)
    assert second is None
    assert first is not None
    assert third is not None
    assert 0 <= first[0] < first[1] <= third[0] < third[1] <= 24_000
    assert aligner.words(noise[:2400], 24_000, "a" * 300, [(0, 300)]) == [None]
