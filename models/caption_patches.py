"""Captions as patches: drawn once each, laid over many frames.

Light letters on a box of the brand's ink, a stroke of its accent at the left, in the lowest 22 % of the picture:
above that stands what the pictures themselves have to say.
"""

from typing import TYPE_CHECKING

from content.timeline import Caption, Timeline
from models.linebreaks import tidy
from models.planes import Patch, patch_of
from models.typefaces import Typecase
from models.typesetting import Line, Style, Text

if TYPE_CHECKING:
    from PIL.Image import Image as Picture
    from PIL.ImageDraw import ImageDraw

_FINER = 4
"""Box corners are drawn this much larger and averaged down; letters are drawn at size, where their hinting belongs."""

# Shares of the picture's height. Two lines, their box and the margin add up to 21.4 %.
_SIZE, _SIZE_HAN = 0.0435, 0.0455
_LEADING, _MARGIN, _PAD_X, _PAD_Y, _ROUND, _STROKE = 1.26, 0.052, 0.030, 0.021, 0.012, 0.0055
_WIDEST = 0.88
_BOX_OPACITY = 226


def caption_patch(caption: Caption, timeline: Timeline, case: Typecase) -> Patch:
    """Draw one caption for a timeline's picture size. Raises MissingGlyphError for what no typeface draws."""
    from PIL import Image, ImageDraw

    style = Style("sans", "semibold", timeline.language)
    lines = [_set(text, style, case) for text in caption.text.split("\n") if text.strip()]
    height = timeline.height
    size = height * (_SIZE_HAN if timeline.language == "zh" else _SIZE)
    widest = max(line.right - line.left for line in lines)
    size = min(size, (_WIDEST * timeline.width - 2 * _PAD_X * height) / widest)

    leading = size * _LEADING
    inner = leading * len(lines)
    width = _even(widest * size + 2 * _PAD_X * height)
    tall = _even(inner + 2 * _PAD_Y * height)
    patch = Image.new("RGBA", (width, tall), (*_rgb(timeline.brand.ink), 0))
    patch.putalpha(_box(width, tall, round(_ROUND * height)))
    draw = ImageDraw.Draw(patch)
    stroke = max(2, round(_STROKE * height))
    inset = max(2, round(_PAD_Y * height * 0.8))
    accent = (*_rgb(timeline.brand.accent), 255)
    left = max(2, round(_PAD_X * height * 0.38))
    draw.rounded_rectangle((left, inset, left + stroke - 1, tall - inset - 1), stroke // 2, fill=accent)
    for index, line in enumerate(lines):
        # Letters stand in the middle of their line by their x-height, as the eye sees it.
        baseline = _PAD_Y * height + leading * index + leading / 2 + size * 0.33
        x = (width - (line.right - line.left) * size) / 2 - line.left * size + left / 2
        _write(draw, line, x, baseline, size, fill=(*_rgb(timeline.brand.paper), 255))
    return patch_of(patch, _even((timeline.width - width) / 2), _even(height - _MARGIN * height - tall))


def _set(text: str, style: Style, case: Typecase) -> Line:
    text = tidy(text, "")  # drops what cannot be seen; the spelling stays as it was said
    return Text(text, style, case).line(0, len(text))


def _write(draw: "ImageDraw", line: Line, x: float, baseline: float, size: float, *, fill: tuple[int, ...]) -> None:
    for glyph in line.glyphs:
        font = glyph.face.at(max(1, round(size * glyph.scale)))
        draw.text((x + glyph.x * size, round(baseline)), glyph.character, font=font, fill=fill, anchor="ls")


def _box(width: int, height: int, radius: int) -> "Picture":
    from PIL import Image, ImageDraw

    mask = Image.new("L", (width * _FINER, height * _FINER), 0)
    corners = (0, 0, width * _FINER - 1, height * _FINER - 1)
    ImageDraw.Draw(mask).rounded_rectangle(corners, radius * _FINER, fill=_BOX_OPACITY)
    return mask.reduce(_FINER)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _even(length: float) -> int:
    return max(2, round(length / 2) * 2)
