"""The sound of a video: the voice made warmer, set in time, brought to its loudness, faded at the end.

EBU R128: measure, apply one gain, limit the peaks, measure again, correct once by what is missing.
One constant gain keeps the voice's own dynamics; a dynamic normaliser would pump in the pauses.
"""

from pathlib import Path

from content.timeline import Timeline
from models import ffmpeg
from models.media_probe import measure_loudness

SAMPLE_RATE = 48_000

# A formant synthesiser is thin below 300 Hz and harsh around 3 kHz. The compressor evens vowels against consonants.
_VOICE = (
    "highpass=f=75,"
    "equalizer=f=210:t=q:w=0.9:g=2.5,"
    "equalizer=f=3100:t=q:w=1.1:g=-4,"
    "highshelf=f=7000:g=-2,"
    "acompressor=threshold=0.09:ratio=2.5:attack=8:release=160:knee=6:detection=rms"
)

_PEAK_DB = -2.5
"""Where the limiter stops. AAC and the peaks between samples add up to about a decibel; −1 dBTP is the promise."""

_FADE_S = 0.6


def make_soundtrack(timeline: Timeline, narration: Path, work: Path, *, deadline_s: float) -> Path:
    """Write a 48 kHz mono WAV exactly as long as the timeline, at its loudness; give its path in `work`.

    A narration without any sound stays silent.
    """
    path = work / "soundtrack.wav"
    voice = f"aresample={SAMPLE_RATE}:resampler=soxr,{_VOICE}"
    heard = measure_loudness(narration, filters=voice, deadline_s=deadline_s)
    gain_db = 0.0 if heard.integrated_lufs < -60 else timeline.loudness_lufs - heard.integrated_lufs
    for _ in range(4):
        _render(timeline, narration, path, f"{voice},volume={gain_db:.3f}dB", deadline_s)
        missing = timeline.loudness_lufs - measure_loudness(path, deadline_s=deadline_s).integrated_lufs
        if gain_db == 0.0 or abs(missing) < 0.15:
            break
        gain_db += missing * 1.4  # what the limiter took away; it takes its share of the correction, too
    return path


def _render(timeline: Timeline, narration: Path, path: Path, voice: str, deadline_s: float) -> None:
    limit = 10 ** (_PEAK_DB / 20)
    samples = round(timeline.duration_s * SAMPLE_RATE)
    chain = ",".join(
        (
            voice,
            # The limiter sees peaks between samples only where there are samples.
            f"aresample={SAMPLE_RATE * 4}",
            f"alimiter=limit={limit:.4f}:attack=2:release=60:level=false",
            f"aresample={SAMPLE_RATE}:resampler=soxr",
            f"adelay={round(timeline.narration_start_s * 1000)}:all=1",
            f"apad=whole_len={samples}",
            f"atrim=end_sample={samples}",
            f"afade=t=out:st={max(0.0, timeline.duration_s - _FADE_S):.3f}:d={_FADE_S}",
        )
    )
    arguments = ["-y", *ffmpeg.input_file(narration), "-af", chain, "-ac", "1", "-c:a", "pcm_s16le"]
    arguments += [*ffmpeg.REPEATABLE, "-f", "wav", f"file:{path}"]
    ffmpeg.run(arguments, what="making the soundtrack", deadline_s=deadline_s)
