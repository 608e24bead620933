"""The narrator on open weights: text-to-speech models of transformers, with every word in time.

It speaks sentence by sentence, so that sentences stand where they stand to the sample; within one, words are timed by
the model's own durations (VITS), by forced alignment (`aligner=`), or by their length between first and last sound.
A sentence's sound depends on the seed and its own words only. Weights are held from `load` to `release`.
"""

import threading
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Self

import numpy as np

from content.errors import BadAnswerError, BadConfigurationError, BadInputError
from content.numerals import say_numbers
from content.recipes import EngineIdentity
from content.utterances import Utterance, expected_s, utterances
from content.values import Script, SpokenWord
from models.devices import best_device, gives_memory_back
from models.model_scores import metered_work
from models.naming import EngineName
from models.narrator.speech_alignment import CtcAligner, Span, filled
from models.narrator.speech_models import Casting, Line, SpeechModel, load_speech_model
from models.narrator.voices import voice_identity
from models.narrator.waveforms import Samples, silence, tidied, wav_bytes
from models.protocols import Order, RenderedNarration
from models.quiet import quiet
from models.seeds import derived_seed, seeded
from models.weights.footprints import footprint_of
from models.weights.weights import weights_of

VERSION: Final = 1

OPTIONS: Final = (
    "voice",
    "rate",
    "aligner",
    "vocoder",
    "dtype",
    "sentence_pause_s",
    "scene_pause_s",
    "segment_pause_s",
)
_DTYPES: Final = ("", "float32", "float16", "bfloat16")

_ATTEMPTS: Final = 3
"""A model that babbles or falls silent often speaks well from another seed."""

_CLAUSE_PAUSE_S: Final = 0.12
_SHORTEST_SHARE, _LONGEST_SHARE, _GRACE_S = 0.2, 4.0, 2.0
"""Speech is believed between a fifth and four times the time a newsreader takes, and two seconds more."""

_ALIKE: Final = str.maketrans("“”‘’«»…—–·/", '""\'\'"".,,  ')


class NarratorTransformers:
    """Speaks scripts with a text-to-speech model. Safe to share between threads: utterances go one at a time."""

    def __init__(self, order: Order) -> None:
        """Read the options; nothing is loaded. Raises BadConfigurationError for options that make no sense."""
        name = order.name
        name.allow(OPTIONS)
        self._order, self._weights = order, weights_of(order)
        self._voice = name.option("voice", "")
        self._rate = name.option("rate", 1.0)
        self._dtype = name.option("dtype", "")
        self._sentence_pause_s = name.option("sentence_pause_s", 0.28)
        self._scene_pause_s = name.option("scene_pause_s", 0.4)
        self._segment_pause_s = name.option("segment_pause_s", 0.6)
        self._other = {key: _other(order, key) for key in ("aligner", "vocoder") if name.option(key, "")}
        if not 0.5 <= self._rate <= 2.0:
            raise BadConfigurationError(f"{name}: rate must be 0.5 to 2, not {self._rate:g}")
        if self._dtype not in _DTYPES:
            raise BadConfigurationError(f"{name}: dtype must be float32, float16 or bfloat16, not {self._dtype!r}")
        if not all(0 <= pause <= 5 for pause in (self._sentence_pause_s, self._scene_pause_s, self._segment_pause_s)):
            raise BadConfigurationError(f"{name}: pauses must be 0 to 5 seconds")
        self._lock = threading.Lock()
        self._loaded: tuple[SpeechModel, CtcAligner | None] | None = None

    @classmethod
    def from_order(cls, order: Order) -> Self:
        """Make the narrator that an order names."""
        return cls(order)

    @property
    def identity(self) -> EngineIdentity:
        """The weights, the voice and its file, the pace, and what times the words."""
        parameters: dict[str, str | int | float | bool] = {
            "version": VERSION,
            "voice": voice_identity(self._voice),
            "rate": self._rate,
            "sentence_pause_s": self._sentence_pause_s,
            "scene_pause_s": self._scene_pause_s,
            "segment_pause_s": self._segment_pause_s,
        }
        if self._dtype:
            parameters["dtype"] = self._dtype
        for key, order in self._other.items():
            weights = weights_of(order)
            parameters[key] = f"{weights.model}@{weights.revision}"
        return EngineIdentity(
            backend="transformers",
            model=self._weights.model,
            revision=self._weights.revision,
            parameters=parameters,
        )

    @property
    def device(self) -> str:
        """The device its weights go to."""
        return best_device(self._order.device)

    @property
    def footprint(self) -> int:
        """The weights, an eighth for a sentence at work, and what a device's library takes for itself."""
        own = footprint_of(self._weights, self.device, self._dtype)
        held = own + sum(weights_of(order).bytes for order in self._other.values())
        return held + held // 8 + 2**28

    def load(self) -> None:
        """Take the voice model, and the aligner where one is set, into memory.

        Raises MissingEngineError for weights that are not there, BadConfigurationError for a voice or rate the model
        does not have.
        """
        with self._lock:
            self._ready()

    def release(self) -> None:
        """Let the weights go."""
        with self._lock:
            self._loaded = None
        gives_memory_back(self.device)

    def narrate(self, script: Script, *, seed: int) -> RenderedNarration:
        """Speak a script; segments without a word get a pause.

        Raises BadInputError for text the model has no letters for, BadAnswerError when it gives no speech.
        """
        with self._lock:
            model, aligner = self._ready()
            with metered_work(self.device), quiet():
                return self._narrate(script, seed, model, aligner)

    def _narrate(self, script: Script, seed: int, model: SpeechModel, aligner: CtcAligner | None) -> RenderedNarration:
        rate, language = model.rate, script.language
        track: list[Samples] = []
        words: list[SpokenWord] = []
        starts: list[float] = []
        at = 0

        def lay(samples: Samples) -> None:
            nonlocal at
            track.append(samples)
            at += len(samples)

        for index, segment in enumerate(script.segments):
            if index:
                within = segment.continues(script.segments[index - 1])
                lay(silence(self._scene_pause_s if within else self._segment_pause_s, rate))
            starts.append(_seconds(at, rate))
            said = utterances(segment.text, language, model.longest, lambda word: sayable(word, language, model))
            for number, utterance in enumerate(said):
                samples, spans = self._heard(utterance, language, seed, model, aligner)
                for token, (first, last) in zip(utterance.tokens, spans, strict=True):
                    start_s, end_s = _seconds(at + first, rate), _seconds(at + last, rate)
                    words.append(SpokenWord(text=token.text, start_s=start_s, end_s=end_s, segment=index))
                lay(samples)
                if number + 1 < len(said):
                    lay(silence(self._sentence_pause_s if utterance.whole else _CLAUSE_PAUSE_S, rate))
            if not said:
                lay(silence(max(self._segment_pause_s, 0.1), rate))
        return RenderedNarration(
            wav=wav_bytes(np.concatenate(track), rate),
            words=tuple(words),
            segment_starts_s=tuple(starts),
            duration_s=_seconds(at, rate),
        )

    def _heard(
        self, utterance: Utterance, language: str, seed: int, model: SpeechModel, aligner: CtcAligner | None
    ) -> tuple[Samples, Sequence[Span]]:
        """Say one utterance and time its words; a sound that cannot be speech is tried again from another seed."""
        text, places = utterance.placed
        if not any(character.isalnum() for character in text):
            pause = silence(max(self._sentence_pause_s, 0.1), model.rate)
            return pause, filled([None] * len(places), text, places, 0, len(pause))
        usual_s = expected_s(text) / self._rate
        line = Line(text, places, language, _SHORTEST_SHARE * usual_s, _LONGEST_SHARE * usual_s + _GRACE_S)
        failure = ""
        for attempt in range(_ATTEMPTS):
            try:
                samples, marks = _speech(model, line, derived_seed(seed, attempt, text))
            except BadAnswerError as error:
                failure = error.message
                continue
            spans = marks if aligner is None else aligner.words(samples, model.rate, text, places)
            return samples, filled(spans, text, places, 0, len(samples))
        raise BadAnswerError(
            f"{failure}; so it was in {_ATTEMPTS} attempts. Choose another narrator or voice",
            identity=str(self.identity),
        )

    def _ready(self) -> tuple[SpeechModel, CtcAligner | None]:
        if self._loaded is None:
            folders = {key: weights_of(order).ready() for key, order in self._other.items()}
            casting = Casting(
                folder=self._weights.ready(),
                device=self.device,
                dtype=self._dtype,
                voice=self._voice,
                rate=self._rate,
                vocoder=folders.get("vocoder"),
            )
            with quiet(), seeded(0, self.device):  # making a model draws numbers, before its weights replace them
                model = load_speech_model(casting)
                aligner = CtcAligner(folders["aligner"], self.device) if "aligner" in folders else None
            self._loaded = model, aligner
        return self._loaded


def sayable(word: str, language: str, model: SpeechModel) -> str:
    """Write a word so that the model has a sign for every letter: figures as words, accents and capitals left off.

    Raises BadInputError when letters remain that it does not have.
    """
    lacking = model.lacks(word)
    if not lacking:
        return word
    if any(character.isdecimal() for character in lacking):
        word = say_numbers(word, language)
    if lacking := model.lacks(word):
        plain = unicodedata.normalize("NFKD", word.translate(_ALIKE))
        plain = "".join(character for character in plain if not unicodedata.combining(character))
        lacking = model.lacks(plain)
        word = "".join(character.lower() if character in lacking else character for character in plain)
        lacking = model.lacks(word)
    if letters := "".join(character for character in lacking if character.isalnum()):
        raise BadInputError(
            f"this narrator has no sign for {letters!r} in {word!r}; choose a narrator for the language {language!r}"
        )
    return "".join(character for character in word if character not in lacking or character.isspace()).strip()


def _speech(model: SpeechModel, line: Line, seed: int) -> tuple[Samples, Sequence[Span | None]]:
    """Say a line once; give its tidy sound, and what the model knows of its words' places in that."""
    sound = model.say(line, seed)
    samples, cut = tidied(sound.samples, model.rate)
    heard_s = len(samples) / model.rate
    if not line.shortest_s <= heard_s <= line.longest_s:
        raise BadAnswerError(
            f"the voice model took {heard_s:.2f} s for {line.text[:60]!r},"
            f" where {line.shortest_s:.2f} to {line.longest_s:.2f} s would be speech"
        )
    if sound.marks is None:
        return samples, [None] * len(line.places)
    return samples, [(max(0, first - cut), max(0, last - cut)) for first, last in sound.marks]


def _other(order: Order, key: str) -> Order:
    return replace(order, name=EngineName.parse(f"transformers:{order.name.option(key, '')}"))


def _seconds(samples: int, rate: int) -> float:
    return round(samples / rate, 4)
