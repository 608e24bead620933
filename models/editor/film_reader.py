"""Frames of a film that was looked at, by number, at an even rate: whole ones as planes, or small ones to look at.

ffmpeg decodes in a limited child process. What cannot be decoded without a fault is an error: nobody may take what
was seen for the whole. One frame is in memory at a time.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from content.errors import BadInputError
from models.assembler.planes import Frame
from models.deadline import Deadline
from models.media.foreign_video import Film, input_of, process_limits
from models.media.limited_process import reading

SMALL_SIDE: Final = 96
"""The longer side of a small frame."""

Small = NDArray[np.uint8]
"""A small frame, (H, W, 3) RGB."""

_STRICT = ("-xerror", "-err_detect", "explode")
_PADDED_FRAMES = 2
"""How many frames may be missing at the end, where sound, rounding and an edit list do not quite agree."""

_SAME_SHAPE = 0.02
"""How far two shapes may be apart that are one: sides are rounded to even numbers."""

_MAPPED = (
    "zscale=t=linear:npl=203,format=gbrpf32le,zscale=p=bt709,tonemap=tonemap=mobius:desat=0,zscale=t=bt709:m=bt709:r=tv"
)
"""High brightness to the common range; 203 nits is where ITU-R BT.2408 puts white."""


def frames_at(film: Film, rate: Fraction) -> int:
    """Say how many frames a film has at a rate."""
    return film.facts.frames if _is_own(film, rate) else max(1, round(film.facts.duration_s * rate))


def planes(
    film: Film, *, first: int, count: int, rate: Fraction, size: tuple[int, int], deadline: Deadline
) -> Iterator[Frame]:
    """Give `count` frames from number `first` on, as planes of BT.709 in limited range, fitted into `size`.

    Raises BadInputError when the film breaks or ends too early, TimedOutError.
    """
    width, height = size
    shape, padded = "", []
    if abs(width * film.facts.height / (height * film.facts.width) - 1) > _SAME_SHAPE:
        shape = "force_original_aspect_ratio=decrease:force_divisible_by=2:"
        padded = [f"pad={width}:{height}:-1:-1:black"]
    fitted = f"scale={width}:{height}:{shape}{_matrix(film)}out_color_matrix=bt709:out_range=tv:flags=bicubic"
    chain = [fitted, *padded, "setsar=1", "format=yuv420p"]
    return _decoded(film, chain, (height * 3 // 2, width), first=first, count=count, rate=rate, deadline=deadline)


def small_frames(
    film: Film, *, first: int, count: int, rate: Fraction, size: tuple[int, int], deadline: Deadline
) -> Iterator[Small]:
    """Give `count` frames from number `first` on, small."""
    width, height = size
    chain = [f"scale={width}:{height}:flags=area", "format=rgb24"]
    return _decoded(film, chain, (height, width, 3), first=first, count=count, rate=rate, deadline=deadline)


def small_size(width: int, height: int) -> tuple[int, int]:
    """Give the size of a small frame of a picture, width and height, even."""
    scale = SMALL_SIDE / max(width, height)
    return max(8, round(width * scale / 2) * 2), max(8, round(height * scale / 2) * 2)


def _decoded(
    film: Film, chain: list[str], shape: tuple[int, ...], *, first: int, count: int, rate: Fraction, deadline: Deadline
) -> Iterator[NDArray[np.uint8]]:
    given = 0
    # Seeking lands on a keyframe whose neighbours may need frames before it; then the film is read from its start.
    for seeking in (True, False) if first and film.facts.is_even and _is_own(film, rate) else (False,):
        try:
            arguments = _arguments(film, chain, first=first, count=count, rate=rate, seeking=seeking)
            for frame in _read(film, arguments, shape, count, deadline):
                given += 1
                yield frame
        except BadInputError:
            if given or not seeking:
                raise
        else:
            return


def _read(
    film: Film, arguments: list[str], shape: tuple[int, ...], count: int, deadline: Deadline
) -> Iterator[NDArray[np.uint8]]:
    size = int(np.prod(shape))
    name, found = film.path.name, 0
    limits = process_limits(film.limits, cpu_s=deadline.left() * 8)
    with reading(arguments, film.path, what=f"decoding {name}", deadline=deadline, limits=limits) as child:
        frame: NDArray[np.uint8] | None = None
        while found < count and len(data := child.pipe.read(size)) == size:
            frame = np.frombuffer(data, np.uint8).reshape(shape)
            found += 1
            yield frame
    if frame is None or count - found > _PADDED_FRAMES:
        raise BadInputError(f"{name} should have {count} frames there, and breaks off after {found}")
    for _ in range(count - found):
        yield frame


def _arguments(film: Film, chain: list[str], *, first: int, count: int, rate: Fraction, seeking: bool) -> list[str]:
    seek: list[str] = []
    cut: list[str] = []
    if _is_own(film, rate):
        # Every frame is at its place already, and a filter that moves frames to their places would round anew.
        if seeking:  # half a frame early: the time of a frame in the file may be rounded
            seek = ["-ss", f"{max(0.0, film.packets.starts_s(first) - 0.5 / float(rate)):.6f}"]
    else:
        cut = [f"fps={rate.numerator}/{rate.denominator}:start_time=0"]
    if first and not seeking:
        cut += [f"trim=start_frame={first}:end_frame={first + count}", "setpts=PTS-STARTPTS"]
    facts = film.facts
    mended = [*(["bwdif=mode=send_frame:deint=interlaced"] if facts.is_interlaced else [])]
    mended += [_MAPPED] if facts.is_bright else []
    filters = ",".join([*mended, *cut, *chain])
    return [
        *(*_STRICT, *seek, *input_of(facts.container, film.limits), "-map", "0:V:0", "-an", "-sn", "-dn"),
        *("-vf", filters, "-frames:v", str(count), "-fps_mode", "passthrough", "-f", "rawvideo", "pipe:1"),
    ]


def _matrix(film: Film) -> str:
    """Say which matrix colours without a tag have: as players guess, by the size of the picture."""
    facts = film.facts
    tagged = any(name in facts.colours for name in ("bt709", "bt470bg", "smpte170m", "bt2020", "smpte240m", "fcc"))
    if tagged or facts.pixel_format.startswith(("gbr", "rgb", "bgr")):
        return ""
    return f"in_color_matrix={'bt709' if min(facts.width, facts.height) >= 720 else 'bt601'}:"


def _is_own(film: Film, rate: Fraction) -> bool:
    return film.facts.is_even and rate == film.facts.fps
