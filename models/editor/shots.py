"""Where a film's shots begin: hard cuts and cross-fades, told from small frames that are looked at once, in order.

Of each frame a thumbnail and a histogram are kept (200 bytes), so an hour takes some 20 MB. A cut is a change much
greater than those around it that does not go away again (a flash does); a cross-fade is a change between two frames
whose middle is their mixture (motion is not).
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.editor.film_reader import Small

_ACROSS, _DOWN = 16, 9
_SHADES = 16

_HARD: Final = 0.055
"""The least change of a cut: mean difference of thumbnails and histograms, of 1."""

_TIMES_AROUND: Final = 3.0
_FLASH_S: Final = 0.2
_FADE_S: Final = 0.5
_FADE: Final = 0.05
_MIXED: Final = 0.22
"""How far from the mixture of both ends the middle of a cross-fade may be, as a share of what lies between them."""

_SHORTEST_S: Final = 0.3

_CHANGE, _CONTRAST = 20.0, 0.3
"""What a part of a shot is kept for: that something happens, and a little that there is something to see."""


@dataclass(frozen=True)
class Signatures:
    """A film's frames in short: thumbnails (N, 432) and histograms (N, 48), both from 0 to 1 in 255 steps."""

    thumbnails: NDArray[np.uint8]
    histograms: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.thumbnails)

    def change(self, step: int = 1) -> NDArray[np.float32]:
        """Give how much each frame differs from the one `step` before it, 0 to 1; (N - step,)."""
        look = _distance(self.thumbnails[step:], self.thumbnails[:-step])
        shades = _distance(self.histograms[step:], self.histograms[:-step]) * (_SHADES / 2)
        return np.asarray(look + 0.5 * np.minimum(shades, 1.0), np.float32)


class SignatureBook:
    """Takes small frames one by one."""

    def __init__(self) -> None:
        self._thumbnails: list[NDArray[np.uint8]] = []
        self._histograms: list[NDArray[np.uint8]] = []

    def add(self, frame: Small) -> None:
        """Take the next frame, (H, W, 3)."""
        from PIL import Image

        thumbnail = Image.fromarray(frame).resize((_ACROSS, _DOWN), Image.Resampling.BOX)
        self._thumbnails.append(np.asarray(thumbnail).reshape(-1))
        pixels = frame.shape[0] * frame.shape[1]
        counts = [np.bincount(frame[..., channel].reshape(-1) >> 4, minlength=_SHADES) for channel in range(3)]
        self._histograms.append(np.round(np.concatenate(counts) * (255 / pixels)).astype(np.uint8))

    def signatures(self) -> Signatures:
        """Give what was taken."""
        none = np.zeros((0, 1), np.uint8)
        return (
            Signatures(np.stack(self._thumbnails), np.stack(self._histograms)) if len(self) else Signatures(none, none)
        )

    def __len__(self) -> int:
        return len(self._thumbnails)


def find_cuts(found: Signatures, fps: float) -> tuple[int, ...]:
    """Give the number of the first frame of every shot but the first, in order."""
    cuts = dict(_hard_cuts(found, fps))
    near = max(1, round(_FADE_S * fps))
    for number, strength in _fades(found, near):
        if not any(abs(number - cut) <= near for cut in cuts):
            cuts[number] = strength
    return _apart(cuts, len(found), max(2, round(_SHORTEST_S * fps)))


def liveliness(found: Signatures, first: int, end: int, parts: int) -> tuple[float, ...]:
    """Say how much happens in each of `parts` equal parts of frames `first` to `end`: change, and some contrast."""
    change = np.concatenate([[0.0], found.change()])[first:end].copy()
    change[0] = 0.0  # what came before the shot is no part of it
    contrast = found.thumbnails[first:end].reshape(end - first, -1, 3).std(axis=1).mean(axis=1) / 255
    edges = np.linspace(0, end - first, parts + 1).round().astype(int)
    return tuple(
        float(change[a:b].mean() * _CHANGE + contrast[a:b].mean() * _CONTRAST) if b > a else 0.0
        for a, b in pairwise(edges)
    )


def _hard_cuts(found: Signatures, fps: float) -> list[tuple[int, float]]:
    if len(found) < 2:
        return []
    change = found.change()
    around = max(2, round(fps / 6))
    padded = np.pad(change, around, mode="constant")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * around + 1)
    others = (windows.sum(axis=1) - change) / (2 * around)
    cuts = []
    for at in np.flatnonzero((change >= _HARD) & (change >= _TIMES_AROUND * others)):
        number = int(at) + 1  # change[0] is between frames 0 and 1
        if change[at] == windows[at].max() and not _goes_away(found, number, round(_FLASH_S * fps), float(change[at])):
            cuts.append((number, float(change[at])))
    return cuts


def _goes_away(found: Signatures, number: int, frames: int, change: float) -> bool:
    """Say whether the picture before a cut is soon back, or the one after it was there before: a flash's two ends."""
    last = len(found) - 1
    after = [_between(found, number - 1, at) for at in range(number + 1, min(last, number + frames) + 1)]
    before = [_between(found, number, at) for at in range(max(0, number - 1 - frames), number - 1)]
    return min([*after, *before], default=1.0) < change / 4


def _fades(found: Signatures, half: int) -> list[tuple[int, float]]:
    """Find where frames `half` before and after differ and the one between is their mixture."""
    if len(found) < 2 * half + 1:
        return []
    before, middle, after = (found.thumbnails[at : len(found) - 2 * half + at] for at in (0, half, 2 * half))
    apart = _distance(after, before)
    mixture = (before.astype(np.uint16) + after) // 2
    stray = _distance(middle, mixture.astype(np.uint8))
    mixed = (apart >= _FADE) & (stray <= _MIXED * apart)
    fades, at = [], 0
    while at < len(mixed):
        if not mixed[at]:
            at += 1
            continue
        end = at + int(np.argmin(np.append(mixed[at:], False)))
        # Within one run the fade is where both ends differ most; of a level top, its middle.
        top = np.flatnonzero(apart[at:end] >= apart[at:end].max() * 0.98) + at
        fades.append((int(top[len(top) // 2]) + half, float(apart[at:end].max())))
        at = end
    return fades


def _apart(cuts: dict[int, float], count: int, least: int) -> tuple[int, ...]:
    """Of cuts too near each other, or to the film's ends, keep the stronger."""
    kept: list[int] = []
    for number in sorted(cuts, key=lambda cut: (-cuts[cut], cut)):
        if least <= number <= count - least and all(abs(number - other) >= least for other in kept):
            kept.append(number)
    return tuple(sorted(kept))


def _distance(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Give the mean difference of rows, 0 to 1; a stretch at a time, so that no copy of everything is made."""
    found = np.empty(len(one), np.float32)
    for at in range(0, len(one), 4096):
        part = slice(at, at + 4096)
        found[part] = np.abs(one[part].astype(np.int16) - other[part]).mean(axis=1) / 255
    return found


def _between(found: Signatures, one: int, other: int) -> float:
    pair = Signatures(found.thumbnails[[one, other]], found.histograms[[one, other]])
    return float(pair.change()[0])
