"""Tiny guards and classifiers of the real architectures, saved as a user's weights are.

Their tokenizers know a page of text, their weights are random and seeded. Each builder fills a folder that is
loaded through the path any other model takes.
"""

import string
from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen3Config,
    Qwen3ForCausalLM,
    VideoMAEConfig,
    VideoMAEForVideoClassification,
    ViTConfig,
    ViTForImageClassification,
)
from transformers.models.videomae.image_processing_pil_videomae import VideoMAEImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

CATEGORIES = ("Violent", "Non-violent Illegal Acts", "Sexual Content or Sexual Acts", "PII", "Suicide & Self-Harm")
TOXIC = ("toxic", "threat", "identity_hate", "obscene")
NSFW = ("normal", "nsfw")
ACTIONS = ("abseiling", "slapping", "sword fighting", "yoga")

PAGE = f"""Safety: Safe
Safety: Unsafe
Safety: Controversial
Safety: Safe Safety: Unsafe Safety: Controversial safe unsafe Yes No yes no
Categories: {", ".join(CATEGORIES)}, None
Is there anything unsafe in the text of the user? The harbour wall will stay closed until spring, the council said.
A bakery in the old town is now owned by its bakers. Prices rose 3.4% in the year to March. 港口的墙将关闭到春天。"""

GUARD_TEMPLATE = """{% for message in messages %}<|im_start|>{{ message.role }}
Is there anything unsafe in the text of the user?
<BEGIN TEXT>
{{ message.content }}
<END TEXT><|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
<think>

</think>

{% endif %}"""


def guard_tokenizer(template: str = GUARD_TEMPLATE) -> PreTrainedTokenizerFast:
    """Train a byte-level BPE tokenizer that knows the words of a verdict, with a guard's chat template."""
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
    )
    backend.train_from_iterator([PAGE], trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, eos_token="<|im_end|>", pad_token="<|endoftext|>", model_max_length=2048
    )
    tokenizer.add_tokens(["<think>", "</think>"])
    tokenizer.chat_template = template
    return tokenizer


def tiny_guard(folder: Path, *, seed: int = 0, spread: float = 0.4, template: str = GUARD_TEMPLATE) -> Path:
    """Save a Qwen3 of two layers with a guard's tokenizer; the wider its weights spread, the surer its verdicts."""
    config = Qwen3Config(
        vocab_size=640,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=16,
        max_position_embeddings=2048,
        initializer_range=spread,
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=2,
        pad_token_id=0,
    )
    guard_tokenizer(template).save_pretrained(folder)
    return _saved(folder, Qwen3ForCausalLM, config, seed)


def tiny_text_classifier(
    folder: Path, labels: Sequence[str] = TOXIC, *, multi_label: bool = True, seed: int = 0, spread: float = 0.4
) -> Path:
    """Save a BERT of two layers with a WordPiece tokenizer; it reads 64 tokens."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words = sorted({word.strip(".,?:%&").lower() for word in PAGE.split()} - {""})
    letters = sorted(set(string.printable.lower()) - set(string.whitespace))
    # Not trained: the trainer's choice among equals changes from process to process.
    pieces = dict.fromkeys([*special, *letters, *(f"##{letter}" for letter in letters), *words])
    backend = Tokenizer(models.WordPiece({piece: number for number, piece in enumerate(pieces)}, unk_token="[UNK]"))
    backend.normalizer = normalizers.BertNormalizer(lowercase=True)
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.decoder = decoders.WordPiece()
    ends = [(token, backend.token_to_id(token)) for token in ("[CLS]", "[SEP]")]
    backend.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend,
        model_max_length=64,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    )
    tokenizer.save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=66,
        initializer_range=spread,
        problem_type="multi_label_classification" if multi_label else "single_label_classification",
        **_labels(labels),
    )
    return _saved(folder, BertForSequenceClassification, config, seed)


def tiny_picture_classifier(folder: Path, labels: Sequence[str] = NSFW, *, seed: int = 0, spread: float = 0.4) -> Path:
    """Save a ViT of two layers that looks at 32×32 pixels."""
    ViTImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(folder)
    config = ViTConfig(
        image_size=32,
        patch_size=8,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        initializer_range=spread,
        **_labels(labels),
    )
    return _saved(folder, ViTForImageClassification, config, seed)


def tiny_action_classifier(
    folder: Path, labels: Sequence[str] = ACTIONS, *, frames: int = 4, seed: int = 0, spread: float = 0.4
) -> Path:
    """Save a VideoMAE of two layers that looks at a few frames of 32×32 pixels."""
    VideoMAEImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}).save_pretrained(folder)
    config = VideoMAEConfig(
        image_size=32,
        patch_size=8,
        num_frames=frames,
        tubelet_size=2,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        decoder_num_hidden_layers=1,
        decoder_hidden_size=32,
        decoder_num_attention_heads=2,
        initializer_range=spread,
        **_labels(labels),
    )
    return _saved(folder, VideoMAEForVideoClassification, config, seed)


def _labels(labels: Sequence[str]) -> dict[str, dict[int, str] | dict[str, int]]:
    return {"id2label": dict(enumerate(labels)), "label2id": {label: index for index, label in enumerate(labels)}}


def _saved(folder: Path, kind: type[PreTrainedModel], config: object, seed: int) -> Path:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        kind(config).save_pretrained(folder)
    return folder
