"""A clip's frames as the encoder wants them, in a timeline's size and pace, played forth and back to fill a scene.

As many as a scene shows are decoded once into a file of raw planes and read from there, so that a clip takes disk and
no memory, and a long one no more disk than a short one.
Lives as long as one rendering, whose work folder it is given; processes that share the folder share the file.
"""

import os
import re
import shutil
from math import ceil
from pathlib import Path

import numpy as np

from content.errors import BadConfigurationError, BadInputError
from models.assembler.planes import Frame
from models.media import ffmpeg
from models.media.containers import WHITE_LIST

DEADLINE_S = 120.0
MOST_BYTES = 8_000_000_000


class ClipFrames:
    """The frames of one clip, by number: the first `frames` of them as they are, or without an end."""

    def __init__(self, clip: Path, work: Path, *, width: int, height: int, fps: int, frames: int) -> None:
        """Decode what `frames` frames need of a clip, cropped in the middle to `width`×`height`.

        Raises BadInputError for what is no film or would take more than 8 GB, and BadConfigurationError before
        anything is written when the disk has no room for it.
        """
        self._raw = work / f"{clip.name}.{width}x{height}.{fps}.{frames}.planes"
        self._shape = (height * 3 // 2, width)
        if not self._raw.exists():
            _look_for_room(clip, work, self._shape[0] * width, frames, fps)
            self._decode(clip, fps, frames)
        self._count = self._raw.stat().st_size // (width * height * 3 // 2)
        if not self._count:
            raise BadInputError(f"the clip {clip.name} holds no frame")

    def __len__(self) -> int:
        return self._count

    def at(self, number: int) -> Frame:
        """Give frame `number` of the clip going forth and back; neither end is shown twice."""
        turn = max(1, 2 * self._count - 2)
        place = number % turn
        place = place if place < self._count else turn - place
        size = self._shape[0] * self._shape[1]
        return np.fromfile(self._raw, np.uint8, size, offset=place * size).reshape(self._shape)

    def _decode(self, clip: Path, fps: int, frames: int) -> None:
        height, width = self._shape[0] * 2 // 3, self._shape[1]
        fitted = f"scale={width}:{height}:force_original_aspect_ratio=increase:out_color_matrix=bt709:out_range=tv"
        unfinished = self._raw.with_suffix(f".{os.getpid()}")
        ffmpeg.run(
            [
                *("-format_whitelist", WHITE_LIST, *ffmpeg.input_file(clip)),
                *("-an", "-vf", f"fps={fps},{fitted},crop={width}:{height},format=yuv420p"),
                *("-frames:v", str(frames), "-f", "rawvideo", "-y", f"file:{unfinished}"),
            ],
            what="reading a clip",
            deadline_s=DEADLINE_S,
        )
        unfinished.replace(self._raw)


def _look_for_room(clip: Path, work: Path, frame_bytes: int, frames: int, fps: int) -> None:
    free = shutil.disk_usage(work).free
    if frames * frame_bytes <= min(free, MOST_BYTES):
        return
    # A short clip is played again and again; only one that is long enough takes as much as its scene.
    length_s = _length_s(clip)
    needed = min(frames, ceil(length_s * fps) + 1 if length_s else frames) * frame_bytes
    if needed > MOST_BYTES:
        raise BadInputError(
            f"the clip {clip.name[:12]} would take {needed / 1e9:.1f} GB to be shown, {MOST_BYTES / 1e9:.0f} GB is "
            "all; give its scene less time, or the video a smaller size"
        )
    if needed > free:
        raise BadConfigurationError(
            f"the clip {clip.name[:12]} takes {needed / 1e9:.1f} GB to be shown and {work} has {free / 1e9:.1f} GB "
            "free; make room and run the step again"
        )


def _length_s(clip: Path) -> float:
    """Give how long a clip says it is; 0 where it does not."""
    reading = ["-format_whitelist", WHITE_LIST, *ffmpeg.input_file(clip)]
    arguments = [*reading, "-map", "0:v:0", "-c", "copy", "-t", "0", "-f", "null", "-"]
    _, said = ffmpeg.run(arguments, what="reading a clip", deadline_s=DEADLINE_S, level="info")
    found = re.search(r"Duration: (\d+):(\d+):([\d.]+)", said)
    return int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3]) if found else 0.0
