"""A short figure set as large as a box allows: its number large, the words round it smaller, or all in one size."""

import re
from dataclasses import dataclass
from typing import Final

from content.errors import BadInputError
from models.illustrator.cover_layout import Box, PlacedLine
from models.illustrator.typefaces import Typecase
from models.illustrator.typesetting import Line, Style, Text, fit

# “more than” | “$4.2” | “million”; 超过 | 3.5 | 亿元
_PARTED: Final = re.compile(
    r"(?:(?P<before>[^\W\d][^\d]*\s|[\u4e00-\u9fff]{2,}))?(?P<number>[^\w\s]*\d[\d.,:/–-]*(?:[%％‰°]|(?<=\d)))"
    r"\s*(?P<after>[^\W\d].*)?"
)
_SMALLER: Final = (0.62, 0.44)
_APART: Final = 0.14
_LONGEST: Final = 40


@dataclass(frozen=True)
class _Part:
    """A line with its place in em of the figure's size: left edge, baseline, size, and where its ink ends."""

    line: Line
    x: float
    baseline: float
    size: float

    @property
    def right(self) -> float:
        return self.x + self.line.right * self.size

    @property
    def ink(self) -> tuple[float, float]:
        up, down = _ink_of(self.line)
        return self.baseline - up * self.size, self.baseline + down * self.size


@dataclass(frozen=True)
class PosterFigure:
    """A figure set: its lines in em from the top left of its ink, and pixels an em."""

    parts: tuple[_Part, ...]
    size: float

    @property
    def height(self) -> float:
        """How tall its ink is, pixels."""
        return max(part.ink[1] for part in self.parts) * self.size

    def placed(self, left: float, top: float) -> list[PlacedLine]:
        """Give its lines in a picture, each with the box of its ink."""
        lines: list[PlacedLine] = []
        for part in self.parts:
            x, baseline = left + part.x * self.size, top + part.baseline * self.size
            above, below = (top + edge * self.size for edge in part.ink)
            box = Box(x + part.line.left * part.size * self.size, above, left + part.right * self.size, below)
            lines.append(PlacedLine("headline", part.line, part.size * self.size, x, baseline, box))
        return lines


def set_figure(text: str, style: Style, case: Typecase, *, width: float, height: float) -> PosterFigure:
    """Set a figure as large as a box of `width` × `height` pixels allows.

    Raises BadInputError for what is no short figure.
    """
    if len(text) > _LONGEST:
        raise BadInputError(f"a figure of {len(text)} characters is no figure but a sentence; give {_LONGEST} at most")

    def line(words: str) -> Line:
        return Text(words, style, case).line(0, len(words))

    found = _PARTED.fullmatch(text)
    if found and (found["before"] or found["after"]):
        before, after = (line(words) if words else None for words in (found["before"], found["after"]))
        number = line(found["number"])
        ways = [_parted(before, number, after, size, beside=how) for how in (True, False) for size in _SMALLER]
    else:
        ways = [_in_one(line(text)), *_broken(text, style, case, width, height)]
    # Of equals the first is taken; a break or smaller words have to win size.
    worth = [1.0] + [0.95] * (len(ways) - 1)
    chosen = max(zip(ways, worth, strict=True), key=lambda way: _largest(way[0], width, height) * way[1])[0]
    return PosterFigure(chosen, _largest(chosen, width, height))


def _largest(parts: tuple[_Part, ...], width: float, height: float) -> float:
    return min(width / max(part.right for part in parts), height / max(part.ink[1] for part in parts))


def _in_one(line: Line) -> tuple[_Part, ...]:
    return (_Part(line, 0.0, _ink_of(line)[0], 1.0),)


def _parted(before: Line | None, number: Line, after: Line | None, size: float, *, beside: bool) -> tuple[_Part, ...]:
    """Set what stands before a number above it and what comes after beside or below it, both smaller (`size`)."""
    parts: list[_Part] = []
    up, down = _ink_of(number)
    if beside and after:
        up = max(up, _ink_of(after)[0] * size)
    top = 0.0
    if before:
        rise, fall = _ink_of(before)
        parts.append(_Part(before, 0.0, rise * size, size))
        top = (rise + fall) * size + _APART
    parts.append(_Part(number, 0.0, top + up, 1.0))
    if after and beside:
        parts.append(_Part(after, number.right + _APART, top + up, size))
    elif after:
        parts.append(_Part(after, 0.0, top + up + down + _APART + _ink_of(after)[0] * size, size))
    return tuple(parts)


def _broken(text: str, style: Style, case: Typecase, width: float, height: float) -> list[tuple[_Part, ...]]:
    """Break a figure written in words into two or three lines of one size."""
    largest = min(width, height)
    sizes = [largest * 0.95**step for step in range(40)]
    setting = fit(Text(text, style, case), width=width, height=height, sizes=sizes, most=3, comfortable=sizes[20])
    parts: list[_Part] = []
    for each in setting.lines:
        up = _ink_of(each)[0]
        leading = 1.16 if each.has_han else 1.0
        above = parts[-1] if parts else None
        # Accents and descenders of neighbours keep apart.
        baseline = max(above.baseline + leading, above.ink[1] + 0.06 + up) if above else up
        parts.append(_Part(each, 0.0, baseline, 1.0))
    return [tuple(parts)]


def _ink_of(line: Line) -> tuple[float, float]:
    """Give how far a line's ink reaches above and below its baseline, in em."""
    rises = [tuple(glyph.scale * edge for edge in glyph.face.rise(glyph.character)) for glyph in line.glyphs]
    return max(up for up, _ in rises), max(down for _, down in rises)
