"""Letters on a picture: placed lines drawn so finely that their glyphs stand where they were set."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from models.illustrator.colours import Rgb
from models.illustrator.cover_layout import PlacedLine

if TYPE_CHECKING:
    from PIL.Image import Image

_FINER = 4


def set_lines(picture: "Image", lines: Sequence[PlacedLine], colour_of: Callable[[PlacedLine], Rgb]) -> None:
    """Draw every glyph at four times its size, so that it stands on quarters of a pixel, and average down."""
    from PIL import Image, ImageDraw

    n = _FINER
    for line in lines:
        left, top = int(line.box.left) - 8, int(line.box.top) - 8
        size = (int(line.box.width) + 18, int(line.box.height) + 18)
        mask = Image.new("L", (size[0] * n, size[1] * n), 0)
        draw = ImageDraw.Draw(mask)
        for glyph in line.line.glyphs:
            font = glyph.face.at(round(line.size * glyph.scale * n))
            place = ((line.x + glyph.x * line.size - left) * n, (line.baseline - top) * n)
            draw.text((round(place[0]), round(place[1])), glyph.character, font=font, fill=255, anchor="ls")
        picture.paste(colour_of(line), (left, top), mask.reduce(n))
