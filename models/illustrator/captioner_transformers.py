"""Alternative texts by a captioning model (BLIP, GIT, or a model that is asked in a chat): pictures to one sentence.

Greedy, so the same picture gives the same words. It lives with the engine it describes pictures for, holds its weights
from `load` to `release`, and is called by one thread at a time.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from content.recipes import EngineIdentity
from models.devices import best_dtype, gives_memory_back
from models.illustrator.cover_prompt import plain_words
from models.quiet import quiet
from models.weights.weights import Weights, loading, working

if TYPE_CHECKING:
    from PIL.Image import Image

VERSION: Final = 1
LONGEST: Final = 200
_TOKENS: Final = 48
_ACTIVATIONS: Final = 300_000_000
_ASKED: Final = "Describe this picture in one short sentence for someone who cannot see it."


class CaptionerTransformers:
    """Describes pictures on a device."""

    def __init__(self, weights: Weights, device: str) -> None:
        self._weights, self._device = weights, device
        self._model: Any = None
        self._processor: Any = None

    @property
    def identity(self) -> EngineIdentity:
        """Everything that can change a description."""
        return EngineIdentity(
            backend="transformers",
            model=self._weights.model,
            revision=self._weights.revision,
            parameters={"version": VERSION},
        )

    @property
    def footprint(self) -> int:
        """About how many bytes of the device it takes."""
        return self._weights.bytes + _ACTIVATIONS

    def load(self) -> None:
        """Take the weights into memory; raise what `weights_of` says of weights that are not there or unsafe."""
        if self._model is not None:
            return
        folder = self._weights.ready()
        with loading(f"the captioner {self._weights.model}"), quiet():
            import transformers

            processors: Any = transformers.AutoProcessor
            models: Any = transformers.AutoModelForImageTextToText
            local: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
            self._processor = processors.from_pretrained(folder, **local)
            model = models.from_pretrained(folder, use_safetensors=True, dtype=best_dtype(self._device), **local)
            self._model = model.eval().to(self._device)

    def release(self) -> None:
        """Forget the weights and give the device's memory back."""
        self._model = self._processor = None
        gives_memory_back(self._device)

    def describe(self, pictures: Sequence["Image"]) -> list[str]:
        """Say in plain words what pictures show, one sentence each; "" where the model finds none."""
        import torch

        with working(f"the captioner {self._weights.model}"), torch.inference_mode():
            told = [text for picture in pictures for text in self._read(picture)]
        return [_sentence(text) for text in told]

    def _read(self, picture: "Image") -> list[str]:
        if getattr(self._processor, "chat_template", None):
            turn = {"role": "user", "content": [{"type": "image", "image": picture}, {"type": "text", "text": _ASKED}]}
            inputs = self._processor.apply_chat_template(
                [turn], add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
            )
            asked = inputs["input_ids"].shape[1]
        else:
            inputs, asked = self._processor(images=[picture], return_tensors="pt"), 0
        inputs = inputs.to(self._device, dtype=self._model.dtype)
        tokens = self._model.generate(**inputs, max_new_tokens=_TOKENS, do_sample=False, num_beams=1)
        texts: list[str] = self._processor.batch_decode(tokens[:, asked:], skip_special_tokens=True)
        return texts


def _sentence(text: str) -> str:
    words = plain_words(text, LONGEST)
    return words[:1].upper() + words[1:]
