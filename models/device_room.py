"""Who is loaded on which device: one large model at a time unless they fit together, warm until idle or in the way.

An engine at work is never evicted; one that is only warm goes, the longest idle first, when another needs its room.
Threads that want the engine that is loaded go first, so that work is arranged by stage (all drafts, then all pictures),
but once somebody has waited for `patience_s`, nobody who came later gets a place before.
An engine is loaded once, however many threads ask for it. A room lives as long as its process.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, cast

from content.errors import BadConfigurationError, OutOfMemoryError
from models.protocols import Engine, HeavyEngine


@dataclass
class _Resident:
    engine: Engine
    device: str
    bytes: int
    users: int = 0
    ready: bool = False
    idle_since: float = 0.0

    @property
    def warm(self) -> bool:
        """Loaded, and nobody works with it."""
        return self.ready and not self.users


class _Waiting(NamedTuple):
    device: str
    since: float


class DeviceRoom:
    """Lends engines out, loaded.

    `budgets` tells how many bytes of each device may be taken (a device without one has no limit), and is asked when
    the first heavy engine comes, because looking at devices takes seconds of imports; `idle_s` is how long
    an engine nobody uses stays warm; `side_by_side` bounds how many threads work on light engines (those that need a
    processor and no device) at the same time.
    """

    def __init__(
        self,
        budgets: Callable[[], Mapping[str, int]],
        *,
        idle_s: float = 300.0,
        patience_s: float = 60.0,
        side_by_side: int = 2,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask_budgets = budgets
        self._idle_s, self._patience_s, self._clock = idle_s, patience_s, clock
        self._residents: dict[int, _Resident] = {}
        self._waiting: dict[int, _Waiting] = {}
        self._changed = threading.Condition()
        self._light = threading.Semaphore(side_by_side)
        self._light_locks: dict[int, threading.Lock] = {}
        self._mine = threading.local()
        self._sweeper: threading.Timer | None = None

    @cached_property
    def _budgets(self) -> Mapping[str, int]:
        return self._ask_budgets()

    @contextmanager
    def using(self, engine: Engine) -> Iterator[None]:
        """Have an engine loaded while the block runs; it always comes back, also from a block that fails.

        Raises BadConfigurationError for an engine that is larger than its device's whole budget, RuntimeError for a
        second engine of a limited device inside the block of a first (the two could wait for each other for ever),
        and whatever the engine's `load` raises.
        """
        mine: list[Engine] = self._mine.__dict__.setdefault("engines", [])
        if any(each is engine for each in mine):
            yield
            return
        work = self._heavy_work if getattr(engine, "device", "") else self._light_work
        with work(engine, mine):
            mine.append(engine)
            try:
                yield
            finally:
                mine.pop()

    def release_idle(self) -> None:
        """Release every engine that nobody has used for `idle_s` seconds."""
        with self._changed:
            now = self._clock()
            for key, resident in list(self._residents.items()):
                if resident.warm and now - resident.idle_since >= self._idle_s:
                    self._evict(key)

    def loaded(self) -> tuple[Engine, ...]:
        """Give the heavy engines that are loaded now."""
        with self._changed:
            return tuple(resident.engine for resident in self._residents.values() if resident.ready)

    def close(self) -> None:
        """Release every heavy engine nobody works with."""
        with self._changed:
            if self._sweeper:
                self._sweeper.cancel()
                self._sweeper = None
            self._evict_warm()

    # ---- light engines: loaded once, a bounded number of threads at work ---------------------------------------------

    @contextmanager
    def _light_work(self, engine: Engine, mine: list[Engine]) -> Iterator[None]:
        # Who is at work already needs no second turn, and must not wait for one while others wait for its engine.
        with nullcontext() if mine else self._light:
            with self._changed:
                lock = self._light_locks.setdefault(id(engine), threading.Lock())
            with lock:
                engine.load()
            yield

    # ---- heavy engines -----------------------------------------------------------------------------------------------

    @contextmanager
    def _heavy_work(self, engine: Engine, mine: list[Engine]) -> Iterator[None]:
        resident = self._admit(cast("HeavyEngine", engine), mine)
        try:
            if not resident.ready:
                self._load(resident)
            yield
        finally:
            self._leave(resident)

    def _admit(self, engine: HeavyEngine, mine: list[Engine]) -> _Resident:
        """Wait for a place; the one who gets a place that is not ready yet has to load it."""
        device, needed = engine.device, engine.footprint
        budget = self._budgets.get(device)
        if budget is not None and needed > budget:
            raise BadConfigurationError(
                f"{engine.identity} needs about {_gigabytes(needed)} on {device}, where {_gigabytes(budget)} may be"
                " used; choose a smaller profile (`pressroom models list`), or raise PRESSROOM_DEVICE_MEMORY_GB"
            )
        if budget is not None and (held := [each for each in mine if getattr(each, "device", "") == device]):
            raise RuntimeError(f"{engine.identity} is asked for while {held[0].identity} is in use on {device}")
        me = threading.get_ident()
        with self._changed:
            self._waiting[me] = _Waiting(device, self._clock())
            try:
                while True:
                    resident = self._residents.get(id(engine))
                    if not self._somebody_is_overdue(self._waiting[me]):
                        if resident is not None and resident.ready:
                            resident.users += 1
                            return resident
                        if resident is None and self._has_room(device, needed, budget):
                            self._residents[id(engine)] = resident = _Resident(engine, device, needed, users=1)
                            return resident
                    self._changed.wait(timeout=1.0)
            finally:
                del self._waiting[me]
                self._changed.notify_all()  # whoever waited only because this one was overdue

    def _somebody_is_overdue(self, mine: _Waiting) -> bool:
        """Say whether somebody came earlier and has waited too long for room on this device."""
        now = self._clock()
        return mine.device in self._budgets and any(
            each.device == mine.device and each.since < mine.since and now - each.since > self._patience_s
            for each in self._waiting.values()
        )

    def _has_room(self, device: str, needed: int, budget: int | None) -> bool:
        """Say whether an engine fits, after evicting what is only warm; nothing goes before it is sure to help."""
        if budget is None:
            return True
        here = {key: each for key, each in self._residents.items() if each.device == device}
        if sum(each.bytes for each in here.values() if not each.warm) + needed > budget:
            return False
        taken = sum(each.bytes for each in here.values())
        for key, each in sorted(here.items(), key=lambda pair: pair[1].idle_since):
            if taken + needed <= budget:
                break
            if each.warm:
                taken -= each.bytes
                self._evict(key)
        return True

    def _load(self, resident: _Resident) -> None:
        try:
            try:
                resident.engine.load()
            except OutOfMemoryError:
                # Footprints are estimates: what is only warm may be all that is in the way.
                with self._changed:
                    evicted = self._evict_warm(resident.device)
                if not evicted:
                    raise
                resident.engine.load()
        except BaseException:
            with self._changed:
                self._residents.pop(id(resident.engine), None)
                self._changed.notify_all()
            raise
        with self._changed:
            resident.ready = True
            self._changed.notify_all()

    def _leave(self, resident: _Resident) -> None:
        with self._changed:
            resident.users -= 1
            resident.idle_since = self._clock()
            self._changed.notify_all()
            self._schedule()

    def _evict_warm(self, device: str = "") -> int:
        keys = [key for key, each in self._residents.items() if each.warm and device in {"", each.device}]
        for key in keys:
            self._evict(key)
        return len(keys)

    def _evict(self, key: int) -> None:
        resident = self._residents.pop(key)
        with suppress(Exception):  # an engine that cannot let go must not keep the room locked
            resident.engine.release()
        self._changed.notify_all()

    def _schedule(self) -> None:
        """Come back when the engine that is idle for longest has been idle for long enough."""
        idle = [each.idle_since for each in self._residents.values() if each.warm]
        if self._sweeper or not idle or self._idle_s >= threading.TIMEOUT_MAX:
            return
        self._sweeper = threading.Timer(max(min(idle) + self._idle_s - self._clock(), 0.0), self._sweep)
        self._sweeper.daemon = True
        self._sweeper.start()

    def _sweep(self) -> None:
        self.release_idle()
        with self._changed:
            if self._sweeper is threading.current_thread():
                self._sweeper = None
                self._schedule()


def _gigabytes(amount: int) -> str:
    return f"{amount / 2**30:.1f} GB"
