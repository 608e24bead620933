"""Where a narrower window looks in a film: it follows what moves and stands out, calmly, and jumps only at cuts.

What matters in a frame is motion, edges and unusual colour; no faces are looked for. Within a shot the best way of the
window is found as one shortest path over all its positions: moving costs, so it rests unless something is to be gained,
and it is never faster than a camera would be. The way is then made smooth, so that it starts and stops gently.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.editor.film_reader import Small

Row = NDArray[np.float64]

SPEED: Final = 0.8
"""The most a window moves in a second, as a share of its own length."""

SMOOTHED_S: Final = 1.0
"""Over how long its way is averaged: it reaches and leaves its speed within this."""

_STEPS: Final = 97
"""How many positions the window is tried at."""

_MOVING: Final = 0.35
"""What it costs to move by a whole window: as much as not seeing anything that matters for so many seconds."""

_OFF_CENTRE: Final = 0.12
"""What it costs to look at the very edge instead of the middle, of what matters in the same time."""

_IN_THE_MIDDLE: Final = 0.4
"""How much of a thing's worth depends on its standing in the middle of the window."""

_NOISE: Final = 0.01
_MOTION: Final = 0.002
"""The mean change between two looks, noise taken off, at which motion is all that matters; a small thing is enough."""

_HOLDS_ENOUGH: Final = 0.5
"""The share of what matters that a window should hold; with less, the picture is too wide to be cropped."""


@dataclass(frozen=True)
class Way:
    """Where the window is in each frame, 0 (left or top) to 1 (right or bottom), and what share of it all it holds."""

    places: Row
    holds: float

    @property
    def holds_enough(self) -> bool:
        """Whether a crop leaves most of what matters."""
        return self.holds >= _HOLDS_ENOUGH


def profile_of(frame: Small, before: Small | None, *, across: bool) -> Row:
    """Say how much of what matters in a frame stands in each column (`across`) or row; the whole is 1.

    `before` is an earlier frame of the same shot, None at its start.
    """
    pixels = frame.astype(np.float32) / 255
    light = pixels @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    edges = np.abs(np.diff(light, axis=1, append=light[:, -1:])) + np.abs(np.diff(light, axis=0, append=light[-1:]))
    colour = np.linalg.norm(pixels - pixels.mean(axis=(0, 1)), axis=2)
    matters = 0.5 * _share(edges) + 0.5 * _share(np.maximum(0.0, colour - colour.mean()))
    if before is not None:
        moved = np.abs(pixels - before.astype(np.float32) / 255).mean(axis=2)
        # When everything moves, the camera does; what moves more than the rest is the subject.
        moved = np.maximum(0.0, moved - 2 * np.median(moved) - _NOISE)
        strength = min(1.0, float(moved.mean()) / _MOTION)
        if strength > 0.2:
            matters = (1 - 0.85 * strength) * matters + 0.85 * strength * _share(moved)
    row = matters.sum(axis=0 if across else 1).astype(np.float64)
    whole = row.sum()
    return row / whole if whole > 1e-9 else np.full(len(row), 1 / len(row))


def way_through(
    profiles: Sequence[Row], window: float, *, frames: int, every: int, fps: float, cuts: Sequence[int] = ()
) -> Way:
    """Find the window's way through a film.

    `profiles` are what matters in frames 0, `every`, 2·`every` …; `window` is the window's length as a share of the
    picture's; `cuts` are the frames at which shots begin.
    """
    places, held = np.empty(frames), []
    bounds = [0, *sorted({cut for cut in cuts if 0 < cut < frames}), frames]
    for start, end in pairwise(bounds):
        looked = [at for at in range(len(profiles)) if start <= at * every < end]
        if not looked:  # a shot between two looks: the nearest one has to do
            looked = [min(len(profiles) - 1, round(start / every))]
        inside, middled = zip(*(_seen(profiles[at], window) for at in looked), strict=True)
        worth = (1 - _IN_THE_MIDDLE) * np.stack(inside) + _IN_THE_MIDDLE * np.stack(middled)
        steps = _best_steps(worth, window, every / fps)
        held += [float(row[step]) for row, step in zip(inside, steps, strict=True)]
        times = np.array([min(max(at * every, start), end - 1) for at in looked])
        rough = np.interp(np.arange(start, end), times, steps / (_STEPS - 1))
        places[start:end] = _smooth(rough, max(1, round(SMOOTHED_S * fps)))
    return Way(places, float(np.mean(held)))


def _seen(profile: Row, window: float) -> tuple[Row, Row]:
    """Give what a window holds of a profile at each of its positions, plain and weighed by nearness to its middle."""
    whole = np.concatenate([[0.0], np.cumsum(profile)])
    at, length = np.arange(len(whole)), len(profile) * window
    starts = np.linspace(0, len(profile) - length, _STEPS)
    # A roof over the window is the mean of all narrower windows with the same middle.
    held = [
        np.interp(starts + length / 2 * (1 + part), at, whole) - np.interp(starts + length / 2 * (1 - part), at, whole)
        for part in np.linspace(1, 0.1, 10)
    ]
    return held[0], np.mean(held, axis=0)


def _best_steps(worth: Row, window: float, step_s: float) -> NDArray[np.int64]:
    """Find the positions, one a look, that together hold the most, less what moving and leaving the middle cost."""
    looks, positions = worth.shape
    span = (1 - window) / (positions - 1) / window  # one position further, in windows
    reach = int(SPEED * step_s / span) if span > 0 else 0
    worth = (worth - np.abs(np.linspace(-1, 1, positions)) * _OFF_CENTRE) * step_s
    moves = np.arange(-reach, reach + 1)
    price = np.abs(moves) * span * _MOVING
    best, came = worth[0], np.zeros((looks, positions), np.int64)
    for look in range(1, looks):
        padded = np.pad(best, reach, constant_values=-np.inf)
        ways = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1) - price
        # Of equal ways the one without a move, so that noise cannot make it tremble.
        chosen = _first_best(ways, reach)
        came[look] = np.arange(positions) + moves[chosen]
        best = ways[np.arange(positions), chosen] + worth[look]
    steps = np.empty(looks, np.int64)
    steps[-1] = _first_best(best[None, :], positions // 2)[0]
    for look in range(looks - 1, 0, -1):
        steps[look - 1] = came[look, steps[look]]
    return steps


def _first_best(ways: Row, middle: int) -> NDArray[np.int64]:
    """Give for each row the best column, of equal ones the nearest to `middle`."""
    nearness = -np.abs(np.arange(ways.shape[1]) - middle) * 1e-9
    return np.asarray(np.argmax(ways + nearness, axis=1))


def _smooth(rough: Row, width: int) -> Row:
    """Average over a bell of `width` frames; averaging makes nothing faster than it was."""
    width = min(width | 1, max(1, len(rough) - 1 | 1))
    bell = np.hanning(width + 2)[1:-1]
    padded = np.pad(rough, width // 2, mode="edge")
    return np.convolve(padded, bell / bell.sum(), mode="valid")


def _share(values: NDArray[np.float32]) -> NDArray[np.float32]:
    whole = values.sum()
    return values / whole if whole > 1e-6 else np.full_like(values, 1 / values.size)
