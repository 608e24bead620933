"""The animator on tiny LTX, Wan and CogVideoX pipelines, loaded as a user's weights are."""

import gc
import io
import weakref
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tiny_painters import tiny_cogvideox, tiny_ltx, tiny_sd, tiny_wan

from content.errors import BadConfigurationError, BadInputError, MissingEngineError, OutOfMemoryError
from models.media import media_probe
from models.metering import Meter, metered
from models.naming import EngineName
from models.protocols import ClipRequest, Order
from models.registry import build_engine

FROM_TEXT, FROM_PICTURE = (
    ("ltx", "wan", "wan-either", "cogvideox"),
    ("ltx", "wan-picture", "wan-either", "cogvideox-picture"),
)
PACE = {"ltx": (24, 8), "wan": (16, 4), "wan-either": (16, 4), "cogvideox": (8, 8)}


def quiet(done, total):
    pass


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("weights")
    return {
        "ltx": tiny_ltx(root / "ltx"),
        "wan": tiny_wan(root / "wan"),
        "wan-picture": tiny_wan(root / "wan-picture", starts_from_picture=True),
        "wan-either": tiny_wan(root / "wan-either", either=True),
        "cogvideox": tiny_cogvideox(root / "cogvideox"),
        "cogvideox-picture": tiny_cogvideox(root / "cogvideox-picture", starts_from_picture=True),
    }


def engine_of(folder, **options):
    told = {"steps": 2, "width": 64, "height": 48} | options
    name = EngineName(backend="diffusers", model=str(folder), options={k: str(v) for k, v in told.items()})
    return build_engine("animator", Order(name, Path("/dev/null/weights"), lambda _: None, device="cpu"))


@pytest.fixture(scope="module")
def engines(folders):
    """One loaded engine for each kind, for tests that leave it as it was."""
    made = {name: engine_of(folder) for name, folder in folders.items()}
    for engine in made.values():
        engine.load()
    return made


def picture(colour="red", size=(90, 70)):
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


def ask(**more):
    return ClipRequest(**({"prompt": "a red boat at dawn", "width": 64, "height": 64, "seconds": 0.6} | more))


def film(engine, work, seed=1, **more):
    return engine.animate(ask(**more), work, quiet, seed=seed)


@pytest.mark.parametrize("kind", FROM_TEXT)
def test_a_prompt_becomes_a_silent_film_of_the_size_asked_for(engines, tmp_path, kind):
    clip = film(engines[kind], tmp_path, width=100, height=74)
    facts = media_probe.probe(clip.movie)
    fps, step = PACE[kind]
    frames = round(clip.duration_s * fps)
    assert (facts.video_codec, facts.pixel_format, facts.audio_codec) == ("h264", "yuv420p", "")
    assert (facts.width, facts.height) == (clip.width, clip.height) == (100, 74)
    assert facts.fps == clip.fps == fps
    assert frames % step == 1
    assert frames == step + 1 or abs(clip.duration_s - 0.6) <= (step / 2 + 1) / fps
    assert abs(facts.duration_s - clip.duration_s) < 0.02
    assert facts.faststart
    assert "bt709" in facts.colours
    assert media_probe.decoder_complaints(clip.movie) == ""
    assert [path.name for path in tmp_path.iterdir()] == [clip.movie.name]


@pytest.mark.parametrize("kind", FROM_PICTURE)
def test_a_picture_is_what_a_film_starts_from(engines, tmp_path, kind):
    red, blue = (film(engines[kind], tmp_path, picture=picture(colour)) for colour in ("red", "blue"))
    assert red.movie != blue.movie
    assert red.movie.read_bytes() != blue.movie.read_bytes()
    assert media_probe.probe(red.movie).width == 64


@pytest.mark.parametrize("kind", FROM_TEXT)
def test_same_seed_gives_same_bytes_and_another_seed_another_film(engines, tmp_path, kind):
    first = film(engines[kind], tmp_path).movie.read_bytes()
    assert film(engines[kind], tmp_path).movie.read_bytes() == first
    assert film(engines[kind], tmp_path, seed=2).movie.read_bytes() != first


def test_a_film_leaves_the_global_random_numbers_alone(engines, tmp_path):
    import torch

    before = torch.random.get_rng_state()
    for kind in FROM_TEXT:
        film(engines[kind], tmp_path)
    film(engines["ltx"], tmp_path, picture=picture())
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize(
    ("kind", "more", "said"),
    [
        ("wan", {"picture": picture()}, "from a prompt only"),
        ("cogvideox", {"picture": picture()}, "from a prompt only"),
        ("wan-picture", {}, "from a picture only"),
        ("cogvideox-picture", {}, "from a picture only"),
        ("ltx", {"picture": b"GIF89a"}, "no readable picture"),
        ("ltx", {"width": 65}, "must be even"),
    ],
)
def test_what_cannot_be_done_is_bad_input(engines, tmp_path, kind, more, said):
    with pytest.raises(BadInputError, match=said):
        film(engines[kind], tmp_path, **more)
    assert not list(tmp_path.iterdir())


@settings(max_examples=60)
@given(seconds=st.floats(0.01, 10), width=st.integers(64, 1920), height=st.integers(64, 1920))
def test_frames_and_sides_are_what_a_pipeline_can_do(engines, seconds, width, height):
    for kind in FROM_TEXT:
        easel, (fps, step) = engines[kind]._easel, PACE[kind]
        frames = easel.frames_for(seconds)
        assert frames % step == 1
        assert 1 < frames <= easel._longest
        if step < seconds * fps < easel._longest - step:
            assert abs(frames - seconds * fps) <= step / 2 + 1
        sides, multiple = easel.size_for(width, height), 32 if kind == "ltx" else 16
        assert all(side >= multiple and side % multiple == 0 for side in sides)


def test_a_clip_is_never_longer_than_its_pipeline_was_trained_for(engines, folders, tmp_path):
    assert film(engines["cogvideox"], tmp_path, seconds=9).duration_s == 9 / 8
    assert film(engine_of(folders["wan"], frames=5), tmp_path, seconds=9).duration_s == 5 / 16


def test_progress_goes_up_to_a_total_that_stays(engines, tmp_path):
    seen = []
    engines["wan"].animate(ask(), tmp_path, lambda done, total: seen.append((done, total)), seed=1)
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_what_was_used_is_on_the_meter(engines, tmp_path):
    meter = Meter()
    with metered(meter):
        film(engines["ltx"], tmp_path)
    assert meter.usage.device_s > 0


def test_options_reach_the_pipeline_and_the_identity(engines, folders, tmp_path):
    plain = film(engines["ltx"], tmp_path).movie.read_bytes()
    options = {
        "steps": 3,
        "guidance": 1.5,
        "negative": "blue",
        "fps": 12,
        "width": 96,
        "frames": 9,
        "vae_tiling": "yes",
    }
    for key, value in options.items():
        other = engine_of(folders["ltx"], **{key: value})
        assert other.identity != engines["ltx"].identity
        if key not in {"vae_tiling", "width"}:
            assert film(other, tmp_path).movie.read_bytes() != plain, key
    slow = film(engine_of(folders["ltx"], fps=12), tmp_path)
    assert media_probe.probe(slow.movie).fps == slow.fps == 12


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"fps": 61}, "fps may be"),
        ({"batch": 2}, "no option"),
        ({"frames": -1}, "frames"),
        ({"dtype": "x"}, "bfloat16"),
    ],
)
def test_options_that_make_no_sense_are_refused_at_once(folders, options, said):
    with pytest.raises(BadConfigurationError, match=said):
        engine_of(folders["ltx"], **options)


def test_a_device_without_room_is_out_of_memory_and_the_next_may_try(monkeypatch, engines, tmp_path):
    import torch

    def full(*args, **more):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB")

    with monkeypatch.context() as patch:
        patch.setattr(engines["ltx"]._easel._own.transformer, "forward", full)
        with pytest.raises(OutOfMemoryError, match="making a clip"):
            film(engines["ltx"], tmp_path)
    assert film(engines["ltx"], tmp_path).movie.exists()


@pytest.mark.parametrize("kind", ["ltx", "wan-picture"])
def test_release_gives_the_weights_back_and_load_brings_them_again(folders, tmp_path, kind):
    engine, more = engine_of(folders[kind]), {"picture": picture()}
    assert engine.footprint > 1_000_000
    first = film(engine, tmp_path, **more).movie.read_bytes()
    parts = [weakref.ref(engine._easel._own), weakref.ref(engine._easel._own.transformer)]
    engine.release()
    gc.collect()
    assert [part() for part in parts] == [None, None]
    assert film(engine, tmp_path, **more).movie.read_bytes() == first


def test_missing_weights_and_models_of_stills_are_refused(tmp_path):
    with pytest.raises(MissingEngineError):
        engine_of(tmp_path / "nowhere").load()
    with pytest.raises(BadConfigurationError, match="makes no films"):
        engine_of(tiny_sd(tmp_path / "sd")).load()
