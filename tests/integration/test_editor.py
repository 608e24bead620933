"""Every edit gives exactly the frames, sound and captions it promises, and copies what need not be encoded again."""

import subprocess

import numpy as np
import pytest
from films import film, film_of, luma, numbered, numbers_of, packets, ref, samples, sound
from PIL import Image

from content.captions import Caption
from content.edits import AddCaptions, Concatenate, EditList, Highlights, Reformat, ReplaceAudio, Trim
from content.errors import BadInputError, MissingAssetError, TimedOutError
from content.values import SpokenWord
from models.editor.edit_encoding import Settings
from models.editor.editor_ffmpeg import EditorFfmpeg
from models.media.foreign_video import FilmLimits
from models.media.media_probe import decoder_complaints, measure_loudness, probe
from models.naming import EngineName
from models.protocols import Order

HELLO = Caption(text="Hello there", start_s=1.0, end_s=2.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("films")


@pytest.fixture(scope="module")
def good(folder):
    """Four seconds at 30 fps with a keyframe every second and a tone."""
    return film(folder / "good.mp4")


@pytest.fixture(scope="module")
def shots(folder):
    """Three shots of a second and a half: still, a square that runs, still; each of its own colour."""
    frames = np.zeros((135, 90, 160, 3), np.uint8)
    for number, colour in enumerate([(200, 60, 60), (40, 120, 50), (60, 60, 200)]):
        frames[number * 45 : number * 45 + 45] = colour
    for number in range(45, 90):
        x = 30 + round((number - 45) * 1.2)
        frames[number, 30:50, x : x + 20] = 240
    return film_of(folder / "shots.mp4", frames, tone=300)


def edited(source, work, *edits, media=(), editor=None, progress=lambda *_: None, **told):
    files = {ref(path).sha256: path for path in media}
    return (editor or EditorFfmpeg()).edit(source, EditList(edits=edits, **told), files, work, progress)


def is_sound_and_picture_of(made, frames, rate=30.0, *, silent=False):
    """Say that a film is healthy, has so many frames, and that its sound ends with its pictures."""
    assert decoder_complaints(made.movie) == ""
    assert len(luma(made.movie)) == made.frames == frames
    assert made.duration_s == pytest.approx(frames / rate)
    facts = probe(made.movie)
    assert (facts.video_codec, facts.pixel_format, facts.faststart) == ("h264", "yuv420p", True)
    assert (facts.width, facts.height) == (made.width, made.height)
    assert facts.duration_s == pytest.approx(frames / rate, abs=0.02)
    assert made.is_silent == silent
    if not silent:
        assert len(samples(made.movie)) / 48000 == pytest.approx(frames / rate, abs=1 / rate)


def near(one, other):
    """Give how far two pictures are apart, in shades."""
    return np.abs(one.astype(int) - other.astype(int)).mean()


# ---- trims -----------------------------------------------------------------------------------------------------------


def test_a_trim_between_keyframes_copies_their_packets(good, tmp_path):
    made = edited(good, tmp_path, Trim(start_s=1, end_s=3))

    is_sound_and_picture_of(made, 60)
    assert made.copied
    assert packets(made.movie) == packets(good)[30:90]


def test_a_trim_elsewhere_is_encoded_to_the_frame(folder, tmp_path):
    made = edited(numbered(folder / "numbered.mp4", 120), tmp_path, Trim(start_s=0.5, end_s=2.9))

    is_sound_and_picture_of(made, 72)
    assert not made.copied
    assert probe(made.movie).colours.startswith("tv, bt709")
    assert numbers_of(made.movie) == list(range(15, 87))


def test_a_trim_to_the_end_copies_from_a_keyframe_on(good, tmp_path):
    made = edited(good, tmp_path, Trim(start_s=2))
    is_sound_and_picture_of(made, 60)
    assert made.copied


def test_sound_and_picture_stay_together_through_a_trim(folder, tmp_path):
    # A click in the very moment the picture turns white, 1.7 s in.
    frames = np.zeros((90, 90, 160, 3), np.uint8)
    frames[51:] = 255
    silent = film_of(folder / "white.mp4", frames)
    click = sound(folder / "click.wav", seconds=3, source="aevalsrc='if(gte(t,1.7),sin(2*PI*800*t)*0.5,0)':s=48000")
    clicked = folder / "clicked.mkv"
    from models.media import ffmpeg

    line = [
        *ffmpeg.input_file(silent),
        *ffmpeg.input_file(click),
        "-c:v",
        "copy",
        "-c:a",
        "flac",
        "-y",
        f"file:{clicked}",
    ]
    ffmpeg.run(line, what="a click", deadline_s=30)

    made = edited(clicked, tmp_path, Trim(start_s=0.73, end_s=2.5))

    white = int(np.argmax(luma(made.movie).mean(axis=(1, 2)) > 128)) / 30
    heard = int(np.argmax(np.abs(samples(made.movie)) > 0.1)) / 48000
    assert heard == pytest.approx(white, abs=1 / 30)


def test_a_broadcasters_rate_and_matroska_are_kept_to_the_frame(folder, tmp_path):
    source = film(folder / "ntsc.mkv", rate="30000/1001", seconds=3)
    made = edited(source, tmp_path, Trim(start_s=0.4, end_s=2.4))
    is_sound_and_picture_of(made, 60, 30000 / 1001)
    assert probe(made.movie).fps == pytest.approx(29.97)


def test_a_film_with_uneven_times_becomes_even(folder, good, tmp_path):
    from models.media import ffmpeg

    uneven = folder / "uneven.mp4"
    line = [
        *ffmpeg.input_file(good),
        "-vf",
        "select='not(mod(n,7)*mod(n,3))'",
        "-fps_mode",
        "vfr",
        "-y",
        f"file:{uneven}",
    ]
    ffmpeg.run(line, what="an uneven film", deadline_s=30)
    made = edited(uneven, tmp_path, Trim(start_s=1, end_s=3))
    assert decoder_complaints(made.movie) == ""
    assert len(luma(made.movie)) == made.frames
    assert made.duration_s == pytest.approx(2, abs=0.05)


def test_a_turned_film_stays_as_it_is_shown(folder, good, tmp_path):
    from models.media import ffmpeg

    turned = folder / "turned.mp4"
    line = ["-display_rotation", "90", *ffmpeg.input_file(good), "-c", "copy", "-y", f"file:{turned}"]
    ffmpeg.run(line, what="turning a film", deadline_s=30)
    made = edited(turned, tmp_path, Trim(start_s=1, end_s=2))
    is_sound_and_picture_of(made, 30)
    assert (made.width, made.height) == (90, 160)


# ---- one behind the other --------------------------------------------------------------------------------------------


def test_films_behind_each_other_are_fitted_and_add_up(good, folder, tmp_path):
    upright = film(folder / "upright.mp4", size="90x160", rate="25", seconds=2, tone=0)

    made = edited(good, tmp_path, Concatenate(others=(ref(upright), ref(good))), media=[upright, good])

    is_sound_and_picture_of(made, 120 + 60 + 120)
    assert (made.width, made.height) == (160, 90)
    seen = luma(made.movie)
    assert seen[150, :, :40].max() <= 20  # an upright film stands between black sides
    assert near(seen[200], luma(good)[20]) < 6
    level = np.abs(samples(made.movie))
    assert level[: 4 * 48000].mean() > 0.01
    assert level[int(4.1 * 48000) : int(5.9 * 48000)].max() < 1e-3
    assert level[int(6.1 * 48000) :].mean() > 0.01


def test_a_film_that_is_not_at_hand_is_named(good, tmp_path):
    with pytest.raises(MissingAssetError, match="not at hand"):
        edited(good, tmp_path, Concatenate(others=(ref(good),)))


# ---- another shape ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shape", "size"), [("9:16", (90, 160)), ("1:1", (90, 90)), ("16:9", (160, 90))])
@pytest.mark.parametrize("filling", ["auto", "crop", "whole"])
def test_every_shape_and_filling_has_every_frame(good, tmp_path, shape, size, filling):
    made = edited(good, tmp_path, Reformat(shape=shape, filling=filling))
    is_sound_and_picture_of(made, 120)
    assert (made.width, made.height) == size
    assert made.copied == (shape == "16:9")


def test_a_crop_keeps_what_runs_in_sight_and_jumps_at_cuts_only(shots, tmp_path):
    made = edited(shots, tmp_path, Reformat(shape="9:16", filling="crop"))
    seen = luma(made.movie)

    # In the second shot the square crosses the picture; from a moment after its start it is whole in the window.
    square = (seen[55:85] > 180).sum(axis=(1, 2))
    whole = (20 * 160 / 90) ** 2
    assert square.min() > 0.9 * whole


def test_a_picture_shown_whole_keeps_all_of_it_over_its_own_ground(good, tmp_path):
    made = edited(good, tmp_path, Reformat(shape="9:16", filling="whole"))
    seen, source = luma(made.movie)[60], luma(good)[60]

    shown = np.asarray(Image.fromarray(source).resize((90, 50), Image.Resampling.BICUBIC))
    assert near(seen[54:104], shown) < 8
    assert seen[:50].std() < source.std()


def test_auto_crops_one_subject_and_shows_a_wide_picture_whole(folder, tmp_path):
    rng = np.random.default_rng(0)
    wide = film_of(folder / "wide.mp4", np.repeat(rng.integers(0, 255, (1, 90, 160, 3)), 20, axis=0))
    plain = np.full((20, 90, 160, 3), 60, np.uint8)
    plain[:, 30:60, 100:130] = (230, 40, 40)
    subject = film_of(folder / "subject.mp4", plain)

    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    cropped = luma(edited(subject, tmp_path / "a", Reformat(shape="9:16")).movie)[10]
    whole = luma(edited(wide, tmp_path / "b", Reformat(shape="9:16")).movie)[10]

    assert (cropped > 80).sum() > 2000  # the square at more than its own size
    assert whole[55:105].std() > 3 * whole[:40].std()


# ---- captions --------------------------------------------------------------------------------------------------------


def test_captions_are_on_their_frames_and_nowhere_else(folder, tmp_path):
    grey = film_of(folder / "grey.mp4", np.full((90, 180, 320, 3), 128, np.uint8), tone=200)
    made = edited(grey, tmp_path, AddCaptions(captions=(HELLO,)))

    is_sound_and_picture_of(made, 90)
    box = luma(made.movie)[:, 144:170, 100:220].reshape(90, -1).std(axis=1)
    assert [bool(value > 10) for value in box] == [30 <= number < 60 for number in range(90)]
    assert made.captions == (HELLO,)


def test_captions_beside_the_film_leave_every_packet_alone(good, tmp_path):
    made = edited(good, tmp_path, AddCaptions(captions=(HELLO,), burned=False))
    assert made.copied
    assert packets(made.movie) == packets(good)
    assert made.captions == (HELLO,)


def test_captions_before_a_cut_are_cut_and_after_it_are_in_the_new_time(good, tmp_path):
    before = edited(good, tmp_path, AddCaptions(captions=(HELLO,), burned=False), Trim(start_s=1, end_s=3))
    assert before.captions == (HELLO.model_copy(update={"start_s": 0.0, "end_s": 1.0}),)
    after = edited(good, tmp_path, Trim(start_s=1, end_s=3), AddCaptions(captions=(HELLO,), burned=False))
    assert after.captions == (HELLO,)


# ---- sound -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "source", "more"),
    [
        ("noise.wav", "anoisesrc=color=pink:seed=7:amplitude=0.8", ()),
        ("quiet.flac", "anoisesrc=color=brown:seed=3:amplitude=0.01", ()),
        ("clicks.mp3", "aevalsrc='0.9*sin(2*PI*90*t)*exp(-12*mod(t,0.5))':s=44100", ("-b:a", "128k")),
    ],
)
def test_new_sound_comes_to_its_loudness_and_pictures_are_copied(good, folder, tmp_path, name, source, more):
    track = sound(folder / name, seconds=6, source=source, more=more)

    made = edited(good, tmp_path, ReplaceAudio(audio=ref(track)), media=[track])

    is_sound_and_picture_of(made, 120)
    assert made.copied
    assert packets(made.movie) == packets(good)
    heard = measure_loudness(made.movie)
    assert heard.integrated_lufs == pytest.approx(-16, abs=1)
    assert heard.true_peak_dbtp <= -1


def test_sound_that_is_too_short_is_followed_by_silence(good, folder, tmp_path):
    track = sound(folder / "short.wav", seconds=1)
    made = edited(good, tmp_path, ReplaceAudio(audio=ref(track)), media=[track])
    is_sound_and_picture_of(made, 120)
    assert np.abs(samples(made.movie)[int(1.2 * 48000) :]).max() < 1e-3


def test_the_films_own_sound_can_be_levelled_or_moved(good, tmp_path):
    assert measure_loudness(edited(good, tmp_path, ReplaceAudio(loudness_lufs=-20)).movie).integrated_lufs == (
        pytest.approx(-20, abs=1)
    )
    was = measure_loudness(good).integrated_lufs
    moved = edited(good, tmp_path, ReplaceAudio(loudness_lufs=None, gain_db=-6))
    assert measure_loudness(moved.movie).integrated_lufs == pytest.approx(was - 6, abs=0.7)


def test_silence_stays_silent_and_a_silent_film_needs_no_sound(good, folder, tmp_path):
    nothing = sound(folder / "nothing.wav", source="anullsrc=r=44100")
    made = edited(good, tmp_path, ReplaceAudio(audio=ref(nothing)), media=[nothing])
    assert np.abs(samples(made.movie)).max() < 1e-3
    mute = film(folder / "mute.mp4", tone=0)
    is_sound_and_picture_of(edited(mute, tmp_path, Trim(start_s=0.5, end_s=1)), 15, silent=True)


@pytest.mark.parametrize(("data", "says"), [(b"", "is empty"), (b"no sound at all", "no sound that is read here")])
def test_what_is_no_sound_is_told(good, tmp_path, data, says):
    path = tmp_path / "music.mp3"
    path.write_bytes(data)
    with pytest.raises(BadInputError, match=says):
        edited(good, tmp_path, ReplaceAudio(audio=ref(path)), media=[path])
    assert not (tmp_path / "movie.mp4").exists()


# ---- highlights ------------------------------------------------------------------------------------------------------


def test_highlights_by_shots_keep_the_lively_one(shots, tmp_path):
    made = edited(shots, tmp_path, Highlights(target_s=1.0))
    is_sound_and_picture_of(made, 30)
    assert ((luma(made.movie) > 180).sum(axis=(1, 2)) > 200).all()


def test_highlights_by_transcript_keep_whole_sentences(good, tmp_path):
    texts = ["The", "ferry", "is", "here.", "Tea", "is", "nice.", "The", "ferry", "is", "electric."]
    words = tuple(
        SpokenWord(text=text, start_s=at * 0.35, end_s=at * 0.35 + 0.3, segment=0) for at, text in enumerate(texts)
    )
    made = edited(
        good, tmp_path, AddCaptions(words=words, burned=False), Highlights(target_s=3.1, by="transcript", words=words)
    )
    assert made.frames <= 93
    said = " ".join(caption.text for caption in made.captions)
    assert "electric" in said
    is_sound_and_picture_of(made, made.frames)


# ---- all together ----------------------------------------------------------------------------------------------------


def everything(shots, track):
    return (
        AddCaptions(captions=(HELLO,)),
        Trim(start_s=0.3, end_s=4),
        Highlights(target_s=2.5),
        Reformat(shape="9:16", filling="crop"),
        ReplaceAudio(audio=ref(track)),
    )


def test_the_same_video_and_edits_give_the_same_bytes(shots, folder, tmp_path):
    track = sound(folder / "again.wav", seconds=3)
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        made.append(edited(shots, tmp_path / name, *everything(shots, track), media=[track]))
    assert made[0].movie.read_bytes() == made[1].movie.read_bytes()
    assert made[0].poster.read_bytes() == made[1].poster.read_bytes()
    is_sound_and_picture_of(made[0], 75)


def test_progress_only_grows_and_ends_and_nothing_but_movie_and_poster_is_left(shots, folder, tmp_path):
    track, calls = sound(folder / "told.wav", seconds=3), []
    edited(shots, tmp_path, *everything(shots, track), media=[track], progress=lambda *call: calls.append(call))

    done = [each for each, _ in calls]
    assert done == sorted(set(done))
    assert calls[-1] == (100, 100)
    assert {total for _, total in calls} == {100}
    assert {path.name for path in tmp_path.iterdir()} == {"movie.mp4", "poster.jpg"}
    with Image.open(tmp_path / "poster.jpg") as poster:
        assert poster.size == (90, 160)


def test_an_interrupted_edit_leaves_no_movie_and_no_process(good, tmp_path, monkeypatch):
    started, popen = [], subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *a, **k: started.append(popen(*a, **k)) or started[-1])

    def interrupt(done, total):
        if done > 45:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        edited(good, tmp_path, Trim(start_s=0.5), progress=interrupt)

    assert list(tmp_path.iterdir()) == []
    assert len(started) > 3
    assert all(process.poll() is not None for process in started)


def test_a_film_that_breaks_in_the_middle_is_told_and_nothing_is_made(good, tmp_path):
    data = bytearray(good.read_bytes())
    at = data.index(b"mdat") + len(data) // 3
    data[at : at + 6000] = bytes(value ^ 0x5A for value in data[at : at + 6000])
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(data)
    for edits in ((Trim(start_s=0.5),), (ReplaceAudio(),)):  # encoded, and copied
        with pytest.raises(BadInputError, match=r"broken|decoding|movie\.mp4"):
            edited(broken, tmp_path, *edits)
        assert not (tmp_path / "movie.mp4").exists()


def test_an_edit_that_takes_too_long_is_given_up(good, tmp_path):
    with pytest.raises(TimedOutError, match=r"good\.mp4"):
        edited(good, tmp_path, Trim(start_s=0.5), editor=EditorFfmpeg(deadline_s=0.01))
    assert list(tmp_path.iterdir()) == []


def test_an_encoder_that_refuses_is_told(good, tmp_path):
    with pytest.raises(BadInputError, match="encoding the video"):
        edited(good, tmp_path, Trim(start_s=0.5), editor=EditorFfmpeg(settings=Settings(preset="no-such-preset")))


def test_its_name_says_how_it_works_and_how_much_it_takes(tmp_path):
    def order(name):
        return Order(name=EngineName.parse(name), weights=tmp_path, engine=lambda _: None)

    editor = EditorFfmpeg.from_order(order("ffmpeg?crf=18&longest_s=60&largest_mb=5"))
    assert (editor.settings.crf, editor.limits) == (18, FilmLimits(longest_s=60, largest_bytes=5_000_000))
    assert editor.identity != EditorFfmpeg().identity
    assert EditorFfmpeg.from_order(order("ffmpeg?longest_s=60")).identity == EditorFfmpeg().identity
