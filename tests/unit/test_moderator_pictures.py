"""A picture classifier sees a picture whole, in parts and in every phase, and holds what it cannot see."""

import gc
import io
import struct
import weakref
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_moderators import tiny_picture_classifier

from content.errors import BadAnswerError, BadConfigurationError, BadInputError, MissingEngineError
from models.metering import Meter, metered
from models.moderator.picture_views import FRAMES, views
from models.naming import EngineName
from models.protocols import Order
from models.registry import build_engine

SHA = "d" * 64


def pictures(folder, options=""):
    name = EngineName.parse(f"transformers:{folder}{'?' if options else ''}{options}")
    return build_engine(
        "picture_moderator", Order(name=name, weights=Path("/dev/null/weights"), engine=lambda _: None, device="cpu")
    )


def loaded(folder, options=""):
    engine = pictures(folder, options)
    engine.load()
    return engine


def noise(width=24, height=24, seed=0):
    grain = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(grain)


def encoded(picture, kind="PNG", **options):
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def flagged(picture):
    """Whether a picture is mostly red: a classifier we can reason about."""
    red, green, blue = np.asarray(picture, dtype=float).reshape(-1, 3).mean(axis=0)
    return red > 200 and green < 80 and blue < 80


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_picture_classifier(tmp_path_factory.mktemp("nsfw"))


@pytest.fixture(scope="module")
def engine(folder):
    return loaded(folder)


@pytest.fixture
def red_finder(folder, monkeypatch):
    """The engine with its network replaced by arithmetic, to show which views reach it."""
    engine = loaded(folder)
    seen = []

    def scores(batch):
        seen.extend(batch)
        return np.array([[0.0, 1.0] if flagged(picture) else [1.0, 0.0] for picture in batch])

    monkeypatch.setattr(engine._held, "scores", scores)
    engine.seen = seen
    return engine


def test_scores_are_the_models_own_and_add_up(engine):
    batch = [noise(seed=seed) for seed in range(11)]
    inside = engine._held
    scores = inside.scores(batch)
    read = inside._processor(batch, return_tensors="pt")
    with torch.inference_mode():
        expected = inside._model(**read).logits.double().softmax(dim=1).numpy()
    assert np.allclose(scores, expected, atol=1e-6)
    assert np.allclose(scores.sum(axis=1), 1)
    assert np.allclose(inside.scores(batch[::-1])[::-1], scores, atol=1e-6)


def test_the_verdict_follows_the_limits_and_is_bound_to_its_bytes(folder, engine):
    data = encoded(noise())
    score = float(engine._held.scores([noise()])[0, 1])
    for hold, block in ((score - 0.01, 1), (score + 0.01, 1), (score - 0.02, score - 0.01)):
        verdict = loaded(folder, f"hold={hold}&block={block}").judge_picture(SHA, data)
        expected = "block" if score >= block else "hold" if score >= hold else "pass"
        assert (verdict.sha256, verdict.modality, verdict.decision) == (SHA, "image", expected)
        assert all(reason.rule == f"picture.nsfw:{score:.2f}" for reason in verdict.reasons)
        assert verdict.moderator == str(engine.identity)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_every_format_is_seen(red_finder, kind):
    assert red_finder.judge_picture(SHA, encoded(Image.new("RGB", (40, 40), "red"), kind)).decision == "block"
    assert red_finder.judge_picture(SHA, encoded(Image.new("RGB", (40, 40), "green"), kind)).decision == "pass"


@pytest.mark.parametrize(
    ("corner", "place"),
    [((0, 0), "upper left quarter"), ((200, 200), "lower right quarter"), ((100, 100), "middle")],
)
def test_a_small_part_of_a_large_picture_is_found(red_finder, corner, place):
    picture = Image.new("RGB", (400, 400), "white")
    picture.paste("red", (*corner, corner[0] + 200, corner[1] + 200))
    verdict = red_finder.judge_picture(SHA, encoded(picture))
    assert (verdict.decision, verdict.reasons[0].excerpt) == ("block", place)


def test_one_phase_of_a_moving_picture_is_enough(red_finder):
    frames = [Image.new("RGB", (20, 20), "green") for _ in range(9)]
    frames[6] = Image.new("RGB", (20, 20), "red")
    for number, frame in enumerate(frames):
        frame.putpixel((0, 0), (number, 0, 0))  # equal frames would be saved as one
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50)
    verdict = red_finder.judge_picture(SHA, data)
    assert (verdict.decision, verdict.reasons[0].excerpt) == ("block", "frame 7")


def test_a_long_loop_is_seen_from_its_first_frame_to_its_last():
    frames = [Image.new("RGB", (8, 8), (number, 0, 0)) for number in range(100)]
    data = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    places = [view.place for view in views(data, 32)]
    assert len(places) == FRAMES
    assert (places[0], places[-1]) == ("", "frame 100")


def test_what_shows_on_a_dark_ground_only_is_seen(red_finder):
    picture = Image.new("RGBA", (30, 30), (255, 255, 255, 0))
    picture.paste((255, 0, 0, 250), (0, 0, 30, 30))
    assert red_finder.judge_picture(SHA, encoded(picture)).decision == "block"
    assert len(red_finder.seen) == 2
    ghost = [
        view.picture.getpixel((5, 5)) for view in views(encoded(Image.new("RGBA", (9, 9), (255, 255, 255, 128))), 32)
    ]
    assert ghost[0] == (255, 255, 255)
    assert ghost[1][0] < 140


def bomb():
    """A PNG of a few kilobytes whose header promises 30,000×30,000 pixels."""
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(100_000), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )


@pytest.mark.parametrize(
    "data",
    [b"", b"not a picture", bomb(), encoded(noise(80, 80))[:2000], encoded(noise(), "TIFF"), encoded(noise(), "BMP")],
    ids=["empty", "junk", "bomb", "cut", "tiff", "bmp"],
)
def test_what_cannot_be_decoded_is_held_and_says_so(engine, data):
    verdict = engine.judge_picture(SHA, data)
    assert (verdict.sha256, verdict.modality, verdict.decision) == (SHA, "image", "hold")
    assert verdict.reasons[0].rule == "picture.unreadable"
    assert "cannot be decoded" in verdict.reasons[0].excerpt


def test_a_frame_that_breaks_off_is_held(engine):
    frames = [noise(60, 60, seed) for seed in range(5)]
    data = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    verdict = engine.judge_picture(SHA, data[: len(data) * 3 // 5])
    assert verdict.decision == "hold"
    assert verdict.reasons[0].rule == "picture.unreadable"


def test_a_film_in_a_pictures_clothes_is_not_judged_by_a_few_frames():
    frames = [Image.new("L", (4, 4), number % 256) for number in range(600)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    with pytest.raises(BadInputError, match="600 frames"):
        list(views(data, 32))


def test_scores_that_are_no_numbers_are_no_verdict(folder):
    engine = loaded(folder)
    with torch.no_grad():
        engine._held._model.classifier.weight[0, 0] = float("inf")
    with pytest.raises(BadAnswerError, match="no numbers"):
        engine.judge_picture(SHA, encoded(noise()))


def test_a_classifier_of_anything_else_is_no_moderator(tmp_path):
    with pytest.raises(BadConfigurationError, match="names no hazard"):
        loaded(tiny_picture_classifier(tmp_path, ("tabby cat", "ferry")))


def test_work_is_metered_in_pictures(engine):
    with metered(meter := Meter()):
        engine.judge_picture(SHA, encoded(noise(100, 100)))
    assert meter.usage.images == 6


def test_a_batch_that_does_not_fit_is_halved(folder, monkeypatch):
    engine = loaded(folder)
    batch = [noise(seed=seed) for seed in range(8)]
    expected = engine._held.scores(batch)
    forward = engine._held._model.forward

    def cramped(pixel_values):
        if len(pixel_values) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(pixel_values)

    monkeypatch.setattr(engine._held._model, "forward", cramped)
    assert np.allclose(engine._held.scores(batch), expected, atol=1e-6)


def test_release_gives_the_weights_back(folder):
    engine = loaded(folder)
    model = weakref.ref(engine._held._model)
    engine.release()
    gc.collect()
    assert model() is None
    with pytest.raises(MissingEngineError, match="before it was loaded"):
        engine.judge_picture(SHA, encoded(noise()))
