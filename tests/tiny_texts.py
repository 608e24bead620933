"""Real tokenizers and text encoders, tiny: what the tiny pipelines of tests and benchmarks read their prompts with."""

import string
from collections.abc import Iterator
from contextlib import contextmanager

import torch
import transformers
from tokenizers import pre_tokenizers

WORDS = ("a", "the", "boat", "harbour", "at", "dawn", "red", "blue", "ferry", "of", "light", "and", "picture", "with")


@contextmanager
def seeded(seed: int = 0) -> Iterator[None]:
    """Have layers initialise from a seed, and leave the global generator as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def clip_tokenizer(longest: int = 77) -> transformers.CLIPTokenizer:
    """A byte-level BPE tokenizer that knows every byte and a few words."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocab = {token: number for number, token in enumerate([*letters, *(f"{letter}</w>" for letter in letters)])}
    merges = []
    for word in WORDS:
        parts = [*word[:-1], f"{word[-1]}</w>"]
        while len(parts) > 1:
            left, right, *rest = parts
            if (left, right) not in merges:
                merges.append((left, right))
                vocab.setdefault(left + right, len(vocab))
            parts = [left + right, *rest]
    for special in ("<|startoftext|>", "<|endoftext|>"):
        vocab[special] = len(vocab)
    return transformers.CLIPTokenizer(vocab=vocab, merges=merges, model_max_length=longest)


def t5_tokenizer(longest: int = 64) -> transformers.T5TokenizerFast:
    """A Unigram tokenizer of letters and a few words."""
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0)]
    pieces += [(f"▁{word}", -3.0) for word in WORDS if len(word) > 1]
    pieces += [(letter, -5.0) for letter in string.ascii_letters + string.digits + string.punctuation]
    return transformers.T5TokenizerFast(vocab=pieces, extra_ids=0, model_max_length=longest)


def qwen_tokenizer() -> transformers.PreTrainedTokenizerFast:
    """A byte-level BPE tokenizer that knows every byte, the marks of a chat and how a chat is written."""
    vocab = {token: number for number, token in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    for special in ("<|endoftext|>", "<|im_start|>", "<|im_end|>"):
        vocab[special] = len(vocab)
    tokenizer = transformers.Qwen2TokenizerFast(vocab=vocab, merges=[], pad_token="<|endoftext|>")
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<|im_end|>"]})
    said = "<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n"
    tokenizer.chat_template = f"{{% for m in messages %}}{said}{{% endfor %}}<|im_start|>assistant\n"
    return tokenizer


def bert_tokenizer() -> transformers.BertTokenizerFast:
    """A WordPiece tokenizer of letters and a few words."""
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, *string.ascii_lowercase]
    return transformers.BertTokenizerFast(vocab={word: n for n, word in enumerate(dict.fromkeys(words))})


def clip_text(tokenizer: transformers.CLIPTokenizer, *, width: int = 32, projection: int = 0) -> torch.nn.Module:
    """A two-layer CLIP text encoder."""
    config = transformers.CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=width + 5,
        num_attention_heads=4,
        num_hidden_layers=2,
        projection_dim=projection or width,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    kind = transformers.CLIPTextModelWithProjection if projection else transformers.CLIPTextModel
    return kind(config).eval()


def t5_text(tokenizer: transformers.T5TokenizerFast, *, width: int = 32) -> torch.nn.Module:
    """A two-layer T5 encoder."""
    config = transformers.T5Config(
        vocab_size=len(tokenizer),
        d_model=width,
        d_kv=8,
        d_ff=37,
        num_layers=2,
        num_heads=4,
        feed_forward_proj="gated-gelu",
    )
    return transformers.T5EncoderModel(config).eval()
