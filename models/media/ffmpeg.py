"""The bundled ffmpeg as a guarded child process: no terminal, no protocols but files and pipes, always a deadline.

Callers pass names they made themselves. Failures become errors of the house here and nowhere else.
"""

import errno
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from content.errors import BadInputError, MissingEngineError, PermanentError, TimedOutError
from models.full_disk import full_disk

BEFORE_INPUT = ("-protocol_whitelist", "file,pipe")
"""Stands before every `-i`: a media file could otherwise name others, or open sockets."""

BITEXACT = ("-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact")

REPEATABLE = ("-map_metadata", "-1", *BITEXACT)
"""Output options that keep clocks and versions out of a file, so that equal work gives equal bytes."""


def executable() -> str:
    """Give the path of the bundled ffmpeg (IMAGEIO_FFMPEG_EXE names another)."""
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        return str(get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        raise MissingEngineError("ffmpeg is not installed; install it with: pip install imageio-ffmpeg") from None


def version() -> str:
    """Give the version of the package that brings ffmpeg; cheap, no process is started."""
    from importlib import metadata

    try:
        return metadata.version("imageio-ffmpeg")
    except metadata.PackageNotFoundError:
        raise MissingEngineError("ffmpeg is not installed; install it with: pip install imageio-ffmpeg") from None


def command(arguments: Sequence[str], *, level: str = "error") -> list[str]:
    """Give a whole command line."""
    return [executable(), "-nostdin", "-hide_banner", "-nostats", "-loglevel", level, *arguments]


def run(arguments: Sequence[str], *, what: str, deadline_s: float, level: str = "error") -> tuple[bytes, str]:
    """Run ffmpeg to its end; give its output and what it said.

    Raises TimedOutError after `deadline_s`, BadConfigurationError when the disk is full, and BadInputError when it
    fails otherwise; `what` names the work in the message.
    """
    try:
        done = subprocess.run(
            command(arguments, level=level),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=deadline_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise TimedOutError(
            f"ffmpeg did not finish {what} within {deadline_s:g} s; the step may be run again"
        ) from None
    said = done.stderr.decode(errors="replace")
    if done.returncode != 0:
        raise failure(what, said, done.returncode)
    return done.stdout, said


def failure(what: str, said: str, code: int) -> PermanentError:
    """Make the error for an ffmpeg that gave up."""
    if os.strerror(errno.ENOSPC) in said:
        return full_disk(what)
    lines = [line for line in said.strip().splitlines() if line.strip()]
    return BadInputError(f"ffmpeg failed {what} (exit {code}): {lines[-1] if lines else 'it said nothing'}", said=said)


def input_file(path: Path) -> list[str]:
    """Give the arguments that read one file of ours."""
    return [*BEFORE_INPUT, "-i", f"file:{path}"]
