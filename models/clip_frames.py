"""A clip's frames as the encoder wants them, in a timeline's size and pace, played forth and back to fill a scene.

They are decoded once into a file of raw planes and read from there, so that a clip takes disk and no memory.
Lives as long as one rendering, whose work folder it is given; processes that share the folder share the file.
"""

import os
from pathlib import Path

import numpy as np

from content.errors import BadInputError
from models import ffmpeg
from models.containers import WHITE_LIST
from models.planes import Frame

DEADLINE_S = 120.0


class ClipFrames:
    """The frames of one clip, by number, without an end."""

    def __init__(self, clip: Path, work: Path, *, width: int, height: int, fps: int) -> None:
        """Decode a clip, cropped in the middle to `width`×`height`; raise BadInputError for what is no film."""
        self._raw = work / f"{clip.name}.{width}x{height}.{fps}.planes"
        self._shape = (height * 3 // 2, width)
        if not self._raw.exists():
            self._decode(clip, fps)
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

    def _decode(self, clip: Path, fps: int) -> None:
        height, width = self._shape[0] * 2 // 3, self._shape[1]
        fitted = f"scale={width}:{height}:force_original_aspect_ratio=increase:out_color_matrix=bt709:out_range=tv"
        unfinished = self._raw.with_suffix(f".{os.getpid()}")
        ffmpeg.run(
            [
                *("-format_whitelist", WHITE_LIST, *ffmpeg.input_file(clip)),
                *("-an", "-vf", f"fps={fps},{fitted},crop={width}:{height},format=yuv420p"),
                *("-f", "rawvideo", "-y", f"file:{unfinished}"),
            ],
            what="reading a clip",
            deadline_s=DEADLINE_S,
        )
        unfinished.replace(self._raw)
