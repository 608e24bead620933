"""The narrator that needs nothing: espeak-ng from its wheel, spoken in a process of its own.

What it says is normalised for the ear; what it reports is the script's own spelling, every word with its time.
The engine holds nothing in memory, so `load` only looks whether library and data are there.
"""

import io
import json
import subprocess
import sys
import wave
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from content.errors import BadInputError, MissingEngineError, TimedOutError
from content.recipes import EngineIdentity
from content.spoken import SpokenToken, place_tokens, spoken_tokens
from content.values import Script, SpokenWord
from models.protocols import RenderedNarration

VOICES = {"en": "en-us", "zh": "cmn"}
# Words a minute as espeak-ng counts them. In Mandarin 162 come to three characters a second, where newsreaders say
# four or five.
_RATES_WPM = {"en": 162, "zh": 200}

# Numbers of espeak_PARAMETER in speak_lib.h.
_RATE, _PITCH, _RANGE, _WORD_GAP = 1, 3, 4, 7

_SILENCE = 180
"""Below this, of 32768, espeak-ng is between words."""

_INSTALL = "install it with: pip install espeakng-loader"


class NarratorEspeak:
    """Speaks scripts with espeak-ng; one short-lived child process a narration."""

    def __init__(
        self,
        voice: str = "",
        *,
        rate_wpm: int = 0,
        pitch: int = 42,
        pitch_range: int = 62,
        segment_pause_s: float = 0.6,
        scene_pause_s: float = 0.4,
        deadline_s: float = 120.0,
    ) -> None:
        """Without a `voice` or a rate the script's language chooses one. Pitch and range go from 0 to 99."""
        self.voice = voice
        self.rate_wpm = rate_wpm
        self.pitch = pitch
        self.pitch_range = pitch_range
        self.segment_pause_s = segment_pause_s
        self.scene_pause_s = scene_pause_s
        self.deadline_s = deadline_s

    @property
    def identity(self) -> EngineIdentity:
        """Everything that can change the sound."""
        return EngineIdentity(
            backend="espeak",
            model=self.voice or "+".join(sorted(VOICES.values())),
            revision=_version(),
            parameters={
                "rate_wpm": self.rate_wpm or "+".join(f"{name} {rate}" for name, rate in sorted(_RATES_WPM.items())),
                "pitch": self.pitch,
                "pitch_range": self.pitch_range,
                "segment_pause_s": self.segment_pause_s,
                "scene_pause_s": self.scene_pause_s,
            },
        )

    def load(self) -> None:
        """Look for the library and its data."""
        _files()

    def release(self) -> None:
        """Nothing is held."""

    def narrate(self, script: Script, *, seed: int) -> RenderedNarration:
        """Speak a script; silent segments get a pause. Raises TimedOutError when the voice hangs."""
        segments = [spoken_tokens(segment.text, script.language) for segment in script.segments]
        placed = [place_tokens(tokens) for tokens in segments]
        rate, spoken = self._speak([text for text, _ in placed], script.language)

        pauses = {of_one: np.zeros(int(seconds * rate), dtype=np.int16) for of_one, seconds in self._pauses}
        track: list[NDArray[np.int16]] = []
        words: list[SpokenWord] = []
        starts: list[float] = []
        at = 0
        for index, (tokens, (_, places), (samples, events)) in enumerate(zip(segments, placed, spoken, strict=True)):
            heard = _without_trailing_silence(samples, rate) if tokens else pauses[False]
            starts.append(_seconds(at, rate))
            for token, (start, end) in zip(tokens, _times(places, events, heard, rate), strict=True):
                words.append(_word(token, at + start, at + end, rate, index))
            last = index + 1 == len(segments)
            parts = [heard] if last else [heard, pauses[script.segments[index + 1].continues(script.segments[index])]]
            track += parts
            at += sum(len(part) for part in parts)
        return RenderedNarration(
            wav=_wav(np.concatenate(track), rate),
            words=tuple(words),
            segment_starts_s=tuple(starts),
            duration_s=_seconds(at, rate),
        )

    @property
    def _pauses(self) -> tuple[tuple[bool, float], ...]:
        """Give the pause inside a story and the one between two things told, seconds."""
        return (True, self.scene_pause_s), (False, self.segment_pause_s)

    def _voice_for(self, language: str) -> str:
        voice = self.voice or VOICES.get(language.partition("-")[0], "")
        if not voice:
            raise MissingEngineError(
                f"no voice is set for the language {language!r}; name one of espeak-ng's voices in the narrator's "
                f"configuration (known here: {', '.join(sorted(VOICES))})"
            )
        return voice

    def _speak(
        self, texts: Sequence[str], language: str
    ) -> tuple[int, list[tuple[NDArray[np.int16], list[list[int]]]]]:
        voice = self._voice_for(language)
        library, data = _files()
        order = {
            "library": library,
            "data": data,
            "voice": voice,
            "parameters": {
                _RATE: self.rate_wpm or _RATES_WPM.get(language.partition("-")[0], _RATES_WPM["en"]),
                _PITCH: self.pitch,
                _RANGE: self.pitch_range,
                _WORD_GAP: 1,  # ten milliseconds more between words are heard as care, not as slowness
            },
            "texts": texts,
        }
        worker = Path(__file__).with_name("narrator_espeak_worker.py")
        try:
            done = subprocess.run(
                [sys.executable, "-I", str(worker)],
                input=json.dumps(order).encode(),
                capture_output=True,
                timeout=self.deadline_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise TimedOutError(
                f"espeak-ng did not finish speaking within {self.deadline_s:g} s; the step may be run again"
            ) from None
        if done.returncode != 0:
            last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
            raise BadInputError(f"espeak-ng broke down on this script (exit {done.returncode}): {last}", voice=voice)
        head, _, audio = done.stdout.partition(b"\n")
        answer: dict[str, Any] = json.loads(head)
        if "error" in answer:
            raise MissingEngineError(f"{answer['error']}; choose another voice, or re{_INSTALL}", voice=voice)
        spoken = []
        everything = np.frombuffer(audio, dtype="<i2")
        at = 0
        for text in answer["texts"]:
            spoken.append((everything[at : at + text["samples"]], text["words"]))
            at += text["samples"]
        return answer["rate"], spoken


def _times(
    places: Sequence[tuple[int, int]], events: Sequence[Sequence[int]], heard: NDArray[np.int16], rate: int
) -> list[tuple[int, int]]:
    """Give each token's first and last sample.

    espeak-ng reports some words together ("of the"), some several times; what it leaves out is laid between its
    neighbours by length. A word ends where its sound does, not where the next begins: pauses carry no caption.
    """
    if not places:
        return []
    known: list[tuple[float, int]] = []
    for start, end in places:
        inside = [sample for character, sample in events if start <= character < end]
        if inside:
            known.append((float(start), min(inside)))
    xs = [x for x, _ in known] + [float(places[-1][1])]
    ys = np.maximum.accumulate([y for _, y in known] + [len(heard)])
    begins = np.interp([start for start, _ in places], xs, ys).astype(int)
    begins = np.minimum(np.maximum.accumulate(begins), len(heard))
    leaves = [*begins[1:], len(heard)]

    loud = np.abs(heard.astype(np.int32)) > _SILENCE
    shortest = int(0.04 * rate)
    times = []
    for begin, leave in zip(begins, leaves, strict=True):
        sounding = np.flatnonzero(loud[begin:leave])
        end = begin + int(sounding[-1]) + 1 if len(sounding) else leave
        times.append((int(begin), int(min(leave, max(end, begin + shortest)))))
    return times


def _word(token: SpokenToken, start: int, end: int, rate: int, segment: int) -> SpokenWord:
    return SpokenWord(text=token.text, start_s=_seconds(start, rate), end_s=_seconds(end, rate), segment=segment)


def _seconds(samples: int, rate: int) -> float:
    return round(samples / rate, 4)


def _without_trailing_silence(samples: NDArray[np.int16], rate: int) -> NDArray[np.int16]:
    sounding = np.flatnonzero(np.abs(samples.astype(np.int32)) > _SILENCE)
    return samples[: int(sounding[-1]) + int(0.03 * rate)] if len(sounding) else samples


def _wav(samples: NDArray[np.int16], rate: int) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return buffer.getvalue()


def _version() -> str:
    try:
        return metadata.version("espeakng-loader")
    except metadata.PackageNotFoundError:
        raise MissingEngineError(f"espeak-ng is not installed; {_INSTALL}") from None


def _files() -> tuple[str, str]:
    try:
        import espeakng_loader

        library, data = espeakng_loader.get_library_path(), espeakng_loader.get_data_path()
    except (ImportError, OSError):
        raise MissingEngineError(f"espeak-ng is not installed; {_INSTALL}") from None
    if not (Path(library).is_file() and Path(data).is_dir()):
        raise MissingEngineError(f"espeak-ng's library or data is missing from its package; re{_INSTALL}")
    return str(library), str(data)
