"""Tiny sentence-embedding models: random weights, saved as the two kinds of folder a user may have."""

from pathlib import Path
from typing import Any

_DIMENSIONS = 16


def tiny_transformer(folder: Path, *, seed: int = 0) -> Path:
    """Save a plain multilingual BERT of 16 dimensions that reads bytes, up to 128 of them."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder.mkdir(parents=True, exist_ok=True)
    reading = Tokenizer(models.BPE())
    reading.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    reading.train_from_iterator(
        [], trainers.BpeTrainer(special_tokens=["<pad>", "<s>", "</s>"], initial_alphabet=alphabet)
    )
    reading.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=reading, pad_token="<pad>", cls_token="<s>", sep_token="</s>", model_max_length=128
    )
    tokenizer.save_pretrained(folder)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = BertModel(
            BertConfig(
                vocab_size=len(tokenizer),
                hidden_size=_DIMENSIONS,
                num_hidden_layers=1,
                num_attention_heads=2,
                intermediate_size=32,
                max_position_embeddings=128,
            )
        )
        for parameter in model.parameters():  # as they are made, all texts look alike
            if parameter.dim() > 1:
                torch.nn.init.normal_(parameter, std=0.3)
    model.save_pretrained(folder)
    return folder


def tiny_sentence_transformer(folder: Path, *, pooling: str = "cls", seed: int = 0, **options: Any) -> Path:
    """Save the same in the form of sentence-transformers: modules.json, its own pooling, its own prompts."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

    plain = tiny_transformer(folder / "plain", seed=seed)
    model = SentenceTransformer(
        modules=[Transformer(str(plain)), Pooling(_DIMENSIONS, pooling_mode=pooling), Normalize()],
        device="cpu",
        **options,
    )
    model.save(str(folder / "whole"), create_model_card=False, safe_serialization=True)
    return folder / "whole"
