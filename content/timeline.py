"""A timeline: everything that shapes a video, as one small frozen value, and how one is laid from a spoken script.

Seconds from the start; scenes follow each other without gaps and overlap by `crossfade_s`.
The voice begins at `narration_start_s`; captions are in the video's time, so they already carry that offset.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field

from content.captions import Caption, lay_captions, line_cells
from content.errors import BadInputError
from content.recipes import Value
from content.values import AssetRef, Brand, Narration, Script

__all__ = ["Caption", "Motion", "Scene", "Timeline", "lay_timeline"]

Motion = Literal["push-in", "pull-out", "pan-left", "pan-right", "still"]

Share = Annotated[float, Field(ge=0, le=1)]

LEAD_S = 0.8
"""How long the first picture stands before the voice begins: time to read a title."""

TAIL_S = 1.8
"""How long the last picture stands after the last word."""

LONGEST_S = 60.0


class Scene(Value):
    """One picture on screen from `start_s` for `duration_s`, moved gently (`motion`).

    With a `clip` that is played instead, forth and back for as long as the scene lasts; the camera then stands still.
    `focus` is what the picture is about, as shares of its width and height: where another shape is cut out of it that
    stays in the middle as far as the edges allow, and the camera goes there. A `title` makes the scene a chapter.
    """

    picture: AssetRef
    clip: AssetRef | None = None
    start_s: float = Field(ge=0)
    duration_s: float = Field(gt=0)
    motion: Motion = "push-in"
    focus: tuple[Share, Share] = (0.5, 0.5)
    title: str = ""


class Timeline(Value):
    """A video before it is rendered.

    `music` plays from the first frame to the last, again and again, `music_gain_db` against the voice's loudness,
    and makes way for the voice.
    """

    scenes: tuple[Scene, ...] = Field(min_length=1)
    captions: tuple[Caption, ...] = ()
    narration: AssetRef
    narration_start_s: float = Field(0.0, ge=0)
    music: AssetRef | None = None
    music_gain_db: float = Field(-14.0, ge=-60, le=12)
    duration_s: float = Field(gt=0)
    brand: Brand = Brand()
    language: str = "en"
    width: int = 1920
    height: int = 1080
    fps: int = 30
    crossfade_s: float = 0.5
    loudness_lufs: float = -16.0


def lay_timeline(
    narration: Narration,
    script: Script,
    pictures: Sequence[AssetRef],
    *,
    brand: Brand,
    language: str,
    width: int = 1920,
    height: int = 1080,
    fps: int = 30,
    crossfade_s: float = 0.5,
    clips: Mapping[str, AssetRef] | None = None,
) -> Timeline:
    """Lay one scene a segment under a narration, with captions; `pictures` holds one picture a segment.

    `clips` holds moving versions of some of the pictures, by the picture's sha256.

    A new picture stands complete when its first word is heard: the cross-fade lies in the pause before.
    Every time is a whole number of frames. The voice gives the length; lead and tail shrink before 60 s are passed.
    Raises BadInputError when pictures, segments and narration do not belong together.
    """
    count = len(script.segments)
    if len(pictures) != count or len(narration.segment_starts_s) != count:
        raise BadInputError(
            f"a timeline needs one picture and one start a segment: {count} segments, {len(pictures)} pictures, "
            f"{len(narration.segment_starts_s)} starts; narrate the same script that the pictures were made for"
        )
    spare = max(0.0, LONGEST_S - narration.duration_s)
    share = min(1.0, spare / (LEAD_S + TAIL_S))
    lead = int(LEAD_S * share * fps) / fps
    total = int((lead + narration.duration_s + TAIL_S * share) * fps + 0.5)

    # A scene shorter than its own two fades would show two others through itself.
    first_words = [lead + start for start in narration.segment_starts_s]
    gaps = [after - before for before, after in pairwise([*first_words, total / fps])]
    if min(gaps) <= 0:
        raise BadInputError("the narration's segments do not start one after the other, or it ends before the last")
    fade = max(0, min(int(crossfade_s * fps + 0.5), int(min(gaps) / 2 * fps)))

    cuts = [0, *(max(1, int(start * fps + 0.5) - fade) for start in first_words[1:])]
    ends = [*(cut + fade for cut in cuts[1:]), total]
    motions = _motions(script, pictures)
    scenes = tuple(
        Scene(
            picture=picture,
            clip=(clips or {}).get(picture.sha256),
            start_s=cut / fps,
            duration_s=(end - cut) / fps,
            motion=motion,
        )
        for picture, cut, end, motion in zip(pictures, cuts, ends, motions, strict=True)
    )
    return Timeline(
        scenes=scenes,
        captions=tuple(
            caption.shifted(lead, last_s=total / fps)
            for caption in lay_captions(narration.words, language=language, room=line_cells(width, height))
        ),
        narration=narration.audio,
        narration_start_s=lead,
        duration_s=total / fps,
        brand=brand,
        language=language,
        width=width,
        height=height,
        fps=fps,
        crossfade_s=fade / fps,
    )


_OPPOSITE: dict[Motion, Motion] = {
    "push-in": "pull-out",
    "pull-out": "push-in",
    "pan-left": "pan-right",
    "pan-right": "pan-left",
    "still": "pull-out",
}
_STORY_MOTIONS: tuple[Motion, ...] = ("pan-right", "push-in", "pan-left", "pull-out")


def _motions(script: Script, pictures: Sequence[AssetRef]) -> list[Motion]:
    """Choose how each picture moves.

    A title draws the viewer in, an end card lets go. Neighbours never move alike, so that every cut is felt.
    A picture that stays for the next segment turns back where it is (in, then out): a cross-fade between two windows
    of one picture would show its headline twice.
    """
    motions: list[Motion] = []
    stories = 0
    for index, segment in enumerate(script.segments):
        stays = index > 0 and pictures[index] == pictures[index - 1]
        returns = index + 1 < len(pictures) and pictures[index] == pictures[index + 1]
        motion: Motion
        if segment.kind == "story":
            motion = _STORY_MOTIONS[stories % len(_STORY_MOTIONS)]
            stories += 1
        else:
            motion = "push-in" if segment.kind == "title" else "pull-out"
        if returns and motion.startswith("pan"):
            motion = "push-in"
        if motions and (stays or motion == motions[-1]):
            motion = _OPPOSITE[motions[-1]]
        motions.append(motion)
    return motions
