"""Any other model that transformers' text-to-audio pipeline can run: Bark, CSM, Dia, FastSpeech2Conformer and so on.

Bark takes its voices by name (`voice=v2/en_speaker_6`). A model that invents its speaker may do so at every sentence.
"""

from typing import Any

import numpy as np

from content.errors import BadAnswerError, BadConfigurationError
from models.narrator.speech_models import Casting, Line, Sound
from models.narrator.voices import unknown_voice
from models.seeds import seeded
from models.weights.weights import loading, working


class PipelineSpeech:
    """A text-to-audio pipeline in the number format the device is best at, unless told otherwise."""

    longest = 200
    """Bark and its kin were trained on about 13 seconds."""

    def __init__(self, casting: Casting) -> None:
        """Load the pipeline, and Bark's voice."""
        casting.at_one_rate()
        with loading(f"the voice model {casting.folder.name}"):
            from transformers import AutoModelForTextToWaveform, pipeline
            from transformers.models.auto.modeling_auto import MODEL_FOR_TEXT_TO_WAVEFORM_MAPPING_NAMES as SPEAKING

            from models.devices import best_dtype

            if casting.kind not in SPEAKING:
                raise BadConfigurationError(
                    f"{casting.folder.name} is a model of the kind {casting.kind!r}, which does not speak;"
                    f" a narrator is one of speecht5, {', '.join(sorted(SPEAKING))}"
                )
            model: Any = AutoModelForTextToWaveform.from_pretrained(
                casting.folder,
                dtype=best_dtype(casting.device, casting.dtype),
                use_safetensors=True,
                **casting.local,
            )
            reader, tokenizer = _readers(casting)
            made: Any = pipeline
            self._pipe: Any = made(
                "text-to-audio", model=model.eval(), tokenizer=tokenizer, processor=reader, device=casting.device
            )
        presets = tuple(getattr(reader, "available_voice_presets", ()))
        if casting.voice and casting.voice not in presets:
            raise unknown_voice(casting.voice, presets)
        self._voice, self._presets, self._device = casting.voice, presets, casting.device
        self.rate = int(self._pipe.sampling_rate)

    def lacks(self, text: str) -> str:
        """Give nothing: what cannot be read is the model's own affair."""
        return ""

    def say(self, line: Line, seed: int) -> Sound:
        """Say a line."""
        import torch

        voice = self._voice or self._usual(line.language)
        told = {"preprocess_params": {"voice_preset": voice}} if voice else {}
        with working("speaking"), torch.inference_mode(), seeded(seed, self._device):
            heard = self._pipe(line.text, **told)
        audio = np.asarray(heard["audio"], dtype=np.float32)
        if not audio.size:
            raise BadAnswerError(f"the voice model gave no sound for {line.text[:60]!r}")
        return Sound(audio if audio.ndim == 1 else audio.reshape(-1, audio.shape[-1]).mean(axis=0))

    def _usual(self, language: str) -> str:
        wanted = f"{language.lower().partition('-')[0]}_speaker_"
        return min((name for name in self._presets if wanted in name), default="")


def _readers(casting: Casting) -> tuple[Any, Any]:
    """Give the processor, where the model has one, and the tokenizer."""
    from transformers import AutoProcessor, AutoTokenizer, PreTrainedTokenizerBase

    reading: Any = AutoProcessor
    processor = reading.from_pretrained(casting.folder, **casting.local)
    if isinstance(processor, PreTrainedTokenizerBase):  # what AutoProcessor gives for a model without a processor
        return None, processor
    if hasattr(processor, "tokenizer"):
        return processor, processor.tokenizer
    return processor, AutoTokenizer.from_pretrained(casting.folder, **casting.local)
