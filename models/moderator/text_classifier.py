"""A text classifier's scores. Holds the weights for as long as it lives; for one thread at a time."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from content.errors import BadConfigurationError
from content.hazard_labels import Finding
from models.model_scores import Scores, in_batches, metered_work, probabilities
from models.weights.model_setup import ModelSetup, labels_of

_SLACK = 8  # a window that is cut out of its text may take a few tokens more than inside it


class TextClassifier:
    """A loaded model for text classification: one label of many, or each label for itself."""

    def __init__(self, setup: ModelSetup) -> None:
        """Read tokenizer and weights; raise what `Weights.ready` raises, and BadConfigurationError for a misfit."""
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        self._setup, self._what = setup, str(setup.name)
        self.tokenizer: Any = setup.read(AutoTokenizer.from_pretrained)
        if not self.tokenizer.is_fast:
            raise BadConfigurationError(
                f"{self._what} has a slow tokenizer only, which cannot say where a token stands"
            )
        self._model: Any = setup.read_model(AutoModelForSequenceClassification)
        config = self._model.config
        if config.problem_type == "regression":
            raise BadConfigurationError(f"{self._what} gives figures, not labels; use a classifier")
        self.labels = labels_of(config)
        self.meanings = setup.book.moderates(self.labels, self._what)
        self.multi_label = config.problem_type == "multi_label_classification" or len(self.labels) == 1
        # RoBERTa and its kin begin to count positions behind the padding's.
        positions = getattr(config, "max_position_embeddings", None) or 2**20
        self._longest = min(int(positions) - 2, int(self.tokenizer.model_max_length))
        self.window = self._longest - self.tokenizer.num_special_tokens_to_add() - _SLACK
        if self.window < 1:
            raise BadConfigurationError(f"{self._what} reads {self._longest} tokens, too few to judge anything")

    def findings(self, texts: Sequence[str]) -> list[tuple[Finding, ...]]:
        """Say what each text's scores mean in hazards, the worst first."""
        return [
            self._setup.book.findings(
                self.labels, self.meanings, [float(score) for score in row], exclusive=not self.multi_label
            )
            for row in self.scores(texts)
        ]

    def scores(self, texts: Sequence[str]) -> Scores:
        """Give (N, L): how likely each label is for each text, which is read up to the model's length."""
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        size = self._setup.batch if self.tokenizer.pad_token is not None else 1
        found = in_batches([texts[index] for index in order], size, self._judged, self._what)
        return found[np.argsort(order)]

    def _judged(self, texts: Sequence[str]) -> Scores:
        import torch

        read = self.tokenizer(
            list(texts),
            padding=len(texts) > 1,
            truncation=True,
            max_length=self._longest,
            split_special_tokens=True,  # a [SEP] in a foreign text is three letters in brackets
            return_tensors="pt",
        ).to(self._model.device)
        tokens = int(read["attention_mask"].sum())
        with metered_work(self._setup.device, tokens_in=tokens), torch.inference_mode():
            logits = self._model(**read).logits
            return probabilities(logits, len(self.labels), self._what, multi_label=self.multi_label)
