"""Frames as the encoder wants them: planes of BT.709 limited-range Y, Cb and Cr, chroma at half size.

Drawing straight into planes is a third of the work of drawing in RGB and having every frame converted.
A frame is one uint8 array of shape (H·3/2, W): H rows of Y, then Cb and Cr packed one after the other.
OpenCV moves the pixels (docs/decisions/0016); the same pixels come out with any number of its threads.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

Frame = NDArray[np.uint8]
Plane = NDArray[np.float32]
Point = tuple[int, int]
Window = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of a still, fractions allowed."""

# ITU-R BT.709-6, items 3.2 to 3.5: luma weights, and the scale of the colour differences.
_KR, _KB = 0.2126, 0.0722
_KG = 1 - _KR - _KB
_CB, _CR = 2 * (1 - _KB), 2 * (1 - _KR)
_INTO = 1 | 16
"""OpenCV's INTER_LINEAR and WARP_INVERSE_MAP: a matrix from what is drawn to where it is taken from."""

_TO_YCC = np.array(
    [
        [219 / 255 * _KR, 219 / 255 * _KG, 219 / 255 * _KB, 16],
        [-224 / 255 * _KR / _CB, -224 / 255 * _KG / _CB, 224 / 255 * (1 - _KB) / _CB, 128],
        [224 / 255 * (1 - _KR) / _CR, -224 / 255 * _KG / _CR, -224 / 255 * _KB / _CR, 128],
    ]
)
"""From RGB of 0 to 255 to limited range, item 3.5; the last column is added."""

_BACK = np.linalg.inv(_TO_YCC[:, :3])
_TO_RGB = np.column_stack([_BACK, -_BACK @ _TO_YCC[:, 3]])


@dataclass(frozen=True)
class Still:
    """A picture in planes, ready to be looked at through moving windows; `focus` is what it is about, in shares."""

    y: Frame
    cb: Frame
    cr: Frame
    focus: tuple[float, float] = (0.5, 0.5)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of luma."""
        return self.y.shape[1], self.y.shape[0]


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


def still_of(picture: "Image", focus: tuple[float, float] = (0.5, 0.5)) -> Still:
    """Take a picture apart; its sides must be even."""
    import cv2

    rgb = np.asarray(picture.convert("RGB"))
    # H.264 players expect chroma samples on the left luma sample of each pair, not between the two: half a pixel on.
    sited = cv2.addWeighted(rgb, 0.5, np.concatenate([rgb[:, :1], rgb[:, :-1]], axis=1), 0.5, 0)
    small = cv2.resize(sited, (rgb.shape[1] // 2, rgb.shape[0] // 2), interpolation=cv2.INTER_AREA)
    y = cv2.transform(rgb, _TO_YCC[:1])
    cb, cr = cv2.split(cv2.transform(small, _TO_YCC[1:]))
    return Still(np.asarray(y, np.uint8), np.asarray(cb, np.uint8), np.asarray(cr, np.uint8), focus)


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


def replaced(patch: Patch, part: Patch) -> Patch:
    """Give a patch in which another, somewhere inside it and at even places too, stands instead."""

    def inside(whole: NDArray[np.uint16], new: NDArray[np.uint16], shift: int) -> NDArray[np.uint16]:
        made = whole.copy()
        x, y = (part.x - patch.x) >> shift, (part.y - patch.y) >> shift
        made[y : y + new.shape[0], x : x + new.shape[1]] = new
        return made

    y, cb, cr = (
        inside(whole, new, min(index, 1)) for index, (whole, new) in enumerate(zip(patch.inks, part.inks, strict=True))
    )
    under, small = (
        inside(whole, new, index) for index, (whole, new) in enumerate(zip(patch.under, part.under, strict=True))
    )
    return Patch(patch.x, patch.y, (y, cb, cr), (under, small))


def look(still: Still, window: Window, into: Frame) -> None:
    """Draw what a window of a still shows, to a fraction of a pixel."""
    luma, cb, cr = split(into)
    left, top, right, bottom = window
    small = (left / 2, top / 2, right / 2, bottom / 2)
    for plane, seen, part in ((still.y, window, luma), (still.cb, small, cb), (still.cr, small, cr)):
        _see(plane, seen, part)


def look_around(still: Still, centre: Point, pivot: Point, scale: float, into: Frame) -> None:
    """Draw a still from near (`scale` 1) or farther away (more), so that its `centre` is seen at `pivot`.

    Both are even corners of pixels, from the left and from the top; the still must fill the frame.
    """
    for index, (plane, part) in enumerate(zip((still.y, still.cb, still.cr), split(into), strict=True)):
        shift = min(index, 1)
        _see_around(
            plane, (centre[0] >> shift, centre[1] >> shift), (pivot[0] >> shift, pivot[1] >> shift), scale, part
        )


def lay(patch: Patch, frame: Frame) -> None:
    """Lay a patch over a frame in place; only its own rectangle is touched."""
    for index, (plane, ink) in enumerate(zip(split(frame), patch.inks, strict=True)):
        x, y = (patch.x, patch.y) if index == 0 else (patch.x // 2, patch.y // 2)
        under = patch.under[min(index, 1)]
        height, width = ink.shape
        part = plane[y : y + height, x : x + width]
        # 255·255 + 127 fits 16 bits, so nothing here needs floats.
        part[:] = (part * under + ink + 127) // 255


def dissolve(before: Frame, after: Frame, share: float, into: Frame) -> None:
    """Mix two frames into a third, which may be one of them: `share` of the second."""
    import cv2

    cv2.addWeighted(before, 1 - share, after, share, 0, dst=into)


def picture_of(frame: Frame) -> "Image":
    """Give a frame as an RGB picture."""
    import cv2
    from PIL import Image

    luma, *chroma = split(frame)
    whole = [cv2.resize(plane, (luma.shape[1], luma.shape[0]), interpolation=cv2.INTER_NEAREST) for plane in chroma]
    return Image.fromarray(np.asarray(cv2.transform(cv2.merge([luma, *whole]), _TO_RGB), np.uint8))


def _ycc(rgb: Plane) -> tuple[Plane, Plane, Plane]:
    import cv2

    y, cb, cr = cv2.split(cv2.transform(rgb, _TO_YCC))
    return np.asarray(y, np.float32), np.asarray(cb, np.float32), np.asarray(cr, np.float32)


def _halved(plane: Plane) -> Plane:
    import cv2

    half = cv2.resize(plane, (plane.shape[1] // 2, plane.shape[0] // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(half, np.float32)


def _byte(values: Plane) -> Frame:
    return np.clip(np.round(values), 0, 255).astype(np.uint8)


def _see(plane: Frame, window: Window, into: Frame) -> None:
    """Draw what a window of a plane shows, scaled to fill `into`."""
    import cv2

    left, top, right, bottom = window
    height, width = into.shape
    across, down = (right - left) / width, (bottom - top) / height
    column, row = int(left), int(top)
    if abs(across - 1) * width > 1e-6 or abs(down - 1) * height > 1e-6 or top != row:
        # Pixels are areas: the middle of the first one drawn lies half a step into the window.
        place = np.array([[across, 0, left + (across - 1) / 2], [0, down, top + (down - 1) / 2]])
        cv2.warpAffine(plane, place, (width, height), dst=into, flags=_INTO, borderMode=cv2.BORDER_REPLICATE)
        return
    # Nothing to scale: between two whole columns lies a mixture of both, at a tenth of the cost of a warp.
    here = plane[row : row + height, column : column + width]
    share = left - column
    if share == 0 or column + width >= plane.shape[1]:
        into[:] = here
    else:
        cv2.addWeighted(here, 1 - share, plane[row : row + height, column + 1 : column + 1 + width], share, 0, dst=into)


def _see_around(plane: Frame, centre: Point, pivot: Point, scale: float, into: Frame) -> None:
    """Draw a plane around a point that both it and what is drawn have between pixels.

    From such a point on, each quarter is a scaling that starts at a corner, which OpenCV does 2.5 times faster than a
    warp; three of the quarters are scaled as seen in a mirror.
    """
    import cv2

    for (right, down), mirror in _QUARTERS.items():
        target = _quarter(into, pivot, right=right, down=down)
        if not target.size:
            continue
        source = _quarter(plane, centre, right=right, down=down)
        rows, columns = round(target.shape[0] * scale) + 1, round(target.shape[1] * scale) + 1
        source = source[:rows] if down else source[-rows:]
        source = source[:, :columns] if right else source[:, -columns:]
        if mirror is None:
            target[:] = _farther(source, scale, target.shape)
        else:
            cv2.flip(_farther(cv2.flip(source, mirror), scale, target.shape), mirror, dst=target)


def _farther(source: NDArray[Any], scale: float, shape: tuple[int, ...]) -> NDArray[Any]:
    """Scale down by `scale` from the upper left corner on; give the first `shape` of it."""
    import cv2

    if scale == 1:
        whole: NDArray[Any] = source
    elif max(source.shape) * (1 - 1 / scale) > 1:
        whole = cv2.resize(source, None, fx=1 / scale, fy=1 / scale, interpolation=cv2.INTER_LINEAR)
    else:  # so little that `resize` would take it for nothing
        place = np.array([[scale, 0, (scale - 1) / 2], [0, scale, (scale - 1) / 2]])
        whole = cv2.warpAffine(source, place, shape[::-1], flags=_INTO, borderMode=cv2.BORDER_REPLICATE)
    return whole[: shape[0], : shape[1]]


_QUARTERS = {(True, True): None, (False, True): 1, (True, False): 0, (False, False): -1}
"""To the right, downwards: how OpenCV mirrors that quarter onto the first."""


def _quarter(plane: Frame, corner: Point, *, right: bool, down: bool) -> Frame:
    rows = plane[corner[1] :] if down else plane[: corner[1]]
    return rows[:, corner[0] :] if right else rows[:, : corner[0]]
