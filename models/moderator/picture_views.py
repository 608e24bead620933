"""A picture as a reader may come to see it, piece by piece: whole, in parts, moving, on white and on black.

A model looks at a picture scaled down to a few hundred pixels; parts are shown to it as well where that loses much.
"""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from content.errors import BadInputError
from models.media.pictures import FORMATS, LARGEST_PIXELS, on_ground, open_picture

if TYPE_CHECKING:
    from PIL.Image import Image

FRAMES: Final = 16
"""How many frames of a moving picture are looked at, spread over all of it."""

LONGEST_LOOP: Final = 500
"""A moving picture of more frames than this is a film, and too much to judge by a few of them."""

_PARTS: Final = {
    "upper left quarter": (0.0, 0.0),
    "upper right quarter": (0.5, 0.0),
    "lower left quarter": (0.0, 0.5),
    "lower right quarter": (0.5, 0.5),
    "middle": (0.25, 0.25),
}


class View(NamedTuple):
    """A picture in RGB, and where in the whole it is from ("" for the whole itself)."""

    place: str
    picture: "Image"


def views(data: bytes, side: int) -> Iterator[View]:
    """Give everything in an encoded picture that a model with inputs of `side` pixels should look at.

    One frame is in memory at a time. Raises BadInputError for what cannot be decoded within the limits.
    """
    from PIL import Image, ImageOps

    yield from _parts("", open_picture(data), side)
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            count = _frames_in(opened)
            if opened.has_transparency_data:
                yield from _parts("on black", on_ground(ImageOps.exif_transpose(opened), "black"), side)
            for index in _spread(count):
                opened.seek(index)
                yield from _parts(f"frame {index + 1}", on_ground(opened), side)
    except BadInputError:
        raise
    except Exception as error:  # noqa: BLE001 - decoders fail on hostile bytes in ways nobody has listed
        raise BadInputError(f"a frame of the picture cannot be read ({type(error).__name__})") from None


def _frames_in(opened: "Image") -> int:
    count = getattr(opened, "n_frames", 1)
    if count > LONGEST_LOOP or count * opened.width * opened.height > FRAMES * LARGEST_PIXELS:
        raise BadInputError(f"the picture moves through {count} frames, more than can be judged as a picture")
    return count


def _parts(place: str, picture: "Image", side: int) -> Iterator[View]:
    yield View(place, picture)
    if max(picture.size) < 2 * side:
        return
    width, height = (length // 2 for length in picture.size)
    for name, (x, y) in _PARTS.items():
        left, top = int(picture.width * x), int(picture.height * y)
        part = picture.crop((left, top, left + max(1, width), top + max(1, height)))
        yield View(f"{name} of {place}" if place else name, part)


def _spread(count: int) -> list[int]:
    """Choose frames over all of a moving picture, the last one always among them; the first was seen already."""
    if count <= FRAMES:
        return list(range(1, count))
    return sorted({round(step * (count - 1) / (FRAMES - 1)) for step in range(1, FRAMES)})
