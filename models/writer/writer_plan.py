"""How a writer is loaded and how much room it takes: its options, and the memory for weights, cache and work.

The cache takes as much as the weights do (half a gigabyte at least), but no more than a full batch can fill and never
less than one long question: what fits a card then follows from the model alone, before anything is loaded.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final, Self

from content.errors import BadConfigurationError
from models.completer.continuous_batch import BatchRoom
from models.completer.packed_attention import NAME
from models.devices import best_dtype
from models.naming import EngineName
from models.weights.weights import Weights

OPTIONS: Final = ("attention", "batch", "cache", "compile", "device", "dtype", "graphs", "quantize")

_CHOICES: Final = {
    "dtype": ("bfloat16", "float16", "float32"),
    "quantize": ("4bit", "8bit"),
    "attention": ("packed", "sdpa", "eager", "flash_attention_2", "flash_attention_3"),
}

_BYTES: Final = {"float64": 8, "float32": 4, "bfloat16": 2, "float16": 2, "float8_e4m3fn": 1}
_QUANTIZED: Final = {"4bit": 0.35, "8bit": 0.6}
"""Of a model's bytes in 16 bits; embeddings and norms stay in 16."""

_LONG: Final = 8192
_USUAL: Final = 4096
"""Tokens of a long question with its answer, and of a usual one."""

_LEAST_CACHE: Final = 2**29


@dataclass(frozen=True)
class WriterPlan:
    """The options of a writer, as `models/naming.py` writes them. Empty text and 0 mean the best for the device."""

    dtype: str = ""
    quantize: str = ""
    attention: str = ""
    batch: int = 32
    cache: int = 0
    compiled: bool = False
    graphs: bool = False

    @classmethod
    def from_name(cls, name: EngineName) -> Self:
        """Read the options of a name; raise BadConfigurationError for values there are not."""
        name.allow(OPTIONS)
        for key, choices in _CHOICES.items():
            if key in name.options and name.options[key] not in choices:
                raise BadConfigurationError(
                    f"{name}: {key} must be one of {', '.join(choices)}, not {name.options[key]!r}"
                )
        plan = cls(
            dtype=name.option("dtype", ""),
            quantize=name.option("quantize", ""),
            attention=name.option("attention", ""),
            batch=name.option("batch", 32),
            cache=name.option("cache", 0),
            compiled=name.option("compile", False),
            graphs=name.option("graphs", False),
        )
        if not 1 <= plan.batch <= 1024:
            raise BadConfigurationError(f"{name}: batch must lie between 1 and 1024, not {plan.batch}")
        if plan.cache < 0:
            raise BadConfigurationError(f"{name}: cache counts tokens and cannot be {plan.cache}")
        return plan


def room_for(config: Mapping[str, Any], weights: int, plan: WriterPlan, device: str) -> BatchRoom:
    """Give the room of a batch for a model's text configuration and the bytes of its weights as loaded."""
    context = int(config.get("max_position_embeddings") or _USUAL)
    # flash_attn reads its cache in pages of 256 tokens; smaller pages share more of a common beginning.
    page = 256 if attention_for(plan, device).startswith("flash") else 64
    full = plan.batch * min(context, _USUAL)
    affordable = max(weights, _LEAST_CACHE) // _token_bytes(config, plan, device)
    tokens = plan.cache or max(min(full, affordable), min(context, _LONG))
    return BatchRoom(
        answers=plan.batch,
        cache_tokens=-(-tokens // page) * page,
        step_tokens=2048 if device.startswith("cuda") else 512,
        page=page,
    )


def bytes_needed(weights: Weights, plan: WriterPlan, device: str) -> int:
    """Give about how many bytes of the device a model takes at work, from its configuration and its files' sizes.

    0 while the weights are not there: `load` will say what is missing.
    """
    try:
        config = json.loads((weights.folder / "config.json").read_bytes())
    except (OSError, ValueError):
        return weights.bytes
    kept = _BYTES.get(str(config.get("dtype") or config.get("torch_dtype")), 2)
    text = {**config, **config.get("text_config", {})}
    loaded = weights.bytes * _item_bytes(plan, device) // kept
    if plan.quantize:
        loaded = int(weights.bytes * 2 / kept * _QUANTIZED[plan.quantize])
    room = room_for(text, loaded, plan, device)
    cache = room.cache_tokens * _token_bytes(text, plan, device)
    # Logits, their copies and the masks of a step; then the widest layer of a forward pass.
    logits = room.answers * int(text.get("vocab_size") or 0) * 4 * 6
    wide = max(int(text.get("intermediate_size") or 0), 4 * int(text.get("hidden_size") or 0))
    return int(loaded + cache + logits + room.step_tokens * wide * _item_bytes(plan, device) * 4)


def attention_for(plan: WriterPlan, device: str) -> str:
    """Give the attention a model is read with; "" leaves the choice between SDPA and eager to its architecture."""
    if plan.attention:
        return plan.attention.replace("packed", "sdpa")
    half = _item_bytes(plan, device) == 2
    return "flash_attention_2" if device.startswith("cuda") and half and find_spec("flash_attn") else ""


def is_packed(config: Any, plan: WriterPlan) -> bool:
    """Say whether a model's attention is computed by `models/completer/packed_attention.py`."""
    if plan.attention:
        return plan.attention == "packed"
    return config._attn_implementation in {"sdpa", NAME} and not getattr(  # noqa: SLF001  # there is no public name
        config, "attn_logit_softcapping", None
    )


def _token_bytes(config: Mapping[str, Any], plan: WriterPlan, device: str) -> int:
    """Give the bytes a token has in the cache: keys and values of every layer."""
    heads = int(config.get("num_attention_heads") or 1)
    width = int(config.get("head_dim") or int(config.get("hidden_size") or heads) // heads)
    groups = int(config.get("num_key_value_heads") or heads)
    return 2 * int(config.get("num_hidden_layers") or 1) * groups * width * _item_bytes(plan, device)


def _item_bytes(plan: WriterPlan, device: str) -> int:
    return best_dtype(device, plan.dtype).itemsize
