"""VITS (MMS-TTS, VITS-LJS, VITS-VCTK): from letters to sound in one pass, and the model knows when each is heard."""

from typing import Any

from content.errors import BadAnswerError, BadConfigurationError, BadInputError, MissingEngineError
from models.narrator.speech_alignment import Span
from models.narrator.speech_models import Casting, Line, Sound
from models.narrator.voices import speaker_number
from models.seeds import seeded
from models.weights.weights import loading, working


class VitsSpeech:
    """A VITS model; always float32, its duration splines break in less."""

    longest = 400

    def __init__(self, casting: Casting) -> None:
        """Load the model, its alphabet, and the speaker that `voice` numbers."""
        with loading(f"the voice model {casting.folder.name}"):
            from transformers import AutoTokenizer, VitsModel

            self._tokenizer: Any = AutoTokenizer.from_pretrained(casting.folder, **casting.local)
            model: Any = VitsModel.from_pretrained(casting.folder, use_safetensors=True, **casting.local)
            self._model: Any = model.float().eval().to(casting.device)
        if self._tokenizer.phonemize and not _has("phonemizer"):
            raise MissingEngineError(f"{casting.folder.name} reads phonemes; run: pip install phonemizer")
        speakers = int(self._model.config.num_speakers)
        if casting.voice and speakers == 1:
            raise BadConfigurationError(f"{casting.folder.name} has one speaker; leave voice out")
        self._speaker = speaker_number(casting.voice, speakers) if speakers > 1 else None
        self._rate = casting.rate * float(self._model.config.speaking_rate)
        self._device = casting.device
        self._letters = frozenset(self._tokenizer.get_vocab())
        self.rate = int(self._model.config.sampling_rate)
        upsampling = self._model.config.upsample_rates
        self._hop = 1
        for factor in upsampling:
            self._hop *= int(factor)

    def lacks(self, text: str) -> str:
        """Give the characters that are not in the alphabet; phonemes and romanised letters are judged when spoken."""
        if self._tokenizer.phonemize or self._tokenizer.is_uroman:
            return ""
        return "".join(sorted({sign for sign in text if not {sign, sign.lower()} & self._letters}))

    def say(self, line: Line, seed: int) -> Sound:
        """Say a line; words are timed by the frames the duration predictor gives their letters."""
        import torch

        if self._tokenizer.is_uroman and not line.text.isascii() and not _has("uroman"):
            raise BadInputError(
                f"this voice model reads romanised text, and {line.text[:40]!r} is in another script;"
                " run: pip install uroman"
            )
        prepared = self._prepared(line.text)
        ids = self._tokenizer(line.text, return_tensors="pt").to(self._device)
        if not prepared or not ids["input_ids"].shape[1]:
            raise BadInputError(f"this voice model can say nothing of {line.text[:80]!r}")
        frames: list[Any] = []

        def count(_module: Any, _inputs: Any, log_durations: Any) -> None:
            """Stop before the decoder when the durations are absurd: it would ask for gigabytes."""
            told = torch.ceil(torch.exp(log_durations.float()) / self._rate)[0, 0]  # (T,)
            total_s = float(told.sum()) * self._hop / self.rate
            if not total_s <= line.longest_s:  # also when it is not a number
                raise BadAnswerError(
                    f"the voice model wants {total_s:.1f} s for {line.text[:60]!r},"
                    f" where {line.longest_s:.1f} s are the most"
                )
            frames.append(told.cpu())

        hook = self._model.duration_predictor.register_forward_hook(count)
        try:
            with working("speaking"), torch.inference_mode(), seeded(seed, self._device):
                given = self._model(**ids, speaker_id=self._speaker, speaking_rate=self._rate)
                samples = given.waveform[0, : int(given.sequence_lengths[0])].float().cpu().numpy()
        finally:
            hook.remove()
        return Sound(samples, self._marks(line, prepared, [int(each) for each in frames[0]]))

    def _marks(self, line: Line, prepared: str, frames: list[int]) -> tuple[Span, ...] | None:
        """Give each word's samples, from the frames of each token: a blank, a letter, a blank, …, a blank."""
        blanks = bool(self._tokenizer.add_blank)
        if len(frames) != (2 * len(prepared) + 1 if blanks else len(prepared)):
            return None
        bounds = [0]
        for each in frames:
            bounds.append(bounds[-1] + each * self._hop)
        marks: list[Span] = []
        latest = 0
        for start, stop in line.places:
            first, last = self._letters_before(line.text[:start], prepared), len(self._prepared(line.text[:stop]))
            first, last = max(latest, min(first, last)), min(max(latest, last), len(prepared))
            latest = last
            if first == last:
                at = bounds[2 * last if blanks else last]
                marks.append((at, at))
            elif blanks:
                marks.append((bounds[2 * first + 1], bounds[2 * last]))
            else:
                marks.append((bounds[first], bounds[last]))
        return tuple(marks)

    def _letters_before(self, head: str, prepared: str) -> int:
        at = len(self._prepared(head)) if head else 0
        while at < len(prepared) and prepared[at] == " ":
            at += 1
        return at

    def _prepared(self, text: str) -> str:
        return str(self._tokenizer.prepare_for_tokenization(text)[0])


def _has(package: str) -> bool:
    from importlib.util import find_spec

    return find_spec(package) is not None
