"""Edit lists say one thing only, and plans add up: frames, sound and captions stay together through every cut."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from content.captions import Caption
from content.edits import AddCaptions, Concatenate, EditList, Highlights, Reformat, ReplaceAudio, Trim
from content.errors import BadInputError
from content.values import AssetRef, SpokenWord
from models.editor.edit_plan import Pictures, Plan, Sound

OTHER = AssetRef(kind="video", sha256="a" * 64, bytes=1, media_type="video/mp4")
AUDIO = AssetRef(kind="audio", sha256="b" * 64, bytes=1, media_type="audio/wav")
HELLO = Caption(text="Hello", start_s=1.0, end_s=2.0)
RATES = st.sampled_from([Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(30), Fraction(60)])


def plan_of(frames: int = 120, rate: Fraction = Fraction(30), captions: tuple[Caption, ...] = ()) -> Plan:
    return Plan(rate, (Pictures(0, 0, frames),), (Sound(0, Fraction(0), frames / rate),), captions)


@pytest.mark.parametrize(
    ("shape", "film", "size"),
    [
        ("9:16", (1920, 1080), (1080, 1920)),
        ("1:1", (1920, 1080), (1080, 1080)),
        ("16:9", (1080, 1920), (1920, 1080)),
        ("9:16", (160, 90), (90, 160)),
        ("9:16", (854, 480), (480, 854)),
    ],
)
def test_a_shape_takes_its_size_from_the_films_shorter_side(shape, film, size):
    assert Reformat(shape=shape).size(*film) == size


def test_a_size_that_is_given_is_taken():
    assert Reformat(width=720, height=1280).size(1920, 1080) == (720, 1280)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Trim(start_s=3, end_s=3),
        Reformat,
        lambda: Reformat(shape="1:1", width=100, height=100),
        lambda: Reformat(width=100),
        lambda: Reformat(width=101, height=100),
        AddCaptions,
        lambda: ReplaceAudio(gain_db=3),
        lambda: Highlights(target_s=0),
        lambda: EditList(edits=()),
        lambda: EditList(edits=(Reformat(shape="1:1"), Reformat(shape="9:16"))),
    ],
)
def test_what_says_nothing_or_two_things_is_refused(make):
    with pytest.raises(ValidationError):
        make()


def test_an_edit_list_survives_json_and_names_what_it_needs():
    words = (SpokenWord(text="Hello", start_s=0, end_s=1, segment=0),)
    edits = EditList(
        edits=(
            Trim(end_s=4),
            Concatenate(others=(OTHER, OTHER)),
            AddCaptions(words=words),
            Highlights(target_s=3, by="transcript"),
            Reformat(shape="9:16"),
            ReplaceAudio(audio=AUDIO, loudness_lufs=None, gain_db=-3),
        )
    )
    assert EditList.model_validate_json(edits.model_dump_json()) == edits
    assert edits.assets == (OTHER, AUDIO)


def test_the_words_of_a_transcript_become_captions():
    words = [SpokenWord(text=text, start_s=at, end_s=at + 0.5, segment=0) for at, text in enumerate(("Good", "day."))]
    assert [caption.text for caption in AddCaptions(words=tuple(words)).laid] == ["Good day."]


def test_a_trim_keeps_whole_frames_and_what_belongs_to_them():
    plan = plan_of(captions=(HELLO, Caption(text="Late", start_s=3.5, end_s=4.0))).trimmed(Trim(start_s=0.5, end_s=3))

    assert plan.pictures == (Pictures(0, 15, 90),)
    assert plan.sounds == (Sound(0, Fraction(1, 2), Fraction(3)),)
    assert plan.captions == (Caption(text="Hello", start_s=0.5, end_s=1.5),)


def test_a_trim_behind_the_end_says_how_long_the_film_is():
    with pytest.raises(BadInputError, match=r"film of 4\.00 s"):
        plan_of().trimmed(Trim(start_s=9))


def test_a_caption_goes_on_across_a_joint_that_is_no_cut_and_goes_when_a_glimpse_is_left():
    plan = plan_of(captions=(HELLO,))
    assert plan.kept([(0, 45), (45, 120)]).captions == (HELLO,)
    assert plan.kept([(0, 33)]).captions == ()


def test_no_caption_outlasts_the_film():
    late, gone = Caption(text="Late", start_s=3.5, end_s=9), Caption(text="Gone", start_s=5, end_s=6)
    found = plan_of().captioned((HELLO, late, gone), burned=True)
    assert found.captions == (HELLO, Caption(text="Late", start_s=3.5, end_s=4.0))


def test_a_film_behind_another_brings_its_own_sound_or_silence():
    plan = plan_of().followed_by(1, 30, heard=True).followed_by(2, 60, heard=False)
    assert plan.frames == 210
    assert [sound.source for sound in plan.sounds] == [0, 1, None]
    assert plan.joints == (120, 150)


def test_sound_that_was_replaced_is_cut_along_with_the_picture():
    plan = plan_of().with_sound(ReplaceAudio(audio=AUDIO), 1).trimmed(Trim(start_s=1, end_s=2))
    assert plan.sounds == (Sound(1, Fraction(1), Fraction(2)),)


@given(RATES, st.lists(st.tuples(st.integers(0, 300), st.integers(1, 200)), min_size=1, max_size=5), st.data())
def test_pictures_and_sound_are_equally_long_through_any_cuts(rate, joins, data):
    plan = plan_of(301, rate, (Caption(text="a", start_s=0.1, end_s=9),))
    for film, frames in joins:
        plan = plan.followed_by(film + 1, frames, heard=bool(film % 2))
    for _ in range(3):
        edges = sorted(data.draw(st.sets(st.integers(0, plan.frames), min_size=2, max_size=6)))
        stretches = list(zip(edges[::2], edges[1::2], strict=False))
        plan = plan.kept(stretches)
        assert plan.frames == sum(end - first for first, end in stretches)
        assert sum(sound.length for sound in plan.sounds) == plan.frames / rate
        assert all(0 <= c.start_s < c.end_s <= plan.duration_s + 1e-6 for c in plan.captions)
        assert [c.start_s for c in plan.captions] == sorted(c.start_s for c in plan.captions)
