"""Sound as arrays: checked, trimmed, brought to one loudness, joined, written as WAV. Mono float32, −1 to 1."""

import io
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from content.errors import BadAnswerError, BadConfigurationError

Samples = NDArray[np.float32]

_FRAME_S = 0.01
_SOUNDING = 0.025
"""A frame sounds when it is this loud beside the loudest (−32 dB)."""

_FAINTEST = 1e-4
"""Below this a model has said nothing, whatever it meant (−80 dBFS)."""

_LEAD_S, _TAIL_S, _FADE_S = 0.03, 0.06, 0.005
_LOUDNESS = 0.1
_PEAK = 0.89
"""Sentences are brought to −20 dBFS, but no peak beyond −1 dBFS. The soundtrack sets the final loudness."""


def tidied(samples: Samples, rate: int) -> tuple[Samples, int]:
    """Trim, level and fade one utterance; give it and how many samples were cut off its front.

    Raises BadAnswerError for sound that is empty, silent or not a number.
    """
    if samples.ndim != 1 or not len(samples):
        raise BadAnswerError(f"the voice model gave no sound (an array of shape {samples.shape})")
    if not np.isfinite(samples).all():
        broken = int((~np.isfinite(samples)).sum())
        raise BadAnswerError(f"{broken} of {len(samples)} samples from the voice model are not numbers")
    sound = samples.astype(np.float64) - float(np.mean(samples, dtype=np.float64))
    frame = max(1, round(_FRAME_S * rate))
    padded = np.pad(sound, (0, -len(sound) % frame)).reshape(-1, frame)
    loudness = np.sqrt((padded**2).mean(axis=1))
    if loudness.max() < _FAINTEST:
        raise BadAnswerError(
            f"the voice model gave {len(samples) / rate:.2f} s of silence (peak {abs(sound).max():.1e})"
        )
    heard = np.flatnonzero(loudness >= _SOUNDING * loudness.max())
    begin = max(0, int(heard[0]) * frame - round(_LEAD_S * rate))
    end = min(len(sound), (int(heard[-1]) + 1) * frame + round(_TAIL_S * rate))
    sound = sound[begin:end]
    level = float(np.sqrt((padded[heard] ** 2).mean()))
    sound *= min(_LOUDNESS / level, _PEAK / max(float(abs(sound).max()), 1e-9))
    fade = min(round(_FADE_S * rate), len(sound) // 2)
    ramp = np.linspace(0, 1, fade, endpoint=False)
    sound[:fade] *= ramp
    sound[len(sound) - fade :] *= ramp[::-1]
    return sound.astype(np.float32), begin


def silence(seconds: float, rate: int) -> Samples:
    """Give a pause."""
    return np.zeros(round(seconds * rate), dtype=np.float32)


def resampled(samples: Samples, rate: int, wanted: int) -> Samples:
    """Give sound at another sample rate."""
    if rate == wanted:
        return samples
    from scipy.signal import resample_poly

    shared = int(np.gcd(rate, wanted))
    changed: Samples = resample_poly(samples, wanted // shared, rate // shared).astype(np.float32)
    return changed


def wav_bytes(samples: Samples, rate: int) -> bytes:
    """Write mono 16-bit WAV."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.round(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return buffer.getvalue()


def read_wav(path: Path, wanted: int, *, longest_s: float) -> Samples:
    """Read 16-bit PCM WAV as mono at a rate; raise BadConfigurationError for anything else or longer."""
    try:
        with wave.open(str(path), "rb") as file:
            width, channels, rate, frames = (
                file.getsampwidth(),
                file.getnchannels(),
                file.getframerate(),
                file.getnframes(),
            )
            if width != 2 or not frames or frames > longest_s * rate:
                raise BadConfigurationError(
                    f"{path} has {frames / max(rate, 1):.1f} s in {8 * width} bits;"
                    f" a voice sample is 16-bit PCM WAV of up to {longest_s:g} s"
                )
            data = file.readframes(frames)
    except (OSError, EOFError, wave.Error) as error:
        raise BadConfigurationError(f"{path} is no readable WAV file: {error}") from None
    whole = len(data) // (2 * channels) * channels
    mixed = np.frombuffer(data, dtype="<i2", count=whole).reshape(-1, channels).mean(axis=1) / 32768
    return resampled(mixed.astype(np.float32), rate, wanted)
