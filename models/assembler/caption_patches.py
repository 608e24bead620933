"""Captions as patches: drawn once, again where another word is spoken, and laid over many frames.

Light letters on a box of the brand's ink, a stroke of its accent at the left; the word that is heard stands on a pill
of the accent. Each shape of picture has its own safe area: what the pictures have to say and the buttons that apps
lay over upright films stay free.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import TYPE_CHECKING

from content.captions import SQUARE_CELLS, TALL_CELLS, Caption, line_cells
from content.theme import BLACK, WHITE, contrast, readable
from content.timeline import Timeline
from content.values import Brand
from models.assembler.planes import Patch, patch_of, replaced
from models.illustrator.linebreaks import tidy
from models.illustrator.typefaces import Typecase
from models.illustrator.typesetting import Glyph, Line, Style, Text

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

_FINER = 4
"""Box corners are drawn this much larger and averaged down; letters are drawn at size, where their hinting belongs."""

# Shares of a format's measure, which is the picture's height on a wide one.
_SIZE, _SIZE_HAN = 0.0435, 0.0455
_LEADING, _PAD_X, _PAD_Y, _ROUND, _STROKE = 1.26, 0.030, 0.021, 0.012, 0.0055
_BOX_OPACITY = 226

# In em of the letters: how far a pill stands out at its ends, above the baseline and below, and its corners.
_PILL_X, _PILL_UP, _PILL_DOWN, _PILL_ROUND = 0.15, 0.86, 0.27, 0.16
_PILL_UP_HAN, _PILL_DOWN_HAN = 0.95, 0.19
_PILL_GAP, _PILL_GAP_HAN = 0.5, 0.85
"""The share of the gap to its neighbours that a pill may take: Chinese characters leave little between them."""
_PILL_SHOWS = 2.6
"""The contrast of a pill with the box around it, at least."""


@dataclass(frozen=True)
class Room:
    """Where captions of a format stand: their box begins below `head`, or ends at `foot`; it may be `widest` wide.

    All are shares of the picture; `measure_px` is what the sizes of type and box are shares of.
    """

    measure_px: float
    head: float
    foot: float
    widest: float


def room_of(width: int, height: int) -> Room:
    """Give a picture's room for captions.

    Two lines take the lowest 22 % of a wide picture. Apps lay buttons over the lowest quarter of an upright one and
    over its right edge, and their bars over its uppermost eighth; it is watched on a phone, so type is larger there.
    """
    match line_cells(width, height):
        case cells if cells == TALL_CELLS:
            return Room(width * 1.40, 0.13, 0.72, 0.76)
        case cells if cells == SQUARE_CELLS:
            return Room(width * 1.20, 0.055, 0.952, 0.88)
        case _:
            return Room(height, 0.055, 0.948, 0.88)


def caption_patch(caption: Caption, timeline: Timeline, case: Typecase, *, word: int | None = None) -> Patch:
    """Draw one caption for a timeline's picture size, one of its words marked, by its place.

    Raises MissingGlyphError for what no typeface draws.
    """
    return SetCaption(caption, timeline, case).patch(word)


class SetCaption:
    """A caption set and drawn once, whose words can be marked in turn. Lives as long as it is on screen."""

    def __init__(self, caption: Caption, timeline: Timeline, case: Typecase) -> None:
        """Set a caption for a timeline's picture size; raise MissingGlyphError for what no typeface draws."""
        self._caption, self._brand = caption, timeline.brand
        style = Style("sans", "semibold", timeline.language)
        self._lines = [_set(text, style, case) for text in caption.text.split("\n") if text.strip()]
        room = room_of(timeline.width, timeline.height)
        unit = room.measure_px
        widest = max(line.right - line.left for line in self._lines)
        size = unit * (_SIZE_HAN if timeline.language == "zh" else _SIZE)
        self._size = min(size, (room.widest * timeline.width - 2 * _PAD_X * unit) / widest)
        leading = self._size * _LEADING
        width = _even(widest * self._size + 2 * _PAD_X * unit)
        tall = _even(leading * len(self._lines) + 2 * _PAD_Y * unit)
        left = max(2, round(_PAD_X * unit * 0.38))
        # Letters stand in the middle of their line by their x-height, as the eye sees it.
        self._pens = [
            (
                (width - (line.right - line.left) * self._size) / 2 - line.left * self._size + left / 2,
                _PAD_Y * unit + leading * index + leading / 2 + self._size * 0.33,
            )
            for index, line in enumerate(self._lines)
        ]
        at_head = _ceil_even(room.head * timeline.height)
        self._corner = (
            _even((timeline.width - width) / 2),
            at_head if caption.at == "head" else _floor_even(room.foot * timeline.height - tall),
        )
        self._picture = self._drawn(width, tall, unit, left)
        self._plain = patch_of(self._picture, *self._corner)

    def patch(self, word: int | None = None) -> Patch:
        """Give the caption with one of its words marked, by its place; only what that changes is drawn."""
        marked = _place_of(word, self._caption, self._lines)
        if marked is None:
            return self._plain
        index, start, end = marked
        line, pen = self._lines[index], self._pens[index]
        pill, letters = mark_colours(self._brand)
        box = _pill_of(line, start, end, *pen, self._size)
        width, tall = self._picture.size
        # Accents and tails reach over a pill by less than a fifth of an em.
        reach = 0.2 * self._size
        around = (
            max(0, _floor_even(box[0] - reach)),
            max(0, _floor_even(box[1] - reach)),
            min(width, _ceil_even(box[2] + reach)),
            min(tall, _ceil_even(box[3] + reach)),
        )
        part = self._picture.crop(around)
        _lay_pill(
            part, (box[0] - around[0], box[1] - around[1], box[2] - around[0], box[3] - around[1]), self._size, pill
        )
        _write(part, line.glyphs[start:end], pen[0] - around[0], pen[1] - around[1], self._size, letters)
        return replaced(self._plain, patch_of(part, self._corner[0] + around[0], self._corner[1] + around[1]))

    def _drawn(self, width: int, tall: int, unit: float, left: int) -> "Picture":
        from PIL import Image, ImageDraw

        picture = Image.new("RGBA", (width, tall), (*_rgb(self._brand.ink), 0))
        picture.putalpha(_rounded(width, tall, round(_ROUND * unit), _BOX_OPACITY))
        stroke = max(2, round(_STROKE * unit))
        inset = max(2, round(_PAD_Y * unit * 0.8))
        edge = (left, inset, left + stroke - 1, tall - inset - 1)
        ImageDraw.Draw(picture).rounded_rectangle(edge, stroke // 2, fill=(*_rgb(self._brand.accent), 255))
        for line, pen in zip(self._lines, self._pens, strict=True):
            _write(picture, line.glyphs, *pen, self._size, self._brand.paper)
        return picture


def mark_colours(brand: Brand) -> tuple[str, str]:
    """Give the colours of a marked word's pill and of its letters: the accent, moved as far as it must be read."""
    pill = readable(brand.accent, (brand.ink,), WHITE, _PILL_SHOWS)
    letters = max(brand.paper, brand.ink, key=lambda colour: contrast(colour, pill))
    return readable(pill, (letters,), WHITE if contrast(letters, WHITE) > contrast(letters, BLACK) else BLACK), letters


def _place_of(word: int | None, caption: Caption, lines: Sequence[Line]) -> tuple[int, int, int] | None:
    """Find a word in a caption's lines: which line, from which glyph to which; signs around it are left out.

    None where it has no letters or the words are not those of the text, as after someone edited one of the two.
    """
    if word is None:
        return None
    index = at = 0
    for number, spoken in enumerate(caption.words):
        text = tidy(spoken.text, "")
        while index < len(lines) and not lines[index].text[at:].strip():
            index, at = index + 1, 0
        if index == len(lines):
            return None
        line = lines[index].text
        at += len(line[at:]) - len(line[at:].lstrip())
        if not line.startswith(text, at):
            return None
        if number == word:
            letters = [place for place, sign in enumerate(text, start=at) if sign.isalnum()]
            return (index, letters[0], letters[-1] + 1) if letters else None
        at += len(text)
    return None


def _pill_of(
    line: Line, start: int, end: int, x: float, baseline: float, size: float
) -> tuple[float, float, float, float]:
    """Give a pill's left, top, right and bottom; both ends stand out alike, and neither reaches a neighbour."""
    inks = [
        (glyph.x + low * glyph.scale, glyph.x + high * glyph.scale)
        for glyph in line.glyphs
        for low, high in [glyph.face.ink(glyph.character)]
    ]
    low, high = min(ink[0] for ink in inks[start:end]), max(ink[1] for ink in inks[start:end])
    seen = [place for place, glyph in enumerate(line.glyphs) if not glyph.character.isspace()]
    before = [inks[place][1] for place in seen if place < start]
    after = [inks[place][0] for place in seen if place >= end]
    gaps = [low - ink for ink in before[-1:]] + [ink - high for ink in after[:1]]
    share = _PILL_GAP_HAN if line.has_han else _PILL_GAP
    out = min([_PILL_X, *(max(0.0, gap) * share for gap in gaps)])
    up, down = (_PILL_UP_HAN, _PILL_DOWN_HAN) if line.has_han else (_PILL_UP, _PILL_DOWN)
    return x + (low - out) * size, baseline - up * size, x + (high + out) * size, baseline + down * size


def _lay_pill(patch: "Picture", box: tuple[float, float, float, float], size: float, colour: str) -> None:
    left, top, right, bottom = (round(edge) for edge in box)
    mask = _rounded(right - left, bottom - top, round(_PILL_ROUND * size), 255)
    patch.alpha_composite(_filled(mask, colour), (left, top))


def _filled(mask: "Picture", colour: str) -> "Picture":
    from PIL import Image

    picture = Image.new("RGBA", mask.size, (*_rgb(colour), 0))
    picture.putalpha(mask)
    return picture


def _set(text: str, style: Style, case: Typecase) -> Line:
    text = tidy(text, "")  # drops what cannot be seen; the spelling stays as it was said
    return Text(text, style, case).line(0, len(text))


def _write(picture: "Picture", glyphs: Sequence[Glyph], x: float, baseline: float, size: float, colour: str) -> None:
    from PIL import ImageDraw

    draw = ImageDraw.Draw(picture)
    fill = (*_rgb(colour), 255)
    for glyph in glyphs:
        font = glyph.face.at(max(1, round(size * glyph.scale)))
        draw.text((x + glyph.x * size, round(baseline)), glyph.character, font=font, fill=fill, anchor="ls")


def _rounded(width: int, height: int, radius: int, opacity: int) -> "Picture":
    from PIL import Image, ImageDraw

    mask = Image.new("L", (width * _FINER, height * _FINER), 0)
    corners = (0, 0, width * _FINER - 1, height * _FINER - 1)
    ImageDraw.Draw(mask).rounded_rectangle(corners, radius * _FINER, fill=opacity)
    return mask.reduce(_FINER)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _even(length: float) -> int:
    return max(2, round(length / 2) * 2)


def _floor_even(length: float) -> int:
    return floor(length / 2) * 2


def _ceil_even(length: float) -> int:
    return ceil(length / 2) * 2
