"""Captions for a film that exists already: the house's own look, found by frame number.

The look is made for timelines, so a timeline is made up that says the size, the brand and the language.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from math import ceil
from typing import Final

from content.caption_files import fitted
from content.captions import Caption, line_cells
from content.pieces import word_at
from content.timeline import Scene, Timeline
from content.values import AssetRef, Brand
from models.assembler.caption_patches import caption_patch
from models.assembler.planes import Patch
from models.illustrator.typefaces import Typecase

_NOTHING: Final = AssetRef(kind="none", sha256="0" * 64, bytes=0, media_type="application/octet-stream")
_TIE: Final = Fraction(1, 1000)
"""Of a frame: a time that was written in milliseconds still means the frame it was taken from."""


class EditCaptions:
    """The captions of one film. Holds one drawn caption at a time; lives as long as one edit."""

    def __init__(
        self,
        captions: Sequence[Caption],
        *,
        size: tuple[int, int],
        rate: Fraction,
        duration_s: float,
        brand: Brand,
        language: str,
    ) -> None:
        """Take captions in the film's own time; they are set anew where their lines are too long for a picture."""
        self.captions = fitted(captions, room=line_cells(*size))
        self._spans = [(*frames_of(caption, rate), caption) for caption in self.captions]
        self._line = Timeline(
            scenes=(Scene(picture=_NOTHING, start_s=0, duration_s=duration_s, motion="still"),),
            captions=self.captions,
            narration=_NOTHING,
            duration_s=duration_s,
            brand=brand,
            language=language,
            width=size[0],
            height=size[1],
            fps=max(1, round(rate)),
        )
        self._case = Typecase()
        self._drawn = lru_cache(maxsize=1)(self._draw)
        self._next = 0
        self._rate = rate

    def at(self, number: int) -> Patch | None:
        """Give what lies over a frame, None for nothing. Raises MissingGlyphError for what no typeface draws."""
        # Frames are asked for in order; of captions that overlap the later one is shown.
        while self._next < len(self._spans) and self._spans[self._next][0] <= number:
            self._next += 1
        for first, end, caption in reversed(self._spans[max(0, self._next - 8) : self._next]):
            if caption.burned and first <= number < end:
                return self._drawn(caption, word_at(caption, number, float(self._rate)))
        return None

    def _draw(self, caption: Caption, word: int | None) -> Patch:
        return caption_patch(caption, self._line, self._case, word=word)


def frames_of(caption: Caption, rate: Fraction) -> tuple[int, int]:
    """Give the first frame a caption is on screen and the first it is not: frames whose middle it covers."""
    first, end = (max(0, ceil(Fraction(at) * rate - Fraction(1, 2) - _TIE)) for at in (caption.start_s, caption.end_s))
    return first, end
