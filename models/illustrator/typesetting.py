"""Typesetting: a text to lines of placed glyphs, broken evenly and fitted to a box.

Everything is in em until a size is chosen; a size is pixels an em.
Lines start at their ink, so stems align; an opening quotation mark hangs outside.
Where lines may end is the business of `models.illustrator.linebreaks`.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from content.errors import BadInputError
from models.illustrator.linebreaks import AT_NEW_HYPHEN, NEVER_FIRST, NEVER_LAST, hyphenations, is_han, stops
from models.illustrator.typefaces import Family, Typecase, Typeface, Weight

_SHARED_PUNCTUATION = frozenset("“”‘’…—–·")
_HANGING = frozenset("“‘«‹\"'")


@dataclass(frozen=True)
class Style:
    """How a text is set. `tracking` is added after every glyph, in em."""

    family: Family
    weight: Weight
    language: str = "en"
    tracking: float = 0.0


@dataclass(frozen=True)
class Glyph:
    """A character, its face, where the pen stands (em from the line's ink), and its size against the line's."""

    character: str
    face: Typeface
    x: float
    scale: float


@dataclass(frozen=True)
class Line:
    """One set line: ink runs from `left` (below zero where punctuation hangs) to `right`, in em."""

    text: str
    glyphs: tuple[Glyph, ...]
    left: float
    right: float

    @property
    def has_han(self) -> bool:
        """Whether the line rises and falls as Chinese does."""
        return any(is_han(glyph.character) for glyph in self.glyphs)


@dataclass(frozen=True)
class Setting:
    """A text set at a size: its lines, pixels an em, baseline distance in em, and what its line ends cost."""

    lines: tuple[Line, ...]
    size: float
    leading: float
    strain: float = 0.0


@dataclass(frozen=True)
class Stop:
    """A place a line may end: before which character, at what cost, and whether a hyphen is added."""

    before: int
    cost: float
    hyphen: bool = False


class Text:
    """A text with its faces chosen and its widths measured once, to be broken at many sizes."""

    def __init__(self, text: str, style: Style, case: Typecase) -> None:
        if not text:
            raise BadInputError("there is nothing to set: the text is empty")
        self.text, self.style = text, style
        self.has_han = any(is_han(c) for c in text)
        self._faces = [
            case.face_for(c, style.family, style.weight, style.language, han=self._in_han(i))
            for i, c in enumerate(text)
        ]
        # Source's letters are drawn smaller in their em than Noto's; in a Chinese line they are set a little larger.
        mixed = style.language == "zh"
        self._scales = [1.09 if mixed and f.name.startswith("Source") else 1.0 for f in self._faces]
        self._pens = [0.0]
        for i in range(len(text)):
            self._pens.append(self._pens[i] + self._step(i))
        self._stops = [Stop(0, 0.0), *(Stop(place, cost) for place, cost in stops(text, style.language))]
        free = set(hyphenations(text)) - {stop.before for stop in self._stops}
        parted = [*self._stops, *(Stop(place, AT_NEW_HYPHEN, hyphen=True) for place in free)]
        self._parted = sorted(parted, key=lambda stop: stop.before)

    def line(self, start: int, end: int, *, hyphen: bool = False) -> Line:
        """Set the characters from `start` to `end` as one line, spaces at both ends dropped."""
        start, end = self._trimmed(start, end)
        hang = start < end - 1 and self.text[start] in _HANGING and not self._in_han(start)
        origin = self._pens[start + hang] + self._ink(start + hang)[0]
        picked = range(start, end)
        glyphs = [Glyph(self.text[i], self._faces[i], self._pens[i] - origin, self._scales[i]) for i in picked]
        left = self._pens[start] + self._ink(start)[0] - origin
        right = max(self._pens[i] + self._ink(i)[1] for i in picked) - origin
        if hyphen:
            face, pen = self._faces[end - 1], self._pens[end] - origin
            glyphs.append(Glyph("-", face, pen, self._scales[end - 1]))
            right = pen + face.ink("-")[1]
        return Line(self.text[start:end] + "-" * hyphen, tuple(glyphs), left, right)

    def broken(self, measure: float, most: int, *, hyphenate: bool = False) -> tuple[tuple[Line, ...], float] | None:
        """Break into the fewest lines that fit a measure (em), evenly and gladly; None where `most` are not enough.

        Gives the lines and what their ends cost.
        """
        ends = self._parted if hyphenate else self._stops
        best: list[dict[int, tuple[float, int]]] = [{0: (0.0, -1)}]
        for count in range(1, most + 1):
            reached: dict[int, tuple[float, int]] = {}
            for place, (cost, _) in best[-1].items():
                for later in range(place + 1, len(ends)):
                    ragged = self._cost(ends[place].before, ends[later], measure, first=place == 0)
                    if ragged is None:
                        break
                    if later not in reached or cost + ragged < reached[later][0]:
                        reached[later] = (cost + ragged, place)
            best.append(reached)
            if len(ends) - 1 in reached:
                places = [len(ends) - 1]
                for level in range(count, 0, -1):
                    places.append(best[level][places[-1]][1])
                chosen = [ends[place] for place in reversed(places)]
                lines = tuple(self.line(a.before, b.before, hyphen=b.hyphen) for a, b in itertools.pairwise(chosen))
                return lines, sum(max(0.0, stop.cost) for stop in chosen)
        return None

    def _cost(self, start: int, stop: Stop, measure: float, *, first: bool) -> float | None:
        """Say what a line from `start` to a stop costs; None where it is too wide."""
        start, end = self._trimmed(start, stop.before)
        width = self._pens[end - 1] + self._ink(end - 1)[1] - self._pens[start] - self._ink(start)[0]
        width += 0.35 * stop.hyphen
        if width > measure:
            return None
        cost = ((measure - width) / measure) ** 2
        if stop.before < len(self.text):
            return cost + stop.cost
        alone = " " not in self.text[start:end] and not self.has_han
        widow = not first and (alone or width < 0.3 * measure)
        return cost * 0.7 + (widow and (0.15 if width > 0.55 * measure else 0.4))

    def _trimmed(self, start: int, end: int) -> tuple[int, int]:
        while start < end - 1 and self.text[start] == " ":
            start += 1
        while end > start + 1 and self.text[end - 1] == " ":
            end -= 1
        return start, end

    def _in_han(self, i: int) -> bool:
        c = self.text[i]
        return is_han(c) or (self.style.language == "zh" and c in _SHARED_PUNCTUATION and self.has_han)

    def _step(self, i: int) -> float:
        face, c = self._faces[i], self.text[i]
        width = face.advance(c) * self._scales[i] + self.style.tracking
        if i + 1 == len(self.text):
            return width
        following, after = self.text[i + 1], self._faces[i + 1]
        if after == face:
            return width + face.kern(c, following) * self._scales[i]
        # A thin space parts Chinese from Latin letters and figures where the author put none.
        apart = self.style.language == "zh" and c != " " != following
        touching = is_han(c) != is_han(following) and (c if is_han(following) else following).isalnum()
        return width + (0.14 if apart and touching and not {c, following} & (NEVER_FIRST | NEVER_LAST) else 0.0)

    def _ink(self, i: int) -> tuple[float, float]:
        left, right = self._faces[i].ink(self.text[i])
        return left * self._scales[i], right * self._scales[i]


def fit(text: Text, *, width: float, height: float, sizes: Sequence[float], most: int, comfortable: float) -> Setting:
    """Set a text as large as a box of `width` × `height` pixels allows, trying `sizes` from the largest.

    Words are hyphenated only where one is wider than the box at `comfortable` pixels.
    The last size shrinks until the text fits, however long it is.
    """
    rise, fall = (0.88, 0.12) if text.has_han else (0.68, 0.22)

    def attempt(size: float, hyphenate: bool, lines_most: int) -> Setting | None:
        leading = _leading(text, size / sizes[0])
        room = int((height / size - rise - fall) / leading) + 1 if height > (rise + fall) * size else 0
        broken = text.broken(width / size, min(lines_most, room), hyphenate=hyphenate) if room else None
        return Setting(broken[0], size, leading, broken[1]) if broken else None

    ways = [(False, comfortable), (False, 0.0), (True, 0.0)]
    if text.broken(width / comfortable, 40) is None:
        ways.insert(1, (True, comfortable))  # a word is too long for the column: better parted than set tiny
    for hyphenate, smallest in ways:
        settings: list[Setting] = []
        for size in sizes:
            # A little smaller is well spent on evener lines, much smaller is not.
            if size < max(smallest, settings[0].size * 0.8 if settings else 0.0):
                break
            if setting := attempt(size, hyphenate, most):
                settings.append(setting)
        if settings:
            return max(settings, key=lambda s: math.log(s.size) - 2.0 * _unevenness(s.lines) - s.strain)
    size = sizes[-1]
    while (setting := attempt(size, True, 40)) is None:
        size *= 0.92
    return setting


def _unevenness(lines: Sequence[Line]) -> float:
    """Say how ragged lines are: the mean squared gap to the widest, the last line counting half; 0 to 1."""
    widest = max(line.right for line in lines)
    gaps = [(1 - line.right / widest) ** 2 for line in lines]
    gaps[-1] *= 0.5
    return sum(gaps) / len(gaps)


def _leading(text: Text, relative: float) -> float:
    return (1.36 if text.has_han else 1.2) - 0.12 * min(1.0, relative)
