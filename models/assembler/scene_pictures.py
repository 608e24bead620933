"""What scenes show, ready to be looked at: stills cut to shape around their focus, and clips.

Lives as long as one rendering in one process, and keeps the two stills asked for last: a cross-fade's.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from content.errors import MissingAssetError
from models.assembler.clip_frames import ClipFrames
from models.assembler.planes import Still, still_of
from models.media.pictures import open_picture

SHOWN: Final = ("PNG", "JPEG", "WEBP")
"""The formats of pictures that are shown in films."""

_Point = tuple[float, float]
_Box = tuple[float, float, float, float]


class ScenePictures:
    """Reads pictures and clips by their sha256."""

    def __init__(self, media: Mapping[str, Path], work: Path | None = None) -> None:
        """Take local files by sha256; `work` is where clips are unpacked, needed when there are some."""
        self._media = media
        self._work = work
        self.still = lru_cache(maxsize=2)(self._still)
        self.clip = lru_cache(maxsize=3)(self._clip)

    def _still(self, sha256: str, width: int, height: int, focus: _Point) -> Still:
        path = self._media.get(sha256)
        if path is None or not path.is_file():
            raise MissingAssetError(f"the picture {sha256[:12]} of a scene is not at hand; verify the object store")
        return _read(path, width, height, focus)

    def _clip(self, sha256: str, width: int, height: int, fps: int, frames: int) -> ClipFrames:
        path = self._media.get(sha256)
        if path is None or not path.is_file() or self._work is None:
            raise MissingAssetError(f"the clip {sha256[:12]} of a scene is not at hand; verify the object store")
        return ClipFrames(path, self._work, width=width, height=height, fps=fps, frames=frames)


def cover(size: tuple[int, int], shape: tuple[int, int], focus: _Point) -> tuple[_Box, _Point]:
    """Give the largest box of a shape in a picture with its focus as near the middle as the edges allow.

    And where the focus lies in that box, as shares.
    """
    width, height = size
    scale = min(width / shape[0], height / shape[1])
    wide, tall = shape[0] * scale, shape[1] * scale
    left = min(max(0.0, focus[0] * width - wide / 2), width - wide)
    top = min(max(0.0, focus[1] * height - tall / 2), height - tall)
    inside = ((focus[0] * width - left) / wide, (focus[1] * height - top) / tall)
    return (left, top, left + wide, top + tall), (min(1.0, max(0.0, inside[0])), min(1.0, max(0.0, inside[1])))


def _read(path: Path, width: int, height: int, focus: _Point) -> Still:
    from PIL import Image

    whole = open_picture(path, what=f"a scene's picture ({path.name[:12]})", formats=SHOWN)
    box, inside = cover(whole.size, (width, height), focus)
    return still_of(whole.resize((width, height), Image.Resampling.LANCZOS, box=box), inside)
