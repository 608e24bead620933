"""A film's frames one after another, at an even pace and small enough to look at; never more than one in memory.

ffmpeg decodes in a child process and hands over pixels through a pipe. A film that cannot be decoded to its end is
an error: nobody may take what was seen for the whole.
"""

import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, Self

import numpy as np
from numpy.typing import NDArray

from content.errors import BadInputError, TimedOutError
from models.media import ffmpeg
from models.media.media_probe import MediaFacts, probe

RATE: Final = 24
"""Frames a second: short enough that no shot slips through between two."""

LONGEST_SIDE: Final = 512
LONGEST_FILM_S: Final = 3600.0
STALL_S: Final = 60.0

Pixels = NDArray[np.uint8]


def film_facts(movie: Path) -> MediaFacts:
    """Read what a film is; raise BadInputError for what has no pictures, or too many to judge."""
    facts = probe(movie)
    if not facts.width or not facts.duration_s:
        raise BadInputError(f"{movie.name} has no pictures to judge")
    if facts.duration_s > LONGEST_FILM_S:
        raise BadInputError(f"{movie.name} lasts {facts.duration_s / 60:.0f} minutes; 60 can be judged")
    return facts


def film_frames(movie: Path, duration_s: float) -> Iterator[Pixels]:
    """Give each frame (H, W, 3) of a film at `RATE` a second, the longer side at most `LONGEST_SIDE`.

    Raises BadInputError when the film ends early or breaks, TimedOutError when the decoder stalls.
    """
    # In an even raster whatever the file's own is; ppm carries each frame's size, so a turned film needs no guess.
    box = f"w='min({LONGEST_SIDE},iw)':h='min({LONGEST_SIDE},ih)':force_original_aspect_ratio=decrease"
    arguments = [
        *("-xerror", "-err_detect", "explode", *ffmpeg.input_file(movie), "-map", "0:v:0", "-an", "-sn", "-dn"),
        *("-vf", f"fps={RATE},scale={box}", "-pix_fmt", "rgb24", "-c:v", "ppm", "-f", "image2pipe", "pipe:1"),
    ]
    count = 0
    with tempfile.TemporaryFile() as said:
        decoder = subprocess.Popen(
            ffmpeg.command(arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said
        )
        assert decoder.stdout is not None
        with _Watch(decoder) as watch:
            while (frame := watch.wait_for(decoder.stdout)) is not None:
                count += 1
                yield frame
        if watch.stalled:
            raise TimedOutError(f"ffmpeg gave no frame of {movie.name} for {STALL_S:g} s; the step may be run again")
        said.seek(0)
        complaint = said.read().decode(errors="replace").strip()
        if complaint or decoder.returncode:  # a decoder that could not read something goes on without it
            raise ffmpeg.failure(f"reading the frames of {movie.name}", complaint, decoder.returncode)
    # Sound may outlast the pictures a little.
    if count < (0.9 * duration_s - 1) * RATE or not count:
        raise BadInputError(f"{movie.name} should last {duration_s:.1f} s, and breaks off after {count / RATE:.1f} s")


class _Watch:
    """Ends a decoder: when nobody reads it any more, and when it stalls. Time the reader takes is not counted."""

    def __init__(self, decoder: subprocess.Popen[bytes]) -> None:
        self.stalled = False
        self._decoder = decoder
        self._waiting_since: float | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._waiting_since is None:  # left in the middle
            self._decoder.kill()
        if self._decoder.stdout:
            self._decoder.stdout.close()
        self._decoder.wait()
        self._over.set()
        self._thread.join()

    def wait_for(self, pipe: IO[bytes]) -> Pixels | None:
        self._waiting_since = time.monotonic()
        frame = _read_ppm(pipe)
        if frame is not None:
            self._waiting_since = None
        return frame

    def _look(self) -> None:
        while not self._over.wait(1.0):
            since = self._waiting_since
            if since is not None and time.monotonic() - since > STALL_S:
                self.stalled = True
                self._decoder.kill()
                return


def _read_ppm(pipe: IO[bytes]) -> Pixels | None:
    """Read one picture of a stream of them (`P6`, size, 255, pixels); None at its end."""
    if pipe.readline() != b"P6\n":
        return None
    width, height = map(int, pipe.readline().split())
    pipe.readline()
    size = width * height * 3
    data = pipe.read(size)
    if len(data) < size:
        return None
    return np.frombuffer(data, np.uint8).reshape(height, width, 3)
