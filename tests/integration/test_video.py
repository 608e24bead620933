import subprocess

import numpy as np
import pytest
from PIL import Image, ImageDraw

from content.errors import BadInputError, MissingAssetError, TimedOutError
from content.recipes import sha256_of
from content.timeline import Shot, lay_timeline
from content.values import AssetRef, Brand, Narration, Script, Segment
from models.assembler.assembler_moviepy import AssemblerMoviepy
from models.media import ffmpeg
from models.media.media_probe import decoder_complaints, measure_loudness, probe
from models.narrator.narrator_espeak import NarratorEspeak

SCRIPT = Script(
    language="en",
    segments=(
        Segment(kind="title", text="The Civic Digest."),
        Segment(kind="story", text="Agencies can buy small services now."),
        Segment(kind="end", text="Thank you for listening."),
    ),
)
SIZE = (480, 270)


def kept(folder, name, data, media_type):
    digest = sha256_of(data)
    (folder / digest).write_bytes(data)
    return AssetRef(kind=name, sha256=digest, bytes=len(data), media_type=media_type), {digest: folder / digest}


@pytest.fixture(scope="module")
def laid(tmp_path_factory):
    folder = tmp_path_factory.mktemp("media")
    told = NarratorEspeak().narrate(SCRIPT, seed=0)
    audio, media = kept(folder, "narration", told.wav, "audio/wav")
    pictures = []
    for index, ground in enumerate(["#14213d", "#faf7f2", "#2e7f86"]):
        picture = Image.new("RGB", (960, 540), ground)
        ImageDraw.Draw(picture).ellipse((100 + 150 * index, 80, 300 + 150 * index, 280), fill="#d1495b")
        path = folder / "drawn.png"
        picture.save(path)
        ref, one = kept(folder, "cover", path.read_bytes(), "image/png")
        pictures.append(ref)
        media |= one
    narration = Narration(
        audio=audio, words=told.words, segment_starts_s=told.segment_starts_s, duration_s=told.duration_s
    )
    shots = [Shot(picture=picture) for picture in pictures]
    timeline = lay_timeline(narration, SCRIPT, shots, brand=Brand(), language="en", width=SIZE[0], height=SIZE[1])
    return timeline, media


@pytest.fixture(scope="module")
def made(laid, tmp_path_factory):
    calls = []
    work = tmp_path_factory.mktemp("work")
    video = AssemblerMoviepy().assemble(*laid, work, lambda done, total: calls.append((done, total)))
    return video, calls, work


@pytest.fixture(scope="module")
def luma(made):
    """Every frame's luma as a browser would decode it, (N, H, W)."""
    line = [*ffmpeg.input_file(made[0].movie), "-map", "0:v", "-pix_fmt", "gray", "-f", "rawvideo", "-"]
    data, _ = ffmpeg.run(line, what="reading frames", deadline_s=60)
    return np.frombuffer(data, np.uint8).reshape(-1, SIZE[1], SIZE[0])


def test_the_file_is_what_browsers_play(laid, made):
    facts = probe(made[0].movie)

    assert (facts.video_codec, facts.profile, facts.pixel_format) == ("h264", "High", "yuv420p")
    assert facts.colours.startswith("tv, bt709")
    assert (facts.audio_codec, facts.sample_rate) == ("aac", 48000)
    assert (facts.width, facts.height, facts.fps) == (*SIZE, 30)
    assert facts.faststart
    assert facts.duration_s == pytest.approx(laid[0].duration_s, abs=1 / 30)


def test_it_decodes_without_a_warning_to_exactly_the_timelines_frames(laid, made, luma):
    assert decoder_complaints(made[0].movie) == ""
    assert len(luma) == round(laid[0].duration_s * 30)


def test_it_is_as_loud_as_it_should_be_and_never_clips(laid, made):
    heard = measure_loudness(made[0].movie)

    assert heard.integrated_lufs == pytest.approx(laid[0].loudness_lufs, abs=1)
    assert heard.true_peak_dbtp <= -1


def test_no_frame_is_black_and_the_end_does_not_freeze(luma):
    assert luma.reshape(len(luma), -1).mean(axis=1).min() > 20
    moved = np.abs(np.diff(luma[-60:].astype(int), axis=0)).max(axis=(1, 2)) > 2
    assert moved.any()


def test_captions_are_on_screen_exactly_while_their_words_are_heard(laid, luma):
    timeline = laid[0]
    corner = luma[:, int(SIZE[1] * 0.90) : int(SIZE[1] * 0.93), SIZE[0] // 2 - 20 : SIZE[0] // 2 + 20]
    story = timeline.scenes[1]
    shown = corner.reshape(len(luma), -1).mean(axis=1) < 150  # dark box on the story's light ground
    first, last = (
        round(t * 30) for t in (story.start_s + timeline.crossfade_s, story.start_s + story.duration_s - 0.5)
    )
    for number in range(first, last):
        at = (number + 0.5) / 30
        assert shown[number] == any(c.start_s <= at < c.end_s for c in timeline.captions), number


def test_the_sound_begins_with_the_first_caption(laid, made):
    line = [*ffmpeg.input_file(made[0].movie), "-map", "0:a", "-ac", "1", "-f", "s16le", "-"]
    data, _ = ffmpeg.run(line, what="reading sound", deadline_s=60)
    loud = np.flatnonzero(np.abs(np.frombuffer(data, "<i2").astype(int)) > 800)

    assert loud[0] / 48000 == pytest.approx(laid[0].captions[0].start_s, abs=0.06)


def test_voice_and_captions_do_not_drift_apart_over_the_whole_film(laid, made):
    timeline = laid[0]
    line = [*ffmpeg.input_file(made[0].movie), "-map", "0:a", "-ac", "1", "-f", "s16le", "-"]
    data, _ = ffmpeg.run(line, what="reading sound", deadline_s=60)
    loud = np.abs(np.frombuffer(data, "<i2").astype(int)) > 800

    # A segment's first caption begins with its voice, after a pause.
    begins = first_words(timeline)
    assert len(begins) == len(SCRIPT.segments)
    for at in begins:
        since = round((at - 0.2) * 48000)
        assert not loud[since : since + 4800].any()
        assert (since + np.flatnonzero(loud[since:])[0]) / 48000 == pytest.approx(at, abs=0.06)


def first_words(timeline):
    words = [word for caption in timeline.captions for word in caption.words]
    return [
        word.start_s
        for before, word in zip([None, *words], words, strict=False)
        if before is None or before.segment != word.segment
    ]


def test_the_picture_moves_to_its_end_and_the_sound_stops_with_it(laid, luma, made):
    last = luma[-45:].astype(int)
    assert min(np.abs(last[at + 15] - last[at]).max() for at in (0, 15, 29)) > 5
    assert probe(made[0].movie).duration_s == pytest.approx(len(luma) / 30, abs=1 / 30)


def test_progress_reaches_the_end_and_nothing_but_movie_and_poster_is_left(made):
    video, calls, work = made
    totals = {total for _, total in calls}

    assert totals == {calls[-1][0]}
    assert [done for done, _ in calls] == sorted({done for done, _ in calls})
    assert {path.name for path in work.iterdir()} == {video.movie.name, video.poster.name}
    with Image.open(video.poster) as poster:
        assert (poster.format, poster.size) == ("JPEG", SIZE)


def test_the_same_timeline_gives_the_same_bytes(laid, made, tmp_path):
    again = AssemblerMoviepy().assemble(*laid, tmp_path, lambda *_: None)

    assert again.movie.read_bytes() == made[0].movie.read_bytes()
    assert again.poster.read_bytes() == made[0].poster.read_bytes()


def test_an_interrupted_rendering_leaves_no_movie_and_no_process(laid, tmp_path, monkeypatch):
    started = []
    popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *a, **k: started.append(popen(*a, **k)) or started[-1])

    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        AssemblerMoviepy().assemble(*laid, tmp_path, interrupt)

    assert {path.name for path in tmp_path.iterdir()} <= {"poster.jpg"}
    assert all(process.poll() is not None for process in started)


def test_an_encoder_that_is_too_slow_or_refuses_is_named(laid, tmp_path, monkeypatch):
    assembler = AssemblerMoviepy(preset="no-such-preset")
    with pytest.raises(BadInputError, match="encoding the video"):
        assembler.assemble(*laid, tmp_path, lambda *_: None)
    monkeypatch.setattr(
        "models.assembler.assembler_moviepy.make_soundtrack", lambda *_, **__: laid[1][laid[0].narration.sha256]
    )
    with pytest.raises(TimedOutError, match="not done within"):
        AssemblerMoviepy(deadline_s=0.05).assemble(*laid, tmp_path, lambda *_: None)
    assert not (tmp_path / "movie.mp4").exists()


def test_a_narration_that_is_not_at_hand_is_named(laid, tmp_path):
    with pytest.raises(MissingAssetError, match="narration"):
        AssemblerMoviepy().assemble(laid[0], {}, tmp_path, lambda *_: None)


def test_ffmpeg_opens_no_address():
    with pytest.raises(BadInputError, match="probing"):
        ffmpeg.run(
            [*ffmpeg.BEFORE_INPUT, "-i", "http://127.0.0.1:9/x.mp4", "-f", "null", "-"], what="probing", deadline_s=20
        )


def test_something_that_is_no_media_file_is_refused(tmp_path):
    path = tmp_path / "text"
    path.write_text("hello")
    with pytest.raises(BadInputError, match="probing text"):
        probe(path)
