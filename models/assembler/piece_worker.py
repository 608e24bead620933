"""A process that draws and encodes pieces: orders come in on standard input, what became of them goes out.

Both are streams of pickles between this process and the one that started it, and nobody else.
In:   (piece, media, work, path, encoding, seconds left).
Out:  ("drawn", frames) now and then, then ("whole", frames) or ("failed", the error).
It is started with nothing but what drawing needs. When its input ends, because whoever started it has ended, however
suddenly, it ends at once, and the ffmpeg it started with it.
"""

import os
import pickle
import queue
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, TypeAlias

from content.pieces import Piece
from models.assembler.piece_encoding import Encoding, encode_piece
from models.assembler.scene_pictures import ScenePictures
from models.deadline import Deadline

Order: TypeAlias = tuple[Piece, Mapping[str, Path], Path, Path, Encoding, float]
"""A piece, its media, where clips are unpacked, where the piece goes, how it is encoded, the seconds it may take."""


def main() -> None:
    """Do what is ordered until the orders end."""
    import cv2

    cv2.setNumThreads(1)  # there are as many of these processes as there should be threads
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not stand between the answers
    orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, orders), daemon=True).start()
    pictures: ScenePictures | None = None
    known: Mapping[str, Path] = {}
    while True:
        piece, media, work, path, encoding, left_s = orders.get()
        if pictures is None or media != known:
            pictures, known = ScenePictures(media, work), media
        deadline = Deadline(left_s, what="the video")
        try:
            encode_piece(
                piece, pictures, encoding, path, deadline=deadline, drawn=lambda done: _say(answers, "drawn", done)
            )
        except Exception as error:  # noqa: BLE001 - it is raised again on the other side
            _say(answers, "failed", error)
        else:
            _say(answers, "whole", piece.frames)


def _listen(source: IO[bytes], orders: "queue.SimpleQueue[Order]") -> None:
    try:
        while True:
            orders.put(pickle.load(source))  # noqa: S301 - written by the process that started this one
    except (EOFError, OSError, pickle.UnpicklingError):
        if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
            os.killpg(os.getpgrp(), signal.SIGKILL)
        os._exit(1)


def _say(answers: IO[bytes], kind: str, value: Any) -> None:
    pickle.dump((kind, value), answers)
    answers.flush()
