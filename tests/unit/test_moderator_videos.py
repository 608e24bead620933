"""A film is looked at just after every cut, every second and in motion; what cannot be read to its end is an error."""

import gc
import math
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tiny_moderators import tiny_action_classifier, tiny_picture_classifier

from content.errors import BadAnswerError, BadConfigurationError, BadInputError, MissingEngineError, TimedOutError
from models.editor.film_plan import plan_film
from models.media import ffmpeg, film_frames
from models.metering import Meter, metered
from models.naming import EngineName
from models.protocols import Order
from models.registry import build_engine

SHA = "e" * 64
RATE = film_frames.RATE


def videos(name):
    order = Order(name=EngineName.parse(name), weights=Path("/dev/null/weights"), engine=lambda _: None, device="cpu")
    return build_engine("video_moderator", order)


def loaded(name):
    engine = videos(name)
    engine.load()
    return engine


def silent(_done, _total):
    pass


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def actions(tmp_path_factory):
    return tiny_action_classifier(tmp_path_factory.mktemp("actions"))


@pytest.fixture(scope="module")
def nsfw(tmp_path_factory):
    return tiny_picture_classifier(tmp_path_factory.mktemp("nsfw"))


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Six seconds at 25 frames a second: green, but for 0.2 seconds of red from 2.52 s on."""
    movie = tmp_path_factory.mktemp("film") / "movie.mp4"
    red = "drawbox=c=red:t=fill:enable='between(t,2.515,2.715)'"
    ffmpeg.run(
        [
            *("-f", "lavfi", "-i", "color=green:s=640x360:d=6:r=25", "-vf", red, "-pix_fmt", "yuv420p"),
            *("-movflags", "+faststart", "-y", f"file:{movie}"),
        ],
        what="making a film",
        deadline_s=60,
    )
    return movie


def is_red(picture):
    red, green, _ = np.asarray(picture, dtype=float).reshape(-1, 3).mean(axis=0)
    return red > 150 and green < 90


@pytest.fixture
def watcher(actions, nsfw, monkeypatch):
    """The engine with both networks replaced by arithmetic on what reaches them."""
    engine = loaded(f"transformers:{actions}?frames={nsfw}")
    engine.stills, engine.windows = [], []

    def of_stills(batch):
        engine.stills.append(batch)
        return np.array([[0.0, 1.0] if is_red(picture) else [1.0, 0.0] for picture in batch])

    def of_windows(batch):
        engine.windows.append(batch)
        reds = [sum(map(is_red, window)) / len(window) for window in batch]
        return np.array([[1 - red, red, 0.0, 0.0] for red in reds])

    monkeypatch.setattr(engine._held.pictures, "scores", of_stills)
    monkeypatch.setattr(engine._held.actions, "scores", of_windows)
    return engine


# ---- what is looked at -----------------------------------------------------------------------------------------------

DURATIONS = st.floats(0.05, 90)
CUTS = st.lists(st.floats(-1, 100), max_size=12)


@given(DURATIONS, CUTS, st.integers(1, 32), st.floats(0.5, 10))
def test_every_second_and_every_shot_is_looked_at(duration, cuts, count, window_s):
    plan = plan_film(duration, cuts, rate=RATE, window_s=window_s, window_frames=count, stills=True)
    last = math.ceil(duration * RATE) - 1
    starts = sorted({0.0, *(cut for cut in cuts if 0 < cut < duration)})
    assert all(0 <= number <= last for number in plan.stills)
    for second in range(math.ceil(duration)):
        assert any(abs(number / RATE - second) <= 1 / RATE for number in plan.stills)
    for start, end in zip(starts, [*starts[1:], duration], strict=True):
        middle = start + min(0.1, (end - start) / 2)
        assert min(last, math.floor(middle * RATE)) in plan.stills
        inside = [window for window in plan.windows if start - 1e-9 <= window.at_s < end]
        assert inside
        assert all(len(window.frames) == count and list(window.frames) == sorted(window.frames) for window in inside)
        reach = [window.at_s + window_s for window in inside]
        assert max(reach) >= end - 1e-6
        for window in inside:
            assert start * RATE - 1 <= window.frames[0]
            assert window.frames[-1] <= end * RATE
    assert [window.frames[-1] for window in plan.windows] == sorted(window.frames[-1] for window in plan.windows)


def test_a_short_shot_is_found_by_its_cut_and_the_time_is_told(watcher, film):
    verdict = watcher.judge_video(SHA, film, [0, 2.52, 2.72], silent)
    assert (verdict.sha256, verdict.modality, verdict.decision) == (SHA, "video", "block")
    assert [(reason.rule, reason.excerpt) for reason in verdict.reasons] == [
        ("frame.nsfw:1.00", "at 2.6 s"),
        ("action.slapping:0.90", "at 2.5 s"),
    ]
    assert verdict.moderator == str(watcher.identity)


def test_a_film_without_that_shot_passes(watcher, film, tmp_path):
    clean = tmp_path / "clean.mp4"
    ffmpeg.run([*ffmpeg.input_file(film), "-t", "2.4", "-y", f"file:{clean}"], what="cutting", deadline_s=60)
    assert watcher.judge_video(SHA, clean, [0], silent).decision == "pass"


def test_pictures_come_small_in_batches_and_each_window_whole(watcher, film):
    watcher.judge_video(SHA, film, [0, 1, 3, 3.2], silent)
    assert {picture.size for batch in watcher.stills for picture in batch} == {(512, 288)}
    assert max(map(len, watcher.stills)) <= 8
    assert sum(map(len, watcher.stills)) == len({0, 1, 2, 3, 4, 5} | {0.1, 1.1, 3.1, 3.3})
    assert all(len(window) == 4 for batch in watcher.windows for window in batch)


def test_progress_goes_up_to_one_total(watcher, film):
    told = []
    watcher.judge_video(SHA, film, [], lambda done, total: told.append((done, total)))
    assert told == sorted(set(told))
    assert told[-1] == (6, 6)
    assert {total for _, total in told} == {6}


def test_what_a_caller_raises_ends_the_work(watcher, film):
    def cancel(done, _total):
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watcher.judge_video(SHA, film, [], cancel)
    assert watcher.judge_video(SHA, film, [0, 2.52, 2.72], silent).decision == "block"


# ---- real networks ---------------------------------------------------------------------------------------------------


def test_scores_are_shares_and_the_same_in_any_order(actions):
    inside = loaded(f"transformers:{actions}")._held.actions
    grain = np.random.default_rng(0).integers(0, 256, (5, 4, 40, 60, 3), dtype=np.uint8)
    windows = [[Image.fromarray(frame) for frame in window] for window in grain]
    scores = inside.scores(windows)
    assert scores.shape == (5, 4)
    assert np.allclose(scores.sum(axis=1), 1)
    assert np.allclose(inside.scores(windows[::-1])[::-1], scores, atol=1e-5)
    assert not np.allclose(scores[0], scores[1])


def test_a_whole_film_through_both_networks_gives_the_same_verdict_twice(actions, nsfw, film):
    engine = loaded(f"transformers:{actions}?frames={nsfw}&hold=0.001&block=1")
    with metered(meter := Meter()):
        verdict = engine.judge_video(SHA, film, [0, 2.5], silent)
    assert verdict == engine.judge_video(SHA, film, [0, 2.5], silent)
    assert {reason.rule.partition(".")[0] for reason in verdict.reasons} == {"frame", "action"}
    assert meter.usage.images == 6 + 2 + 4 * 3
    assert all(reason.excerpt.startswith("at ") for reason in verdict.reasons)


def test_a_picture_classifier_alone_judges_stills_only(nsfw, film):
    engine = loaded(f"transformers:{nsfw}?hold=0.001&block=1")
    verdict = engine.judge_video(SHA, film, [], silent)
    assert [reason.rule.partition(".")[0] for reason in verdict.reasons] == ["frame"]


def test_scores_that_are_no_numbers_are_no_verdict(actions, film):
    engine = loaded(f"transformers:{actions}")
    with torch.no_grad():
        engine._held.actions._model.classifier.weight[0, 0] = float("nan")
    with pytest.raises(BadAnswerError, match="no numbers"):
        engine.judge_video(SHA, film, [], silent)


# ---- broken films ----------------------------------------------------------------------------------------------------


def broken(film, how):
    data = film.read_bytes()
    half = len(data) // 2
    return {
        "empty": b"",
        "junk": b"no film" * 100,
        "cut": data[: len(data) * 6 // 10],
        "corrupt": data[:half] + bytes(255 - byte for byte in data[half : half + 800]) + data[half + 800 :],
        "playlist": b"ffconcat version 1.0\nfile /etc/hostname\n",
    }[how]


@pytest.mark.parametrize("how", ["empty", "junk", "cut", "corrupt", "playlist"])
def test_a_film_that_cannot_be_read_to_its_end_is_an_error(watcher, film, tmp_path, how):
    movie = tmp_path / "broken.mp4"
    movie.write_bytes(broken(film, how))
    with pytest.raises(BadInputError):
        watcher.judge_video(SHA, movie, [], silent)


def test_sound_alone_is_no_film(watcher, tmp_path):
    sound = tmp_path / "sound.mp4"
    ffmpeg.run(["-f", "lavfi", "-i", "sine=d=1", "-y", f"file:{sound}"], what="humming", deadline_s=60)
    with pytest.raises(BadInputError, match="no pictures"):
        watcher.judge_video(SHA, sound, [], silent)


def test_a_decoder_that_stalls_is_ended(film, tmp_path, monkeypatch):
    monkeypatch.setattr(film_frames, "STALL_S", 0.1)
    monkeypatch.setattr(ffmpeg, "command", lambda *_: ["sleep", "60"])
    with pytest.raises(TimedOutError, match="gave no frame"):
        list(film_frames.film_frames(film, 6.0))


# ---- the life of an engine -------------------------------------------------------------------------------------------


def test_identity_names_both_models_and_how_films_are_cut(actions, nsfw):
    told = ("", "?window=2", f"?frames={nsfw}", "?hold=0.2", "?batch=4")
    assert len({videos(f"transformers:{actions}{each}").identity.model_dump_json() for each in told}) == len(told)
    both = videos(f"transformers:{actions}?frames={nsfw}").identity
    assert str(both.parameters["frames"]).startswith(f"{nsfw.name}@")
    assert videos(f"transformers:{actions}?frames={nsfw}").footprint > videos(f"transformers:{actions}").footprint


def test_options_that_make_no_sense_are_named(actions, nsfw):
    with pytest.raises(BadConfigurationError, match="no option 'speed'"):
        videos(f"transformers:{actions}?speed=2")
    with pytest.raises(BadConfigurationError, match=r"0\.5 to 10 seconds"):
        videos(f"transformers:{actions}?window=60")
    with pytest.raises(BadConfigurationError, match="no action classifier"):
        loaded(f"transformers:{nsfw}?frames={nsfw}")
    with pytest.raises(MissingEngineError, match=r"pressroom models pull org/frames"):
        loaded(f"transformers:{actions}?frames=org/frames@{'a' * 40}")


def test_release_gives_both_models_back(actions, nsfw, film):
    engine = loaded(f"transformers:{actions}?frames={nsfw}")
    references = [weakref.ref(engine._held.pictures._model), weakref.ref(engine._held.actions._model)]
    engine.release()
    gc.collect()
    assert [reference() for reference in references] == [None, None]
    with pytest.raises(MissingEngineError, match="before it was loaded"):
        engine.judge_video(SHA, film, [], silent)
