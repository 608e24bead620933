"""A timeline's frames, one at a time, by number: scenes in motion, cross-fades, captions.

Every frame depends on the timeline and its pictures only. Reading forward is cheap; going back is allowed.
At most two stills and one caption are held.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from content.errors import BadInputError, MissingAssetError
from content.timeline import Caption, Scene, Timeline
from models.caption_patches import caption_patch
from models.clip_frames import ClipFrames
from models.planes import Frame, Patch, Still, Window, blank, dissolve, lay, look, still_of
from models.typefaces import Typecase

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

ZOOM = 1.05
"""How far a camera goes in. The still is scaled to this once, so that no window is ever enlarged."""

PAN = 1.028
"""How much wider than the picture a panned still is: what leaves the screen is half the margin of a cover."""

_RAMP = 0.12
"""The share of a scene in which its camera starts, and again in which it stops."""

LARGEST_PIXELS = 25_000_000


class SceneFrames:
    """Draws the frames of one timeline. Lives as long as one rendering."""

    def __init__(
        self, timeline: Timeline, media: Mapping[str, Path], case: Typecase | None = None, *, work: Path | None = None
    ) -> None:
        """Take a timeline and its media; `work` is where clips are unpacked, needed when there are some."""
        if timeline.width % 2 or timeline.height % 2:
            raise BadInputError(f"a video's sides must be even, not {timeline.width}×{timeline.height}")
        self.timeline = timeline
        self.total = round(timeline.duration_s * timeline.fps)
        self._media = media
        self._case = case or Typecase()
        self._scenes = [self._frames_of(scene) for scene in timeline.scenes]
        self._still = lru_cache(maxsize=2)(self._read_still)
        self._patch = lru_cache(maxsize=1)(self._read_patch)
        self._standing: tuple[int, Frame] | None = None
        self._work = work
        self._clip = lru_cache(maxsize=None)(self._read_clip)

    def draw(self, number: int, *, captions: bool = True) -> Frame:
        """Draw frame `number`. The array is the caller's until the next call."""
        shown = [index for index, (start, end) in enumerate(self._scenes) if start <= number < end]
        if not shown:
            raise BadInputError(f"no scene is on screen at frame {number}: the timeline's scenes leave a gap")
        frame = self._scene(shown[-1], number)
        if len(shown) > 1:
            start, end = self._scenes[shown[-1]][0], self._scenes[shown[-2]][1]
            share = (number - start + 1) / (end - start + 1)
            frame = dissolve(self._scene(shown[-2], number), frame, share * share * (3 - 2 * share))
        caption = self._caption_at(number) if captions else None
        if caption is not None:
            frame = frame.copy()
            lay(self._patch(caption), frame)
        return frame

    def poster(self) -> Frame:
        """Draw the frame that stands for the video: the first scene at its fullest, without captions."""
        start, end = self._scenes[0]
        return self.draw((start + end) // 2, captions=False).copy()

    def _frames_of(self, scene: Scene) -> tuple[int, int]:
        fps = self.timeline.fps
        return round(scene.start_s * fps), round((scene.start_s + scene.duration_s) * fps)

    def _scene(self, index: int, number: int) -> Frame:
        scene = self.timeline.scenes[index]
        if self._standing is not None and self._standing[0] == index:
            return self._standing[1]
        start, end = self._scenes[index]
        if scene.clip is not None:
            return self._clip(scene.clip.sha256).at(number - start)
        still = self._still(scene.picture.sha256, _scale(scene))
        frame = blank(self.timeline.width, self.timeline.height)
        seen = (self.timeline.width, self.timeline.height)
        look(still, window_of(scene, _eased((number - start) / max(1, end - start - 1)), still.size, seen), frame)
        if scene.motion == "still":
            self._standing = (index, frame)
        return frame

    def _caption_at(self, number: int) -> Caption | None:
        at = (number + 0.5) / self.timeline.fps
        return next((caption for caption in self.timeline.captions if caption.start_s <= at < caption.end_s), None)

    def _read_still(self, sha256: str, scale: float) -> Still:
        path = self._media.get(sha256)
        if path is None or not path.is_file():
            raise MissingAssetError(f"the picture {sha256[:12]} of a scene is not at hand; verify the object store")
        width, height = (round(side * scale / 4) * 4 for side in (self.timeline.width, self.timeline.height))
        return still_of(_open(path, width, height))

    def _read_clip(self, sha256: str) -> ClipFrames:
        path = self._media.get(sha256)
        if path is None or not path.is_file() or self._work is None:
            raise MissingAssetError(f"the clip {sha256[:12]} of a scene is not at hand; verify the object store")
        line = self.timeline
        return ClipFrames(path, self._work, width=line.width, height=line.height, fps=line.fps)

    def _read_patch(self, caption: Caption) -> Patch:
        return caption_patch(caption, self.timeline, self._case)


def window_of(scene: Scene, progress: float, still: tuple[int, int], seen: tuple[int, int]) -> Window:
    """Give what the camera sees of a still when a scene has gone `progress` (0 to 1); both sizes width and height.

    A pan looks through a window of the picture's own size, so it needs no scaling, only a shift.
    """
    width, height = still
    if scene.motion in {"push-in", "pull-out"}:
        way = progress if scene.motion == "push-in" else 1 - progress
        share = 1 / (1 + (ZOOM - 1) * way)
        left, top = width * (1 - share) / 2, height * (1 - share) / 2
        return left, top, width - left, height - top
    if scene.motion in {"pan-left", "pan-right"}:
        left = (width - seen[0]) * (progress if scene.motion == "pan-right" else 1 - progress)
        top = (height - seen[1]) // 4 * 2
        return left, top, left + seen[0], top + seen[1]
    return 0, 0, width, height


def _scale(scene: Scene) -> float:
    return {"still": 1.0, "pan-left": PAN, "pan-right": PAN}.get(scene.motion, ZOOM)


def _eased(way: float) -> float:
    """Let a camera start and stop gently and run evenly between: its speed is a trapezium over the scene."""
    top = 1 / (1 - _RAMP)
    if way < _RAMP:
        return top * way * way / (2 * _RAMP)
    if way > 1 - _RAMP:
        return 1 - top * (1 - way) ** 2 / (2 * _RAMP)
    return top * (way - _RAMP / 2)


def _open(path: Path, width: int, height: int) -> "Picture":
    """Read a picture, cropped in the middle to a shape and scaled to it."""
    from PIL import Image, ImageOps

    try:
        with Image.open(path, formats=("PNG", "JPEG", "WEBP")) as picture:
            if picture.width * picture.height > LARGEST_PIXELS:
                raise BadInputError(
                    f"a scene's picture has {picture.width}×{picture.height} pixels; 25 megapixels is all"
                )
            whole = picture.convert("RGB")
    except (OSError, SyntaxError, ValueError):
        raise BadInputError(f"a scene's picture ({path.name}) is no readable PNG, JPEG or WEBP file") from None
    return ImageOps.fit(whole, (width, height), method=Image.Resampling.LANCZOS)
