"""A moment by which work of several parts has to be done."""

import time

from content.errors import TimedOutError


class Deadline:
    """Counts from when it is made. Threads may share it."""

    def __init__(self, seconds: float, *, what: str) -> None:
        """Take how long the work may take, and how it is called: "the video was not …"."""
        self.seconds = seconds
        self._what = what
        self._ends = time.monotonic() + seconds

    def left(self) -> float:
        """Give the seconds left; raise TimedOutError when there are none."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise self.passed()
        return left

    def give_up(self) -> None:
        """Let no other part of the work begin: one of them has failed."""
        self._ends = 0.0

    def passed(self) -> TimedOutError:
        """Make the error of work that was not done in time."""
        return TimedOutError(
            f"{self._what} was not done within {self.seconds:g} s; what is finished is kept, so the step may be run "
            "again when the machine has less to do"
        )
