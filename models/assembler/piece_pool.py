"""Pieces drawn side by side in worker processes, each with its own encoder; with one worker, here.

Workers start with the rendering and end with it, and with this process, however it ends.
Bytes do not depend on how many there are. Whoever lost a worker to the system gets one more try.
"""

import contextlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from content.errors import MissingEngineError, OutOfMemoryError
from content.pieces import Piece
from models.assembler.piece_encoding import Encoding, encode_piece
from models.assembler.scene_pictures import ScenePictures
from models.deadline import Deadline

_START = "import sys; sys.path.insert(0, sys.argv[1]); from models.assembler.piece_worker import main; main()"
_ROOT = Path(__file__).resolve().parents[2]
_TRIES = 2

_FRUGAL = {
    "OPENBLAS_NUM_THREADS": "1",  # numpy's would take memory and do nothing
    # glibc: pictures and an encoder's frames go back to the system at once, instead of waiting for others their size.
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": "4000000",
    "MALLOC_TRIM_THRESHOLD_": "8000000",
}


@dataclass(frozen=True)
class Task:
    """A piece to make, and the file it goes to."""

    piece: Piece
    path: Path


@dataclass(frozen=True)
class Studio:
    """What all tasks of a rendering share: files by sha256, a folder for clips, the encoder, and when to be done."""

    media: Mapping[str, Path]
    work: Path
    encoding: Encoding
    deadline: Deadline


def render(
    tasks: Sequence[Task],
    studio: Studio,
    *,
    workers: int,
    drawn: Callable[[int, int], None],
    finished: Callable[[int], None],
) -> None:
    """Make every task's piece. `drawn` gets (task, frames so far) and `finished` a task, both in this thread.

    Raises what drawing and encoding raise, TimedOutError, and OutOfMemoryError when the system ends workers.
    """
    if min(workers, len(tasks)) > 1:
        _Pool(tasks, studio, min(workers, len(tasks))).run(drawn, finished)
        return
    pictures = ScenePictures(studio.media, studio.work)
    for index, task in enumerate(tasks):
        encode_piece(
            task.piece,
            pictures,
            studio.encoding,
            task.path,
            deadline=studio.deadline,
            drawn=partial(drawn, index),
        )
        finished(index)


class _Agenda:
    """Which task is next: whoever is done with one goes on with its neighbour, which shows the same pictures.

    Who has no neighbour left goes half-way into the longest stretch that nobody has begun.
    """

    def __init__(self, count: int) -> None:
        self._lock = threading.Lock()
        self._stretches = [range(count)]

    def next(self, last: int | None) -> int | None:
        """Give a task that nobody else gets, or None when there is none."""
        with self._lock:
            if not self._stretches:
                return None
            stretch = next((s for s in self._stretches if last is not None and s.start == last + 1), None)
            place = stretch.start if stretch else 0
            if stretch is None:
                stretch = max(self._stretches, key=len)
                place = stretch.start + (len(stretch) // 2 if stretch.start else 0)
            self._stretches.remove(stretch)
            rest = (range(stretch.start, place), range(place + 1, stretch.stop))
            self._stretches += [part for part in rest if part]
            return place


class _Pool:
    """One rendering's workers: a thread for each, which feeds it and listens to it."""

    def __init__(self, tasks: Sequence[Task], studio: Studio, workers: int) -> None:
        self._tasks, self._studio = tasks, studio
        self._agenda = _Agenda(len(tasks))
        self._events: queue.SimpleQueue[tuple[int, int, bool] | BaseException | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._workers: set[_Worker] = set()
        self._threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(workers)]

    def run(self, drawn: Callable[[int, int], None], finished: Callable[[int], None]) -> None:
        """Have all tasks done; end every worker before returning."""
        try:
            for thread in self._threads:
                thread.start()
            at_work = len(self._threads)
            while at_work:
                try:
                    event = self._events.get(timeout=self._studio.deadline.left())
                except queue.Empty:
                    raise self._studio.deadline.passed() from None
                if event is None:
                    at_work -= 1
                elif isinstance(event, BaseException):
                    raise event
                else:
                    index, frames, whole = event
                    drawn(index, frames)
                    if whole:
                        finished(index)
        finally:
            self._closing.set()
            for worker in list(self._workers):
                worker.end()
            for thread in self._threads:
                if thread.ident is not None:
                    thread.join()

    def _serve(self) -> None:
        worker: _Worker | None = None
        last: int | None = None
        try:
            while (last := self._agenda.next(last)) is not None:
                worker = self._do(last, worker)
        except BaseException as error:  # noqa: BLE001 - it is raised again in the thread that waits
            self._events.put(error)
        finally:
            self._dismiss(worker)
            self._events.put(None)

    def _do(self, index: int, worker: "_Worker | None") -> "_Worker":
        task, studio = self._tasks[index], self._studio
        order = (task.piece, studio.media, studio.work, task.path, studio.encoding)
        for left in reversed(range(_TRIES)):
            if worker is None:
                worker = self._hire()
            try:
                worker.do((*order, studio.deadline.left()), lambda done: self._events.put((index, done, False)))
            except _DiedError as died:
                self._dismiss(worker)
                worker = None
                if self._closing.is_set() or not left:
                    raise died.in_words() from None
            else:
                self._events.put((index, task.piece.frames, True))
                return worker
        raise AssertionError

    def _hire(self) -> "_Worker":
        worker = _Worker()
        self._workers.add(worker)
        if self._closing.is_set():  # the set may have been read just before
            worker.end()
        return worker

    def _dismiss(self, worker: "_Worker | None") -> None:
        if worker is not None:
            worker.end()
            self._workers.discard(worker)


class _DiedError(Exception):
    """A worker ended without an answer."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code

    def in_words(self) -> OutOfMemoryError | MissingEngineError:
        if self.code >= 0:
            return MissingEngineError(
                f"a process that draws the video stopped with exit code {self.code}, as one does whose packages are "
                "incomplete; install Pressroom again"
            )
        return OutOfMemoryError(
            f"a process that draws the video was ended by signal {-self.code}, {_TRIES} times at the same piece; the "
            "machine may be short of memory: end other work, or set fewer workers, and run the step again (finished "
            "pieces are kept)"
        )


class _Worker:
    """One worker process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", _START, str(_ROOT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **_FRUGAL},
            start_new_session=True,  # so that its ffmpeg ends with it, and Ctrl-C comes to us alone
        )
        self._lock = threading.Lock()

    def do(self, order: Any, drawn: Callable[[int], None]) -> None:
        """Have an order carried out; raise the worker's error, or _DiedError."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            pickle.dump(order, self._process.stdin)
            self._process.stdin.flush()
            while (answer := pickle.load(self._process.stdout))[0] == "drawn":  # noqa: S301 - our own child's
                drawn(answer[1])
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
            self.end()
            raise _DiedError(self._process.returncode) from None
        if answer[0] == "failed":
            raise answer[1]

    def end(self) -> None:
        """End the process and what it started, at once; do nothing when it has ended."""
        with self._lock:
            if self._process.returncode is not None:
                return
            with contextlib.suppress(OSError):
                if hasattr(os, "killpg"):
                    os.killpg(self._process.pid, signal.SIGKILL)
                else:
                    self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                with contextlib.suppress(OSError):
                    if pipe is not None:
                        pipe.close()
