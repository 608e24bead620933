"""The layout of a cover: where the picture stands, where the words stand, each line with its box in pixels.

One grid for every format: a wide cover puts words left and picture right or below, a square or tall one stacks them.
In a 16:9 picture all words stay in the upper 74 %, because a video burns its captions below.
"""

from dataclasses import dataclass
from typing import Literal

from content.errors import BadInputError
from models.illustrator.linebreaks import is_han, tidy
from models.illustrator.typefaces import Family, Typecase
from models.illustrator.typesetting import Line, Setting, Style, Text, fit
from models.protocols import CoverRequest

Arrangement = Literal["side", "open", "band", "card"]
"""`side`: picture on a panel beside the words; `open`: beside them on one ground;
`band`: along the foot; `card`: everywhere, the words on a card."""

CAPTIONS_FROM = 800 / 1080
"""Where a video of 16:9 burns its captions, as a share of the height."""


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Its width."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Its height."""
        return self.bottom - self.top

    def within(self, other: "Box") -> bool:
        """Say whether this box lies inside another, with half a pixel of grace."""
        return (
            self.left >= other.left - 0.5
            and self.top >= other.top - 0.5
            and self.right <= other.right + 0.5
            and self.bottom <= other.bottom + 0.5
        )


@dataclass(frozen=True)
class PlacedLine:
    """A line with its size (pixels an em), the left edge and baseline of its letters, and the box its ink keeps to."""

    role: Literal["kicker", "headline", "byline"]
    line: Line
    size: float
    x: float
    baseline: float
    box: Box


@dataclass(frozen=True)
class CoverLayout:
    """Where everything on a cover stands. `card` is the ground under the words where they have one of their own."""

    safe: Box
    picture: Box
    words: Box
    card: Box | None
    mark: Box | None
    lines: tuple[PlacedLine, ...]

    @property
    def focus(self) -> tuple[float, float] | None:
        """Where the picture's main thing should stand, from the picture's corner, to be clear of the card."""
        if self.card is None:
            return None
        right, above = self.picture.right - self.card.right, self.card.top - self.picture.top
        if right > above:
            return self.card.right + right / 2, self.picture.height * 0.45
        return self.picture.width / 2, above * 0.52


def lay_out(request: CoverRequest, arrangement: Arrangement, case: Typecase, *, low: bool = False) -> CoverLayout:
    """Place a cover's words and picture. With `low`, the headline stands on the foot of its column.

    Raises BadInputError for an empty headline or a picture too small to read, MissingGlyphError for a character
    no typeface draws.
    """
    if min(request.width, request.height) < 200:
        raise BadInputError(f"a cover of {request.width}×{request.height} is too small to read; ask for 200 at least")
    if not tidy(request.headline, request.language):
        raise BadInputError("a cover needs a headline, and this one is empty; give CoverRequest.headline some words")
    short, margin = min(request.width, request.height), round(0.082 * min(request.width, request.height))
    safe = Box(margin * 0.5, margin * 0.5, request.width - margin * 0.5, request.height - margin * 0.5)
    if request.kept_free:
        safe = Box(safe.left, safe.top, safe.right, request.height * (1 - request.kept_free))
    elif request.width * 9 == request.height * 16:
        safe = Box(safe.left, safe.top, safe.right, request.height * CAPTIONS_FROM)
    words, picture = _areas(request, arrangement, margin, safe)
    lines, mark, used = _words(request, words, case, short=short, low=low and arrangement != "card")
    card = None
    if arrangement == "card":
        # The card hugs its words and stands at the foot of the column they were measured in.
        drop = words.bottom - used
        lines = tuple(moved(line, drop) for line in lines)
        mark = Box(mark.left, mark.top + drop, mark.right, mark.bottom + drop) if mark else None
        pad = margin * 0.8
        card = Box(words.left - pad, words.top + drop - pad, words.right + pad, words.bottom + pad)
    return CoverLayout(safe, picture, words, card, mark, lines)


def _areas(request: CoverRequest, arrangement: Arrangement, margin: int, safe: Box) -> tuple[Box, Box]:
    width, height = request.width, request.height
    foot = min(height - margin, safe.bottom)
    landscape = width / height >= 1.25
    used = height * (1 - request.kept_free)  # what is kept free is ground, or more of the picture
    whole = Box(0, 0, width, height)
    if arrangement == "card":
        right = width * 0.56 if landscape else width - margin * 1.8
        top = margin * 1.8 if landscape else used * 0.4
        return Box(margin * 1.8, top, right, min(height - margin * 1.8, safe.bottom - margin * 0.8)), whole
    if arrangement == "band":
        seam = round(used * (0.64 if landscape else 0.58))
        return Box(margin, margin, width - margin, seam - margin * 0.7), Box(0, seam, width, height)
    if landscape:
        seam = round(width * (0.6 if arrangement == "side" else 0.58))
        return Box(margin, margin, seam - margin * 0.9, foot), Box(seam, 0, width, height)
    seam = round(used * 0.46)
    return Box(margin, seam + margin * 0.75, width - margin, foot), Box(0, 0, width, seam)


def _words(
    request: CoverRequest, area: Box, case: Typecase, *, short: int, low: bool
) -> tuple[tuple[PlacedLine, ...], Box | None, float]:
    """Set kicker, headline and byline into a column; give them, the brand's mark, and where the last ink ends."""
    family: Family = request.brand.typeface
    language = request.language
    small = max(12.0, short * 0.036)
    kicker = one_line(request.kicker, case, Style("sans", "bold", language, 0.1), area, small, shout=language == "en")
    byline = one_line(request.byline, case, Style("sans", "regular", language, 0.01), area, small * 1.04)
    top = area.top + (small * 2.3 if kicker else 0.0)
    foot = area.bottom - (small * 2.3 if byline else 0.0)
    text = Text(tidy(request.headline, language), Style(family, "bold", language, -0.008), case)
    # A word or two may stand large as a poster; a sentence keeps its voice down.
    length = sum(1.8 if is_han(c) else 1.0 for c in text.text)
    loud = 0.26 if length <= 8 else 0.215 if length <= 16 else 0.175 if length <= 40 else 0.15
    largest = min(short * loud, (foot - top) * 0.6)
    sizes = [largest * 0.955**step for step in range(34) if largest * 0.955**step >= small * 1.1] or [largest]
    most = 5 if length <= 60 else 6 if length <= 100 else 7
    headline = fit(
        text, width=area.width, height=foot - top, sizes=sizes, most=most, comfortable=max(small * 1.5, largest * 0.45)
    )
    placed: list[PlacedLine] = []
    mark = None
    if kicker:
        drop = small * 0.13 if kicker.lines[0].has_han else 0.0
        mark = Box(area.left, area.top + drop, area.left + small * 0.62, area.top + drop + small * 0.62)
        x = area.left + small * 1.1
        placed += place_lines("kicker", kicker, x, area.top + cap_height(kicker) * kicker.size)
    block = block_height(headline, text.has_han)
    start = foot - block if low else top
    placed += place_lines(
        "headline", headline, area.left, start + first_rise(text.has_han) * headline.size, short * 0.04
    )
    bottom = start + block
    if byline:
        lowest = area.bottom - byline.size * 0.28
        baseline = lowest if low else min(bottom + small * 2.1, lowest)
        placed += place_lines("byline", byline, area.left, baseline)
        bottom = baseline + byline.size * 0.2
    return tuple(placed), mark, bottom


def one_line(text: str, case: Typecase, style: Style, area: Box, size: float, *, shout: bool = False) -> Setting | None:
    """Set one small line; it shrinks a little and is then cut with an ellipsis, because it must stay one line."""
    text = tidy(text, style.language)
    text = text.upper() if shout else text
    if not text:
        return None
    room = area.width - size * (1.1 if style.tracking > 0.05 else 0.0)
    line = _whole(text, style, case)
    size = max(size * 0.8, min(size, room / line.right))
    kept = text
    while line.right * size > room and len(kept) > 1:
        kept = kept[: max(1, min(len(kept) - 1, int(len(kept) * room / (line.right * size))))].rstrip(" ,;:·–—-")
        line = _whole(f"{kept}…", style, case)
    return Setting((line,), size, 1.0)


def _whole(text: str, style: Style, case: Typecase) -> Line:
    return Text(text, style, case).line(0, len(text))


def place_lines(
    role: Literal["kicker", "headline", "byline"], setting: Setting, x: float, baseline: float, hang: float = 0.0
) -> list[PlacedLine]:
    """Put a setting's lines at a left edge and a first baseline; a hanging mark may stand out by `hang` pixels."""
    lines: list[PlacedLine] = []
    for number, line in enumerate(setting.lines):
        base = baseline + number * setting.leading * setting.size
        han = line.has_han
        up, down = (0.9, 0.14) if han else (0.76, 0.26)
        # A hanging mark may use half the margin, which is where the safe area ends.
        start = x + max(0.0, -line.left * setting.size - hang)
        left, right = start + line.left * setting.size, start + line.right * setting.size
        box = Box(left, base - up * setting.size, right, base + down * setting.size)
        lines.append(PlacedLine(role, line, setting.size, start, base, box))
    return lines


def first_rise(han: bool) -> float:
    """Give how far the first baseline of a text lies below its top, in em."""
    return 0.86 if han else 0.68


def cap_height(setting: Setting) -> float:
    """Give how tall a setting's capitals or ideographs are, in em."""
    return 0.84 if setting.lines[0].has_han else 0.66


def block_height(setting: Setting, han: bool) -> float:
    """Give how tall a setting is, from its first line's rise to its last line's fall, pixels."""
    fall = 0.12 if han else 0.22
    return (first_rise(han) + fall + (len(setting.lines) - 1) * setting.leading) * setting.size


def moved(line: PlacedLine, by: float) -> PlacedLine:
    """Give a line moved down by some pixels."""
    box = Box(line.box.left, line.box.top + by, line.box.right, line.box.bottom + by)
    return PlacedLine(line.role, line.line, line.size, line.x, line.baseline + by, box)
