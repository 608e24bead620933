"""Frames are read by number: from wherever a stretch begins, they are the same as when the film is read through."""

from fractions import Fraction

import numpy as np
import pytest
from films import film, film_of

from content.errors import BadInputError
from models.deadline import Deadline
from models.editor.film_reader import frames_at, planes, small_frames, small_size
from models.media import ffmpeg
from models.media.foreign_video import look_at


def read(found, *, first=0, count, rate=None, size=(160, 90)):
    deadline = Deadline(60, what="reading")
    frames = planes(found, first=first, count=count, rate=rate or found.facts.fps, size=size, deadline=deadline)
    return [frame.copy() for frame in frames]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("plain.mp4", {}),
        ("ntsc.mkv", {"rate": "30000/1001"}),
        ("milliseconds.mkv", {}),
        ("open.mp4", {"more": ("-x264opts", "open-gop=1:keyint=15:bframes=3")}),
    ],
)
def test_a_stretch_is_the_same_frames_wherever_it_begins(tmp_path, name, told):
    found = look_at(film(tmp_path / name, **told))
    whole = read(found, count=120)
    for first in (1, 15, 29, 30, 31, 100, 119):
        part = read(found, first=first, count=min(4, 120 - first))
        assert all(np.array_equal(one, other) for one, other in zip(part, whole[first:], strict=False)), first


def test_at_another_rate_there_are_as_many_frames_as_its_length_takes(tmp_path):
    found = look_at(film(tmp_path / "a.mp4", seconds=2))
    for rate in (Fraction(25), Fraction(24000, 1001), Fraction(60)):
        count = frames_at(found, rate)
        assert count == round(2 * rate)
        whole = read(found, count=count, rate=rate)
        assert len(whole) == count
        part = read(found, first=7, count=5, rate=rate)
        assert all(np.array_equal(one, other) for one, other in zip(part, whole[7:12], strict=True))


def test_more_frames_than_there_are_is_an_error(tmp_path):
    found = look_at(film(tmp_path / "a.mp4", seconds=1))
    with pytest.raises(BadInputError, match="breaks off after 30"):
        read(found, count=60)


def test_small_frames_keep_the_shape(tmp_path):
    found = look_at(film(tmp_path / "a.mp4", seconds=0.5, size="320x180"))
    size = small_size(320, 180)
    deadline = Deadline(60, what="reading")
    frames = list(small_frames(found, first=3, count=5, rate=Fraction(30), size=size, deadline=deadline))
    assert size == (96, 54)
    assert [frame.shape for frame in frames] == [(54, 96, 3)] * 5


def test_another_shape_is_fitted_between_black_sides(tmp_path):
    found = look_at(film_of(tmp_path / "a.mp4", np.full((3, 160, 90, 3), 255)))
    (frame,) = read(found, count=1)
    luma = frame[:90]
    assert luma[45, 80] > 200
    assert luma[:, :40].max() <= 20


def test_high_brightness_comes_out_at_a_common_level(tmp_path):
    path = tmp_path / "bright.mp4"
    # 203 nits, where white is put, are 58 % of the signal in SMPTE ST 2084.
    grey = "color=c=#949494:size=160x90:rate=30:duration=0.2"
    tags = "log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"
    pixels = "scale=out_color_matrix=bt2020:out_range=tv,format=yuv420p10le"
    line = ["-f", "lavfi", "-i", grey, "-vf", pixels, "-c:v", "libx265", "-x265-params", tags]
    ffmpeg.run([*line, "-y", f"file:{path}"], what="a bright film", deadline_s=60)
    found = look_at(path)
    assert found.facts.is_bright
    (frame,) = read(found, count=1)
    assert 140 < frame[:90].mean() <= 236  # as it stands it would be 136


def test_half_pictures_are_made_whole(tmp_path):
    path = tmp_path / "fields.mp4"
    moving = "testsrc=size=160x96:rate=60:duration=1"
    line = ["-f", "lavfi", "-i", moving, "-vf", "tinterlace=mode=interleave_top,fieldorder=tff,format=yuv420p"]
    ffmpeg.run([*line, "-c:v", "libx264", "-x264opts", "tff=1", "-y", f"file:{path}"], what="fields", deadline_s=60)
    found = look_at(path)
    assert found.facts.is_interlaced
    assert not found.facts.plays_as_it_is
    assert len(read(found, count=found.facts.frames)) == found.facts.frames
