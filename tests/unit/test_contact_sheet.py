"""A contact sheet shows the frames it says, in order, and says their times."""

import io
from fractions import Fraction

import numpy as np
import pytest
from films import film_of
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from content.errors import BadInputError
from models.media.contact_sheet import MOST_FRAMES, clock_time, contact_sheet, sampled


@pytest.fixture(scope="module")
def ramp(tmp_path_factory):
    """Two seconds that go from black to white."""
    frames = np.zeros((60, 90, 160, 3), np.uint8) + np.linspace(0, 255, 60).astype(np.uint8)[:, None, None, None]
    return film_of(tmp_path_factory.mktemp("film") / "ramp.mp4", frames)


def pictures(data):
    """Give the mean shade of every frame on a sheet of small frames, row by row."""
    sheet = np.asarray(Image.open(io.BytesIO(data)).convert("L")).astype(int)
    columns = (sheet.shape[1] - 8) // 168
    rows = (sheet.shape[0] - 8) // 124
    places = [(8 + row * 124, 8 + column * 168) for row in range(rows) for column in range(columns)]
    return [sheet[y : y + 90, x : x + 160].mean() for y, x in places]


def test_the_frames_are_those_of_their_times(ramp):
    shades = pictures(contact_sheet(ramp, every_s=0.5))[:4]
    assert shades == pytest.approx([number * 255 / 59 for number in (0, 15, 30, 45)], abs=6)


def test_a_number_of_frames_stands_in_the_middle_of_as_many_parts(ramp):
    assert sampled(60, Fraction(30), frames=3) == (10, 30, 50)
    shades = pictures(contact_sheet(ramp, frames=3))[:3]
    assert shades == pytest.approx([number * 255 / 59 for number in (10, 30, 50)], abs=6)


def test_the_same_film_gives_the_same_sheet(ramp):
    assert contact_sheet(ramp, frames=4) == contact_sheet(ramp, frames=4)


@given(st.integers(1, 10**6), st.integers(1, MOST_FRAMES))
def test_frames_are_in_the_film_in_order_and_each_once(total, frames):
    numbers = sampled(total, Fraction(30), frames=frames)
    assert len(numbers) == min(total, frames)
    assert list(numbers) == sorted(set(numbers))
    assert 0 <= numbers[0] <= numbers[-1] < total


def test_too_many_frames_and_two_ways_at_once_are_refused(ramp):
    with pytest.raises(BadInputError, match="too many"):
        sampled(10**6, Fraction(30), every_s=1)
    with pytest.raises(BadInputError, match="not both"):
        contact_sheet(ramp, every_s=1, frames=3)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (Fraction(0), "0:00.00"),
        (Fraction(125, 2), "1:02.50"),
        (Fraction(3723), "1:02:03.00"),
        (Fraction(59999, 1000), "1:00.00"),
    ],
)
def test_times_are_written_as_people_read_them(seconds, told):
    assert clock_time(seconds) == told
