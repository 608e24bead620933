"""VibeVoice: a language model that writes 7.5 sounds a second, in English and Chinese, in the voice of a sample.

Without a sample the model invents a speaker at every call. So a voice that is a number (0 by default) is invented once,
from that number alone, and is the sample for everything said afterwards: every sentence of every edition has one voice.
"""

import math
from typing import Any

from content.errors import BadAnswerError
from content.sentences import is_chinese
from models.narrator.speech_models import Casting, Line, Sound
from models.narrator.voices import speaker_sample
from models.narrator.waveforms import Samples, tidied
from models.seeds import derived_seed, seeded
from models.weights.weights import loading, working

_AUDITION = {
    False: "Good morning. Here is what has happened since yesterday, told in a few calm and clear sentences.",
    True: "早上好。下面用几句清楚的话,讲一讲昨天以来发生的事情。",
}
_TAKES, _SHORTEST_TAKE_S, _LONGEST_TAKE_S = 8, 2.0, 12.0


class VibeVoiceSpeech:
    """A VibeVoice model in the device's best number format, unless told otherwise."""

    longest = 320

    def __init__(self, casting: Casting) -> None:
        """Load the model and its processor, and the sample that `voice` names; `voice` may be a number, too."""
        casting.at_one_rate()
        with loading(f"the voice model {casting.folder.name}"):
            from transformers import AutoProcessor, VibeVoiceForConditionalGeneration

            from models.devices import best_dtype

            reading: Any = AutoProcessor
            self._processor: Any = reading.from_pretrained(casting.folder, **casting.local)
            model: Any = VibeVoiceForConditionalGeneration.from_pretrained(
                casting.folder,
                dtype=best_dtype(casting.device, casting.dtype),
                use_safetensors=True,
                **casting.local,
            )
            self._model: Any = model.eval().to(casting.device)
        self.rate = int(self._processor.feature_extractor.sampling_rate)
        self._frame_s = int(self._model.config.audio_config.hop_length) / self.rate
        self._device = casting.device
        self._number = int(casting.voice or 0) if not casting.voice or casting.voice.isdecimal() else -1
        self._samples: dict[bool, Samples] = {}
        if self._number < 0:
            sample = speaker_sample(casting.voice, casting.folder, self.rate)
            self._samples = {False: sample, True: sample}

    def lacks(self, text: str) -> str:
        """Give nothing: every character can be read."""
        return ""

    def say(self, line: Line, seed: int) -> Sound:
        """Say a line in the voice of the sample."""
        chinese = is_chinese(line.language)
        if chinese not in self._samples:
            self._samples[chinese] = self._invented(_AUDITION[chinese])
        return Sound(self._generate(line.text, self._samples[chinese], seed, line.longest_s))

    def _invented(self, text: str) -> Samples:
        """Let the model invent the speaker of a number; a take too short to tell a voice by is taken again."""
        for take in range(_TAKES):
            heard = self._generate(text, None, derived_seed("voice", self._number, take), _LONGEST_TAKE_S)
            sample, _ = tidied(heard, self.rate)
            if len(sample) >= _SHORTEST_TAKE_S * self.rate:
                return sample
        raise BadAnswerError(f"the voice model found no voice for the number {self._number} in {_TAKES} takes")

    def _generate(self, text: str, sample: Samples | None, seed: int, limit_s: float) -> Samples:
        import torch

        content: list[dict[str, Any]] = [{"type": "text", "text": text}]
        if sample is not None:
            content.append({"type": "audio", "audio": sample})
        inputs = self._processor.apply_chat_template(
            [{"role": "0", "content": content}], tokenize=True, return_dict=True, return_tensors="pt"
        ).to(self._device, self._model.dtype)
        # Two more than the frames: the signs that open and close the sound.
        steps = math.ceil(limit_s / self._frame_s) + 2
        with working("speaking"), torch.inference_mode(), seeded(seed, self._device):
            told = self._model.generate(**inputs, max_new_tokens=steps)
        audio = told.audio if hasattr(told, "audio") else told
        if not audio or audio[0] is None:
            raise BadAnswerError(f"the voice model ended without a sound for {text[:60]!r}")
        samples: Samples = audio[0].float().cpu().numpy().reshape(-1)
        return samples
