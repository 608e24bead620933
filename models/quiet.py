"""Keeps transformers and diffusers silent: their bars and advice are not for whoever reads an edition's progress.

Threads may ask for silence side by side; the last one out brings the sound back.
"""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any


class _Quiet:
    """How many blocks want the libraries silent, and how they were before the first; one for the whole process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.blocks = 0
        self.before: list[tuple[Any, int, bool]] = []


_quiet = _Quiet()


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep the libraries' progress bars and advice off the terminal while the block runs."""
    import diffusers.utils
    import transformers.utils

    with _quiet.lock:
        _quiet.blocks += 1
        if _quiet.blocks == 1:
            logs: list[Any] = [diffusers.utils.logging, transformers.utils.logging]
            _quiet.before = [(log, log.get_verbosity(), log.is_progress_bar_enabled()) for log in logs]
            for log in logs:
                log.set_verbosity_error()
                log.disable_progress_bar()
    try:
        yield
    finally:
        with _quiet.lock:
            _quiet.blocks -= 1
            if not _quiet.blocks:
                for log, level, bar in _quiet.before:
                    log.set_verbosity(level)
                    if bar:
                        log.enable_progress_bar()
