"""A film's packets: when each is shown and which of them begin anew, and which stretches can be copied as they are.

Read from ffmpeg's own list of packets (`framecrc`), because headers only claim. Numbers count frames as they are
shown; packets are stored in the order they are decoded.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from content.errors import BadInputError

_USUAL = tuple(Fraction(n, d) for n, d in (
    (24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (48, 1), (50, 1), (60000, 1001), (60, 1), (120, 1),
))  # fmt: skip
_NO_TIME = -(2**63)
_KEY, _NEVER_SHOWN = 1, 4


@dataclass(frozen=True)
class Packets:
    """The video packets of a film in the order they are stored. `tick` is the unit of their times, seconds."""

    tick: Fraction
    shown: NDArray[np.int64]
    lasts: NDArray[np.int64]
    keys: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.shown)

    @property
    def end(self) -> Fraction:
        """When the last frame goes, seconds from the start of the file."""
        last = int(np.argmax(self.shown))
        lasts = int(self.lasts[last])
        return int(self.shown[last]) * self.tick + (lasts * self.tick if lasts > 0 else 1 / self.rate)

    @property
    def rate(self) -> Fraction:
        """How many frames come a second, all in all; a usual rate where it is near one."""
        if len(self) < 2:
            return 1 / (int(self.lasts[0]) * self.tick) if int(self.lasts[0]) > 0 else Fraction(25)
        span = int(self.shown.max() - self.shown.min()) * self.tick
        if not span:
            raise BadInputError("all frames of the film have the same time")
        rate = (len(self) - 1) / span
        near = min(_USUAL, key=lambda usual: abs(usual - rate))
        if abs(near - rate) <= max(near / 500, near * self.tick / span * 2):
            return near
        whole = Fraction(max(1, round(rate)))
        return whole if abs(whole - rate) * 50 <= whole else rate.limit_denominator(1001)

    @property
    def is_even(self) -> bool:
        """Whether every frame comes at its whole number of 1/rate from the start, as near as the file can say it."""
        times = np.sort(self.shown) * float(self.tick)
        grid = np.arange(len(times)) / float(self.rate)
        return bool(np.abs(times - grid).max() <= max(float(self.tick), 0.25 / float(self.rate)))

    def copyable(self, first: int, end: int) -> bool:
        """Say whether frames `first` up to `end` can be copied without decoding, and nothing else with them.

        They can when they begin with a keyframe, stand together in the file, and nothing of them needs what is left
        out: the next one stored begins anew, too.
        """
        order = np.empty(len(self), np.int64)
        order[np.argsort(self.shown, kind="stable")] = np.arange(len(self))
        found = np.flatnonzero((order >= first) & (order < end))
        if len(found) != end - first or not len(found):
            return False
        start, stop = int(found[0]), int(found[-1]) + 1
        together = stop - start == len(found)
        begins = bool(self.keys[start]) and int(order[start]) == first
        return together and begins and (stop == len(self) or bool(self.keys[stop]))

    def starts_s(self, number: int) -> float:
        """Give when frame `number` is shown, seconds from the start of the file."""
        return float(int(np.sort(self.shown)[number]) * self.tick)


@dataclass
class PacketList:
    """What ffmpeg said of one stream: the unit of time, the size, the shape of a pixel (width over height), packets."""

    tick: Fraction = Fraction(0)
    size: tuple[int, int] = (0, 0)
    pixel: Fraction = Fraction(1)
    rows: list[tuple[int, int, bool]] = field(default_factory=list)

    def read(self, lines: Iterable[str], *, most: int) -> None:
        """Take ffmpeg's lines; raise BadInputError when there are more than `most` packets."""
        for line in lines:
            if line.startswith("#"):
                self._headline(*line[1:].strip().partition(" 0: ")[::2])
            elif len(parts := line.split(",")) >= 6:
                flag = _flag(parts[6:])
                if not flag & _NEVER_SHOWN:
                    self.rows.append((int(parts[2]), int(parts[3]), bool(flag & _KEY)))
            if len(self.rows) > most:
                raise BadInputError(f"the film has more than {most} frames")

    def packets(self) -> Packets:
        """Give the packets; raise BadInputError when there are none, or some without a time."""
        if not self.rows or not self.tick:
            raise BadInputError("the film holds no frame")
        if any(shown == _NO_TIME for shown, _, _ in self.rows):
            raise BadInputError("the film has frames without a time")
        shown, lasts, keys = zip(*self.rows, strict=True)
        return Packets(self.tick, np.array(shown, np.int64), np.array(lasts, np.int64), np.array(keys, np.bool_))

    def _headline(self, name: str, value: str) -> None:
        if name == "tb":
            self.tick = Fraction(value)
        elif name == "dimensions":
            width, _, height = value.partition("x")
            self.size = int(width), int(height)
        elif name == "sar" and "0" not in value.split("/"):
            self.pixel = Fraction(value)


def _flag(parts: Iterable[str]) -> int:
    """Give a packet's flags; ffmpeg leaves them out for a plain keyframe."""
    told = next((part.strip() for part in parts if part.strip().startswith("F=")), "")
    return int(told.removeprefix("F="), 0) if told else _KEY
