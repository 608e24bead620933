"""How long and how often a server is asked before its trouble becomes the caller's."""

import time
from collections.abc import Callable
from typing import Final

from content.errors import PressroomError
from models.seeds import derived_seed

TRIES: Final = 3
BACKOFF_S: Final = 1.0
LONGEST_WAIT_S: Final = 60.0
"""A server that wants to be left alone for longer is left alone: whoever asked may come back."""


class Patience:
    """The patience with one question: a few tries, and all of them within as many timeouts. One thread's."""

    def __init__(self, timeout_s: float, *, seed: int, sleep: Callable[[float], None]) -> None:
        self._timeout_s, self._seed, self._sleep = timeout_s, seed, sleep
        self._ends = time.monotonic() + TRIES * timeout_s
        self._failed = 0

    def left(self) -> float:
        """Give the seconds the next try may take."""
        return max(0.001, min(self._timeout_s, self._ends - time.monotonic()))

    def pause(self, fault: PressroomError, hint: float | None) -> None:
        """Wait as long as the server asks, else longer each time; raise the fault when there is no next try."""
        self._failed += 1
        own = min(BACKOFF_S * 2 ** (self._failed - 1), self._timeout_s / 4)
        # Threads that were turned away together must not come back together, and not before they were told to.
        jitter = derived_seed(self._seed, self._failed) / 2**63
        wait = own * (0.5 + jitter) if hint is None else hint + own * jitter / 2
        if self._failed >= TRIES or (hint or 0) > LONGEST_WAIT_S or time.monotonic() + wait >= self._ends:
            raise fault from None
        self._sleep(wait)
