"""A timeline cut into pieces that can be drawn apart: bodies (one scene) and joints (the cross-fade of two).

A piece holds everything that shapes its frames and nothing else: not where it stands in the film, not what is heard.
So its digest names its frames, and a film whose other scenes change or move keeps it.
"""

from math import ceil
from typing import Any

from pydantic import Field

from content.captions import Caption
from content.errors import BadInputError
from content.recipes import Value
from content.timeline import Scene, Timeline
from content.values import AssetRef

LONGEST_S = 4.0
"""A longer body is cut in equal parts: work is shared out evenly, and a new caption costs seconds and not a scene."""

_UNHEARD = AssetRef(kind="narration", sha256="0" * 64, bytes=0, media_type="audio/wav")
_TIE = 1e-4
"""Of a frame. A caption that begins exactly between two frames must fall to the same one wherever its piece stands."""


class Piece(Value):
    """Frames `first` to `first + frames` of a timeline of its own, which holds one scene or two and no sound."""

    line: Timeline
    first: int = Field(ge=0)
    frames: int = Field(ge=1)

    @property
    def media(self) -> frozenset[str]:
        """The sha256 of every file it is drawn from."""
        scenes = self.line.scenes
        return frozenset(scene.clip.sha256 if scene.clip else scene.picture.sha256 for scene in scenes)


def total_frames(timeline: Timeline) -> int:
    """Give how many frames a timeline's film has."""
    return round(timeline.duration_s * timeline.fps)


def frames_of_scene(scene: Scene, fps: int) -> tuple[int, int]:
    """Give the first frame a scene is on screen and the first it is not."""
    return round(scene.start_s * fps), round((scene.start_s + scene.duration_s) * fps)


def frames_of_caption(caption: Caption, fps: int) -> tuple[int, int]:
    """Give the first frame a caption is on screen and the first it is not: frames whose middle it covers."""
    return _frame_from(caption.start_s, fps), _frame_from(caption.end_s, fps)


def word_at(caption: Caption, number: int, fps: float) -> int | None:
    """Give the place of the word a frame of a caption marks: the last that has begun, None without words."""
    begun = sum(_frame_from(word.start_s, fps) <= number for word in caption.words)
    return max(0, begun - 1) if caption.words else None


def on_screen(spans: list[tuple[int, int]], number: int) -> tuple[int, ...]:
    """Give the scenes of a frame by their place: one, or the two that cross-fade. Raises BadInputError for a gap."""
    shown = [index for index, (start, end) in enumerate(spans) if start <= number < end]
    if not shown:
        raise BadInputError(f"no scene is on screen at frame {number}: the timeline's scenes leave a gap")
    return tuple(shown[-2:])


def cut(timeline: Timeline) -> tuple[Piece, ...]:
    """Cut a timeline's film into pieces, in order and without gaps. Raises BadInputError when scenes leave a gap."""
    total = total_frames(timeline)
    spans = [frames_of_scene(scene, timeline.fps) for scene in timeline.scenes]
    edges = sorted({0, total, *(edge for span in spans for edge in span if 0 < edge < total)})
    longest = max(1, round(LONGEST_S * timeline.fps))
    pieces = []
    first = 0
    while first < total:
        shown = on_screen(spans, first)
        end = next(edge for edge in edges if edge > first)
        while end < total and on_screen(spans, end) == shown:
            end = next(edge for edge in edges if edge > end)
        parts = -(-(end - first) // longest)
        marks = [first + (end - first) * part // parts for part in range(parts + 1)]
        pieces += [_piece(timeline, spans, shown, *marks[part : part + 2]) for part in range(parts)]
        first = end
    return tuple(pieces)


def _piece(timeline: Timeline, spans: list[tuple[int, int]], shown: tuple[int, ...], first: int, end: int) -> Piece:
    fps = timeline.fps
    captions = [
        (caption, span[0])
        for caption in timeline.captions
        if caption.burned and (span := frames_of_caption(caption, fps))[0] < end and first < span[1]
    ]
    # Times of a timeline are never negative, so a caption that began before its scene moves the origin back; by whole
    # frames of the caption, which do not depend on how a sum of seconds was rounded.
    origin = min([spans[index][0] for index in shown] + [begins - 1 for _, begins in captions])
    scenes = tuple(
        timeline.scenes[index].model_copy(
            update={
                "start_s": (spans[index][0] - origin) / fps,
                "duration_s": (spans[index][1] - spans[index][0]) / fps,
                "title": "",
                "card": None,
            }
        )
        for index in shown
    )
    line = timeline.model_copy(
        update={
            "scenes": scenes,
            "captions": tuple(
                Caption.model_validate(_moved(_as_seen(c).model_dump(), origin / fps)) for c, _ in captions
            ),
            "duration_s": (max(spans[index][1] for index in shown) - origin) / fps,
            **_SOUNDLESS,
        }
    )
    return Piece(line=line, first=first - origin, frames=end - first)


def _frame_from(at_s: float, fps: float) -> int:
    return max(0, ceil(at_s * fps - 0.5 - _TIE))


def _as_seen(caption: Caption) -> Caption:
    """Leave of a caption's words what shapes frames: a mark stays until the next word, whatever segment it is in."""
    seen = (word.model_copy(update={"segment": 0, "end_s": word.start_s}) for word in caption.words)
    return caption.model_copy(update={"words": tuple(seen)})


_SOUNDLESS = {
    name: Timeline.model_fields[name].get_default()
    for name in ("narration_start_s", "music", "music_gain_db", "crossfade_s", "loudness_lufs")
} | {"narration": _UNHEARD}


def _moved(value: Any, by_s: float) -> Any:
    """Move every time in a caption (`…_s`) back; rounded, so that equal captions of equal scenes are equal."""
    if isinstance(value, dict):
        return {
            name: round(max(0.0, inner - by_s), 6)
            if name.endswith("_s") and isinstance(inner, float)
            else _moved(inner, by_s)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return tuple(_moved(inner, by_s) for inner in value)
    return value
