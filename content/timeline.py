"""A timeline: everything that shapes a video, as one small frozen value, and how one is laid from a spoken script.

Seconds from the start; scenes follow each other without gaps and overlap by `crossfade_s`.
The voice begins at `narration_start_s`; captions are in the video's time, so they already carry that offset.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field

from content.captions import Caption, lay_captions, line_cells
from content.errors import BadInputError
from content.recipes import Value
from content.values import AssetRef, Brand, Narration, Script

__all__ = ["Caption", "Card", "Motion", "Scene", "Shot", "Timeline", "lay_timeline"]

Motion = Literal["push-in", "pull-out", "pan-left", "pan-right", "still"]

Share = Annotated[float, Field(ge=0, le=1)]

LEAD_S = 0.8
"""How long the first picture stands before the voice begins: time to read a title."""

TAIL_S = 1.8
"""How long the last picture stands after the last word."""

LONGEST_S = 90.0


class Card(Value):
    """Words in type on a ground of the brand: a cover, a quotation, a figure and what it counts, or a sentence.

    `kicker` is the small line above, `byline` the one below: the sources, the speaker, what is counted.
    """

    kind: Literal["cover", "quote", "figure", "point"] = "cover"
    headline: str
    kicker: str = ""
    byline: str = ""


class Scene(Value):
    """One picture on screen from `start_s` for `duration_s`, moved gently (`motion`).

    With a `clip` that is played instead, forth and back for as long as the scene lasts; the camera then stands still.
    `focus` is what the picture is about, as shares of its width and height: where another shape is cut out of it that
    stays in the middle as far as the edges allow, and the camera goes there. A `title` makes the scene a chapter.
    A `card` is what the picture was drawn from; in another format it is drawn anew.
    """

    picture: AssetRef
    card: Card | None = None
    clip: AssetRef | None = None
    start_s: float = Field(ge=0)
    duration_s: float = Field(gt=0)
    motion: Motion = "push-in"
    focus: tuple[Share, Share] = (0.5, 0.5)
    title: str = ""


class Shot(Value):
    """What a segment of a script is told over, before anybody knows when: a scene without its times.

    `captions_at` says where captions leave the picture's matter free.
    """

    picture: AssetRef
    card: Card | None = None
    clip: AssetRef | None = None
    focus: tuple[Share, Share] = (0.5, 0.5)
    captions_at: Literal["foot", "head"] = "foot"


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
    shots: Sequence[Shot],
    *,
    brand: Brand,
    language: str,
    width: int = 1920,
    height: int = 1080,
    fps: int = 30,
    crossfade_s: float = 0.5,
    music: AssetRef | None = None,
    music_gain_db: float = -14.0,
) -> Timeline:
    """Lay one scene a segment under a narration, with captions; `shots` holds one a segment.

    A new picture stands complete when its first word is heard: the cross-fade lies in the pause before.
    Every time is a whole number of frames. The voice gives the length; lead and tail shrink before 90 s are passed.
    Raises BadInputError when shots, segments and narration do not belong together.
    """
    count = len(script.segments)
    if len(shots) != count or len(narration.segment_starts_s) != count:
        raise BadInputError(
            f"a timeline needs one shot and one start a segment: {count} segments, {len(shots)} shots, "
            f"{len(narration.segment_starts_s)} starts; narrate the same script that the pictures were made for"
        )
    spare = max(0.0, LONGEST_S - narration.duration_s)
    share = min(1.0, spare / (LEAD_S + TAIL_S))
    lead = int(LEAD_S * share * fps) / fps
    total = int((lead + narration.duration_s + TAIL_S * share) * fps + 0.5)

    first_words = [lead + start for start in narration.segment_starts_s]
    gaps = [after - before for before, after in pairwise([*first_words, total / fps])]
    if min(gaps) <= 0:
        raise BadInputError("the narration's segments do not start one after the other, or it ends before the last")
    fades = _fades(narration, gaps, crossfade_s, fps)
    cuts = [0, *(max(1, int(start * fps + 0.5) - fade) for start, fade in zip(first_words[1:], fades, strict=True))]
    ends = [*(cut + fade for cut, fade in zip(cuts[1:], fades, strict=True)), total]
    motions = _motions(script, [shot.picture for shot in shots])
    scenes = tuple(
        Scene(
            picture=shot.picture,
            card=shot.card,
            clip=shot.clip,
            start_s=cut / fps,
            duration_s=(end - cut) / fps,
            motion=motion,
            focus=shot.focus,
            title=title,
        )
        for shot, cut, end, motion, title in zip(shots, cuts, ends, motions, _chapters(script), strict=True)
    )
    captions = lay_captions(narration.words, language=language, room=line_cells(width, height))
    return Timeline(
        scenes=scenes,
        captions=tuple(_placed(caption, script, shots).shifted(lead, last_s=total / fps) for caption in captions),
        narration=narration.audio,
        narration_start_s=lead,
        music=music,
        music_gain_db=music_gain_db,
        duration_s=total / fps,
        brand=brand,
        language=language,
        width=width,
        height=height,
        fps=fps,
        crossfade_s=max(fades, default=0) / fps,
    )


_SHORTEST_FADE_S = 0.2


def _fades(narration: Narration, gaps: Sequence[float], crossfade_s: float, fps: int) -> list[int]:
    """Give how many frames each scene but the first fades in: as long as asked, and no longer than the pause before it.

    A picture that changes while a sentence ends is felt as a mistake; one that is shorter than its own two fades would
    show two others through itself.
    """
    ends: dict[int, float] = {}
    for word in narration.words:
        ends[word.segment] = max(word.end_s, ends.get(word.segment, 0.0))
    fades = []
    for place, (before, after) in enumerate(pairwise(gaps), start=1):
        start = narration.segment_starts_s[place]
        pause = max(_SHORTEST_FADE_S, start - ends.get(place - 1, start - crossfade_s))
        fades.append(max(0, min(int(min(crossfade_s, pause) * fps + 0.5), int(min(before, after) / 2 * fps))))
    return fades


_SAYS_IT_ALL = 0.6
"""The share of what is heard that a card must show for captions over it to be too much."""


def _placed(caption: Caption, script: Script, shots: Sequence[Shot]) -> Caption:
    """Put a caption where its picture is free; words that the picture shows already stay out of it."""
    place = caption.words[0].segment
    segment = script.segments[place]
    doubled = segment.kind in {"quote", "point"} and len(segment.shown) >= _SAYS_IT_ALL * len(segment.text)
    return caption.model_copy(update={"burned": not doubled, "at": shots[place].captions_at})


def _chapters(script: Script) -> list[str]:
    """Give each segment the chapter it opens: the title, then each story; nothing where a story goes on."""
    titles: list[str] = []
    last = ""
    for segment in script.segments:
        opens = segment.kind != "end" and segment.title != last
        titles.append(segment.title if opens else "")
        last = segment.title
    return titles


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
            motion = "pull-out" if segment.kind == "end" else "push-in"
        if returns and motion.startswith("pan"):
            motion = "push-in"
        if motions and (stays or motion == motions[-1]):
            motion = _OPPOSITE[motions[-1]]
        motions.append(motion)
    return motions
