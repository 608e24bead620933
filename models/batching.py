"""One batch for the threads that ask side by side: whoever finds nobody leading leads the next batch for all.

No thread is started. A batch holds work of one key, oldest first; when the device has no room for it, it is halved
and the key keeps to the smaller size. Knows nothing of models: `run` does the work.
A batcher lives as long as the model it feeds is loaded.
"""

import logging
import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from content.errors import OutOfMemoryError

Work = TypeVar("Work")
Answer = TypeVar("Answer")

Tell = Callable[[float], None]
"""Called with the share of a batch that is done, 0 to 1."""

Run = Callable[[Sequence[Work], Tell], Sequence[Answer | Exception]]
"""Does a batch and gives an answer, or what went wrong with that one piece, in order."""

log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Ticket(Generic[Work, Answer]):
    key: Hashable
    work: Work
    share: float = 0.0
    answer: Answer | None = None
    error: Exception | None = None
    settled: bool = False
    abandoned: bool = False

    def settle(self, answer: Answer | Exception) -> None:
        if isinstance(answer, Exception):
            self.error = answer
        else:
            self.answer = answer
        self.share, self.settled = 1.0, True


class Batcher(Generic[Work, Answer]):
    """Puts work of several threads together.

    `largest` is how many pieces a batch holds at most, `gather_s` how long a leader waits for a batch to fill,
    `make_room` gives a device's memory back before a halved batch is tried.
    """

    def __init__(
        self,
        run: Run[Work, Answer],
        *,
        largest: int,
        gather_s: float = 0.03,
        make_room: Callable[[], None] = lambda: None,
    ) -> None:
        self._run, self._largest, self._gather_s, self._make_room = run, largest, gather_s, make_room
        self._queue: list[_Ticket[Work, Answer]] = []
        self._limits: dict[Hashable, int] = {}
        self._leading = False
        self._changed = threading.Condition()

    def put(self, works: Sequence[tuple[Hashable, Work]], watch: Tell = lambda _: None) -> list[Answer]:
        """Have pieces of work done, each with its key, and give their answers in order.

        `watch` is called in this thread with how many pieces are done, parts of them counted.
        Raises what went wrong with the first piece that failed; pieces nobody has begun are left undone then.
        """
        mine: list[_Ticket[Work, Answer]] = [_Ticket(key, work) for key, work in works]
        with self._changed:
            self._queue.extend(mine)
            self._changed.notify_all()
        try:
            seen = 0.0
            while not _over(mine):
                if self._leads(mine, seen):
                    self._lead(mine, watch)
                if (now := _share(mine)) != seen:
                    seen = now
                    watch(now)
        finally:
            with self._changed:
                self._queue = [ticket for ticket in self._queue if ticket not in mine]
                for ticket in mine:
                    ticket.abandoned = True
                self._changed.notify_all()
        if failure := next((ticket.error for ticket in mine if ticket.error), None):
            raise failure
        return [cast("Answer", ticket.answer) for ticket in mine]

    def _leads(self, mine: Sequence[_Ticket[Work, Answer]], seen: float) -> bool:
        """Wait for news of one's own work or for a lead to take; say whether it was taken."""
        with self._changed:
            # A leader notifies of every step, so nothing is missed by waiting without a limit.
            self._changed.wait_for(lambda: _over(mine) or not self._leading or _share(mine) != seen)
            takes = not self._leading and not _over(mine) and _share(mine) == seen
            self._leading = self._leading or takes
            return takes

    def _lead(self, mine: Sequence[_Ticket[Work, Answer]], watch: Tell) -> None:
        """Do one batch; whatever happens, somebody else may lead after it."""
        batch: list[_Ticket[Work, Answer]] = []
        try:
            self._gather(batch)
            if batch:
                self._do(batch, mine, watch)
        finally:
            with self._changed:
                # Left over only when this thread was interrupted: that is no reason for the others to fail.
                self._queue[:0] = [ticket for ticket in batch if not ticket.settled and not ticket.abandoned]
                self._leading = False
                self._changed.notify_all()

    def _gather(self, batch: list[_Ticket[Work, Answer]]) -> None:
        """Fill a batch from the queue; nobody else may lead meanwhile."""
        with self._changed:
            if not self._queue:
                return
            key = self._queue[0].key
            limit = self._limits.get(key, self._largest)
            self._changed.wait_for(lambda: len(self._waiting(key)) >= limit, timeout=self._gather_s)
            batch += self._waiting(key)[:limit]
            self._queue = [ticket for ticket in self._queue if ticket not in batch]

    def _waiting(self, key: Hashable) -> list[_Ticket[Work, Answer]]:
        return [ticket for ticket in self._queue if ticket.key == key]

    def _do(self, batch: Sequence[_Ticket[Work, Answer]], mine: Sequence[_Ticket[Work, Answer]], watch: Tell) -> None:
        interruption: list[BaseException] = []

        def tell(share: float) -> None:
            with self._changed:
                for ticket in batch:
                    ticket.share = max(ticket.share, min(share, 1.0))
                self._changed.notify_all()
            try:
                watch(_share(mine))
            except BaseException as error:
                interruption.append(error)
                raise

        try:
            answers = self._run([ticket.work for ticket in batch], tell)
            self._settle(batch, answers)
        except OutOfMemoryError as error:
            if len(batch) == 1:
                self._settle(batch, [error])
                return
        except BaseException as error:
            if interruption or not isinstance(error, Exception):
                raise
            self._settle(batch, [error] * len(batch))
            return
        else:
            return
        # Only here, outside of the handler, is the memory free that the failed work held through its traceback.
        half = (len(batch) + 1) // 2
        self._limits[batch[0].key] = half
        log.warning("no room for a batch of %d; going on with batches of %d", len(batch), half)
        self._make_room()
        self._do(batch[:half], mine, watch)
        self._do(batch[half:], mine, watch)

    def _settle(self, batch: Sequence[_Ticket[Work, Answer]], answers: Sequence[Answer | Exception]) -> None:
        with self._changed:
            for ticket, answer in zip(batch, answers, strict=True):
                ticket.settle(answer)
            self._changed.notify_all()


def _over(tickets: Sequence[_Ticket[Work, Answer]]) -> bool:
    return any(ticket.error for ticket in tickets) or all(ticket.settled for ticket in tickets)


def _share(tickets: Sequence[_Ticket[Work, Answer]]) -> float:
    return sum(ticket.share for ticket in tickets)
