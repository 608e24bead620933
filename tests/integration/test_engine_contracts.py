"""One contract for every backend of a medium, fakes included: what the house may rely on whoever does the work."""

import gc
import io
import json
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tiny_embedders import tiny_sentence_transformer, tiny_transformer
from tiny_moderators import (
    tiny_action_classifier,
    tiny_guard,
    tiny_picture_classifier,
    tiny_text_classifier,
)
from tiny_narrators import tiny_vits
from tiny_painters import tiny_flux, tiny_ltx, tiny_sd, tiny_sdxl
from tiny_writers import save_tiny_writer

from content.errors import BadConfigurationError, MissingEngineError
from content.recipes import EngineIdentity, sha256_of
from content.values import ModerationRequest, Script, Segment
from models.media import ffmpeg
from models.metering import Meter, metered
from models.naming import EngineName
from models.protocols import (
    ApiAccess,
    ClipRequest,
    CoverRequest,
    Engine,
    Message,
    Order,
    PaintRequest,
    Question,
)
from models.registry import BACKENDS, MEDIA, build_engine

SCHEMA = {
    "type": "object",
    "properties": {"headline": {"type": "string", "maxLength": 24}, "stars": {"type": "integer", "enum": [1, 2, 3]}},
    "required": ["headline", "stars"],
    "additionalProperties": False,
}
QUESTION = Question(
    messages=(Message(role="system", text="Answer in JSON."), Message(role="user", text="Name the story.")),
    answer_schema=json.dumps(SCHEMA, sort_keys=True),
    max_tokens=256,
)
SCRIPT = Script(
    language="en",
    segments=(Segment(kind="title", text="good morning harbour"), Segment(kind="story", text="the ferry sails again")),
)
NO_MODEL = {
    "minilm",
    "ngram",
    "extractive",
    "generative",
    "typographic",
    "espeak",
    "ffmpeg",
    "moviepy",
    "rules",
    "fake",
    "obedient",
}


def ignore(done: int, total: int) -> None:
    assert 0 <= done <= total


# ---- every backend, with a small piece of work whose result can be compared ------------------------------------------


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A tiny model for every backend that wants one."""
    folder = tmp_path_factory.mktemp("models")
    builders: dict[str, Callable[[Path], Path]] = {
        "llama": save_tiny_writer,
        "qwen3": lambda path: save_tiny_writer(path, "qwen3"),
        "sentence-transformer": tiny_sentence_transformer,
        "plain-transformer": tiny_transformer,
        "sd": tiny_sd,
        "sdxl": tiny_sdxl,
        "flux": tiny_flux,
        "ltx": tiny_ltx,
        "vits": tiny_vits,
        "guard": tiny_guard,
        "toxic": tiny_text_classifier,
        "vit": tiny_picture_classifier,
        "videomae": tiny_action_classifier,
    }
    return {name: build(folder / name) for name, build in builders.items()}


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of moving colour."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    arguments = ["-f", "lavfi", "-i", "testsrc=size=160x90:rate=10:duration=2", "-pix_fmt", "yuv420p", f"file:{path}"]
    ffmpeg.run(arguments, what="making a film", deadline_s=30)
    return path


CASES = [
    ("embedder", "minilm", ""),
    ("embedder", "ngram", ""),
    ("embedder", "fake", ""),
    ("embedder", "transformers", "sentence-transformer"),
    ("embedder", "transformers", "plain-transformer"),
    ("completer", "fake", ""),
    ("completer", "obedient", ""),
    ("completer", "transformers", "llama"),
    ("completer", "transformers", "qwen3"),
    # The openai backend meets its servers in test_openai_servers.py.
    ("illustrator", "typographic", ""),
    ("illustrator", "fake", ""),
    ("illustrator", "diffusers", "sd"),
    ("illustrator", "diffusers", "sdxl"),
    ("illustrator", "diffusers", "flux"),
    ("animator", "fake", ""),
    ("animator", "diffusers", "ltx"),
    ("narrator", "espeak", ""),
    ("narrator", "fake", ""),
    ("narrator", "transformers", "vits"),
    ("moderator", "rules", ""),
    ("moderator", "fake", ""),
    ("moderator", "guard", "guard"),
    ("moderator", "classifier", "toxic"),
    ("picture_moderator", "fake", ""),
    ("picture_moderator", "transformers", "vit"),
    ("video_moderator", "fake", ""),
    ("video_moderator", "transformers", "videomae"),
]
OPTIONS = {"guard": "?family=qwen3guard", "sd": "?steps=2", "sdxl": "?steps=2", "flux": "?steps=2", "ltx": "?steps=1"}

NEEDED = {"guard": "?family=qwen3guard"}  # a folder does not tell how a guard is asked


def built(medium: str, backend: str, model: str, models: dict[str, Path], store: Path, **api: Any) -> Engine:
    name = f"{backend}:{models[model]}{OPTIONS.get(model, '')}" if model else backend
    return build_engine(medium, order(name, store, **api))


def order(name: str, store: Path, **api: Any) -> Order:
    def other(medium: str) -> Engine:
        raise AssertionError(medium)

    return Order(name=EngineName.parse(name), weights=store, engine=other, device="cpu", api=ApiAccess(**api))


def work(medium: str, engine: Any, film: Path, folder: Path, seed: int) -> bytes:  # noqa: PLR0911
    """Do one piece of work and give what came of it as bytes."""
    if medium == "embedder":
        return bytes(engine.embed(["the harbour wall", "", "a bakery"]).astype(np.float32).tobytes())
    if medium == "completer":
        return str(engine.complete(QUESTION, seed=seed)).encode()
    if medium == "illustrator":
        return bytes(engine.illustrate(CoverRequest(headline="Ferry", width=256, height=256), seed=seed).data)
    if medium == "animator":
        folder.mkdir()
        made = engine.animate(
            ClipRequest(prompt="a ferry", width=64, height=64, seconds=0.4), folder, ignore, seed=seed
        )
        return Path(made.movie).read_bytes()
    if medium == "narrator":
        return bytes(engine.narrate(SCRIPT, seed=seed).wav)
    if medium == "moderator":
        asked = ModerationRequest(sha256="a" * 64, modality="text", texts=("a quiet morning",))
        return engine.judge(asked).model_dump_json().encode()
    if medium == "picture_moderator":
        return engine.judge_picture("b" * 64, picture()).model_dump_json().encode()
    return engine.judge_video("c" * 64, film, (0.0, 1.0), ignore).model_dump_json().encode()


def picture() -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (64, 48), (90, 120, 200)).save(data, "PNG")
    return data.getvalue()


@pytest.mark.parametrize(("medium", "backend", "model"), CASES)
def test_same_seed_same_bytes_also_after_it_was_released(
    medium: str, backend: str, model: str, models: dict[str, Path], film: Path, tmp_path: Path
):
    engine = built(medium, backend, model, models, tmp_path / "store")
    before = engine.identity
    engine.load()
    engine.load()
    with metered(Meter()):
        first = work(medium, engine, film, tmp_path / "first", seed=7)
    assert work(medium, engine, film, tmp_path / "again", seed=7) == first

    engine.release()
    engine.release()
    engine.load()
    assert work(medium, engine, film, tmp_path / "reloaded", seed=7) == first
    assert engine.identity == before
    engine.release()


@pytest.mark.parametrize(("medium", "backend", "model"), [case for case in CASES if case[2]])
def test_what_a_model_used_is_told_and_its_memory_comes_back(
    medium: str, backend: str, model: str, models: dict[str, Path], film: Path, tmp_path: Path
):
    import torch

    gc.collect()
    kept = {id(each) for each in gc.get_objects() if isinstance(each, torch.nn.Module)}
    engine: Any = built(medium, backend, model, models, tmp_path / "store")
    assert engine.device == "cpu"
    assert engine.footprint > 0
    engine.load()
    meter = Meter()
    with metered(meter):
        work(medium, engine, film, tmp_path / "work", seed=1)
    assert meter.usage.device_s > 0
    mine = [
        weakref.ref(each)
        for each in gc.get_objects()
        if isinstance(each, torch.nn.Module) and id(each) not in kept and "Model" in type(each).__name__
    ]
    engine.release()
    gc.collect()
    assert [alive for ref in mine if (alive := ref()) is not None] == []


@pytest.mark.parametrize(
    ("medium", "backend"),
    sorted({(medium, backend) for medium, backend in BACKENDS if backend not in NO_MODEL | {"openai"}}),
)
def test_weights_that_are_missing_are_an_error_that_names_the_command(medium: str, backend: str, tmp_path: Path):
    engine = build_engine(medium, order(f"{backend}:ORG/NAME@{'0' * 40}{NEEDED.get(backend, '')}", tmp_path))
    assert isinstance(engine.identity, EngineIdentity)
    with pytest.raises(MissingEngineError, match="pressroom models pull ORG/NAME@"):
        engine.load()
    folder = build_engine(medium, order(f"{backend}:{tmp_path / 'nowhere'}{NEEDED.get(backend, '')}", tmp_path))
    with pytest.raises(MissingEngineError, match="nowhere"):
        folder.load()


@pytest.mark.parametrize(
    ("medium", "backend"),
    sorted({(medium, backend) for medium, backend in BACKENDS if backend not in NO_MODEL | {"openai"}}),
)
def test_pickled_weights_are_refused(medium: str, backend: str, tmp_path: Path):
    folder = tmp_path / "pickled"
    folder.mkdir()
    (folder / "config.json").write_text("{}", "utf-8")
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    engine = build_engine(medium, order(f"{backend}:{folder}{NEEDED.get(backend, '')}", tmp_path / "store"))
    with pytest.raises(BadConfigurationError, match="pickle"):
        engine.load()


@pytest.mark.parametrize(("medium", "backend"), sorted(BACKENDS))
def test_an_option_no_engine_knows_is_refused(medium: str, backend: str, tmp_path: Path):
    name = f"{backend}:ORG/NAME?colour=blue" if backend not in NO_MODEL else f"{backend}?colour=blue"
    with pytest.raises(BadConfigurationError, match="colour"):
        build_engine(medium, order(name, tmp_path, url="http://127.0.0.1:9", model="x")).load()


def test_every_backend_of_every_medium_stands_in_a_contract_of_its_own():
    covered = {(medium, backend) for medium, backend, _ in CASES}
    elsewhere = {
        ("completer", "openai"),  # tests/integration/test_openai_servers.py
        ("writer", "extractive"),  # tests/unit/test_writer_extractive.py
        ("writer", "generative"),  # tests/unit/test_writer_generative.py
        ("writer", "fake"),  # tests/unit/test_fakes.py
        ("cards", "typographic"),  # the illustrator under another name
        ("cards", "fake"),
        ("assembler", "moviepy"),  # tests/integration/test_video.py
        ("assembler", "fake"),
        ("editor", "ffmpeg"),  # tests/integration/test_editor.py
        ("editor", "fake"),
    }
    assert covered | elsewhere == set(BACKENDS)
    assert {medium for medium, _ in BACKENDS} == set(MEDIA)


@pytest.mark.parametrize("model", ["sd", "sdxl", "flux"])
def test_pictures_come_in_the_order_and_number_they_were_asked_for(model: str, models: dict[str, Path], tmp_path: Path):
    engine: Any = built("illustrator", "diffusers", model, models, tmp_path / "store")
    engine.load()
    asked = [PaintRequest(prompt="a ferry", width=64, height=64, seed=seed) for seed in (3, 1, 2, 1, 3)]
    made = engine.paint(asked, ignore)
    digests = [sha256_of(each.data) for each in made]
    assert len(made) == 5
    assert digests[1] == digests[3] or np.abs(pixels(made[1]) - pixels(made[3])).max() <= 2
    assert np.abs(pixels(made[0]) - pixels(made[1])).max() > 2
    assert np.abs(pixels(made[0]) - pixels(made[4])).max() <= 2
    engine.release()


def pixels(made: Any) -> Any:
    return np.asarray(Image.open(io.BytesIO(made.data)).convert("RGB"), int)


def test_rows_come_in_the_order_and_number_of_their_texts(models: dict[str, Path], tmp_path: Path):
    texts = [f"{'word ' * (count % 7)}number {count}" for count in range(23)]
    for _medium, backend, model in [case for case in CASES if case[0] == "embedder"]:
        engine: Any = built("embedder", backend, model, models, tmp_path / "store")
        engine.load()
        rows = engine.embed(texts)
        assert rows.shape[0] == 23
        assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-3)
        backwards = engine.embed(texts[::-1])
        assert np.allclose(backwards[::-1], rows, atol=1e-4)
        engine.release()
