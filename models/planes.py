"""Frames as the encoder wants them: planes of BT.709 limited-range Y, Cb and Cr, chroma at half size.

Drawing straight into planes is a third of the work of drawing in RGB and having every frame converted.
A frame is one uint8 array of shape (H·3/2, W): H rows of Y, then Cb and Cr packed one after the other.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

Frame = NDArray[np.uint8]
Plane = NDArray[np.float32]
Window = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of a still, fractions allowed."""

# ITU-R BT.709-6, items 3.2 to 3.5: luma weights, and the scale of the colour differences.
_KR, _KB = 0.2126, 0.0722
_CB, _CR = 2 * (1 - _KB), 2 * (1 - _KR)


@dataclass(frozen=True)
class Still:
    """A picture in planes, ready to be looked at through moving windows."""

    y: "Image"
    cb: "Image"
    cr: "Image"

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of luma."""
        return self.y.size


@dataclass(frozen=True)
class Patch:
    """Something laid over a frame at an even place: planes times opacity, and what is left of the frame under it.

    All uint16; `under` is 255 minus opacity.
    """

    x: int
    y: int
    inks: tuple[NDArray[np.uint16], NDArray[np.uint16], NDArray[np.uint16]]
    under: tuple[NDArray[np.uint16], NDArray[np.uint16]]


def split(frame: Frame) -> tuple[Frame, Frame, Frame]:
    """Give views of a frame's Y, Cb and Cr."""
    height, width = frame.shape[0] * 2 // 3, frame.shape[1]
    flat = frame.reshape(-1)
    luma, quarter = height * width, height * width // 4
    half = (height // 2, width // 2)
    return (
        flat[:luma].reshape(height, width),
        flat[luma : luma + quarter].reshape(half),
        flat[luma + quarter :].reshape(half),
    )


def blank(width: int, height: int) -> Frame:
    """Give a new frame with nothing in it yet; width and height must be even."""
    return np.empty((height * 3 // 2, width), dtype=np.uint8)


def still_of(picture: "Image") -> Still:
    """Take a picture apart; its sides must be even."""
    from PIL import Image

    y, cb, cr = _ycc(np.asarray(picture.convert("RGB"), dtype=np.float32))
    return Still(Image.fromarray(_byte(y)), Image.fromarray(_byte(_halved(cb))), Image.fromarray(_byte(_halved(cr))))


def patch_of(picture: "Image", x: int, y: int) -> Patch:
    """Take an RGBA picture apart to lie over frames with its corner at an even (x, y); its sides must be even."""
    pixels = np.asarray(picture.convert("RGBA"), dtype=np.float32)
    luma, cb, cr = _ycc(pixels[..., :3])
    alpha = pixels[..., 3]
    small_alpha = _halved(alpha)
    # Colour under transparent pixels must not bleed into the half-size chroma, so it is averaged by opacity.
    inks = (luma * alpha, _halved(cb * alpha), _halved(cr * alpha))
    y_ink, cb_ink, cr_ink = (np.round(ink).astype(np.uint16) for ink in inks)
    under, small_under = (255 - np.round(cover).astype(np.uint16) for cover in (alpha, small_alpha))
    return Patch(x, y, (y_ink, cb_ink, cr_ink), (under, small_under))


def look(still: Still, window: Window, into: Frame) -> None:
    """Draw what a window of a still shows, to a fraction of a pixel."""
    luma, cb, cr = split(into)
    height, width = luma.shape
    left, top, right, bottom = window
    luma[:] = _seen(still.y, (width, height), window)
    # H.264 players expect chroma samples on the left luma sample of each pair, not between the two.
    shift = min((right - left) / width / 4, left / 2)
    small_left = left / 2 - shift
    small = (small_left, top / 2, small_left + (right - left) / 2, bottom / 2)
    for plane, image in ((cb, still.cb), (cr, still.cr)):
        plane[:] = _seen(image, (width // 2, height // 2), small)


def lay(patch: Patch, frame: Frame) -> None:
    """Lay a patch over a frame in place; only its own rectangle is touched."""
    for index, (plane, ink) in enumerate(zip(split(frame), patch.inks, strict=True)):
        x, y = (patch.x, patch.y) if index == 0 else (patch.x // 2, patch.y // 2)
        under = patch.under[min(index, 1)]
        height, width = ink.shape
        part = plane[y : y + height, x : x + width]
        # 255·255 + 127 fits 16 bits, so nothing here needs floats.
        part[:] = (part * under + ink + 127) // 255


def dissolve(before: Frame, after: Frame, share: float) -> Frame:
    """Mix two frames: `share` of the second."""
    from PIL import Image

    return np.asarray(Image.blend(Image.fromarray(before), Image.fromarray(after), share))


def picture_of(frame: Frame) -> "Image":
    """Give a frame as an RGB picture."""
    from PIL import Image

    y, cb, cr = (plane.astype(np.float32) for plane in split(frame))
    cb, cr = (np.repeat(np.repeat(plane, 2, axis=0), 2, axis=1) for plane in (cb, cr))
    luma, blue, red = (y - 16) / 219, (cb - 128) / 224 * _CB, (cr - 128) / 224 * _CR
    r, b = luma + red, luma + blue
    g = (luma - _KR * r - _KB * b) / (1 - _KR - _KB)
    return Image.fromarray(_byte(np.stack([r, g, b], axis=-1).astype(np.float32) * 255))


def _ycc(rgb: Plane) -> tuple[Plane, Plane, Plane]:
    r, g, b = (rgb[..., index] / np.float32(255) for index in range(3))
    luma: Plane = np.float32(_KR) * r + np.float32(1 - _KR - _KB) * g + np.float32(_KB) * b
    return (
        (16 + 219 * luma).astype(np.float32),
        (128 + 224 * (b - luma) / _CB).astype(np.float32),
        (128 + 224 * (r - luma) / _CR).astype(np.float32),
    )


def _halved(plane: Plane) -> Plane:
    height, width = plane.shape
    half: Plane = plane.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3), dtype=np.float32)
    return half


def _byte(values: Plane) -> Frame:
    return np.clip(np.round(values), 0, 255).astype(np.uint8)


def _seen(image: "Image", size: tuple[int, int], window: Window) -> Frame:
    """Give what a window of a plane shows, scaled to a size."""
    from PIL import Image

    left, top, right, bottom = window
    width, height = size
    scaled = abs(right - left - width) > 1e-6 or abs(bottom - top - height) > 1e-6
    if scaled or top != int(top):
        return np.asarray(image.resize(size, Image.Resampling.BILINEAR, box=window))
    # Nothing to scale: between two whole columns lies a mixture of both, at a quarter of the cost of resampling.
    column, row = int(left), int(top)
    here = image.crop((column, row, column + width, row + height))
    if left == column or column + width >= image.width:
        return np.asarray(here)
    return np.asarray(Image.blend(here, image.crop((column + 1, row, column + 1 + width, row + height)), left - column))
