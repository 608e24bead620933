"""The meter engines report to, and the purse that stops them before the next paid call.

Whoever starts a piece of work opens a meter (`metered`); the engine, which knows neither, says what it used (`spend`).
Meters belong to the thread that opened them, so an engine reports from the thread that asked, not from its own.
A purse belongs to an edition and is shared by its threads. Without a meter, everything is free and unlimited.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from content.errors import OverBudgetError
from content.usage import Usage


class Meter:
    """Adds up what one piece of work used."""

    def __init__(self) -> None:
        self.usage = Usage()

    def add(self, used: Usage) -> None:
        """Add an amount."""
        self.usage = self.usage + used


class Purse:
    """What an edition may still spend. A call is reserved at its worst case before it is made, and settled after it."""

    def __init__(self, limit: float, spent: float = 0.0, *, what: str = "this edition") -> None:
        self._limit, self._spent, self._what = limit, spent, what
        self._reserved = 0.0
        self._lock = threading.Lock()

    @contextmanager
    def reserve(self, worst: float) -> Iterator[None]:
        """Hold back the worst case while a call is made; raise OverBudgetError before the call when it is too much."""
        with self._lock:
            if self._spent + self._reserved + worst > self._limit:
                raise OverBudgetError(
                    f"{self._what} has spent {self._spent:.4f} of its {self._limit:.4f}; the next call may cost"
                    f" {worst:.4f} and was not made. Raise PRESSROOM_EDITION_BUDGET and rerun: what is done is kept"
                )
            self._reserved += worst
        try:
            yield
        finally:
            with self._lock:
                self._reserved -= worst

    def settle(self, cost: float) -> None:
        """Take what a call really cost."""
        with self._lock:
            self._spent += cost


_meter: ContextVar[Meter | None] = ContextVar("meter", default=None)
_purse: ContextVar[Purse | None] = ContextVar("purse", default=None)


@contextmanager
def metered(meter: Meter, purse: Purse | None = None) -> Iterator[None]:
    """Have a meter, and the purse its work is paid from, for what this thread does inside the block."""
    token, bag = _meter.set(meter), _purse.set(purse)
    try:
        yield
    finally:
        _meter.reset(token)
        _purse.reset(bag)


def spend(**amounts: Any) -> None:
    """Report what was used, as fields of `Usage`; a cost is also taken from the purse."""
    used = Usage(**amounts)
    if meter := _meter.get():
        meter.add(used)
    if (purse := _purse.get()) and used.cost:
        purse.settle(used.cost)


@contextmanager
def afford(worst: float) -> Iterator[None]:
    """Hold back the worst case of a call while it is made; raise OverBudgetError before it when that is too much.

    Report the real cost with `spend` inside the block, so that no other call slips in between.
    """
    purse = _purse.get()
    if purse is None or not worst:
        yield
        return
    with purse.reserve(worst):
        yield
