"""ffmpeg at the end of a pipe: reading what strangers made under limits, or encoding what we drew.

A foreign file comes as the child's standard input, so that the child needs no right to open any; ffmpeg calls it `fd:`.
A child never outlives its block: it is killed when the block fails, is left early, or the deadline passes.
Where the system knows no limits (Windows) the deadline alone holds.
"""

import contextlib
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from content.errors import BadInputError, MissingEngineError, PermanentError
from models.deadline import Deadline
from models.media import ffmpeg

# Runs in the child before ffmpeg does; `preexec_fn` would run our own code in a fork of a process full of threads.
_LAUNCH = """
import json, os, resource, sys
for name, most in json.loads(sys.argv[1]).items():
    number = getattr(resource, name, None)
    if number is not None:
        hard = resource.getrlimit(number)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(number, (most, most))
os.execv(sys.argv[2], sys.argv[2:])
"""

_SAID_AT_MOST = 1 << 20


@dataclass(frozen=True)
class ProcessLimits:
    """What a child may use: seconds of processor, bytes of address space, bytes of any file it writes."""

    cpu_s: int = 120
    memory_bytes: int = 3 * 1024**3
    file_bytes: int = _SAID_AT_MOST


class Reading:
    """A decoder at work: its output comes from `pipe`; what it said is known when its block has ended."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self.pipe = pipe
        self.said = ""


def limited(command: Sequence[str], limits: ProcessLimits) -> list[str]:
    """Give the command line that runs another under limits."""
    if find_spec("resource") is None:
        return list(command)
    told = {
        "RLIMIT_CPU": limits.cpu_s,
        "RLIMIT_AS": limits.memory_bytes,
        "RLIMIT_FSIZE": limits.file_bytes,
        "RLIMIT_CORE": 0,
    }
    return [sys.executable, "-I", "-S", "-c", _LAUNCH, json.dumps(told), *command]


@contextlib.contextmanager
def reading(
    arguments: Sequence[str],
    source: Path,
    *,
    what: str,
    deadline: Deadline,
    limits: ProcessLimits,
    level: str = "error",
) -> Iterator[Reading]:
    """Have ffmpeg read `source` as `fd:` and write to a pipe while the block runs.

    Leave the block early and the child is killed without a complaint; read to the end and its failure is raised:
    TimedOutError, or BadInputError for what could not be read without a fault.
    """
    line = limited(ffmpeg.command(arguments, level=level), limits)
    with source.open("rb") as file, tempfile.TemporaryFile() as said:
        child = subprocess.Popen(line, stdin=file, stdout=subprocess.PIPE, stderr=said)
        assert child.stdout is not None
        at_work = Reading(child.stdout)
        whole = False
        with _ended_in_time(child, deadline):
            yield at_work
            whole = not child.stdout.read(1)
            if whole:
                child.wait()
        at_work.said = _said(said)
        if whole and child.returncode:
            raise _failure(what, at_work.said, child.returncode, limits)


@contextlib.contextmanager
def writing(arguments: Sequence[str], *, what: str, deadline: Deadline) -> Iterator[IO[bytes]]:
    """Have ffmpeg read from a pipe while the block runs, and wait for it to finish; raise what it fails with."""
    with tempfile.TemporaryFile() as said:
        line = ffmpeg.command(arguments)
        child = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said)
        assert child.stdin is not None
        with _ended_in_time(child, deadline):
            # An encoder that gave up closes its end; why it did is told by its exit.
            with contextlib.suppress(BrokenPipeError):
                yield child.stdin
            with contextlib.suppress(BrokenPipeError):
                child.stdin.close()
            child.wait()
        if child.returncode:
            raise ffmpeg.failure(what, _said(said), child.returncode)


@contextlib.contextmanager
def _ended_in_time(child: "subprocess.Popen[bytes]", deadline: Deadline) -> Iterator[None]:
    """Kill a child at the deadline, or when the block ends and it has not; raise TimedOutError in the first case."""
    late = threading.Event()

    def stop() -> None:
        late.set()
        child.kill()

    timer = threading.Timer(max(0.0, deadline.left()), stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        if child.poll() is None:
            child.kill()
        for pipe in (child.stdin, child.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()
        child.wait()
    if late.is_set():
        raise deadline.passed()


def _said(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read(_SAID_AT_MOST).decode(errors="replace")


def _failure(what: str, said: str, code: int, limits: ProcessLimits) -> PermanentError:
    if code < 0:  # a signal: a limit, or a fault of the decoder itself
        return BadInputError(
            f"{what} used up its {limits.cpu_s} s of processor or {limits.memory_bytes >> 20} MiB of memory, or broke"
            " the decoder; nothing was made of it",
            said=said,
            code=code,
        )
    if "Protocol not found" in said:
        return MissingEngineError(
            "this ffmpeg is too old to read a file it is handed; it takes 6.1: update imageio-ffmpeg"
        )
    if "Cannot allocate memory" in said:
        return BadInputError(f"{what} wants more than {limits.memory_bytes >> 20} MiB of memory", said=said)
    return ffmpeg.failure(what, said, code)
