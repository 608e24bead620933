"""What is made once and wanted several times: the last few results, and one maker for each however many threads ask.

Lives as long as the engine that owns it; nothing is kept of work that failed.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Made = TypeVar("Made")


class Once(Generic[Made]):
    """Remembers the `keep` results asked for last."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._made: OrderedDict[Hashable, Made] = OrderedDict()
        self._making: set[Hashable] = set()
        self._changed = threading.Condition()

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Give what was made for a key, making it in this thread if nobody has; others who want it wait.

        When making fails the error goes to the maker, and the next who waits tries in its place.
        """
        with self._changed:
            self._changed.wait_for(lambda: key not in self._making)
            if key in self._made:
                self._made.move_to_end(key)
                return self._made[key]
            self._making.add(key)
        try:
            made = make()
            with self._changed:
                self._made[key] = made
                while len(self._made) > self._keep:
                    self._made.popitem(last=False)
        finally:
            with self._changed:
                self._making.discard(key)
                self._changed.notify_all()
        return made

    def forget(self) -> None:
        """Let everything go."""
        with self._changed:
            self._made.clear()
