"""How long work still takes, judged by how fast it went lately; it is told the time and starts no clock of its own."""

import math
from typing import Final

MEMORY_S: Final = 10.0
"""How long ago work counts 1/e as much as work done just now."""

_BELIEF_S: Final = 1.0
"""How much the mean of the whole time weighs against lately: it keeps a long stall from promising eternity."""

_SOONEST_S: Final = 2.0
_SOONEST_SHARE: Final = 0.03


class Pace:
    """Estimates the seconds left from reports of work done. Lives as long as one piece of work.

    What is done at the first report was kept from before: it is no work, and says nothing about speed.
    """

    def __init__(self) -> None:
        self._start: tuple[float, int] | None = None
        self._last = (0.0, 0)
        self._time = self._work = 0.0  # lately

    def left_s(self, now_s: float, done: int, total: int) -> float | None:
        """Take note of a report and give the seconds left, None while too little is known.

        Something is known after 2 s or 3 % of the work, once anything is done.
        """
        if self._start is None:
            self._start = self._last = now_s, done
        self._note(now_s, done)
        if done >= total:
            return 0.0
        (since_s, kept), (now_s, done) = self._start, self._last
        passed, worked = now_s - since_s, done - kept
        known = passed >= _SOONEST_S or worked >= _SOONEST_SHARE * (total - kept)
        if not known or passed <= 0 or worked <= 0:
            return None
        speed = (self._work + _BELIEF_S * worked / passed) / (self._time + _BELIEF_S)
        return (total - done) / speed

    def _note(self, now_s: float, done: int) -> None:
        # Reports of several threads may overtake each other; neither time nor work runs backwards.
        passed, worked = max(0.0, now_s - self._last[0]), max(0, done - self._last[1])
        self._last = self._last[0] + passed, self._last[1] + worked
        fresh = -math.expm1(-passed / MEMORY_S)
        # Work is taken to have been done evenly since the last report: how often there is one must not matter.
        self._time += fresh * (MEMORY_S - self._time)
        self._work += worked * (fresh * MEMORY_S / passed if passed > 0 else 1.0) - fresh * self._work


def told(done: int, total: int, left_s: float | None) -> str:
    """Say how far work is, as `1234/2025 · 12 s left`; what is not known, or nothing, is not said."""
    seconds = math.ceil(left_s or 0)
    left = "" if not seconds else f" · {seconds} s left" if seconds < 100 else f" · {math.ceil(seconds / 60)} min left"
    return f"{done}/{total}{left}"
