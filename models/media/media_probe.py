"""What a media file holds, by the bundled ffmpeg (its wheel brings no ffprobe): for tests, `doctor` and checks."""

import re
from pathlib import Path

from content.errors import BadInputError
from content.recipes import Value
from models.media import ffmpeg

MEASURED = "ebur128=peak=true:framelog=quiet"
"""A filter that lets sound through and says at the end how loud it was, to whoever listens at level `info`."""


class Loudness(Value):
    """EBU R128 figures of a whole programme: LUFS, and dB above full scale for the true peak."""

    integrated_lufs: float
    true_peak_dbtp: float
    range_lu: float = 0.0


class MediaFacts(Value):
    """What a file holds; video fields are empty for sound, audio fields for silent pictures."""

    duration_s: float
    video_codec: str = ""
    profile: str = ""
    pixel_format: str = ""
    colours: str = ""
    width: int = 0
    height: int = 0
    fps: float = 0.0
    audio_codec: str = ""
    sample_rate: int = 0
    faststart: bool = False


def probe(path: Path, *, deadline_s: float = 30.0) -> MediaFacts:
    """Read a file's headers. Raises BadInputError when it is no media file."""
    # Without an output ffmpeg would exit with an error; copying no time at all is the cheapest success.
    arguments = [*ffmpeg.input_file(path), "-map", "0", "-c", "copy", "-t", "0", "-f", "null", "-"]
    _, said = ffmpeg.run(arguments, what=f"probing {path.name}", deadline_s=deadline_s, level="info")
    source = said.partition("Output #0")[0]
    duration = re.search(r"Duration: (\d+):(\d+):([\d.]+)", source)
    if duration is None:
        raise BadInputError(f"{path.name} has no length; it is not a complete video or sound file")
    hours, minutes, seconds = duration.groups()
    facts: dict[str, object] = {"duration_s": int(hours) * 3600 + int(minutes) * 60 + float(seconds)}
    if video := re.search(r"Video: (\w+)(?: \(([^)]*)\))?.*?, (\w+)\(([^)]*)\).*?, (\d+)x(\d+).*?([\d.]+) fps", source):
        codec, profile, pixels, colours, width, height, fps = video.groups()
        facts |= {"video_codec": codec, "profile": profile or "", "pixel_format": pixels, "colours": colours}
        facts |= {"width": int(width), "height": int(height), "fps": float(fps)}
    if audio := re.search(r"Audio: (\w+).*?, (\d+) Hz", source):
        facts |= {"audio_codec": audio[1], "sample_rate": int(audio[2])}
    return MediaFacts.model_validate({**facts, "faststart": _index_comes_first(path)})


def measure_loudness(path: Path, *, filters: str = "", deadline_s: float = 120.0) -> Loudness:
    """Measure a file's sound as EBU R128 does, after `filters` where there are any."""
    chain = ",".join(part for part in (filters, MEASURED) if part)
    arguments = [*ffmpeg.input_file(path), "-vn", "-af", chain, "-f", "null", "-"]
    _, said = ffmpeg.run(arguments, what=f"measuring {path.name}", deadline_s=deadline_s, level="info")
    return loudness_in(said, path.name)


def loudness_in(said: str, name: str) -> Loudness:
    """Read what an ffmpeg that ran `MEASURED` said at its end; `name` is what it heard."""
    summary = said.rpartition("Summary:")[2]
    figures = {
        figure: re.search(rf"{label}:\s+(-?[\d.]+|-?inf)", summary)
        for figure, label in (("integrated_lufs", "I"), ("true_peak_dbtp", "Peak"), ("range_lu", "LRA"))
    }
    if any(found is None for found in figures.values()):
        raise BadInputError(f"{name} holds no sound that can be measured")
    return Loudness.model_validate({figure: float(found[1]) for figure, found in figures.items() if found})


def decoder_complaints(path: Path, *, deadline_s: float = 300.0) -> str:
    """Decode a whole file and give what the decoder warned of; empty is healthy."""
    arguments = [*ffmpeg.input_file(path), "-f", "null", "-"]
    return ffmpeg.run(arguments, what=f"decoding {path.name}", deadline_s=deadline_s, level="warning")[1].strip()


def _index_comes_first(path: Path) -> bool:
    """Say whether an MP4's `moov` stands before its `mdat`, so that it plays while it loads."""
    with path.open("rb") as file:
        at = 0
        while len(head := file.read(8)) == 8:
            size, name = int.from_bytes(head[:4]), head[4:]
            if name in {b"moov", b"mdat"}:
                return name == b"moov"
            if size == 1:
                size = int.from_bytes(file.read(8))
            if size < 8:
                return False
            at += size
            file.seek(at)
    return False
