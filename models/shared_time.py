"""Shares the time a device was busy among those it was busy for.

Work in a batch has no time of its own: while N pieces of work are under way, each of them is charged an N-th.
So the charges of all pieces add up to the time the device was busy, however they overlapped.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Charge:
    """What one piece of work has to answer for, known when its block is over."""

    def __init__(self) -> None:
        self.seconds = 0.0


class SharedTime:
    """A clock that runs at 1/N while N pieces of work are under way; it lives as long as the engine that owns it."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._at = clock()
        self._busy = 0
        self._shared = 0.0

    @contextmanager
    def charged(self) -> Iterator[Charge]:
        """Count a piece of work in while the block runs; its charge is written when the block ends, also by failing."""
        charge = Charge()
        began = self._step(+1)
        try:
            yield charge
        finally:
            charge.seconds = self._step(-1) - began

    def _step(self, change: int) -> float:
        with self._lock:
            now = self._clock()
            if self._busy:
                self._shared += (now - self._at) / self._busy
            self._at = now
            self._busy += change
            return self._shared
