"""SpeechT5: letters to a spectrogram, one frame after the other, and a vocoder that makes sound of it."""

import math
from typing import Any

from content.errors import BadConfigurationError
from models.narrator.speech_models import Casting, Line, Sound
from models.narrator.voices import speaker_vector
from models.seeds import seeded
from models.weights.weights import loading, working


class SpeechT5Speech:
    """SpeechT5 with HiFi-GAN; always float32."""

    longest = 240
    """The text encoder knows 450 positions and the decoder tires before that."""

    def __init__(self, casting: Casting) -> None:
        """Load model, alphabet and vocoder (`vocoder=`, else the model's `vocoder/`), and the speaker's vector."""
        casting.at_one_rate()
        own = casting.folder / "vocoder"
        vocoder = casting.vocoder or (own if own.is_dir() else None)
        if vocoder is None:
            raise BadConfigurationError(
                f"{casting.folder.name} makes spectrograms and needs a vocoder; add ?vocoder=microsoft/speecht5_hifigan"
                " or another name or folder"
            )
        with loading(f"the voice model {casting.folder.name}"):
            import torch
            from transformers import AutoTokenizer, SpeechT5ForTextToSpeech, SpeechT5HifiGan

            self._tokenizer: Any = AutoTokenizer.from_pretrained(casting.folder, **casting.local)
            model: Any = SpeechT5ForTextToSpeech.from_pretrained(casting.folder, use_safetensors=True, **casting.local)
            vocoding: Any = SpeechT5HifiGan.from_pretrained(vocoder, use_safetensors=True, **casting.local)
            self._model: Any = model.float().eval().to(casting.device)
            self._vocoder: Any = vocoding.float().eval().to(casting.device)
            size = int(self._model.config.speaker_embedding_dim)
            vector = speaker_vector(casting.voice, casting.folder, size)
            self._speaker: Any = torch.from_numpy(vector)[None].to(casting.device)  # (1, D)
        if self._vocoder.config.model_in_dim != self._model.config.num_mel_bins:
            raise BadConfigurationError(
                f"the vocoder reads {self._vocoder.config.model_in_dim} bands and {casting.folder.name} writes"
                f" {self._model.config.num_mel_bins}; set another vocoder"
            )
        self._device = casting.device
        self.rate = int(self._vocoder.config.sampling_rate)
        self._frame_s = math.prod(self._vocoder.config.upsample_rates) / self.rate

    def lacks(self, text: str) -> str:
        """Give the characters that become the unknown sign."""
        unknown = self._tokenizer.unk_token_id
        return "".join(
            sorted(
                sign
                for sign in set(text)
                if not sign.isspace() and unknown in self._tokenizer(sign, add_special_tokens=False)["input_ids"]
            )
        )

    def say(self, line: Line, seed: int) -> Sound:
        """Say a line. The decoder's own dropout draws from the seed, as it does in training."""
        import torch

        inputs = self._tokenizer(line.text, return_tensors="pt").to(self._device)
        length = inputs["input_ids"].shape[1]
        steps = line.longest_s / self._frame_s / int(self._model.config.reduction_factor)
        with working("speaking"), torch.inference_mode(), seeded(seed, self._device):
            samples = self._model.generate(
                inputs["input_ids"],
                speaker_embeddings=self._speaker,
                vocoder=self._vocoder,
                # The ratio is of spectrogram frames to letters; one step writes reduction_factor frames.
                maxlenratio=max(1.0, steps * int(self._model.config.reduction_factor) / length),
            )
        return Sound(samples.float().cpu().numpy().reshape(-1))
