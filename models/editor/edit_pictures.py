"""The frames of an edited film, in order: decoded, cut, framed anew, captioned.

A crop is a window that slides over the picture at the target's own scale, so that a frame is shifted by fractions of
a pixel and never scaled twice. A picture shown whole lies over its own blurred, darkened enlargement.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.assembler.planes import Frame, blank, split
from models.deadline import Deadline
from models.editor.edit_plan import Plan
from models.editor.film_reader import planes
from models.media.foreign_video import Film

_GROUND_SIDE: Final = 48
"""The shorter side of the ground while it is blurred; enlarging it does the rest."""

_DIMMED, _GREYED = 0.5, 0.75


@dataclass(frozen=True)
class Framing:
    """How frames become the target's size: decoded at `canvas`, then cropped along `places`, or shown whole.

    `places` holds for each frame where the window is, 0 to 1; without any the picture is shown whole.
    """

    size: tuple[int, int]
    canvas: tuple[int, int]
    places: NDArray[np.float64] | None = None

    @property
    def window(self) -> float:
        """The window's length as a share of the picture's."""
        return min(self.size[0] / self.canvas[0], self.size[1] / self.canvas[1])


def unchanged(width: int, height: int) -> Framing:
    """Frame a film as it is."""
    return Framing((width, height), (width, height))


def cropping(size: tuple[int, int], film: tuple[int, int]) -> Framing:
    """Frame a film so that the target is covered; `places` are still to be found."""
    scale = max(size[0] / film[0], size[1] / film[1])
    across, down = (max(side, round(length * scale / 2) * 2) for side, length in zip(size, film, strict=True))
    return Framing(size, (across, down))


def whole(size: tuple[int, int], film: tuple[int, int]) -> Framing:
    """Frame a film so that all of it is seen."""
    scale = min(size[0] / film[0], size[1] / film[1])
    across, down = (min(side, round(length * scale / 2) * 2) for side, length in zip(size, film, strict=True))
    return Framing(size, (max(2, across), max(2, down)))


def is_across(framing: Framing) -> bool:
    """Say whether the window slides sideways."""
    return framing.canvas[0] - framing.size[0] >= framing.canvas[1] - framing.size[1]


def framed_frames(plan: Plan, films: Sequence[Film], framing: Framing, deadline: Deadline) -> Generator[Frame]:
    """Give every frame of a plan in the target's size; an array is the caller's until the next one.

    Raises what decoding raises.
    """
    number = 0
    into = blank(*framing.size)
    for stretch in plan.pictures:
        frames = planes(
            films[stretch.film],
            first=stretch.first,
            count=stretch.frames,
            rate=plan.rate,
            size=framing.canvas,
            deadline=deadline,
        )
        for frame in frames:
            if framing.size == framing.canvas:
                into[:] = frame  # what is decoded may not be written to, and captions will be
            elif framing.places is not None:
                _slide(frame, float(framing.places[number]), into)
            else:
                _inset(frame, into)
            yield into
            number += 1


def _slide(frame: Frame, place: float, into: Frame) -> None:
    """Draw what the window shows, to a fraction of a pixel."""
    import cv2

    luma, target = split(frame)[0], split(into)[0]
    left, top = (place * (luma.shape[axis] - target.shape[axis]) for axis in (1, 0))
    for index, (plane, seen) in enumerate(zip(split(frame), split(into), strict=True)):
        half = 2 if index else 1
        shift = np.array([[1, 0, left / half], [0, 1, top / half]], np.float64)
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        cv2.warpAffine(plane, shift, seen.shape[::-1], dst=seen, flags=flags, borderMode=cv2.BORDER_REPLICATE)


def _inset(frame: Frame, into: Frame) -> None:
    """Draw the whole picture over its own ground."""
    luma, target = split(frame)[0], split(into)[0]
    left, top = ((target.shape[axis] - luma.shape[axis]) // 4 * 2 for axis in (1, 0))
    for index, (plane, seen) in enumerate(zip(split(frame), split(into), strict=True)):
        half = 2 if index else 1
        seen[:] = _ground(plane, seen.shape[1], seen.shape[0], *((128, _GREYED) if index else (16, _DIMMED)))
        y, x = top // half, left // half
        seen[y : y + plane.shape[0], x : x + plane.shape[1]] = plane


def _ground(plane: Frame, width: int, height: int, base: int, kept: float) -> NDArray[np.float32]:
    """Blur the middle of a plane until it fills a size, and draw it towards `base`."""
    import cv2

    scale = max(width / plane.shape[1], height / plane.shape[0])
    across, down = round(width / scale), round(height / scale)
    x, y = (plane.shape[1] - across) // 2, (plane.shape[0] - down) // 2
    small = _GROUND_SIDE / min(width, height)
    size = (max(2, round(width * small)), max(2, round(height * small)))
    tiny = cv2.resize(plane[y : y + down, x : x + across], size, interpolation=cv2.INTER_AREA)
    soft = (cv2.GaussianBlur(tiny.astype(np.float32), (0, 0), 5.0) - base) * kept + base
    ground = cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.rint(ground), np.float32)
