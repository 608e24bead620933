"""The sound of an edited film: stretches of others joined to the sample, levelled, encoded as AAC.

Every stretch is exactly as long as its pictures: what is missing is silence. At a joint both sides are faded for a few
milliseconds, so that nothing clicks. EBU R128: one gain, limited peaks, measured as it will be heard, corrected once
more by what is missing; a dynamic normaliser would pump in the pauses.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from content.edits import ReplaceAudio
from content.errors import BadInputError
from models.deadline import Deadline
from models.editor.edit_plan import Sound
from models.media import ffmpeg
from models.media.containers import Container
from models.media.foreign_video import FilmLimits, input_of, process_limits
from models.media.limited_process import reading
from models.media.media_probe import Loudness, measure_loudness

SAMPLE_RATE: Final = 48_000
CHANNELS: Final = 2

_BYTES = 4 * CHANNELS
_JOINT_S = 0.006
_PEAK_DBTP = -1.0
"""The promise: no true peak above this in the AAC that is delivered."""

_FIRST_CEILING_DB = -2.2
"""Where the limiter starts. AAC and the peaks between samples add about a decibel; what is too much is taken off."""

_SILENT_LUFS = -65.0
_NEAR_LU = 0.3
_ROUNDS = 5


@dataclass(frozen=True)
class Source:
    """A file with sound: where it is, and its family; None lets ffmpeg find out, for plain sound files."""

    path: Path
    container: Container | None


def make_sound(
    sounds: Sequence[Sound],
    sources: Sequence[Source],
    level: ReplaceAudio | None,
    work: Path,
    *,
    kbps: int,
    limits: FilmLimits,
    deadline: Deadline,
) -> Path:
    """Write the sound as AAC in an MP4 of its own, 48 kHz stereo; give its path in `work`.

    Raises BadInputError for sound that cannot be decoded, TimedOutError.
    """
    raw = work / "sound.f32"
    with raw.open("wb") as track:
        done = 0
        for number, sound in enumerate(sounds):
            # Rounding the joints, not the lengths, keeps the whole as long as it should be.
            end = round(sum(each.length for each in sounds[: number + 1]) * SAMPLE_RATE)
            inner = (number > 0, number + 1 < len(sounds))
            _append(track, sound, sources, end - done, inner, limits=limits, deadline=deadline)
            done = end
    encoded = work / "sound.m4a"
    if level is None:
        _encode(raw, encoded, "anull", kbps, deadline)
    else:
        _levelled(raw, encoded, level, kbps, deadline)
    raw.unlink()
    return encoded


def _append(
    track: IO[bytes],
    sound: Sound,
    sources: Sequence[Source],
    samples: int,
    inner: tuple[bool, bool],
    *,
    limits: FilmLimits,
    deadline: Deadline,
) -> None:
    """Write a stretch, exactly so many samples long, faded where it touches another."""
    if sound.source is None:
        left = samples * _BYTES
        while left:
            left -= track.write(bytes(min(left, 1 << 20)))
        return
    source = sources[sound.source]
    chain = [f"aresample={SAMPLE_RATE}:async=1:first_pts=0:resampler=soxr", "aformat=channel_layouts=stereo"]
    chain += ["apad", f"atrim=end_sample={samples}", "asetpts=N/SR/TB"]
    chain += [f"afade=t=in:d={_JOINT_S}"] if inner[0] else []
    chain += [f"afade=t=out:st={max(0.0, samples / SAMPLE_RATE - _JOINT_S):.6f}:d={_JOINT_S}"] if inner[1] else []
    seek = ["-ss", f"{float(sound.start):.6f}"] if sound.start else []
    # What lies behind the stretch is not decoded.
    span = ["-t", f"{float(sound.length) + 0.5:.6f}"]
    arguments = [*seek, *span, *input_of(source.container, limits), "-map", "0:a:0", "-vn"]
    arguments += ["-af", ",".join(chain), "-f", "f32le", "pipe:1"]
    bounds = process_limits(limits, cpu_s=deadline.left() * 4)
    what = f"decoding the sound of {source.path.name}"
    before = track.tell()
    try:
        with reading(arguments, source.path, what=what, deadline=deadline, limits=bounds) as child:
            shutil.copyfileobj(child.pipe, track, 1 << 20)
    except BadInputError as error:
        raise _explained(source.path.name, error) from None
    written = track.tell() - before
    if written != samples * _BYTES:
        raise BadInputError(f"{source.path.name} gave {written // _BYTES} samples of sound where {samples} were wanted")


def _explained(name: str, error: BadInputError) -> BadInputError:
    said = error.context.get("said", "")
    if "matches no streams" in said:
        return BadInputError(f"{name} holds no sound")
    if "Error opening input" in said:
        return BadInputError(
            f"{name} is no sound that is read here; give WAV, MP3, FLAC, Ogg, M4A, or a video with sound"
        )
    return error


def _levelled(raw: Path, encoded: Path, level: ReplaceAudio, kbps: int, deadline: Deadline) -> None:
    """Bring the sound to its level under its ceiling, as it will be heard: after AAC."""
    gain_db, ceiling_db = level.gain_db, _FIRST_CEILING_DB
    _encode(raw, encoded, "anull", kbps, deadline)
    if (heard := _heard(encoded, deadline)).integrated_lufs < _SILENT_LUFS:
        return
    if level.loudness_lufs is not None:
        gain_db = level.loudness_lufs - heard.integrated_lufs
    for _ in range(_ROUNDS):
        _encode(raw, encoded, _limited(gain_db, ceiling_db), kbps, deadline)
        heard = _heard(encoded, deadline)
        missing = 0.0 if level.loudness_lufs is None else level.loudness_lufs - heard.integrated_lufs
        over = heard.true_peak_dbtp - _PEAK_DBTP
        if abs(missing) <= _NEAR_LU and over <= 0:
            return
        # What the limiter took away is given back; it takes its share of that, too.
        gain_db += missing * 1.3 if abs(missing) > _NEAR_LU else 0.0
        ceiling_db -= over + 0.2 if over > 0 else 0.0
    if heard.true_peak_dbtp > _PEAK_DBTP:  # the peaks are a promise; loudness is an aim within a decibel
        _encode(raw, encoded, _limited(gain_db, ceiling_db - 1.0), kbps, deadline)


def _limited(gain_db: float, ceiling_db: float) -> str:
    return ",".join(
        (
            f"volume={gain_db:.3f}dB:precision=float",
            # The limiter sees peaks between samples only where there are samples.
            f"aresample={SAMPLE_RATE * 4}:resampler=soxr",
            f"alimiter=limit={10 ** (ceiling_db / 20):.4f}:attack=3:release=80:level=false",
            f"aresample={SAMPLE_RATE}:resampler=soxr",
        )
    )


def _heard(encoded: Path, deadline: Deadline) -> Loudness:
    return measure_loudness(encoded, deadline_s=deadline.left())


def _encode(raw: Path, encoded: Path, chain: str, kbps: int, deadline: Deadline) -> None:
    samples = raw.stat().st_size // _BYTES
    arguments = ["-y", "-f", "f32le", "-ar", str(SAMPLE_RATE), "-ac", str(CHANNELS), *ffmpeg.input_file(raw)]
    # Resampling may give or take a sample at the end.
    arguments += ["-af", f"{chain},apad=whole_len={samples},atrim=end_sample={samples}"]
    arguments += ["-c:a", "aac", "-b:a", f"{kbps}k", *ffmpeg.REPEATABLE, "-f", "mp4", f"file:{encoded}"]
    ffmpeg.run(arguments, what="encoding the sound", deadline_s=deadline.left())
