"""The layout of a card: a quotation under its mark, a sentence, or a figure as large as it goes, with every box.

Everything is a share of the picture's shorter side, so a card of any size is the same card.
No word stands in the share at the foot that is kept free, nor, in an upright picture, under an application's buttons.
"""

import math
from dataclasses import dataclass
from typing import Final, Literal

from content.errors import BadInputError
from models.illustrator.cover_layout import (
    CAPTIONS_FROM,
    Box,
    PlacedLine,
    block_height,
    cap_height,
    first_rise,
    one_line,
    place_lines,
)
from models.illustrator.linebreaks import is_han, tidy
from models.illustrator.poster_figure import set_figure
from models.illustrator.quote_marks import opened
from models.illustrator.typefaces import Typecase
from models.illustrator.typesetting import Setting, Style, Text, fit
from models.protocols import CoverRequest

_MARGIN: Final = 0.082
_SMALL: Final = 0.036
_SMALLEST: Final = 0.025
"""The smallest a quotation may be set, as a share of the shorter side: 27 pixels of 1080."""

_LOUDNESS: Final = ((14, 0.165), (40, 0.138), (80, 0.115), (150, 0.094), (math.inf, 0.074))
"""How large a quotation may be set, as a share of the shorter side, by its length: few words may be said louder."""

_BUTTONS_FROM: Final = 0.88
"""Where an upright picture is left to an application's buttons, as a share of the width."""

ShareForm = Literal["", "solid", "dots"]
"""How a share of a whole is drawn: not at all, as a ring or a bar, or as a hundred dots."""


@dataclass(frozen=True)
class CardLayout:
    """Where everything on a card stands. `field` is where words may go, `proportion` where a share is drawn.

    The great opening mark is a letter (`quote`), or a corner bracket's two strokes (`corner`).
    """

    safe: Box
    field: Box
    lines: tuple[PlacedLine, ...]
    mark: Box | None = None
    quote: PlacedLine | None = None
    corner: tuple[Box, ...] = ()
    rule: Box | None = None
    proportion: Box | None = None

    @property
    def foot(self) -> float:
        """Where the last word and the share end."""
        below = [self.proportion.bottom] if self.proportion else []
        return max([line.box.bottom for line in self.lines] + below)

    @property
    def figure(self) -> Box:
        """The box round the headline's lines."""
        boxes = [line.box for line in self.lines if line.role == "headline"]
        return Box(
            min(box.left for box in boxes),
            min(box.top for box in boxes),
            max(box.right for box in boxes),
            max(box.bottom for box in boxes),
        )

    def clearance(self, x: float, y: float) -> float:
        """Give how far the nearest word is from a point right of and below them all."""
        return min(math.hypot(max(0.0, x - line.box.right), max(0.0, y - line.box.bottom)) for line in self.lines)

    @property
    def is_long(self) -> bool:
        """Whether a share has a long place: a bar instead of a ring, rows of 25 dots instead of ten."""
        return self.proportion is not None and self.proportion.width > 2 * self.proportion.height


@dataclass(frozen=True)
class _Frame:
    """What both kinds of card share: measures, the kicker already set, and the field left for the rest."""

    short: float
    margin: float
    small: float
    wide: bool
    safe: Box
    field: Box
    kicker: tuple[PlacedLine, ...]
    mark: Box | None


def lay_out_card(request: CoverRequest, case: Typecase, *, share: ShareForm = "") -> CardLayout:
    """Place a quotation, a sentence or a figure; with `share`, leave room to draw the share that the figure says.

    Raises BadInputError for an empty headline, a picture too small to read or a quotation too long to set readably,
    MissingGlyphError for a character no typeface draws.
    """
    if min(request.width, request.height) < 200:
        raise BadInputError(f"a card of {request.width}×{request.height} is too small to read; ask for 200 at least")
    text = tidy(request.headline, request.language)
    opening, said = opened(text) if request.kind == "quote" else ("", text)
    if not said:
        raise BadInputError(f"a {request.kind} needs its words, and there are none; give CoverRequest.headline some")
    frame = _frame(request, case)
    if request.kind == "figure":
        return _figure(request, frame, case, text, share)
    return _quote(request, frame, case, opening, said)


def _frame(request: CoverRequest, case: Typecase) -> _Frame:
    width, height = request.width, request.height
    short = min(width, height)
    margin, small = _MARGIN * short, _SMALL * short
    foot = height - margin * 0.5
    if request.kept_free:
        foot = min(foot, height * (1 - request.kept_free))
    elif width * 9 == height * 16:
        foot = height * CAPTIONS_FROM
    safe = Box(margin * 0.5, margin * 0.5, width - margin * 0.5, foot)
    right = width - margin if width * 1.25 > height else width * _BUTTONS_FROM
    area = Box(margin, margin, right, min(height - margin, foot - margin * 0.25))
    style = Style("sans", "bold", request.language, 0.1)
    kicker = one_line(request.kicker, case, style, area, small, shout=request.language == "en")
    if kicker is None:
        return _Frame(short, margin, small, width >= height * 1.25, safe, area, (), None)
    drop = small * 0.13 if kicker.lines[0].has_han else 0.0
    mark = Box(area.left, area.top + drop, area.left + small * 0.62, area.top + drop + small * 0.62)
    lines = place_lines("kicker", kicker, area.left + small * 1.1, area.top + cap_height(kicker) * kicker.size)
    field = Box(area.left, area.top + small * 2.4, area.right, area.bottom)
    return _Frame(short, margin, small, width >= height * 1.25, safe, field, tuple(lines), mark)


# ---- a quotation, or a sentence without a mark -----------------------------------------------------------------------


def _quote(request: CoverRequest, frame: _Frame, case: Typecase, opening: str, said: str) -> CardLayout:
    field, short, small = frame.field, frame.short, frame.small
    field = Box(field.left, field.top + small * 0.4, field.right, field.bottom)
    marked = bool(opening)
    indent = short * 0.2 if frame.wide and marked else 0.0
    right = field.right - (short * (0.1 if marked else 0.24) if frame.wide else 0.0)
    column = Box(field.left + indent, field.top, right, field.bottom)
    style = Style(request.brand.typeface, "semibold", request.language, -0.004)
    text = Text(said, style, case)
    length = sum(1.9 if is_han(c) else 1.0 for c in said)

    rule = small * 1.5
    speaker = _caption(request.byline, case, request.language, column.width - rule - small * 0.6, small * 1.15, 2)
    below = block_height(speaker, speaker.lines[0].has_han) + small * 1.5 if speaker else 0.0
    # The mark is as loud as its quotation, and lower where a long one needs the room.
    loudest = 0.13 if frame.wide else 0.11
    tall = short * (loudest if length <= 160 else 0.09 if length <= 320 else 0.07 if length <= 480 else 0.05)
    above = 0.0 if frame.wide or not marked else tall * 1.36
    room = column.height - below - above
    setting = _set_quotation(text, column.width, room, short, length)

    height = block_height(setting, text.has_han)
    start = column.top + above + (room - height) * 0.46
    first = start + first_rise(text.has_han) * setting.size
    lines = place_lines("headline", setting, column.left, first, short * 0.04)
    cap = 0.86 if text.has_han else 0.66
    top = first - cap * setting.size if frame.wide else start - above
    quote = _great_mark(case, request, field.left, top, tall) if opening not in {"", "「"} else None
    corner = _corner(field.left, top, tall) if opening == "「" else ()
    bar = None
    if speaker:
        han = speaker.lines[0].has_han
        base = start + height + small * 1.5 + first_rise(han) * speaker.size
        lines += place_lines("byline", speaker, column.left + rule + small * 0.6, base)
        middle = base - (0.38 if han else 0.24) * speaker.size
        thick = max(1.0, short * 0.0042)
        bar = Box(column.left, middle - thick / 2, column.left + rule, middle + thick / 2)
    return CardLayout(frame.safe, field, (*frame.kicker, *lines), frame.mark, quote, corner, bar)


def _set_quotation(text: Text, width: float, room: float, short: float, length: float) -> Setting:
    loud = next(size for most, size in _LOUDNESS if length <= most)
    least = short * _SMALLEST
    sizes = [size for step in range(40) if (size := short * loud * 0.96**step) >= least]
    setting = fit(text, width=width, height=room, sizes=sizes, most=16, comfortable=max(least, sizes[0] * 0.5))
    if setting.size < least:
        raise BadInputError(
            f"a quotation of {len(text.text)} characters is too long to be read on this card; "
            "quote fewer of its sentences"
        )
    return setting


def _great_mark(case: Typecase, request: CoverRequest, left: float, top: float, tall: float) -> PlacedLine:
    """Place the great mark with the top and left of its ink at a point."""
    line = Text("“", Style(request.brand.typeface, "black"), case).line(0, 1)
    up, down = line.glyphs[0].face.rise("“")
    size = tall / (up + down)
    box = Box(left, top, left + line.right * size, top + tall)
    return PlacedLine("headline", line, size, left, top + up * size, box)


def _corner(left: float, top: float, tall: float) -> tuple[Box, ...]:
    """Build a corner bracket of two strokes: a typeface's own is too thin to stand at this size."""
    thick = tall * 0.19
    return Box(left, top, left + tall, top + thick), Box(left, top, left + thick, top + tall)


# ---- a figure --------------------------------------------------------------------------------------------------------


def _figure(request: CoverRequest, frame: _Frame, case: Typecase, text: str, share: ShareForm) -> CardLayout:
    field, short, small = frame.field, frame.short, frame.small
    shown = None
    field = Box(field.left, field.top + small * 0.7, field.right, field.bottom)
    if share and frame.wide:
        side = min(field.bottom - frame.margin, field.width * 0.4)
        top = frame.margin + (field.bottom - frame.margin - side) / 2
        shown = Box(field.right - side, top, field.right, top + side)
        field = Box(field.left, field.top, shown.left - frame.margin, field.bottom)
    long = 0.0 if frame.wide or not share else field.width * (0.1 if share == "solid" else 0.157)
    under = long and long + small * 1.8
    measure = min(field.width, short * 1.15)
    counted = _caption(request.byline, case, request.language, measure, small * 1.75, 3)
    han = bool(counted and counted.lines[0].has_han)
    below = block_height(counted, han) + small * 2.0 if counted else 0.0
    room = field.height - below - under
    style = Style(request.brand.typeface, "black", request.language, -0.012)
    figure = set_figure(text, style, case, width=field.width, height=room * (0.92 if frame.wide else 0.88))

    top = field.top + (room - figure.height) * 0.5
    lines = figure.placed(field.left, top)
    if counted:
        base = top + figure.height + small * 2.0 + first_rise(han) * counted.size
        lines += place_lines("byline", counted, field.left, base)
    if under:
        start = top + figure.height + below + small * 1.8
        shown = Box(field.left, start, field.right, start + long)
    return CardLayout(frame.safe, field, (*frame.kicker, *lines), frame.mark, proportion=shown)


def _caption(text: str, case: Typecase, language: str, width: float, size: float, most: int) -> Setting | None:
    """Set what stands below, in a few lines; it shrinks a little and is then cut after a word with an ellipsis."""
    text = tidy(text, language)
    style = Style("sans", "semibold", language, 0.0)
    sizes = [size * 0.95**step for step in range(10)]
    kept = text
    while text:
        setting = fit(
            Text(kept, style, case),
            width=width,
            height=size * 1.5 * most,
            sizes=sizes,
            most=most,
            comfortable=sizes[-1],
        )
        if setting.size >= sizes[-1] or len(kept) < 8:
            return setting
        words = kept.removesuffix("…")
        shorter = words.rpartition(" ")[0] if " " in words else words[:-4]
        kept = shorter.rstrip(" ,;:，、；：") + "…"
    return None
