"""The open-weight embedder: its own pooling and prompts, a row for each text, whatever else is embedded with it."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_embedders import tiny_sentence_transformer, tiny_transformer

from content.errors import BadAnswerError, BadConfigurationError, MissingEngineError, OutOfMemoryError
from models.embedder.embedder_transformers import EmbedderTransformers
from models.metering import Meter, metered
from models.naming import EngineName
from models.protocols import Order

TEXTS = ("The harbour wall stays closed.", "海港的墙在春天之前关闭。", "", "  ", "x", "A bakery in the old town. " * 40)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("embedders")
    prompts = {"query": "query: ", "document": "passage: "}
    return {
        "plain": tiny_transformer(root / "plain"),
        "cls": tiny_sentence_transformer(root / "cls"),
        "prompted": tiny_sentence_transformer(root / "prompted", pooling="mean", prompts=prompts),
        "usually": tiny_sentence_transformer(
            root / "usually", pooling="mean", prompts=prompts, default_prompt_name="query"
        ),
    }


def embedder(folder: Path, options: str = "") -> EmbedderTransformers:
    name = EngineName.parse(f"transformers:{folder}{'?' if options else ''}{options}")
    return EmbedderTransformers.from_order(
        Order(name=name, weights=folder.parent / "store", engine=pytest.fail, device="cpu")
    )


@pytest.mark.parametrize("kind", ["plain", "cls", "prompted"])
def test_every_text_has_a_row_of_unit_length_in_order(folders, kind):
    rows = embedder(folders[kind]).embed(TEXTS)
    assert rows.shape == (len(TEXTS), 16)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-4)
    assert len({row.tobytes() for row in rows}) == len(TEXTS) - 1  # both empty texts are one


def test_no_text_gives_no_row(folders):
    assert embedder(folders["plain"]).embed([]).shape == (0, 16)
    assert embedder(folders["plain"], "dimensions=4").embed([]).shape == (0, 4)


@pytest.mark.parametrize("kind", ["plain", "cls"])
def test_a_row_depends_on_its_own_text_only(folders, kind):
    engine = embedder(folders[kind])
    rows = engine.embed(TEXTS)
    assert (engine.embed(TEXTS[::-1])[::-1] == rows).all()
    assert (np.vstack([engine.embed([text]) for text in TEXTS]) == rows).all()
    twice = engine.embed([TEXTS[0], TEXTS[1], TEXTS[0]])
    assert (twice[0] == twice[2]).all()


def test_a_batch_gives_the_same_rows_but_for_the_last_bits(folders):
    alone, together = embedder(folders["plain"]).embed(TEXTS), embedder(folders["plain"], "batch=4").embed(TEXTS)
    assert np.abs(alone - together).max() < 3e-5


def test_a_plain_transformer_is_pooled_by_the_mean_of_its_tokens(folders):
    from transformers import AutoModel, AutoTokenizer

    tokenizer, model = (
        AutoTokenizer.from_pretrained(folders["plain"]),
        AutoModel.from_pretrained(folders["plain"]).eval(),
    )
    with torch.inference_mode():
        expected = model(**tokenizer(TEXTS[0], return_tensors="pt")).last_hidden_state[0].mean(dim=0)
        first = model(**tokenizer(TEXTS[0], return_tensors="pt")).last_hidden_state[0, 0]
    (row,) = embedder(folders["plain"]).embed([TEXTS[0]])
    assert row == pytest.approx((expected / expected.norm()).numpy(), abs=2e-5)
    (own,) = embedder(folders["cls"]).embed([TEXTS[0]])  # the same weights, told to be pooled by their first token
    assert own == pytest.approx((first / first.norm()).numpy(), abs=2e-5)


def test_prompts_and_prefixes_stand_before_every_text(folders):
    told = embedder(folders["prompted"]).embed([f"query: {text}" for text in TEXTS if text.strip()])
    texts = [text for text in TEXTS if text.strip()]
    for kind, options in (("prompted", "prompt=query"), ("prompted", "prefix=query:"), ("usually", "")):
        assert np.abs(embedder(folders[kind], options).embed(texts) - told).max() < 2e-5
    with pytest.raises(BadConfigurationError, match="no prompt 'poem'; it has document, query"):
        embedder(folders["prompted"], "prompt=poem").load()
    with pytest.raises(BadConfigurationError, match="twice"):
        embedder(folders["prompted"], "prompt=query&prefix=query:")


def test_fewer_dimensions_are_the_first_ones_at_unit_length(folders):
    whole, cut = embedder(folders["plain"]).embed(TEXTS), embedder(folders["plain"], "dimensions=4").embed(TEXTS)
    first = whole[:, :4] / np.linalg.norm(whole[:, :4], axis=1, keepdims=True)
    assert np.abs(cut - first).max() < 1e-4
    with pytest.raises(BadConfigurationError, match="has 16 dimensions, 99 were asked for"):
        embedder(folders["plain"], "dimensions=99").load()


def test_a_text_longer_than_the_model_reads_is_cut_not_refused(folders):
    engine = embedder(folders["plain"])
    (one, other) = engine.embed(["word " * 200, "word " * 300])
    assert (one == other).all()


def no_room(texts: list[str], **options: Any) -> Any:
    raise torch.OutOfMemoryError(f"CUDA out of memory: {len(texts)} texts, {options}")


def test_a_batch_halves_itself_until_it_fits(folders, monkeypatch, caplog):
    engine = embedder(folders["plain"], "batch=8")
    engine.load()
    expected = engine.embed(TEXTS)
    sizes: list[int] = []
    encode: Any = engine._model.encode

    def tight(texts: list[str], **options: Any) -> Any:
        sizes.append(len(texts))
        if len(texts) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return encode(texts, **options)

    monkeypatch.setattr(engine._model, "encode", tight)
    assert np.abs(engine.embed(TEXTS) - expected).max() < 3e-5
    assert sizes[:3] == [6, 3, 1]
    assert "going on with" in caplog.text
    monkeypatch.setattr(engine._model, "encode", no_room)
    with pytest.raises(OutOfMemoryError):
        engine.embed(TEXTS)


def test_rows_that_are_no_vectors_are_a_bad_answer(tmp_path):
    folder = tiny_transformer(tmp_path / "broken")
    weights = load_file(folder / "model.safetensors")
    save_file(
        {key: torch.full_like(value, float("nan")) for key, value in weights.items()},
        folder / "model.safetensors",
        metadata={"format": "pt"},
    )
    with pytest.raises(BadAnswerError, match="1 of 1 rows from broken are no vectors"):
        embedder(folder).embed(["Hello"])


def test_threads_get_what_each_would_get_alone(folders):
    engine = embedder(folders["cls"])
    expected = engine.embed(TEXTS)
    found: list[np.ndarray] = []
    threads = [threading.Thread(target=lambda: found.append(engine.embed(TEXTS))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all((rows == expected).all() for rows in found)


def test_released_and_loaded_again_it_gives_the_same_and_its_work_is_metered(folders):
    engine = embedder(folders["cls"])
    meter, state = Meter(), torch.get_rng_state()
    with metered(meter):
        first = engine.embed(TEXTS)
    assert torch.equal(torch.get_rng_state(), state)
    engine.release()
    engine.load()
    engine.load()
    assert (engine.embed(TEXTS) == first).all()
    assert meter.usage.device_s > 0
    assert meter.usage.tokens_in > len(TEXTS)


def test_the_identity_names_all_that_changes_a_row_and_reads_no_weights(folders, tmp_path):
    plain = embedder(folders["plain"]).identity
    assert plain.backend == "transformers"
    assert len(plain.revision) == 40
    told = ("prefix=query:", "prompt=query", "dimensions=8", "batch=4", "dtype=bfloat16", "closeness=0.7")
    assert len({str(embedder(folders["plain"], each).identity.parameters) for each in told}) == len(told)
    assert embedder(folders["plain"], "closeness=0.7").identity.parameters["closeness"] == 0.7
    assert embedder(tmp_path / "absent").identity.revision == "missing"


@pytest.mark.parametrize("options", ["closeness=0.1", "closeness=x", "dimensions=-1", "dtype=int8", "pooling=max"])
def test_options_that_make_no_sense_are_refused_at_once(folders, options):
    with pytest.raises(BadConfigurationError):
        embedder(folders["plain"], options)


def test_missing_weights_are_named(tmp_path):
    with pytest.raises(MissingEngineError, match="nothing-here"):
        embedder(tmp_path / "nothing-here").load()
