"""Reads a chat model and its tokenizer from a folder, in the numbers and with the attention its plan asks for."""

from typing import Any

from content.errors import BadConfigurationError, CorruptAssetError, MissingEngineError
from models.devices import best_dtype
from models.quiet import quiet
from models.weights.weights import Weights, loading
from models.writer.writer_plan import WriterPlan, attention_for


def read_chat_model(weights: Weights, device: str, plan: WriterPlan) -> tuple[Any, Any]:
    """Give the model, ready on its device, and its tokenizer.

    Raises MissingEngineError, BadConfigurationError or CorruptAssetError for what is not there or not whole.
    """
    folder = weights.ready()
    what = f"{weights.model}@{weights.revision[:12]}"
    with loading(what), quiet():
        from transformers import AutoModelForCausalLM, AutoTokenizer

        attention = attention_for(plan, device)
        reader: Any = AutoModelForCausalLM
        local: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        tokenizer = AutoTokenizer.from_pretrained(folder, **local)
        model, found = reader.from_pretrained(
            folder,
            use_safetensors=True,
            dtype=best_dtype(device, plan.dtype),
            device_map={"": device},
            output_loading_info=True,
            **({"attn_implementation": attention} if attention else {}),
            **_quantization(plan, device),
            **local,
        )
    # transformers fills what a checkpoint lacks with random numbers, and only warns.
    if lost := sorted([*found["missing_keys"], *(name for name, *_ in found["mismatched_keys"])]):
        raise CorruptAssetError(f"{what} lacks {len(lost)} weights, {lost[0]} first; run: pressroom models verify")
    return model.eval(), tokenizer


def answer_ends(model: Any, tokenizer: Any, *, what: str) -> list[int]:
    """Give the tokens that end an answer; raise BadConfigurationError when there is none."""
    told = model.generation_config.eos_token_id
    ends = {*(told if isinstance(told, list) else [told]), tokenizer.eos_token_id} - {None}
    if not ends:
        raise BadConfigurationError(f"{what} names no token that ends an answer; use an instruct model")
    return sorted(ends)


def _quantization(plan: WriterPlan, device: str) -> dict[str, Any]:
    if not plan.quantize:
        return {}
    from importlib.util import find_spec

    if find_spec("bitsandbytes") is None:
        raise MissingEngineError(
            f"quantize={plan.quantize} needs bitsandbytes, which is not installed; run: pip install 'pressroom[gpu]'"
        )
    from transformers import BitsAndBytesConfig

    config: Any = BitsAndBytesConfig
    if plan.quantize == "8bit":
        return {"quantization_config": config(load_in_8bit=True)}
    told = config(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=best_dtype(device, plan.dtype),
    )
    return {"quantization_config": told}
