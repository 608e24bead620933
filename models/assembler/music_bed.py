"""Music laid under a whole film: again and again with soft seams, up at the start and down at the end.

MoviePy composes it, from samples that a guarded ffmpeg has decoded; a second at a time, so length costs no memory.
"""

import wave
from pathlib import Path
from typing import Any

import numpy as np

from content.errors import BadInputError
from models.media import ffmpeg
from models.media.media_probe import MEASURED, loudness_in

_SEAM_S = 1.5
_UP_S, _DOWN_S = 0.4, 2.0
_FORMATS = "wav,mp3,flac,ogg,mov,mp4,m4a,aac"


def lay_bed(music: Path, bed: Path, *, duration_s: float, rate: int, deadline_s: float) -> float:
    """Write a stereo WAV of `duration_s` from a piece of music of any length, and give the music's loudness in LUFS.

    Raises BadInputError for what is no music.
    """
    from moviepy import CompositeAudioClip, afx
    from moviepy.audio.AudioClip import AudioArrayClip

    once = bed.with_suffix(".once.wav")
    _, said = ffmpeg.run(
        [
            *("-y", "-format_whitelist", _FORMATS, *ffmpeg.input_file(music)),
            *("-vn", "-t", f"{duration_s:.3f}", "-ac", "2", "-ar", str(rate)),
            *("-af", MEASURED, "-c:a", "pcm_s16le"),
            *(*ffmpeg.REPEATABLE, "-f", "wav", f"file:{once}"),
        ],
        what="reading the music",
        deadline_s=deadline_s,
        level="info",
    )
    samples = _samples(once)
    length_s = len(samples) / rate
    seam_s = min(_SEAM_S, length_s / 4)
    if length_s < 1:
        raise BadInputError(f"the music lasts {length_s:.1f} s; give a piece of at least a second")
    takes: list[Any] = []
    at = 0.0
    while at < duration_s and (not takes or at + seam_s < duration_s):
        fades = [afx.AudioFadeOut(seam_s), *([afx.AudioFadeIn(seam_s)] if takes else [])]
        takes.append(AudioArrayClip(samples, fps=rate).with_effects(fades).with_start(at))
        at += length_s - seam_s
    whole = CompositeAudioClip(takes).with_duration(duration_s)
    down_s = min(_DOWN_S, duration_s / 4)
    whole = whole.with_effects([afx.AudioFadeIn(min(_UP_S, duration_s / 4)), afx.AudioFadeOut(down_s)])
    with wave.open(str(bed), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(rate)
        for chunk in whole.iter_chunks(chunksize=rate, fps=rate):
            file.writeframes(np.clip(np.round(chunk), -32768, 32767).astype("<i2").tobytes())
    once.unlink()
    return loudness_in(said, "the music").integrated_lufs


def _samples(path: Path) -> np.ndarray[tuple[int, int], np.dtype[np.int16]]:
    """Map a stereo WAV of ours, (N, 2), without reading it."""
    with wave.open(str(path), "rb") as file:
        count = file.getnframes()
        offset = path.stat().st_size - count * 4
    return np.memmap(path, "<i2", "r", offset=offset, shape=(count, 2))
