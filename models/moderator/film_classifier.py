"""An action classifier's scores. Holds the weights for as long as it lives; for one thread at a time."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from content.hazard_labels import Finding
from models.model_scores import Scores, in_batches, metered_work, probabilities
from models.moderator.picture_classifier import whole
from models.weights.model_setup import ModelSetup, labels_of

if TYPE_CHECKING:
    from PIL.Image import Image


class LabelledActions:
    """A loaded model for video classification (VideoMAE, TimeSformer, ViViT, …)."""

    def __init__(self, setup: ModelSetup) -> None:
        """Read processor and weights; raise what `Weights.ready` raises, and BadConfigurationError for a misfit."""
        from transformers import AutoImageProcessor, AutoModelForVideoClassification

        self._setup, self._what = setup, str(setup.name)
        self._processor: Any = setup.read(AutoImageProcessor.from_pretrained)
        self._model: Any = setup.read_model(AutoModelForVideoClassification)
        config = self._model.config
        self.labels = labels_of(config)
        self.meanings = setup.book.moderates(self.labels, self._what)
        self.multi_label = config.problem_type == "multi_label_classification" or len(self.labels) == 1
        self.frames = int(getattr(config, "num_frames", 16))

    def findings(self, row: Scores) -> tuple[Finding, ...]:
        """Say what one row of scores means in hazards, the worst first."""
        return self._setup.book.findings(
            self.labels, self.meanings, [float(score) for score in row], exclusive=not self.multi_label
        )

    def scores(self, windows: "Sequence[Sequence[Image]]") -> Scores:
        """Give (N, L): how likely each label is for each window of `frames` pictures."""
        return in_batches(windows, max(1, self._setup.batch // 4), self._judged, self._what)

    def _judged(self, windows: "Sequence[Sequence[Image]]") -> Scores:
        import torch

        with metered_work(self._setup.device, images=sum(map(len, windows))), torch.inference_mode():
            frames = [[whole(self._processor, picture) for picture in window] for window in windows]
            pixels = self._processor(frames, return_tensors="pt")["pixel_values"]
            logits = self._model(pixel_values=pixels.to(self._model.device, self._model.dtype)).logits
            return probabilities(logits, len(self.labels), self._what, multi_label=self.multi_label)
