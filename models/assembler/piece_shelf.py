"""Finished pieces in a folder, by key: for a machine's own cache, tests and benchmarks.

A piece is under its key when it is whole, and is never changed; threads and processes may share the folder.
"""

import contextlib
import shutil
import tempfile
from pathlib import Path

from models.full_disk import room_on_disk


class FolderShelf:
    """Keeps pieces as files. Nothing is ever taken away; delete the folder to empty it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, key: str) -> Path | None:
        """Give a kept piece's file, or None."""
        path = self._path(key)
        return path if path.is_file() else None

    def keep(self, key: str, piece: Path) -> None:
        """Copy a piece onto the shelf. Raises BadConfigurationError when the disk is full."""
        path = self._path(key)
        with room_on_disk("keeping a finished piece of the video"):
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
                unfinished = Path(file.name)
            try:
                shutil.copyfile(piece, unfinished)
                unfinished.replace(path)
            finally:
                with contextlib.suppress(FileNotFoundError):
                    unfinished.unlink()

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / key
