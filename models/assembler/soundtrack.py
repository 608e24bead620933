"""The sound of a video: the voice made warmer and set in time, music beneath it, brought to its loudness, faded out.

EBU R128: measure, apply one gain, limit the peaks, measure again, correct by what is missing.
One constant gain keeps the voice's own dynamics; a dynamic normaliser would pump in the pauses.
The voice is a file of its own, so that other music under it costs no work on the voice.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from content.recipes import digest_of
from content.timeline import Timeline
from models.assembler.music_bed import lay_bed
from models.deadline import Deadline
from models.media import ffmpeg
from models.media.media_probe import MEASURED, loudness_in

SAMPLE_RATE = 48_000

VERSION: Final = 3
"""Raised whenever the same timeline gives other sound than before."""

# A formant synthesiser is thin below 300 Hz and harsh around 3 kHz. The compressor evens vowels against consonants.
_VOICE = (
    "highpass=f=75,"
    "equalizer=f=210:t=q:w=0.9:g=2.5,"
    "equalizer=f=3100:t=q:w=1.1:g=-4,"
    "highshelf=f=7000:g=-2,"
    "acompressor=threshold=0.09:ratio=2.5:attack=8:release=160:knee=6:detection=rms"
)
_STEM_LUFS = -26.0
"""How loud the warmed voice is kept: its peaks, up to 20 dB above, stay clear of full scale."""

_RESAMPLED = f"aresample={SAMPLE_RATE}:resampler=soxr"

_DUCKED = "sidechaincompress=threshold=0.03:ratio=3:attack=60:release=500:knee=6:detection=rms"
"""The music goes down by some 8 dB while somebody speaks, and comes back within half a second."""

_PEAK_DB = -2.7
"""Where the limiter stops. AAC and the peaks between samples add up to about a decibel; −1 dBTP is the promise."""

_FINER = 2
"""How much finer the limiter looks than there are samples: at 12 kHz a peak then hides 0.7 dB at most."""

_NEAR_LU = 0.3
"""A listener notices one; what is promised is one, and AAC moves a tenth."""

_ONE_ON_TWO_DB = 3.01
"""The same voice on two channels is heard as twice the power."""

_FADE_S = 0.6
_SILENT_LUFS = -60
_LEAST_SAMPLES = SAMPLE_RATE // 2
"""Loudness is measured over 0.4 s; of less, as of nothing, there is none to be had."""


def sound_key(timeline: Timeline, *, audio_kbps: int) -> str:
    """Give the sha256 that names a soundtrack's bytes: of all that shapes it, and no picture."""
    heard = ("narration", "narration_start_s", "music", "music_gain_db", "duration_s", "loudness_lufs")
    parts = timeline.model_dump(mode="json", include=set(heard))
    return digest_of(["sound", parts, audio_kbps, ffmpeg.version(), VERSION])


def voice_key(timeline: Timeline) -> str:
    """Give the sha256 that names a voice's bytes, whatever is heard beneath it."""
    return digest_of(["voice", timeline.narration.sha256, ffmpeg.version(), VERSION])


def make_voice(narration: Path, work: Path, *, deadline: Deadline) -> Path:
    """Write a narration as it is heard in films, a FLAC of one loudness; give its path in `work`.

    What holds no sound at all stays silent. Raises BadInputError for what is no sound file.
    """
    warm, made = work / "voice.wav", work / "voice.flac"
    reading = ["-y", "-format_whitelist", "wav", *ffmpeg.input_file(narration), "-map", "0:a:0", "-ac", "1"]
    _, said = ffmpeg.run(
        [
            *(*reading, "-af", f"{_RESAMPLED},{_VOICE},apad=whole_len={_LEAST_SAMPLES},{MEASURED}"),
            *("-c:a", "pcm_f32le", *ffmpeg.REPEATABLE, "-f", "wav", f"file:{warm}"),
        ],
        what="reading the narration",
        deadline_s=deadline.left(),
        level="info",
    )
    gain_db = _gain(loudness_in(said, "the narration").integrated_lufs, _STEM_LUFS)
    ffmpeg.run(
        [
            *("-y", *ffmpeg.input_file(warm), "-af", f"volume={gain_db:.3f}dB", "-c:a", "flac", "-sample_fmt", "s16"),
            *(*ffmpeg.REPEATABLE, "-f", "flac", f"file:{made}"),
        ],
        what="setting the voice",
        deadline_s=deadline.left(),
    )
    warm.unlink()
    return made


def make_soundtrack(
    timeline: Timeline, voice: Path, music: Path | None, work: Path, *, audio_kbps: int, deadline: Deadline
) -> Path:
    """Write the AAC sound of a timeline, exactly as long, at its loudness; give its path in `work`.

    `voice` comes from `make_voice`. Mono without music, stereo with it. What holds no sound at all stays silent.
    """
    mixed, made = work / "soundtrack.wav", work / "soundtrack.m4a"
    voice_db = timeline.loudness_lufs - _STEM_LUFS
    bed = None
    if music is not None:
        path = work / "bed.wav"
        heard = lay_bed(music, path, duration_s=timeline.duration_s, rate=SAMPLE_RATE, deadline_s=deadline.left())
        bed = _Bed(path, _gain(heard, timeline.loudness_lufs + timeline.music_gain_db))
        voice_db -= _ONE_ON_TWO_DB
    master_db = 0.0
    for _ in range(4):
        heard = _mix(timeline, voice, bed, mixed, (voice_db, master_db), deadline)
        missing = timeline.loudness_lufs - heard
        if heard < _SILENT_LUFS or abs(missing) < _NEAR_LU:
            break
        master_db += missing * 1.8 if missing > 0 else missing  # the limiter takes its share of what is added
    # ffmpeg's manual on its `fast` coder: worse under 64 kb/s, better and much faster above. Looking for what both
    # channels share takes longer than all the rest; at 80 kb/s and more each they need not share.
    ffmpeg.run(
        [
            *("-y", *ffmpeg.input_file(mixed), "-c:a", "aac", "-aac_coder", "fast", "-aac_ms", "0"),
            *("-b:a", f"{audio_kbps}k", *ffmpeg.REPEATABLE, "-f", "mp4", f"file:{made}"),
        ],
        what="encoding the sound",
        deadline_s=deadline.left(),
    )
    return made


@dataclass(frozen=True)
class _Bed:
    """Music laid for the whole film, and the gain that sets it under the voice."""

    path: Path
    gain_db: float


def _gain(heard_lufs: float, target_lufs: float) -> float:
    return 0.0 if heard_lufs < _SILENT_LUFS else target_lufs - heard_lufs


def _mix(
    timeline: Timeline,
    stem: Path,
    bed: _Bed | None,
    path: Path,
    gains_db: tuple[float, float],
    deadline: Deadline,
) -> float:
    """Write the whole sound as a WAV, and give its loudness in LUFS."""
    samples = round(timeline.duration_s * SAMPLE_RATE)
    voice = (
        f"[0:a]volume={gains_db[0]:.3f}dB,"
        f"adelay={round(timeline.narration_start_s * SAMPLE_RATE)}S:all=1,"
        f"apad=whole_len={samples},atrim=end_sample={samples}"
    )
    # The limiter sees peaks between samples only where there are samples.
    master = (
        f"volume={gains_db[1]:.3f}dB,aresample={SAMPLE_RATE * _FINER},"
        f"alimiter=limit={10 ** (_PEAK_DB / 20):.4f}:attack=2:release=60:level=false,{_RESAMPLED},"
        f"atrim=end_sample={samples},"
        f"afade=t=out:st={max(0.0, timeline.duration_s - _FADE_S):.3f}:d={_FADE_S},"
        f"{MEASURED}[out]"
    )
    inputs = ["-y", *ffmpeg.input_file(stem)]
    if bed is None:
        graph = f"{voice},{master}"
    else:
        inputs += ffmpeg.input_file(bed.path)
        graph = (
            f"{voice},pan=stereo|c0=c0|c1=c0,asplit[voice][key];[1:a]volume={bed.gain_db:.3f}dB[bed];"
            f"[bed][key]{_DUCKED}[ducked];[voice][ducked]amix=inputs=2:normalize=0:duration=first,{master}"
        )
    channels = "1" if bed is None else "2"
    arguments = [*inputs, "-filter_complex", graph, "-map", "[out]", "-ac", channels, "-c:a", "pcm_s16le"]
    arguments += [*ffmpeg.REPEATABLE, "-f", "wav", f"file:{path}"]
    _, said = ffmpeg.run(arguments, what="making the soundtrack", deadline_s=deadline.left(), level="info")
    return loudness_in(said, "the narration").integrated_lufs
