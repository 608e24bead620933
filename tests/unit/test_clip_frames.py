"""Clips of any length take no more disk than their scene needs, and none where there is no room."""

from types import SimpleNamespace

import pytest
from films import numbered

from content.errors import BadConfigurationError, BadInputError
from content.timeline import Scene, Timeline
from content.values import AssetRef
from models.assembler import clip_frames
from models.assembler.clip_frames import ClipFrames
from models.assembler.planes import split
from models.assembler.scene_frames import SceneFrames

SIZE = {"width": 160, "height": 90}
FRAME = 160 * 90 * 3 // 2
NAME = "c" * 64
REF = AssetRef(kind="clip", sha256=NAME, bytes=1, media_type="video/mp4")


def number_of(frame):
    bits = [
        block[:, block.shape[1] // 2].mean() > 128
        for block in [split(frame)[0][:, at : at + 20] for at in range(0, 160, 20)]
    ]
    return sum(int(bit) << place for place, bit in enumerate(bits))


def test_a_long_clip_is_unpacked_as_far_as_its_scene_goes(tmp_path):
    clip = numbered(tmp_path / "clip.mp4", 120)
    frames = ClipFrames(clip, tmp_path, **SIZE, fps=30, frames=25)

    assert [number_of(frames.at(number)) for number in range(25)] == list(range(25))
    (unpacked,) = tmp_path.glob("*.planes")
    assert unpacked.stat().st_size == 25 * FRAME


def test_a_short_clip_plays_forth_and_back_however_long_its_scene_is(tmp_path):
    clip = numbered(tmp_path / "clip.mp4", 4)
    frames = ClipFrames(clip, tmp_path, **SIZE, fps=30, frames=300)

    assert len(frames) == 4
    assert [number_of(frames.at(number)) for number in range(9)] == [0, 1, 2, 3, 2, 1, 0, 1, 2]


def test_scenes_of_two_lengths_show_the_same_clip_each_to_its_own_end(tmp_path):
    clip = numbered(tmp_path / "clip.mp4", 60)
    short, long = (
        Scene(picture=REF, clip=REF, start_s=start, duration_s=lasts) for start, lasts in ((0.0, 0.5), (0.5, 1.5))
    )
    line = Timeline(scenes=(short, long), narration=REF, duration_s=2.0, **SIZE)
    frames = SceneFrames(line, {NAME: clip}, work=tmp_path)

    assert [number_of(frames.draw(number)) for number in range(60)] == [*range(15), *range(45)]


def test_a_clip_that_would_fill_the_disk_is_refused_before_anything_is_written(tmp_path, monkeypatch):
    clip = numbered(tmp_path / "clip.mp4", 60)
    free = 30 * FRAME
    monkeypatch.setattr(clip_frames.shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    with pytest.raises(BadConfigurationError, match=r"GB free; make room"):
        ClipFrames(clip, tmp_path, **SIZE, fps=30, frames=60)
    assert list(tmp_path.glob("*.planes*")) == []

    # Three seconds of scene over one of clip take one second's room.
    short = numbered(tmp_path / "short.mp4", 20)
    assert len(ClipFrames(short, tmp_path, **SIZE, fps=30, frames=90)) == 20


def test_a_clip_larger_than_any_scene_may_be_is_refused_before_anything_is_written(tmp_path, monkeypatch):
    clip = numbered(tmp_path / "clip.mp4", 60)
    monkeypatch.setattr(clip_frames, "MOST_BYTES", 30 * FRAME)
    with pytest.raises(BadInputError, match="less time"):
        ClipFrames(clip, tmp_path, **SIZE, fps=30, frames=60)
    assert list(tmp_path.glob("*.planes*")) == []


def test_a_playlist_is_no_clip(tmp_path):
    listed = tmp_path / "clip.mp4"
    listed.write_text("#EXTM3U\nfile:///etc/hostname\n")
    with pytest.raises(BadInputError, match="reading a clip"):
        ClipFrames(listed, tmp_path, **SIZE, fps=30, frames=5)
    assert list(tmp_path.glob("*.planes")) == []
