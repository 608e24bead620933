import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.errors import BadInputError
from content.timeline import Shot, lay_timeline
from content.values import AssetRef, Brand, Narration, Script, Segment, SpokenWord


def ref(number, media_type="image/png"):
    return AssetRef(kind="cover", sha256=f"{number:064x}", bytes=1, media_type=media_type)


def script_of(count):
    kinds = ["title", *["story"] * (count - 2), "end"][:count]
    return Script(language="en", segments=tuple(Segment(kind=kind, text="word") for kind in kinds))


def narration_of(lengths, pause=0.6):
    starts, words, at = [], [], 0.0
    for index, length in enumerate(lengths):
        starts.append(at)
        words.append(SpokenWord(text="word", start_s=at, end_s=at + length, segment=index))
        at += length + pause
    return Narration(
        audio=ref(999, "audio/wav"), words=tuple(words), segment_starts_s=tuple(starts), duration_s=at - pause
    )


def lay(lengths, pictures=None, **options):
    pictures = pictures or [ref(i) for i in range(len(lengths))]
    return lay_timeline(
        narration_of(lengths),
        script_of(len(lengths)),
        [Shot(picture=picture) for picture in pictures],
        brand=Brand(),
        language="en",
        **options,
    )


@given(lengths=st.lists(st.floats(0.5, 12), min_size=1, max_size=9), fps=st.sampled_from([24, 25, 30]))
def test_scenes_tile_the_timeline_in_whole_frames_and_overlap_by_the_cross_fade(lengths, fps):
    timeline = lay(lengths, fps=fps)

    for value in (timeline.duration_s, timeline.crossfade_s, *(s.start_s for s in timeline.scenes)):
        assert value * fps == pytest.approx(round(value * fps), abs=1e-6)
    assert timeline.scenes[0].start_s == 0
    for before, after in zip(timeline.scenes, timeline.scenes[1:], strict=False):
        assert before.start_s + before.duration_s == pytest.approx(after.start_s + timeline.crossfade_s)
        assert before.motion != after.motion
    last = timeline.scenes[-1]
    assert last.start_s + last.duration_s == pytest.approx(timeline.duration_s)


def test_a_new_picture_stands_complete_when_its_first_word_is_heard():
    timeline = lay([4, 6, 6, 4])
    heard = [timeline.narration_start_s + start for start in narration_of([4, 6, 6, 4]).segment_starts_s]

    for scene, first_word in zip(timeline.scenes[1:], heard[1:], strict=True):
        assert scene.start_s + timeline.crossfade_s == pytest.approx(first_word, abs=0.5 / timeline.fps + 1e-6)


def test_captions_move_with_the_voice():
    timeline = lay([4, 6])

    assert timeline.narration_start_s > 0
    assert timeline.captions[0].start_s == pytest.approx(timeline.narration_start_s)
    assert timeline.captions[-1].end_s <= timeline.duration_s
    heard = [word.start_s for caption in timeline.captions for word in caption.words]
    assert heard == pytest.approx([timeline.narration_start_s + at for at in narration_of([4, 6]).segment_starts_s])


@pytest.mark.parametrize(("size", "longest"), [((1920, 1080), 42), ((1080, 1080), 30), ((1080, 1920), 22)])
def test_lines_of_captions_fit_the_format(size, longest):
    texts = ("Agencies can buy small services such as code reviews without a long procurement " * 2).split()
    words = tuple(
        SpokenWord(text=text, start_s=0.3 * at, end_s=0.3 * at + 0.25, segment=0) for at, text in enumerate(texts)
    )
    told = narration_of([0.3 * len(words)]).model_copy(update={"words": words})
    line = lay_timeline(
        told, script_of(1), [Shot(picture=ref(0))], brand=Brand(), language="en", width=size[0], height=size[1]
    )
    lengths = [len(row) for caption in line.captions for row in caption.text.split("\n")]
    assert longest - 8 <= max(lengths) <= longest


@pytest.mark.parametrize("spoken_s", [29.0, 45.0, 88.5, 89.9])
def test_the_voice_gives_the_length_and_the_tail_stays_short(spoken_s):
    timeline = lay([4, spoken_s - 9.2, 4])

    assert 30 <= timeline.duration_s <= 90 + 1 / timeline.fps
    assert timeline.duration_s - timeline.narration_start_s - spoken_s <= 2


def test_a_picture_that_stays_turns_back_instead_of_jumping():
    motions = [scene.motion for scene in lay([4, 5, 5, 5, 4], [ref(0), ref(1), ref(1), ref(1), ref(2)]).scenes]

    assert motions[1:4] == ["pull-out", "push-in", "pull-out"]


def test_pictures_that_do_not_belong_to_the_script_are_refused():
    with pytest.raises(BadInputError, match="2 segments, 1 shots"):
        lay([4, 4], [ref(0)])
