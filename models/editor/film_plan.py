"""What of a film is looked at: a still just after each cut and at every second, and windows of motion in every shot.

Times are seconds, frames are numbers at a given rate. Pure arithmetic: nothing is decoded here.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

JUST_AFTER_S = 0.1
"""How far behind a cut its shot is looked at, so that nothing of the shot before shines through."""


@dataclass(frozen=True)
class Window:
    """A stretch of motion within one shot: when it begins, and the frames it is judged by, in order, maybe repeated."""

    at_s: float
    frames: tuple[int, ...]


@dataclass(frozen=True)
class FilmPlan:
    """Stills by frame number with their time, and windows ordered by their last frame."""

    stills: dict[int, float] = field(default_factory=dict)
    windows: tuple[Window, ...] = ()


def plan_film(
    duration_s: float, cuts_s: Sequence[float], *, rate: int, window_s: float, window_frames: int, stills: bool
) -> FilmPlan:
    """Plan how to look at a film; without `window_frames` no motion is looked at. Every shot is looked at once."""
    last = max(0, math.ceil(duration_s * rate) - 1)
    shots = _shots(duration_s, cuts_s)
    times = [start + min(JUST_AFTER_S, (end - start) / 2) for start, end in shots]
    times += [float(second) for second in range(math.ceil(duration_s))]
    seen = {min(last, math.floor(at * rate)): at for at in sorted(times, reverse=True)} if stills else {}
    windows = [
        Window(start, _frames(start, end, window_frames, rate, last))
        for shot in shots
        for start, end in _tiles(*shot, window_s)
        if window_frames
    ]
    return FilmPlan(dict(sorted(seen.items())), tuple(sorted(windows, key=lambda window: window.frames[-1])))


def _shots(duration_s: float, cuts_s: Sequence[float]) -> list[tuple[float, float]]:
    starts = [0.0, *sorted({cut for cut in cuts_s if 0 < cut < duration_s})]
    return list(zip(starts, [*starts[1:], duration_s], strict=True))


def _tiles(start: float, end: float, length: float) -> list[tuple[float, float]]:
    """Cover a shot with windows of one length, the last one ending with the shot."""
    count = max(1, math.ceil((end - start) / length - 1e-9))
    if count == 1:
        return [(start, end)]
    return [(at, at + length) for at in (min(start + number * length, end - length) for number in range(count))]


def _frames(start: float, end: float, count: int, rate: int, last: int) -> tuple[int, ...]:
    """Spread frames evenly over a window, each in the middle of its part."""
    step = (end - start) / count
    return tuple(min(last, math.floor((start + (number + 0.5) * step) * rate)) for number in range(count))
