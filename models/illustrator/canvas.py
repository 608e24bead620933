"""A canvas for flat shapes with clean edges.

Shapes are drawn several times larger and averaged down; fields (coverage an array of 0 to 1) are laid over at size.
Coordinates are pixels of the finished picture, origin top left, angles in degrees clockwise from three o'clock.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.illustrator.colours import Rgb
from models.illustrator.typefaces import Typeface

if TYPE_CHECKING:
    from PIL.Image import Image

Point = tuple[float, float]
Field = NDArray[np.float32]


class Canvas:
    """One picture being drawn: shapes first, then fields. Lives as long as one drawing.

    `focus` is where the main thing should stand: the middle, or the middle of what no card covers.
    """

    def __init__(self, width: int, height: int, ground: Rgb, *, focus: Point | None = None) -> None:
        from PIL import Image, ImageDraw

        self.width, self.height, self.ground = width, height, ground
        self.focus = focus or (width / 2, height / 2)
        # On two million pixels the eye forgives a step fewer, and memory and time are halved.
        finer = 2 if width * height > 1_500_000 else 3
        self.short, self.long = min(width, height), max(width, height)
        self._finer = finer
        self._image = Image.new("RGB", (width * finer, height * finer), ground)
        self._draw = ImageDraw.Draw(self._image)

    def polygon(self, points: Sequence[Point], colour: Rgb) -> None:
        """Fill a polygon."""
        self._draw.polygon([(x * self._finer, y * self._finer) for x, y in points], fill=colour)

    def box(self, left: float, top: float, right: float, bottom: float, colour: Rgb) -> None:
        """Fill an upright rectangle; neighbours that share an edge leave no seam."""
        n = self._finer
        corners = (round(left * n), round(top * n), round(right * n) - 1, round(bottom * n) - 1)
        if corners[2] >= corners[0] and corners[3] >= corners[1]:
            self._draw.rectangle(corners, fill=colour)

    def disc(self, x: float, y: float, radius: float, colour: Rgb) -> None:
        """Fill a circle."""
        if radius > 0:
            self.polygon(arc(x, y, radius, 0, 360), colour)

    def pie(self, at: Point, radius: float, start: float, end: float, colour: Rgb) -> None:
        """Fill a slice of a circle."""
        self.polygon([at, *arc(*at, radius, start, end)], colour)

    def stroke(self, points: Sequence[Point], thickness: float, colour: Rgb, *, round_ends: bool = True) -> None:
        """Draw a line through points with round joints."""
        n = self._finer
        scaled = [(x * n, y * n) for x, y in points]
        self._draw.line(scaled, fill=colour, width=max(1, round(thickness * n)), joint="curve")
        for x, y in (points[0], points[-1]) if round_ends else ():
            self.disc(x, y, thickness / 2, colour)

    def wash(self, field: Field, colour: Rgb) -> None:
        """Lay a colour over the picture where `field` (height, width) says how much."""
        from PIL import Image

        self.settle()
        mask = Image.fromarray((np.clip(field, 0, 1) * 255 + 0.5).astype(np.uint8))
        self._image.paste(colour, (0, 0), mask)

    def blend(self, regions: Sequence[tuple[Field, Rgb]]) -> None:
        """Replace the picture by regions whose fields share out each pixel; what they leave is ground."""
        from PIL import Image

        self.settle()
        rest = 1 - sum(field for field, _ in regions)
        mixed = np.zeros((self.height, self.width, 3), np.float32)
        for field, colour in (*regions, (rest, self.ground)):
            mixed += np.asarray(field)[..., None] * np.asarray(colour, np.float32)
        self._image.paste(Image.fromarray((np.clip(mixed, 0, 255) + 0.5).astype(np.uint8)))

    def around(self, hole: Sequence[Point], colour: Rgb) -> None:
        """Fill everything but a hole."""
        w, h = self.width, self.height
        # One outline: round the edge, in to the hole, round it, and back along the same seam.
        self.polygon([(0, 0), (w, 0), (w, h), (0, h), (0, 0), *hole, hole[0]], colour)

    def shadow_around(self, hole: Sequence[Point], blur: float, colour: Rgb, depth: float) -> None:
        """Lay the soft shadow of everything but a hole, `depth` 0 to 1; drawn small, for softness hides the size."""
        from PIL import Image, ImageDraw, ImageFilter

        small = 3
        mask = Image.new("L", (-(-self.width // small), -(-self.height // small)), round(255 * depth))
        ImageDraw.Draw(mask).polygon([(x / small, y / small) for x, y in hole], fill=0)
        mask = mask.filter(ImageFilter.GaussianBlur(blur / small))
        mask = mask.resize((mask.width * small * self._finer, mask.height * small * self._finer))
        self._image.paste(colour, (0, 0), mask.crop((0, 0, *self._image.size)))

    def letter(self, character: str, face: Typeface, at: Point, tall: float, colour: Rgb) -> None:
        """Draw one great letter with the middle of its ink at a point and its ink `tall` high, or as wide if wider."""
        n = self._finer
        trial = face.at(1000).getbbox(character)
        size = round(1000 * tall * n / max(trial[3] - trial[1], trial[2] - trial[0]))
        font = face.at(size)
        left, top, right, bottom = font.getbbox(character)
        self._draw.text(
            (at[0] * n - (left + right) / 2, at[1] * n - (top + bottom) / 2), character, font=font, fill=colour
        )

    def settle(self) -> None:
        """Average down to the finished size; shapes drawn afterwards have coarse edges."""
        from PIL import ImageDraw

        if self._finer > 1:
            self._image = self._image.reduce(self._finer)
            self._draw = ImageDraw.Draw(self._image)
            self._finer = 1

    def finished(self) -> "Image":
        """Give the picture, width × height, RGB."""
        self.settle()
        return self._image


def arc(x: float, y: float, radius: float, start: float, end: float) -> list[Point]:
    """Give points along a circle, close enough together to look round at three times the size."""
    count = max(8, int(abs(end - start) / 360 * (24 + 7 * math.sqrt(max(radius, 1)))))
    turn = math.radians(end - start) / count
    first = math.radians(start)
    return [
        (x + radius * math.cos(first + i * turn), y + radius * math.sin(first + i * turn)) for i in range(count + 1)
    ]


def grid(canvas: Canvas) -> tuple[Field, Field]:
    """Give the x and y of every pixel's centre, each broadcastable to (height, width)."""
    x = np.arange(canvas.width, dtype=np.float32)[None, :] + np.float32(0.5)
    y = np.arange(canvas.height, dtype=np.float32)[:, None] + np.float32(0.5)
    return x, y
