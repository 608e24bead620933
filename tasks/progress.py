"""Who is told how the work is going: the Prefect UI by a progress artifact, and any listener in this process.

The command line listens to draw its bars; nothing depends on anybody listening.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.context import TaskRunContext

from content.recipes import Value
from content.values import Step
from tasks.pace import Pace, told

log = logging.getLogger(__name__)


class Event(Value):
    """Something that happened to a step.

    `done` of `total` is for `progress` only, and so is `left_s`, None while nobody can tell.
    """

    kind: Literal["started", "progress", "computed", "reused", "failed", "held"]
    step: Step
    item: str
    seconds: float = 0.0
    done: int = 0
    total: int = 0
    left_s: float | None = None
    detail: str = ""


_listeners: list[Callable[[Event], None]] = []
_current = threading.local()


@contextmanager
def listening(listener: Callable[[Event], None]) -> Iterator[None]:
    """Tell `listener` of every event while the block runs; it is called from the threads that work."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def announce(event: Event) -> None:
    """Tell everybody who listens."""
    for listener in _listeners:
        listener(event)


@contextmanager
def working_on(step: Step, item: str) -> Iterator[None]:
    """Remember what this thread works on, so that `shown_progress` knows what it speaks of."""
    _current.step, _current.item = step, item
    announce(Event(kind="started", step=step, item=item))
    try:
        yield
    finally:
        _current.step = None


@contextmanager
def shown_progress(
    description: str, *, clock: Callable[[], float] = time.monotonic
) -> Iterator[Callable[[int, int], None]]:
    """Give a function to call with (done, total); the Prefect UI hears of it once a second, listeners every time.

    Both are told the seconds left; what is done at the first call counts as kept from before.
    """
    artifact: Any = None
    if TaskRunContext.get():
        artifact = create_progress_artifact(progress=0.0, description=description)
    last, pace = clock(), Pace()

    def progress(done: int, total: int) -> None:
        nonlocal last
        now = clock()
        left_s = pace.left_s(now, done, total)
        if getattr(_current, "step", None):
            step, item = _current.step, _current.item
            announce(Event(kind="progress", step=step, item=item, done=done, total=total, left_s=left_s))
        if artifact and (now - last >= 1 or done >= total):
            last = now
            try:
                update_progress_artifact(
                    artifact_id=artifact,
                    progress=round(100.0 * done / max(total, 1), 1),
                    description=f"{description}: {told(done, total, left_s)}",
                )
            except Exception as error:  # noqa: BLE001 - a bar that stands still must not cost a video
                log.warning("the progress bar could not be moved: %s", error)

    yield progress
