"""How much room writers take: known before anything is loaded, and about what they take then."""

import json
from pathlib import Path

import pytest
from tiny_writers import save_tiny_writer

from models.completer.continuous_batch import BatchRoom
from models.weights.weights import Weights
from models.writer import writer_plan
from models.writer.writer_plan import WriterPlan, attention_for, bytes_needed, room_for

QWEN3_4B = {
    "dtype": "bfloat16",
    "hidden_size": 2560,
    "intermediate_size": 9728,
    "num_hidden_layers": 36,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "vocab_size": 151_936,
    "max_position_embeddings": 262_144,
}
GIGABYTE = 2**30


def needed(folder, *, gigabytes=7.5, config=QWEN3_4B, device="cpu", **plan):
    (folder / "config.json").write_text(json.dumps(config))
    with (folder / "model.safetensors").open("wb") as file:
        file.truncate(int(gigabytes * GIGABYTE))  # a file of that size with nothing in it
    return bytes_needed(Weights("m", "r", folder), WriterPlan(**plan), device) / GIGABYTE


def test_a_writer_of_four_billion_weights_fits_a_card_of_24_gb_in_16_bits_and_one_of_8_gb_in_four(tmp_path):
    assert 15 < needed(tmp_path, dtype="bfloat16") < 18
    assert 5 < needed(tmp_path, dtype="bfloat16", quantize="4bit") < 7.5


def test_numbers_of_another_width_take_another_room(tmp_path):
    assert needed(tmp_path, dtype="float32") == pytest.approx(2 * needed(tmp_path, dtype="bfloat16"), rel=0.1)


def test_a_cache_that_is_told_is_what_is_taken(tmp_path):
    one, two = (needed(tmp_path, dtype="bfloat16", cache=cache) for cache in (8192, 16_384))
    assert two - one == pytest.approx(8192 * 2 * 36 * 8 * 128 * 2 / GIGABYTE)


def test_weights_that_are_not_there_take_nothing_yet(tmp_path):
    assert bytes_needed(Weights("m", "r", tmp_path), WriterPlan(), "cpu") == 0


def test_the_estimate_covers_a_tiny_model_and_its_cache(tmp_path):
    folder = save_tiny_writer(tmp_path / "model")
    size = (folder / "model.safetensors").stat().st_size
    room = room_for(json.loads((folder / "config.json").read_text()), size, WriterPlan(), "cpu")
    assert bytes_needed(Weights("m", "r", folder), WriterPlan(), "cpu") > size + room.cache_tokens * 512


def test_a_cache_holds_one_long_question_however_small_the_batch():
    assert room_for(QWEN3_4B, 10**9, WriterPlan(batch=1, dtype="bfloat16"), "cpu").cache_tokens >= 8192


def test_halving_ends_at_one_answer_and_one_page():
    room = BatchRoom(answers=32, cache_tokens=4096, step_tokens=512, page=64)
    for _ in range(10):
        room = room.half()
    assert room == BatchRoom(answers=1, cache_tokens=64, step_tokens=64, page=64)
    assert room.holds(64)
    assert not room.holds(65)


def test_flash_attention_is_taken_where_it_is_installed_and_works(monkeypatch):
    monkeypatch.setattr(writer_plan, "find_spec", lambda _name: Path())
    assert attention_for(WriterPlan(dtype="bfloat16"), "cuda:0") == "flash_attention_2"
    assert room_for(QWEN3_4B, 10**9, WriterPlan(dtype="bfloat16"), "cuda:0").page == 256
    assert attention_for(WriterPlan(dtype="float32"), "cuda:0") == ""
    assert attention_for(WriterPlan(dtype="bfloat16"), "cpu") == ""
    assert attention_for(WriterPlan(dtype="bfloat16", attention="packed"), "cuda:0") == "sdpa"
