"""A sound file of unknown origin, decoded in a child process with limits: whether it is one, and how long it lasts."""

import wave
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Final

from content.errors import BadInputError
from models.deadline import Deadline
from models.media.foreign_video import FilmLimits, input_of, process_limits
from models.media.limited_process import reading

_RATE: Final = 48_000
_LARGEST_BYTES: Final = 500_000_000
_DEADLINE_S: Final = 120.0
_AT_ONCE: Final = 1 << 20


def decode_sound(path: Path, wav: Path | None = None, *, longest_s: float) -> float:
    """Decode a whole sound file, into a mono 16-bit WAV where one is wanted, and give its length in seconds.

    Raises BadInputError for what is no sound, too long, too large or broken, TimedOutError.
    """
    if path.stat().st_size > _LARGEST_BYTES:
        raise BadInputError(f"{path.name} is too large; {_LARGEST_BYTES / 1e6:.0f} MB are all")
    limits = FilmLimits(longest_s=longest_s, deadline_s=_DEADLINE_S)
    arguments = [*input_of(None, limits), "-map", "0:a:0", "-vn", "-ac", "1", "-ar", str(_RATE), "-f", "s16le", "-"]
    deadline = Deadline(_DEADLINE_S, what=f"listening to {path.name}")
    try:
        with ExitStack() as stack:
            told = process_limits(limits, cpu_s=_DEADLINE_S)
            child = stack.enter_context(reading(arguments, path, what="decoding", deadline=deadline, limits=told))
            made = stack.enter_context(wave.open(str(wav), "wb")) if wav else None
            if made:
                made.setparams((1, 2, _RATE, 0, "NONE", ""))
            samples = _pour(child.pipe, made, most=int(longest_s * _RATE))
    except BadInputError as error:
        if "said" not in error.context:
            raise
        raise BadInputError(f"{path.name} is no sound file that can be read, or broken", **error.context) from None
    if samples > longest_s * _RATE:
        raise BadInputError(f"{path.name} lasts longer than {longest_s / 60:g} minutes, and that is all")
    if not samples:
        raise BadInputError(f"{path.name} holds no sound")
    return samples / _RATE


def _pour(pipe: IO[bytes], made: wave.Wave_write | None, *, most: int) -> int:
    """Pour samples into a file and count them, until there are none or more than `most`."""
    samples = 0
    while samples <= most and (data := pipe.read(_AT_ONCE)):
        samples += len(data) // 2
        if made:
            made.writeframes(data)
    return samples
