"""Frames to a silent H.264 film that any player shows: one thread and no clocks, so equal frames give equal bytes."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from models.media import ffmpeg
from models.media.pictures import fitted

if TYPE_CHECKING:
    from PIL.Image import Image

_DEADLINE_S: Final = 600.0
_BT709: Final = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"


def encode_clip(frames: Sequence["Image"], movie: Path, *, width: int, height: int, fps: int) -> None:
    """Write frames as one film, cropped and scaled to an even size; it appears under its name only when it is whole.

    Raises TimedOutError, MissingEngineError where ffmpeg is not installed.
    """
    with tempfile.TemporaryDirectory(dir=movie.parent) as folder:
        raw, unfinished = Path(folder) / "frames.rgb", Path(folder) / "clip.mp4"
        with raw.open("wb") as file:
            for frame in frames:
                file.write(fitted(frame.convert("RGB"), width, height).tobytes())
        ffmpeg.run(
            [
                *("-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", f"{width}x{height}"),
                *("-framerate", str(fps), *ffmpeg.input_file(raw)),
                *("-vf", f"scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,{_BT709}"),
                *("-an", "-c:v", "libx264", "-preset", "medium", "-crf", "18", "-threads", "1"),
                *(*ffmpeg.REPEATABLE, "-movflags", "+faststart", "-f", "mp4", "-y", f"file:{unfinished}"),
            ],
            what="encoding a clip",
            deadline_s=_DEADLINE_S,
        )
        unfinished.replace(movie)
