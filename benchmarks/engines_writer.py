"""The writer's part of `benchmarks/engines.py`: tokens a second of the factory's path, the raw engine and generate().

All three write as many tokens for the same prompts with the same model object, whose weights are random: speed does
not depend on what weights know. The factory's path holds every answer to a schema and draws it by temperature and
top_p; the other two take the likeliest token and check nothing.
The tokenizer is made up, with as many tokens as the shape's own has, so that grammar and sampling cost what they cost.
"""

import json
import random
import string
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, Self

import torch

from content.recipes import EngineIdentity
from models.completer.completer_transformers import CompleterTransformers
from models.devices import best_dtype
from models.metering import Meter, metered
from models.protocols import Message, Question
from models.writer.writer_plan import WriterPlan

SHAPES: Final = {
    "tiny": {"hidden": 256, "inner": 704, "layers": 4, "heads": 8, "groups": 4, "head": 32, "vocabulary": 8192},
    "small": {"hidden": 768, "inner": 2048, "layers": 8, "heads": 12, "groups": 4, "head": 64, "vocabulary": 16_384},
    "0.6b": {"hidden": 1024, "inner": 3072, "layers": 28, "heads": 16, "groups": 8, "head": 128, "vocabulary": 151_936},
    "8b": {"hidden": 4096, "inner": 12_288, "layers": 36, "heads": 32, "groups": 8, "head": 128, "vocabulary": 151_936},
}
"""Sizes of models; the last two are those of Qwen3."""

AIMS: Final = {"factory / one at a time": 8.0, "factory / raw engine": 0.95}

_CONTEXT: Final = 8192
_TEMPLATE: Final = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@dataclass
class Timed:
    """Tokens written, and the seconds it took on the clock and on processors."""

    tokens: int
    wall_s: float
    cpu_s: float


def measure(*, device: str, shape: str, drafts: int, rounds: int) -> dict[str, Any]:
    """Measure the three ways, each as the best of some rounds that take turns."""
    large = device.startswith("cuda")
    shape = shape or ("8b" if large else "tiny")
    model, tokenizer = made_up_model(SHAPES[shape], device), made_up_tokenizer(SHAPES[shape]["vocabulary"])
    completer = CompleterTransformers(
        lambda: (model, tokenizer),
        identity=EngineIdentity(backend="transformers", model=f"random-{shape}"),
        device=device,
        plan=WriterPlan(batch=drafts, cache=drafts * 2560),
    )
    sizes = {"shared": 1200, "own": 600, "sentences": 6} if large else {"shared": 300, "own": 60, "sentences": 2}
    questions = made_up_questions(tokenizer, drafts, **sizes)
    completer.load()
    prompts = [completer._loaded.prompts.tokens(question.messages) for question in questions]  # noqa: SLF001
    timed: dict[str, list[Timed]] = {"factory": [], "raw engine": [], "one at a time": []}
    outside, counts = 1.0, [0]
    for _ in range(rounds):
        factory, counts, lost = _factory(completer, questions, model)
        timed["factory"].append(factory)
        outside = min(outside, lost)
        completer.release()
        for name, way in (("raw engine", _raw), ("one at a time", _generate)):
            model.set_attn_implementation("sdpa")
            timed[name].append(way(model, prompts, counts))
    rates = {
        "wall": {name: max(each.tokens / each.wall_s for each in found) for name, found in timed.items()},
        "cpu": {name: max(each.tokens / each.cpu_s for each in found) for name, found in timed.items()},
    }
    return {
        "shape": shape,
        "parameters": sum(each.numel() for each in model.parameters()),
        "dtype": str(model.dtype).removeprefix("torch."),
        "drafts": drafts,
        "prompt_tokens": sum(map(len, prompts)) // drafts,
        "answer_tokens": sum(counts) // drafts,
        "tokens_per_second": rates["wall"],
        "tokens_per_processor_second": rates["cpu"],
        "outside_forward_passes": outside,
        "ratios": {
            clock: {f"factory / {name}": rate["factory"] / rate[name] for name in ("one at a time", "raw engine")}
            for clock, rate in rates.items()
        },
    }


def lines(found: dict[str, Any]) -> list[str]:
    """Tell what was measured."""
    head = (
        f"writer: {found['shape']}, {found['parameters'] / 1e6:,.0f} M random weights in {found['dtype']};"
        f" {found['drafts']} drafts, prompts of {found['prompt_tokens']} and answers of"
        f" {found['answer_tokens']} tokens on average"
    )
    told = [head, f"  {'tokens a second':<28}{'of the clock':>14}{'of processors':>15}"]
    on_processors = found["tokens_per_processor_second"]
    told += [
        f"  {name:<28}{rate:>14,.1f}{on_processors[name]:>15,.1f}" for name, rate in found["tokens_per_second"].items()
    ]
    on_processors = found["ratios"]["cpu"]
    told += [
        f"  {name:<28}{ratio:>14.2f}{on_processors[name]:>15.2f}   aim ≥ {AIMS[name]:g}"
        for name, ratio in found["ratios"]["wall"].items()
    ]
    return [*told, f"  outside of forward passes {found['outside_forward_passes']:.1%} of the factory's time"]


# ---- the three ways --------------------------------------------------------------------------------------------------


def _factory(
    completer: CompleterTransformers, questions: Sequence[Question], model: Any
) -> tuple[Timed, list[int], float]:
    """Give what was measured, the tokens of each answer, and the share of the time outside of forward passes."""

    def ask(pair: tuple[int, Question]) -> int:
        meter = Meter()
        with metered(meter):
            completer.complete(pair[1], seed=pair[0])
        return meter.usage.tokens_out

    short = questions[0].model_copy(update={"answer_schema": '{"enum":["warm"]}'})
    completer.complete(short, seed=0)
    with _Forward(model) as forward, ThreadPoolExecutor(len(questions)) as threads:
        stop = _clock()
        counts = list(threads.map(ask, enumerate(questions)))
        timed = stop(sum(counts))
    return timed, counts, 1 - forward.seconds() / timed.wall_s


def _raw(model: Any, prompts: Sequence[list[int]], counts: Sequence[int]) -> Timed:
    """Have transformers' continuous batching write, as it comes, in a bare loop."""
    from transformers import ContinuousBatchingConfig, GenerationConfig

    config = ContinuousBatchingConfig(
        num_blocks=len(prompts) * 2560 // 256,
        max_batch_tokens=2048 if model.device.type == "cuda" else 512,
        max_requests_per_batch=len(prompts),
        max_memory_percent=0.95,
    )
    manager = model.init_continuous_batching(GenerationConfig(do_sample=False, eos_token_id=-1), config)
    manager.start()
    manager.add_request(prompts[0], max_new_tokens=2)
    _finished(manager, 1)
    stop = _clock()
    for prompt, count in zip(prompts, counts, strict=True):
        manager.add_request(prompt, max_new_tokens=count)
    timed = stop(_finished(manager, len(prompts)))
    manager.stop(block=True)
    manager.destroy()
    return timed


def _finished(manager: Any, wanted: int) -> int:
    written = 0
    while wanted:
        output = manager.get_result(timeout=1.0)
        if output is not None and output.error is not None:
            raise RuntimeError(output.error)
        if output is not None:
            wanted -= 1
            written += len(output.generated_tokens)
        elif not manager.is_running():
            raise RuntimeError("the raw engine ended")
    return written


def _generate(model: Any, prompts: Sequence[list[int]], counts: Sequence[int]) -> Timed:
    """Have an eighth of the drafts written one at a time; a rate needs no more of them."""
    drafts = max(len(prompts) // 8, 1)

    def one(prompt: list[int], count: int) -> None:
        tokens = torch.tensor([prompt], device=model.device)
        model.generate(
            tokens,
            attention_mask=torch.ones_like(tokens),
            do_sample=False,
            min_new_tokens=count,
            max_new_tokens=count,
            pad_token_id=0,
        )
        if model.device.type == "cuda":
            torch.cuda.synchronize()

    one(prompts[0], 2)
    stop = _clock()
    for prompt, count in list(zip(prompts, counts, strict=True))[:drafts]:
        one(prompt, count)
    return stop(sum(counts[:drafts]))


def _clock() -> Callable[[int], Timed]:
    """Start both clocks; what is given stops them."""
    wall, cpu = time.perf_counter(), time.process_time()
    return lambda tokens: Timed(tokens, time.perf_counter() - wall, time.process_time() - cpu)


class _Forward:
    """Adds up the time a model's forward passes take on its device."""

    def __init__(self, model: Any) -> None:
        self._model, self._cuda = model, model.device.type == "cuda"
        self._marks: list[Any] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._hooks = [
            self._model.register_forward_pre_hook(lambda *_: self._mark()),
            self._model.register_forward_hook(lambda *_: self._mark()),
        ]
        return self

    def __exit__(self, *_: object) -> None:
        for hook in self._hooks:
            hook.remove()

    def _mark(self) -> None:
        if self._cuda:
            event = torch.cuda.Event(enable_timing=True)
            event.record()
        with self._lock:
            self._marks.append(event if self._cuda else time.perf_counter())

    def seconds(self) -> float:
        """Give the time between each beginning and end."""
        if self._cuda:
            torch.cuda.synchronize()
        pairs = zip(self._marks[::2], self._marks[1::2], strict=True)
        return sum(began.elapsed_time(ended) / 1000 if self._cuda else ended - began for began, ended in pairs)


# ---- what is made up -------------------------------------------------------------------------------------------------


def made_up_model(shape: dict[str, int], device: str) -> Any:
    """Make a model of random weights where it will work, without a copy anywhere else."""
    from transformers import AutoModelForCausalLM, GenerationConfig, Qwen3Config

    config = Qwen3Config(
        hidden_size=shape["hidden"],
        intermediate_size=shape["inner"],
        num_hidden_layers=shape["layers"],
        num_attention_heads=shape["heads"],
        num_key_value_heads=shape["groups"],
        head_dim=shape["head"],
        vocab_size=shape["vocabulary"],
        max_position_embeddings=_CONTEXT,
        eos_token_id=2,
        pad_token_id=0,
        tie_word_embeddings=False,
    )
    torch.manual_seed(0)
    with torch.device(device):
        model = AutoModelForCausalLM.from_config(config, dtype=best_dtype(device))
    model.generation_config = GenerationConfig(eos_token_id=2, pad_token_id=0)
    return model.eval()


def made_up_tokenizer(size: int) -> Any:
    """Make a byte-level BPE tokenizer of a size: bytes, then random words grown from shorter ones."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    draw = random.Random(0)
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    vocabulary = {token: at for at, token in enumerate([*special, *sorted(pre_tokenizers.ByteLevel.alphabet())])}
    parts, merges = [*string.ascii_lowercase, "Ġ"], []
    while len(vocabulary) < size:
        left, right = draw.choice(parts), draw.choice(parts)
        if len(left + right) > 14 or right.startswith("Ġ") or left + right in vocabulary:
            continue
        vocabulary[left + right] = len(vocabulary)
        merges.append((left, right))
        parts.append(left + right)
    backend = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens(special)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, eos_token=special[2], pad_token=special[0])
    tokenizer.chat_template = _TEMPLATE
    return tokenizer


def made_up_questions(tokenizer: Any, drafts: int, *, shared: int, own: int, sentences: int) -> list[Question]:
    """Ask for drafts with common instructions, a text of its own each, and answers of about the same length."""
    draw = random.Random(1)
    text = {"type": "string", "minLength": 300, "maxLength": 340}
    sentence = {"type": "object", "properties": {"sources": {"enum": [[1], [2], [1, 2]]}, "text": text}}
    sentence |= {"required": ["sources", "text"], "additionalProperties": False}
    schema = {
        "type": "object",
        "properties": {
            "headline": {"type": "string", "minLength": 40, "maxLength": 80},
            "sentences": {"type": "array", "items": sentence, "minItems": sentences, "maxItems": sentences},
        },
        "required": ["headline", "sentences"],
        "additionalProperties": False,
    }

    def words(tokens: int) -> str:
        count: Callable[[str], int] = lambda said: len(tokenizer.encode(said, add_special_tokens=False))  # noqa: E731
        told = ""
        while count(told) < tokens:
            told += (
                " ".join("".join(draw.choices(string.ascii_lowercase, k=draw.randint(2, 9))) for _ in range(20)) + " "
            )
        return told

    instructions = Message(role="system", text=words(shared))
    return [
        Question(
            messages=(instructions, Message(role="user", text=words(own))),
            answer_schema=json.dumps(schema),
            max_tokens=400 * sentences + 200,
        )
        for _ in range(drafts)
    ]
