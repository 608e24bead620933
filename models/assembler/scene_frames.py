"""A timeline's frames, one at a time, by number: scenes in motion, cross-fades, captions.

Every frame depends on the timeline and its pictures only, so any process may draw any of them; the films of the house
and the reference of its tests come from the same `draw`. Holds three frames and one caption.
"""

from collections.abc import Mapping
from pathlib import Path

from content.errors import BadInputError
from content.pieces import frames_of_caption, frames_of_scene, on_screen, total_frames, word_at
from content.timeline import Caption, Scene, Timeline
from models.assembler.caption_patches import SetCaption
from models.assembler.planes import Frame, Patch, Point, Window, blank, dissolve, lay, look, look_around
from models.assembler.scene_pictures import ScenePictures
from models.illustrator.typefaces import Typecase

ZOOM = 1.05
"""How far a camera goes in. The still is scaled to this once, so that no window is ever enlarged."""

PAN = 1.028
"""How much wider than the picture a panned still is: what leaves the screen is half the margin of a cover."""

Size = tuple[int, int]

_RAMP = 0.12
"""The share of a scene in which its camera starts, and again in which it stops."""


class SceneFrames:
    """Draws the frames of one timeline. Lives as long as one rendering, or as long as a piece of it."""

    def __init__(
        self,
        timeline: Timeline,
        media: Mapping[str, Path] | ScenePictures,
        case: Typecase | None = None,
        *,
        work: Path | None = None,
    ) -> None:
        """Take a timeline and its media, or pictures that another timeline has read some of already.

        `work` is where clips are unpacked, needed when there are some.
        """
        if timeline.width % 2 or timeline.height % 2:
            raise BadInputError(f"a video's sides must be even, not {timeline.width}×{timeline.height}")
        self.timeline = timeline
        self.total = total_frames(timeline)
        self._pictures = media if isinstance(media, ScenePictures) else ScenePictures(media, work)
        self._case = case or Typecase()
        self._scenes = [frames_of_scene(scene, timeline.fps) for scene in timeline.scenes]
        self._captions = [
            (caption, *frames_of_caption(caption, timeline.fps))
            for caption in timeline.captions
            if caption.burned and caption.text.strip()
        ]
        self._set: tuple[Caption, SetCaption] | None = None
        self._patch: tuple[Caption, int | None, Patch] | None = None
        # New memory for each frame would cost as much as a cross-fade: the system hands it out page by page.
        self._frame, self._other = (blank(timeline.width, timeline.height) for _ in range(2))

    def draw(self, number: int, *, captions: bool = True) -> Frame:
        """Draw frame `number`. The array is the caller's until the next call."""
        *before, last = on_screen(self._scenes, number)
        frame = self._frame
        self._draw_scene(last, number, frame)
        for index in before:
            start, end = self._scenes[last][0], self._scenes[index][1]
            share = (number - start + 1) / (end - start + 1)
            self._draw_scene(index, number, self._other)
            dissolve(self._other, frame, share * share * (3 - 2 * share), frame)
        caption = self._caption_at(number) if captions else None
        if caption is not None:
            lay(self._patch_of(caption, word_at(caption, number, self.timeline.fps)), frame)
        return frame

    def poster(self) -> Frame:
        """Draw the frame that stands for the video: the first scene's picture at its fullest, without captions."""
        first = self.timeline.scenes[0]
        if first.picture != first.clip:  # a scene of a clip alone has no picture beside it
            first = first.model_copy(update={"clip": None})
        line = self.timeline.model_copy(update={"scenes": (first,), "captions": ()})
        return SceneFrames(line, self._pictures, self._case).draw(sum(self._scenes[0]) // 2)

    def _draw_scene(self, index: int, number: int, into: Frame) -> None:
        scene, line = self.timeline.scenes[index], self.timeline
        start, end = self._scenes[index]
        if scene.clip is not None:
            clip = self._pictures.clip(scene.clip.sha256, line.width, line.height, line.fps, end - start)
            into[:] = clip.at(number - start)
            return
        scale = _scale(scene)
        width, height = (round(side * scale / 4) * 4 for side in (line.width, line.height))
        still = self._pictures.still(scene.picture.sha256, width, height, scene.focus)
        seen = (line.width, line.height)
        way = _eased((number - start) / max(1, end - start - 1))
        if scene.motion in {"push-in", "pull-out"}:
            centre, pivot, farthest = zoom_of(still.size, seen, still.focus)
            near = way if scene.motion == "push-in" else 1 - way
            look_around(still, centre, pivot, farthest / (1 + (farthest - 1) * near), into)
        else:
            look(still, window_of(scene, way, still.size, seen), into)

    def _caption_at(self, number: int) -> Caption | None:
        return next((caption for caption, first, end in self._captions if first <= number < end), None)

    def _patch_of(self, caption: Caption, word: int | None) -> Patch:
        if self._set is None or self._set[0] is not caption:
            self._set = caption, SetCaption(caption, self.timeline, self._case)
        if self._patch is None or self._patch[0] is not caption or self._patch[1] != word:
            self._patch = caption, word, self._set[1].patch(word)
        return self._patch[2]


def zoom_of(still: Size, seen: Size, focus: tuple[float, float]) -> tuple[Point, Point, float]:
    """Give the corner of a still's pixels that a camera goes to, where that is on screen, and the farthest scale.

    The focus, in shares, stays where it is. From farther away the still would not fill the screen.
    """
    places = []
    farthest = []
    for whole, part, share in zip(still, seen, focus, strict=True):
        pivot = round(part * share / 2) * 2
        centre = round(pivot * whole / part / 2) * 2
        places.append((centre, pivot))
        farthest += [there / here for there, here in ((centre, pivot), (whole - centre, part - pivot)) if here]
    (x, at_x), (y, at_y) = places
    return (x, y), (at_x, at_y), min(farthest)


def window_of(scene: Scene, progress: float, still: Size, seen: Size) -> Window:
    """Give what a camera that pans or stands sees of a still when a scene has gone `progress` (0 to 1).

    A pan looks through a window of the picture's own size, so it needs no scaling, only a shift.
    """
    width, height = still
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
