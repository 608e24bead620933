"""Shots begin at cuts and in the middle of cross-fades; motion, flashes, noise and slow cameras are no cuts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.editor.shots import SignatureBook, find_cuts, liveliness

SIZE = (54, 96)
FPS = 30.0


def scene(seed: int) -> np.ndarray:
    """Give a picture of a few large blocks of colour."""
    rng = np.random.default_rng(seed)
    blocks = rng.integers(20, 235, (3, 4, 3))
    return np.kron(blocks, np.ones((18, 24, 1))).astype(np.uint8)


def signatures(frames):
    book = SignatureBook()
    for frame in frames:
        book.add(np.asarray(frame, np.uint8))
    return book.signatures()


def noisy(picture, rng):
    return np.clip(picture + rng.normal(0, 4, picture.shape), 0, 255).astype(np.uint8)


def faded(before, after, frames):
    shares = (np.arange(frames) + 1) / (frames + 1)
    return [np.round(before * (1 - share) + after * share).astype(np.uint8) for share in shares]


def test_a_cut_is_found_at_the_first_frame_of_the_new_shot():
    rng = np.random.default_rng(0)
    frames = [noisy(scene(seed), rng) for seed in (1, 2, 3) for _ in range(40)]
    assert find_cuts(signatures(frames), FPS) == (40, 80)


@pytest.mark.parametrize("length", [8, 15, 24])
def test_a_cross_fade_is_one_boundary_in_its_middle(length):
    frames = [scene(1)] * 50 + faded(scene(1), scene(2), length) + [scene(2)] * 50
    (cut,) = find_cuts(signatures(frames), FPS)
    assert cut == pytest.approx(50 + length / 2, abs=3)


def test_a_still_a_flash_and_a_slow_camera_have_no_cut():
    still = [scene(1)] * 60
    flash = [*still[:30], np.full((*SIZE, 3), 255, np.uint8), *still[31:]]
    wide = np.concatenate([scene(1), scene(2)], axis=1)
    camera = [wide[:, at // 2 : at // 2 + 96] for at in range(120)]
    for frames in (still, flash, camera):
        assert find_cuts(signatures(frames), FPS) == ()


def test_something_that_moves_fast_is_no_cut():
    frames = []
    for number in range(90):
        frame = scene(1).copy()
        x = abs(number * 4 % 160 - 80)
        frame[20:36, x : x + 16] = 255
        frames.append(frame)
    assert find_cuts(signatures(frames), FPS) == ()


def test_noise_alone_is_no_cut():
    rng = np.random.default_rng(3)
    frames = [rng.integers(0, 255, (*SIZE, 3)) for _ in range(60)]
    assert find_cuts(signatures(frames), FPS) == ()


@given(st.lists(st.integers(12, 40), min_size=1, max_size=6))
def test_every_cut_between_different_stills_is_found_and_no_other(lengths):
    frames = [scene(seed) for seed, length in enumerate(lengths) for _ in range(length)]
    assert find_cuts(signatures(frames), FPS) == tuple(int(cut) for cut in np.cumsum(lengths)[:-1])


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_a_film_of_hardly_any_frames_is_one_shot(count):
    assert find_cuts(signatures([scene(1)] * count), FPS) == ()


def test_the_lively_part_of_a_shot_is_told_from_the_calm_one():
    frames = [scene(1)] * 30 + [np.roll(scene(1), at * 5, axis=1) for at in range(30)]
    calm, lively = liveliness(signatures(frames), 0, 60, 2)
    assert lively > 2 * calm
