"""The open-weight completer on a CUDA device: its kernel, its memory, and the same story as on a processor."""

import gc
import json
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import jsonschema
import pytest
import torch
from tiny_writers import TEXT, save_tiny_writer

from models.completer import packed_attention
from models.completer.completer_transformers import CompleterTransformers
from models.metering import Meter, metered
from models.naming import EngineName
from models.protocols import Message, Order, Question

SCHEMA = {
    "type": "object",
    "properties": {
        "headline": {"type": "string", "minLength": 1, "maxLength": 40},
        "kind": {"enum": ["news", "feature"]},
        "numbers": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 99}, "maxItems": 5},
    },
    "required": ["headline", "kind", "numbers"],
    "additionalProperties": False,
}

pytestmark = pytest.mark.gpu


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_tiny_writer(tmp_path_factory.mktemp("writers") / "qwen3", "qwen3")


def completer(folder, options):
    name = EngineName.parse(f"transformers:{folder}?{options}")
    return CompleterTransformers.from_order(Order(name, folder, pytest.fail, device="cuda"))


def question(n=0, **how):
    messages = (Message(role="system", text=TEXT), Message(role="user", text=f"What happened in {1990 + n}?"))
    return Question(messages=messages, answer_schema=json.dumps(SCHEMA), max_tokens=300, **how)


def side_by_side(engine, count):
    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(lambda n: engine.complete(question(n), seed=n), range(count)))


@pytest.mark.parametrize("options", ["dtype=bfloat16", "dtype=bfloat16&graphs=yes", "dtype=float16&attention=sdpa"])
def test_every_answer_satisfies_its_schema(folder, options):
    engine = completer(folder, options)
    for answer in side_by_side(engine, 16):
        jsonschema.validate(json.loads(answer), SCHEMA)
    engine.release()


def test_in_32_bits_an_answer_is_the_same_alone_and_among_others(folder):
    engine = completer(folder, "dtype=float32")
    together = side_by_side(engine, 8)
    assert [engine.complete(question(n), seed=n) for n in range(8)] == together
    engine.release()


def test_one_at_a_time_an_answer_is_the_same_in_16_bits_too(folder):
    engine = completer(folder, "dtype=bfloat16&batch=1")
    assert side_by_side(engine, 4) == side_by_side(engine, 4)
    engine.release()


@pytest.mark.parametrize("window", [None, 5])
def test_the_kernel_attends_as_one_request_at_a_time_does(monkeypatch, window):
    new, whole = [1, 7, 1, 16], [9, 7, 30, 40]
    generator = torch.Generator("cuda").manual_seed(0)

    def some(heads, tokens):
        return torch.randn(1, heads, tokens, 64, generator=generator, device="cuda", dtype=torch.bfloat16)

    query, keys, values = some(8, sum(new)), some(2, sum(whole)), some(2, sum(whole))

    def attend(*, kernel):
        monkeypatch.setattr(packed_attention, "_has_kernel", lambda _query: kernel)
        allocator = SimpleNamespace(index=0, layer_type="sliding_attention")
        starts = [torch.tensor([0, *each], device="cuda").cumsum(0).to(torch.int32) for each in (new, whole)]
        found, _ = packed_attention.packed_attention(
            SimpleNamespace(layer_idx=0),
            query,
            keys,
            values,
            None,
            scaling=0.125,
            sliding_window=window,
            cache=SimpleNamespace(layer_to_allocator={0: allocator}, update=lambda *_: (keys, values)),
            cu_seq_lens_q=starts[0],
            cu_seq_lens_k=starts[1],
            max_length_q=max(new),
            max_length_k=max(whole),
            read_index=[torch.zeros(0, dtype=torch.int64, device="cuda")],
        )
        return found.float()

    assert torch.allclose(attend(kernel=True), attend(kernel=False), atol=2e-2)


def test_released_memory_is_back_where_it_was(folder):
    gc.collect()
    torch.cuda.empty_cache()
    before = torch.cuda.memory_allocated()
    engine, meter = completer(folder, "dtype=bfloat16"), Meter()
    with metered(meter):
        engine.complete(question(), seed=0)
    assert meter.usage.peak_bytes > torch.cuda.memory_allocated() - before > 0
    engine.release()
    assert torch.cuda.memory_allocated() == before
