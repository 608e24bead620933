"""The face that text-to-speech models of transformers have here, and which of them a folder holds.

A model says one utterance at a time: the noise it draws belongs to that utterance alone, so a sentence that changes
leaves all others as they were. (In a batch they would share one stream of noise.)
A loaded model holds its weights until it is dropped.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from content.errors import BadConfigurationError
from models.narrator.speech_alignment import Span
from models.narrator.waveforms import Samples


@dataclass(frozen=True)
class Casting:
    """What a model is loaded from, and how it shall speak. `dtype` and `voice` may be "", `vocoder` is for SpeechT5."""

    folder: Path
    device: str
    dtype: str = ""
    voice: str = ""
    rate: float = 1.0
    vocoder: Path | None = None
    config: dict[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The architecture's name."""
        return str(self.config.get("model_type", ""))

    def at_one_rate(self) -> None:
        """Raise BadConfigurationError when a rate is wished for that the model cannot do."""
        if self.rate != 1.0:
            raise BadConfigurationError(
                f"models of the kind {self.kind!r} speak at their own rate only; leave rate out"
            )

    @property
    def local(self) -> dict[str, Any]:
        """Arguments of every `from_pretrained`."""
        return {"local_files_only": True, "trust_remote_code": False}


@dataclass(frozen=True)
class Line:
    """What to say: words stand at `places` in `text`; a model that goes on for more than `longest_s` may be stopped."""

    text: str
    places: Sequence[Span]
    language: str
    shortest_s: float
    longest_s: float


@dataclass(frozen=True)
class Sound:
    """What was said. `marks` are each word's samples where the model knows them."""

    samples: Samples
    marks: tuple[Span, ...] | None = None


class SpeechModel(Protocol):
    """A loaded model with its voice. `longest` is how many characters it says well in one go."""

    rate: int
    longest: int

    def lacks(self, text: str) -> str:
        """Give the characters of a text that the model has no sign for."""
        ...

    def say(self, line: Line, seed: int) -> Sound:
        """Say one line; the same line and seed give the same sound. Raises BadAnswerError for what is no speech."""
        ...


def load_speech_model(casting: Casting) -> SpeechModel:
    """Load the model a folder holds, by the architecture its config names.

    Raises BadConfigurationError for models that do not speak, and for voices and rates they do not have.
    """
    path = casting.folder / "config.json"
    try:
        config = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadConfigurationError(f"{path} does not say which model this is: {error}") from None
    known = Casting(casting.folder, casting.device, casting.dtype, casting.voice, casting.rate, casting.vocoder, config)
    match known.kind:
        case "vits":
            from models.narrator.speech_vits import VitsSpeech

            return VitsSpeech(known)
        case "speecht5":
            from models.narrator.speech_speecht5 import SpeechT5Speech

            return SpeechT5Speech(known)
        case "vibevoice":
            from models.narrator.speech_vibevoice import VibeVoiceSpeech

            return VibeVoiceSpeech(known)
        case _:
            from models.narrator.speech_pipeline import PipelineSpeech

            return PipelineSpeech(known)
