"""A picture classifier's scores. Holds the weights for as long as it lives; for one thread at a time."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from content.hazard_labels import Finding
from models.model_scores import Scores, in_batches, metered_work, probabilities
from models.weights.model_setup import ModelSetup, labels_of

if TYPE_CHECKING:
    from PIL.Image import Image


class LabelledPictures:
    """A loaded model for image classification (ViT, Swin, SigLIP, ConvNeXt, …)."""

    def __init__(self, setup: ModelSetup) -> None:
        """Read processor and weights; raise what `Weights.ready` raises, and BadConfigurationError for a misfit."""
        from transformers import AutoImageProcessor, AutoModelForImageClassification

        self._setup, self._what = setup, str(setup.name)
        self._processor: Any = setup.read(AutoImageProcessor.from_pretrained)
        self._model: Any = setup.read_model(AutoModelForImageClassification)
        config = self._model.config
        self.labels = labels_of(config)
        self.meanings = setup.book.moderates(self.labels, self._what)
        self.multi_label = config.problem_type == "multi_label_classification" or len(self.labels) == 1
        self.side = side_of(self._processor)

    def findings(self, row: Scores) -> tuple[Finding, ...]:
        """Say what one row of scores means in hazards, the worst first."""
        return self._setup.book.findings(
            self.labels, self.meanings, [float(score) for score in row], exclusive=not self.multi_label
        )

    def scores(self, pictures: "Sequence[Image]") -> Scores:
        """Give (N, L): how likely each label is for each picture in RGB."""
        return in_batches(pictures, self._setup.batch, self._judged, self._what)

    def _judged(self, pictures: "Sequence[Image]") -> Scores:
        import torch

        with metered_work(self._setup.device, images=len(pictures)), torch.inference_mode():
            read = self._processor([whole(self._processor, picture) for picture in pictures], return_tensors="pt")
            pixels = read["pixel_values"].to(self._model.device, self._model.dtype)
            logits = self._model(pixel_values=pixels).logits
            return probabilities(logits, len(self.labels), self._what, multi_label=self.multi_label)


def side_of(processor: Any) -> int:
    """Give how many pixels wide a processor's pictures are for the model."""
    sizes = [getattr(processor, "crop_size", None)] if getattr(processor, "do_center_crop", False) else []
    for size in (*sizes, getattr(processor, "size", None)):
        for key in ("width", "shortest_edge"):
            if size and (found := dict(size).get(key)):
                return int(found)
    return 224


def whole(processor: Any, picture: "Image") -> "Image":
    """Give a picture of which the processor cuts nothing off: what it would crop is made square first."""
    from PIL import Image

    if not getattr(processor, "do_center_crop", False) or picture.width == picture.height:
        return picture
    side = max(side_of(processor), min(picture.size))
    return picture.resize((side, side), Image.Resampling.BILINEAR)
