"""The window follows what moves and stands out, calmly; it rests in the middle and jumps at cuts only."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.editor.tracked_crop import SMOOTHED_S, SPEED, profile_of, way_through

FPS, EVERY, WINDOW = 30, 4, 0.316  # 9:16 out of 16:9


def square_film(place, frames, ground=None):
    """Give frames of a red square whose middle is at `place(number)`, 0 to 1 of the width."""
    found = []
    for number in range(frames):
        frame = np.full((54, 96, 3), 60, np.uint8) if ground is None else ground.copy()
        middle = round(place(number) * 96)
        frame[20:32, max(0, middle - 6) : middle + 6] = (230, 60, 60)
        found.append(frame)
    return found


def profiles_of(frames, cuts=()):
    looks = range(0, len(frames), EVERY)
    starts = {-(-cut // EVERY) * EVERY for cut in cuts} | {0}
    return [profile_of(frames[at], None if at in starts else frames[at - EVERY], across=True) for at in looks]


def way_of(frames, cuts=()):
    return way_through(profiles_of(frames, cuts), WINDOW, frames=len(frames), every=EVERY, fps=FPS, cuts=cuts)


def middles(way):
    return way.places * (1 - WINDOW) + WINDOW / 2


def textured():
    return np.random.default_rng(0).integers(0, 255, (54, 96, 3)).astype(np.uint8)


@pytest.mark.parametrize("ground", [None, textured()], ids=["plain", "textured"])
def test_a_square_that_crosses_the_picture_is_never_out_of_sight(ground):
    frames = square_film(lambda n: 0.15 + 0.7 * n / 180, 180, ground)
    way = way_of(frames)
    square = np.array([0.15 + 0.7 * n / 180 for n in range(180)])
    assert np.abs(middles(way) - square).max() < WINDOW / 2
    assert way.holds_enough


def test_it_is_centred_when_nothing_moves_and_nothing_stands_out():
    for ground in (np.full((54, 96, 3), 90, np.uint8), textured()):
        assert way_of([ground] * 80).places == pytest.approx(np.full(80, 0.5), abs=0.02)


def test_a_thing_that_rests_aside_is_found_and_the_window_does_not_move():
    way = way_of(square_film(lambda _: 0.2, 90))
    assert np.ptp(way.places) == 0
    assert middles(way)[0] == pytest.approx(0.2, abs=WINDOW / 4)


def test_a_square_that_trembles_does_not_make_the_window_tremble():
    way = way_of(square_film(lambda n: 0.5 + 0.02 * (-1) ** (n // EVERY), 120))
    assert np.ptp(way.places) < 0.01


def test_it_jumps_at_a_cut_and_nowhere_else():
    frames = square_film(lambda n: 0.2 if n < 60 else 0.8, 120)
    steps = np.abs(np.diff(way_of(frames, cuts=(60,)).places))
    assert steps[59] > 0.5
    assert np.delete(steps, 59).max() < 0.01
    assert np.abs(np.diff(way_of(frames).places)).max() < 0.1


def test_a_picture_that_matters_everywhere_is_too_wide_to_be_cropped():
    assert not way_of([textured()] * 40).holds_enough


def test_a_shot_between_two_looks_has_a_place():
    way = way_of(square_film(lambda _: 0.3, 40), cuts=(17, 19, 39))
    assert np.isfinite(way.places).all()


@given(st.integers(0, 2**32 - 1), st.floats(0.15, 0.9), st.sampled_from([24.0, 30.0, 60.0]))
def test_whatever_happens_it_is_no_faster_than_a_camera_and_starts_gently(seed, window, fps):
    rng = np.random.default_rng(seed)
    every = max(1, round(fps / 8))
    frames = 40 * every
    profiles = [row / row.sum() for row in rng.random((40, 96)) ** 8]
    places = way_through(profiles, window, frames=frames, every=every, fps=fps).places

    assert places.min() >= 0
    assert places.max() <= 1
    moved = np.diff(places) * (1 - window) / window * fps  # windows a second
    assert np.abs(moved).max(initial=0) <= SPEED * 1.02
    # From rest to full speed and back takes the whole of the bell, so no change of speed is abrupt.
    assert np.abs(np.diff(moved)).max(initial=0) * fps <= 2 * SPEED * 2 / SMOOTHED_S * 1.05
