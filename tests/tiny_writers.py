"""Tiny chat models with real architectures and a real byte-level BPE tokenizer, made from a configuration.

Their weights are random and seeded: what does not depend on what weights know must hold for them too.
"""

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    AutoModelForCausalLM,
    GenerationConfig,
    LlamaConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen3Config,
)

ARCHITECTURES = ("llama", "qwen3")
CONTEXT = 2048

TEXT = """The harbour wall will stay closed until spring, the council said on Monday, because the storms of January
moved three of its stones. A bakery in the old town is now owned by its bakers: nine people, one oven, 1,200 loaves.
"We never wanted to sell," said Maria Lopez, who founded it in 1987. Prices rose 3.4% in the year to March.
{"headline":"Harbour wall closed","kind":"news","sentences":[{"text":"It opens in spring.","sources":[1,2]}],"n":12}
Le café ouvre à huit heures. Der Hafen bleibt bis zum Frühjahr geschlossen. 港口的墙将关闭到春天。市政府周一表示。
Answer in JSON. Use only what the sources say. Write headlines of at most eighty characters, and no markup."""

TEMPLATE = """{% for message in messages %}<|im_start|>{{ message.role }}
{{ message.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% if enable_thinking is defined and not enable_thinking %}<think>

</think>

{% endif %}{% endif %}"""


def tiny_tokenizer(*, chat: bool = True) -> PreTrainedTokenizerFast:
    """Train a byte-level BPE tokenizer of 512 tokens on a page of text, with the control tokens of a chat model."""
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=512,
        show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
    )
    backend.train_from_iterator([TEXT], trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, eos_token="<|im_end|>", pad_token="<|endoftext|>", model_max_length=CONTEXT
    )
    tokenizer.add_tokens(["<think>", "</think>"])
    tokenizer.chat_template = TEMPLATE if chat else None
    return tokenizer


def tiny_writer(
    architecture: str = "llama", *, seed: int = 0, layers: int = 2, width: int = 64, spread: float = 0.3
) -> PreTrainedModel:
    """Give a small model of random weights; the wider their spread, the surer it is of its next token."""
    sizes = {
        "vocab_size": 576,  # padded, as real checkpoints are
        "hidden_size": width,
        "intermediate_size": 2 * width,
        "num_hidden_layers": layers,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": width // 4,
        "max_position_embeddings": CONTEXT,
        "initializer_range": spread,
        "pad_token_id": 0,
        "bos_token_id": None,
        "eos_token_id": 2,
        "tie_word_embeddings": False,
    }
    config = {"llama": LlamaConfig, "qwen3": Qwen3Config}[architecture](**sizes)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    model.generation_config = GenerationConfig(eos_token_id=[2, 0], pad_token_id=0)
    return model.eval()


def save_tiny_writer(folder: Path, architecture: str = "llama", *, seed: int = 0, chat: bool = True) -> Path:
    """Save a tiny chat model with its tokenizer, as `save_pretrained` lays out any."""
    tiny_writer(architecture, seed=seed).save_pretrained(folder)
    tiny_tokenizer(chat=chat).save_pretrained(folder)
    return folder
