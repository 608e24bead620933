"""How a timeline is cut: what a piece holds, and that nothing else shapes its frames."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_timelines import Props, timelines
from reference_frames import luma_of, reference_luma, ssim

from content.chapters import chapters_of, ffmetadata
from content.errors import BadInputError
from content.pieces import LONGEST_S, cut, frames_of_caption, total_frames
from content.recipes import digest_of
from content.timeline import Caption, Card, Scene, Timeline
from content.values import SpokenWord
from models.assembler.scene_frames import SceneFrames, zoom_of
from models.assembler.scene_pictures import ScenePictures, cover

_folder = TemporaryDirectory(prefix="pieces-")
PROPS = Props(Path(_folder.name))


@given(line=timelines(PROPS))
@settings(max_examples=25)
def test_every_piece_draws_exactly_its_frames_of_the_whole_film(line):
    pictures = ScenePictures(PROPS.media)
    whole = SceneFrames(line, pictures)
    number = 0
    for piece in cut(line):
        assert piece.frames <= LONGEST_S * line.fps
        part = SceneFrames(piece.line, pictures)
        for place in {0, piece.frames // 2, piece.frames - 1}:
            assert np.array_equal(whole.draw(number + place).copy(), part.draw(piece.first + place))
        number += piece.frames
    assert number == total_frames(line)


@given(line=timelines(PROPS), data=st.data())
@settings(max_examples=40)
def test_frames_are_those_of_the_reference_renderer(line, data):
    number = data.draw(st.integers(0, total_frames(line) - 1))
    assert ssim(luma_of(SceneFrames(line, PROPS.media).draw(number)), reference_luma(line, PROPS.media, number)) > 0.99


@given(line=timelines(PROPS))
@settings(max_examples=25)
def test_every_burned_caption_is_on_its_frames_and_on_no_other(line):
    frames = SceneFrames(line, PROPS.media)
    for number in range(total_frames(line)):
        bare = frames.draw(number, captions=False).copy()
        seen = not np.array_equal(frames.draw(number), bare)
        at = (number + 0.5) / line.fps + 1e-5
        assert seen == any(c.burned and c.start_s <= at < c.end_s for c in line.captions), number


@given(line=timelines(PROPS), later=st.integers(1, 400))
@settings(max_examples=40)
def test_a_film_that_begins_later_is_made_of_the_same_pieces(line, later):
    by_s = later / line.fps
    before = line.scenes[0].model_copy(update={"start_s": 0.0, "duration_s": by_s, "focus": (0.9, 0.9)})
    change = {
        "scenes": (before, *(scene.model_copy(update={"start_s": scene.start_s + by_s}) for scene in line.scenes)),
        "captions": tuple(delayed(caption, by_s) for caption in line.captions),
        "duration_s": line.duration_s + by_s,
        "music": PROPS.music,
    }
    moved = line.model_copy(update=change)
    assert digests(cut(moved))[-len(cut(line)) :] == digests(cut(line))


def delayed(caption, by_s):
    words = tuple(
        word.model_copy(update={"start_s": word.start_s + by_s, "end_s": word.end_s + by_s}) for word in caption.words
    )
    return caption.model_copy(update={"start_s": caption.start_s + by_s, "end_s": caption.end_s + by_s, "words": words})


def digests(pieces):
    return [digest_of(piece) for piece in pieces]


def some_line():
    """Lay four scenes of 2 s that fade into each other, with captions in the first and over the second joint."""
    scenes = tuple(
        Scene(picture=picture, start_s=1.8 * number, duration_s=2.0) for number, picture in enumerate(PROPS.pictures)
    )
    captions = (Caption(text="One thing", start_s=0.3, end_s=1.2), Caption(text="Another", start_s=3.0, end_s=4.5))
    return Timeline(
        scenes=scenes,
        captions=captions,
        narration=PROPS.voice,
        duration_s=7.4,
        width=96,
        height=96,
        fps=10,
        crossfade_s=0.2,
    )


def test_another_caption_changes_only_the_pieces_it_is_on():
    line = some_line()
    first = line.captions[0].model_copy(update={"text": "Other words"})
    changed = line.model_copy(update={"captions": (first, *line.captions[1:])})
    start, end = frames_of_caption(first, line.fps)
    number = 0
    for one, other in zip(cut(line), cut(changed), strict=True):
        touched = number < end and start < number + one.frames
        assert (digest_of(one) != digest_of(other)) == touched
        number += one.frames


def test_another_picture_changes_its_scene_and_the_joints_beside_it_only():
    line = some_line()
    changed = line.model_copy(
        update={"scenes": (*line.scenes[:-1], line.scenes[-1].model_copy(update={"focus": (0.1, 0.9)}))}
    )
    different = [one != other for one, other in zip(digests(cut(line)), digests(cut(changed)), strict=True)]
    shown = [any(s.focus == (0.1, 0.9) for s in piece.line.scenes) for piece in cut(changed)]
    assert different == shown
    assert 0 < sum(different) < len(different)


def test_sound_titles_and_lengths_of_fades_elsewhere_are_in_no_piece():
    line = some_line()
    heard = {"music": PROPS.music, "music_gain_db": -3.0, "loudness_lufs": -20.0, "narration": PROPS.music}
    scenes = tuple(scene.model_copy(update={"title": "New"}) for scene in line.scenes)
    assert digests(cut(line.model_copy(update={**heard, "scenes": scenes}))) == digests(cut(line))


def test_cards_and_captions_that_are_not_burned_are_in_no_piece_and_where_one_stands_is():
    line = some_line()
    scenes = tuple(scene.model_copy(update={"card": Card(headline="A cover")}) for scene in line.scenes)
    hidden = (*line.captions, Caption(text="Not drawn", start_s=4.6, end_s=6.0, burned=False))
    assert digests(cut(line.model_copy(update={"scenes": scenes, "captions": hidden}))) == digests(cut(line))
    raised = tuple(caption.model_copy(update={"at": "head"}) for caption in line.captions)
    assert digests(cut(line.model_copy(update={"captions": raised}))) != digests(cut(line))


def test_a_gap_between_scenes_is_named():
    line = some_line()
    late = line.scenes[1].model_copy(update={"start_s": line.duration_s + 1})
    with pytest.raises(BadInputError, match="leave a gap"):
        cut(line.model_copy(update={"scenes": (line.scenes[0], late), "duration_s": line.duration_s + 2}))


def test_when_a_word_begins_shapes_a_piece_and_when_it_ends_does_not():
    line = some_line()
    words = tuple(
        SpokenWord(text=text, start_s=line.captions[0].start_s, end_s=line.captions[0].end_s, segment=0)
        for text in line.captions[0].text.split()
    )

    def with_words(**change):
        changed = tuple(word.model_copy(update=change) for word in words)
        first = line.captions[0].model_copy(update={"words": changed})
        return digests(cut(line.model_copy(update={"captions": (first, *line.captions[1:])})))

    assert with_words(end_s=line.duration_s, segment=3) == with_words()
    assert with_words(start_s=line.captions[0].end_s) != with_words()


@pytest.mark.parametrize("fps", [24, 25, 30, 60])
def test_a_caption_between_two_frames_falls_to_the_same_one_wherever_it_stands(fps):
    for number in range(200):
        at = (number + 0.5) / fps
        assert frames_of_caption(Caption(text="x", start_s=at, end_s=at + 1), fps)[0] == number


@pytest.mark.parametrize("focus", [(0.5, 0.5), (0.0, 0.0), (1.0, 0.3), (0.31, 0.77)])
@pytest.mark.parametrize(
    ("still", "seen"), [((2016, 1136), (1920, 1080)), ((136, 76), (128, 72)), ((100, 100), (96, 96))]
)
def test_a_camera_never_sees_past_the_stills_edges(still, seen, focus):
    centre, pivot, farthest = zoom_of(still, seen, focus)
    assert farthest >= 1
    for axis in (0, 1):
        assert centre[axis] % 2 == pivot[axis] % 2 == 0
        assert centre[axis] - pivot[axis] * farthest >= -1e-9
        assert centre[axis] + (seen[axis] - pivot[axis]) * farthest <= still[axis] + 1e-9


@given(
    size=st.tuples(st.integers(1, 4000), st.integers(1, 4000)),
    shape=st.sampled_from([(1920, 1080), (1080, 1920), (1080, 1080)]),
    focus=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_a_cut_keeps_its_shape_stays_inside_and_holds_the_focus(size, shape, focus):
    (left, top, right, bottom), inside = cover(size, shape, focus)
    assert (right - left) / (bottom - top) == pytest.approx(shape[0] / shape[1])
    assert -1e-6 <= left <= right <= size[0] + 1e-6
    assert -1e-6 <= top <= bottom <= size[1] + 1e-6
    assert left + inside[0] * (right - left) == pytest.approx(focus[0] * size[0], abs=1e-6)
    assert top + inside[1] * (bottom - top) == pytest.approx(focus[1] * size[1], abs=1e-6)


def test_chapters_run_from_title_to_title_and_their_names_are_escaped():
    line = some_line()
    titles = ["", "One; two = #3", "", "Back\\slash\nand line"]
    scenes = tuple(s.model_copy(update={"title": t}) for s, t in zip(line.scenes, titles, strict=True))
    found = chapters_of(line.model_copy(update={"scenes": scenes}))

    assert [chapter.title for chapter in found] == ["One; two = #3", "Back\\slash and line"]
    assert [chapter.start_s for chapter in found] == [line.scenes[1].start_s, line.scenes[3].start_s]
    assert (found[0].end_s, found[1].end_s) == (found[1].start_s, line.duration_s)
    assert "title=One\\; two \\= \\#3" in ffmetadata(found)
    assert "title=Back\\\\slash and line" in ffmetadata(found)
    assert chapters_of(line.model_copy(update={"scenes": scenes[:1]})) == ()
