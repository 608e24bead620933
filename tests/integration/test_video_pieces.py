"""Films made of pieces: what comes out, and what is made again when something changes."""

import re
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from random_timelines import kept, timelines
from reference_frames import reference_luma, ssim
from small_films import PROPS, CountingShelf, film, four_scenes

from content.errors import BadInputError, MissingAssetError
from content.pieces import cut, total_frames
from content.timeline import Caption, Timeline
from models.assembler.assembler_moviepy import AssemblerMoviepy
from models.assembler.piece_encoding import piece_key
from models.assembler.piece_shelf import FolderShelf
from models.assembler.soundtrack import sound_key, voice_key
from models.media import ffmpeg
from models.media.media_probe import decoder_complaints, measure_loudness, probe


def packets(movie, stream):
    """Give (decode time, show time) of a stream's packets in decoding order, in its own ticks, and ticks a second."""
    arguments = [*ffmpeg.input_file(movie), "-map", f"0:{stream}:0", "-c", "copy", "-f", "framecrc", "-"]
    told, _ = ffmpeg.run(arguments, what="listing packets", deadline_s=60)
    ticks = int(re.search(rb"#tb 0: 1/(\d+)", told)[1])
    rows = [line.split(b",") for line in told.splitlines() if not line.startswith(b"#")]
    return [(int(row[1]), int(row[2]), int(row[3])) for row in rows], ticks


def luma(movie, line):
    arguments = [*ffmpeg.input_file(movie), "-map", "0:v", "-pix_fmt", "yuv420p", "-f", "rawvideo", "-"]
    data, _ = ffmpeg.run(arguments, what="reading frames", deadline_s=60)
    return np.frombuffer(data, np.uint8).reshape(-1, line.height * 3 // 2, line.width)[:, : line.height]


@given(line=timelines(PROPS), data=st.data())
@settings(max_examples=12)
def test_a_film_has_exactly_its_frames_on_an_even_clock_and_sound_to_the_end(line, data):
    with TemporaryDirectory() as name:
        # Fine enough for the frames to be compared with what was drawn.
        video = film(line, Path(name), crf=4)
        total = total_frames(line)

        assert decoder_complaints(video.movie) == ""
        pictures, ticks = packets(video.movie, "v")
        step = ticks // line.fps
        assert [shown for _, shown, _ in sorted(pictures, key=lambda packet: packet[1])] == [
            number * step for number in range(total)
        ]
        assert {after[0] - before[0] for before, after in pairwise(pictures)} <= {step}
        assert all(decoded <= shown for decoded, shown, _ in pictures)
        sound, rate = packets(video.movie, "a")
        assert (sound[-1][1] + sound[-1][2]) / rate == pytest.approx(total / line.fps, abs=1 / line.fps)
        assert probe(video.movie).colours.startswith("tv, bt709")
        assert probe(video.movie).faststart

        frames = luma(video.movie, line)
        assert len(frames) == total
        assert frames.reshape(total, -1).mean(axis=1).min() > 24
        for number in data.draw(st.lists(st.integers(0, total - 1), min_size=3, max_size=3)):
            assert ssim(frames[number], reference_luma(line, PROPS.media, number)) > 0.98


def test_joints_are_the_cross_fade_of_their_neighbours(tmp_path):
    line = four_scenes(captions=())
    frames = luma(film(line, tmp_path / "w", crf=2).movie, line)
    joints = [number for number in range(total_frames(line)) if 5 > (number % 25) >= 0 and 20 < number < 100]

    assert len(joints) == 15
    for number in joints:
        assert ssim(frames[number], reference_luma(line, PROPS.media, number)) > 0.99


def test_one_worker_and_two_make_the_same_film_and_each_piece_the_same_bytes(tmp_path):
    line = four_scenes()
    shelves = [CountingShelf(tmp_path / name) for name in "ab"]
    one, two = (
        film(line, tmp_path / str(count), workers=count, shelf=shelf).movie.read_bytes()
        for count, shelf in zip((1, 2), shelves, strict=True)
    )

    assert one == two
    assert sorted(shelves[0].kept) == sorted(shelves[1].kept)
    for key in shelves[0].kept:
        assert shelves[0].find(key).read_bytes() == shelves[1].find(key).read_bytes()


@pytest.mark.parametrize(
    ("change", "pieces", "sounds"),
    [
        ({}, 0, 0),
        ({"captions": (Caption(text="New", start_s=0.5, end_s=2.0), *four_scenes().captions[1:])}, 1, 0),
        ({"scenes": (four_scenes().scenes[0].model_copy(update={"motion": "still"}), *four_scenes().scenes[1:])}, 2, 0),
        ({"music": PROPS.music}, 0, 1),
        ({"brand": {"accent": "#00ff00"}}, 7, 0),
        ({"width": 72, "height": 128}, 7, 0),
    ],
    ids=["nothing", "caption", "scene", "music", "brand", "format"],
)
def test_only_what_changed_is_made_again(tmp_path, change, pieces, sounds):
    shelf = CountingShelf(tmp_path / "shelf")
    line = four_scenes()
    film(line, tmp_path / "before", shelf=shelf)
    assert len(shelf.kept) == len(cut(line)) + len(["sound", "voice"]) == 9
    shelf.kept.clear()
    changed = Timeline.model_validate(line.model_dump() | change)

    video = film(changed, tmp_path / "after", shelf=shelf)

    sound = sound_key(changed, audio_kbps=160)
    assert (len([key for key in shelf.kept if key != sound]), shelf.kept.count(sound)) == (pieces, sounds)
    assert frames_of(video.movie) == total_frames(line)
    assert film(changed, tmp_path / "alone").movie.read_bytes() == video.movie.read_bytes()


def test_other_music_leaves_the_voice_as_it_is_and_another_voice_is_made(tmp_path):
    shelf = CountingShelf(tmp_path / "shelf")
    line = four_scenes(music=PROPS.music)
    film(line, tmp_path / "a", shelf=shelf)
    louder = line.model_copy(update={"music_gain_db": -3.0, "narration_start_s": 1.0})
    film(louder, tmp_path / "b", shelf=shelf)
    assert shelf.kept.count(voice_key(line)) == 1

    other = line.model_copy(update={"narration": PROPS.music})
    film(other, tmp_path / "c", shelf=shelf)
    assert voice_key(other) != voice_key(line)
    assert shelf.kept.count(voice_key(other)) == 1


def frames_of(movie):
    return len(packets(movie, "v")[0])


def test_scenes_that_change_places_keep_their_bodies(tmp_path):
    shelf = CountingShelf(tmp_path / "shelf")
    line = four_scenes(captions=())
    film(line, tmp_path / "before", shelf=shelf)
    shelf.kept.clear()
    a, b, c, d = line.scenes
    swapped = (a, c.model_copy(update={"start_s": b.start_s}), b.model_copy(update={"start_s": c.start_s}), d)

    film(line.model_copy(update={"scenes": swapped}), tmp_path / "after", shelf=shelf)

    # A body lies between its fades, wherever it stands; only the three joints are new.
    assert len(shelf.kept) == 3


def test_progress_counts_kept_frames_at_once_and_never_goes_back(tmp_path):
    shelf = FolderShelf(tmp_path / "shelf")
    line, calls = four_scenes(), []
    film(line, tmp_path / "a", workers=2, shelf=shelf, progress=lambda *call: calls.append(call))
    assert calls == sorted(set(calls))
    assert calls[-1] == (105, 105)
    assert len(calls) > 10

    calls.clear()
    changed = line.model_copy(update={"captions": line.captions[:1]})
    film(changed, tmp_path / "b", shelf=shelf, progress=lambda *call: calls.append(call))
    assert calls[0][0] > 60
    assert calls[-1] == (105, 105)


def test_a_damaged_piece_is_made_again(tmp_path):
    shelf = CountingShelf(tmp_path / "shelf")
    line = four_scenes()
    whole = film(line, tmp_path / "a", shelf=shelf).movie.read_bytes()
    keys = [piece_key(piece, AssemblerMoviepy().encoding) for piece in cut(line)]
    for key, damage in zip(keys, (b"", b"no film", None), strict=False):
        path = shelf.find(key)
        path.write_bytes(path.read_bytes()[:-40] if damage is None else damage)
    shelf.kept.clear()

    assert film(line, tmp_path / "b", shelf=shelf).movie.read_bytes() == whole
    assert set(shelf.kept) == set(keys[:3])


# ---- sound, chapters, formats ----------------------------------------------------------------------------------------


def test_music_makes_way_for_the_voice_and_both_have_their_loudness(tmp_path):
    line = four_scenes(music=PROPS.music, narration_start_s=3.0, music_gain_db=-6.0)
    movie = film(line, tmp_path / "w").movie
    heard = measure_loudness(movie)
    assert heard.integrated_lufs == pytest.approx(-16, abs=1)
    assert heard.true_peak_dbtp <= -1

    arguments = [*ffmpeg.input_file(movie), "-map", "0:a", "-ac", "1", "-ar", "8000", "-f", "s16le", "-"]
    data, _ = ffmpeg.run(arguments, what="reading sound", deadline_s=60)
    samples = np.frombuffer(data, "<i2").astype(float)
    bins = np.fft.rfftfreq(8000, 1 / 8000)

    def level(pitch, second):
        power = np.abs(np.fft.rfft(samples[int(second * 8000) :][:8000] * np.hanning(8000))) ** 2
        return 10 * np.log10(power[np.abs(bins - pitch) < 30].sum())

    # The voice is a tone of 500 Hz from 3 s on for 1.2 s, the music one of 180 Hz.
    assert level(180, 3.2) < level(180, 1.0) - 4
    assert level(180, 6.0) > level(180, 3.2) + 4
    assert level(500, 3.2) > level(180, 3.2)
    # Music of 2.5 s is heard through to the end of 10.5 s, and then fades.
    assert level(180, 8.0) > level(180, 1.0) - 6
    assert np.abs(samples[-400:]).max() < np.abs(samples).max() / 10


def test_silence_stays_silent_and_music_that_is_none_is_named(tmp_path):
    silence = PROPS.sound("voice", 1.0, 500, level=0)
    del PROPS.media  # read the folder again
    movie = film(four_scenes(narration=silence), tmp_path / "a").movie
    assert measure_loudness(movie).integrated_lufs < -60
    both = film(four_scenes(narration=silence, music=PROPS.music), tmp_path / "b").movie
    assert measure_loudness(both).integrated_lufs == pytest.approx(-16, abs=1)

    text = kept(PROPS.folder, "music", b"#EXTM3U\nfile:///etc/passwd\n", "audio/mpeg")
    del PROPS.media
    with pytest.raises(BadInputError, match="music"):
        film(four_scenes(music=text), tmp_path / "c")
    with pytest.raises(MissingAssetError, match="the music"):
        film(four_scenes(music=text.model_copy(update={"sha256": "0" * 64})), tmp_path / "d")


@pytest.mark.parametrize("seconds", [0.0, 0.1])
@pytest.mark.parametrize("music", [False, True])
def test_a_narration_of_nothing_or_next_to_it_makes_a_whole_film(tmp_path, seconds, music):
    nothing = PROPS.sound("voice", seconds, 500, level=0)
    del PROPS.media
    line = four_scenes(narration=nothing, music=PROPS.music if music else None)
    movie = film(line, tmp_path / "w").movie

    assert decoder_complaints(movie) == ""
    sound, rate = packets(movie, "a")
    assert (sound[-1][1] + sound[-1][2]) / rate == pytest.approx(10.5, abs=1 / line.fps)
    heard = measure_loudness(movie).integrated_lufs
    assert heard == pytest.approx(-16, abs=1) if music else heard < -60


def test_a_narration_that_is_no_sound_is_named_and_leaves_nothing(tmp_path):
    text = kept(PROPS.folder, "voice", b"these are words", "audio/wav")
    del PROPS.media
    with pytest.raises(BadInputError, match="the narration"):
        film(four_scenes(narration=text), tmp_path / "w")
    assert list((tmp_path / "w").iterdir()) == []


def test_a_film_of_one_scene_is_whole(tmp_path):
    line = four_scenes(scenes=four_scenes().scenes[:1], captions=four_scenes().captions[:1], duration_s=3.0)
    video = film(line, tmp_path / "w", crf=4)

    assert decoder_complaints(video.movie) == ""
    frames = luma(video.movie, line)
    assert len(frames) == 30
    assert video.poster.exists()
    for number in (0, 12, 29):
        assert ssim(frames[number], reference_luma(line, PROPS.media, number)) > 0.98


def test_titles_of_scenes_are_chapters(tmp_path):
    movie = film(four_scenes(), tmp_path / "w").movie
    _, said = ffmpeg.run(
        [*ffmpeg.input_file(movie), "-t", "0", "-c", "copy", "-f", "null", "-"],
        what="reading chapters",
        deadline_s=30,
        level="info",
    )
    assert re.findall(r"Chapter #0:\d+: start ([\d.]+)", said)[:4] == ["0.000000", "2.500000", "5.000000", "7.500000"]
    assert [said.count(f"Part {number}") > 0 for number in range(4)] == [True] * 4


@pytest.mark.parametrize("size", [(192, 108), (108, 192), (108, 108)])
def test_every_format_comes_from_one_timeline(tmp_path, size):
    line = four_scenes(width=size[0], height=size[1])
    video = film(line, tmp_path / "w", crf=4)
    assert (video.width, video.height) == size == (probe(video.movie).width, probe(video.movie).height)
    frames = luma(video.movie, line)
    for number in (10, 27, 60):
        assert ssim(frames[number], reference_luma(line, PROPS.media, number)) > 0.98


def test_odd_sides_and_pictures_of_any_size_have_a_clear_outcome(tmp_path):
    with pytest.raises(BadInputError, match="even"):
        film(four_scenes(width=127), tmp_path / "a")
    path = PROPS.folder / "drawn.png"
    Image.new("RGB", (1, 1), "teal").save(path)
    dot = kept(PROPS.folder, "cover", path.read_bytes(), "image/png")
    Image.new("L", (20_000, 20_000)).save(path)
    huge = kept(PROPS.folder, "cover", path.read_bytes(), "image/png")
    del PROPS.media
    first, *rest = four_scenes().scenes
    assert film(four_scenes(scenes=(first.model_copy(update={"picture": dot}), *rest)), tmp_path / "b").movie.exists()
    with pytest.raises(BadInputError, match="25 megapixels"):
        film(four_scenes(scenes=(first.model_copy(update={"picture": huge}), *rest)), tmp_path / "c")
