"""Finished pieces of videos in the object store, beside the results: whoever shares the store shares them.

They are a cache: the sweep takes them with the results, and one that is missing or damaged is made again.
"""

import threading
from pathlib import Path

from content.errors import MissingAssetError
from content.recipes import sha256_of
from wiring.container import container

_DIGEST = 64


class ObjectShelf:
    """Lends pieces as files in a folder; lives as long as one rendering."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._objects = container().objects
        self._lock = threading.Lock()

    def find(self, key: str) -> Path | None:
        """Give a kept piece's file, or None; bytes that are no longer what was kept count as none."""
        path = self._folder / f"{key}.piece"
        with self._lock:
            if path.is_file():
                return path
        try:
            kept = self._objects.read(_key(key))
        except MissingAssetError:
            return None
        told, piece = kept[:_DIGEST].decode("ascii", "replace"), kept[_DIGEST:]
        if sha256_of(piece) != told:
            return None
        with self._lock:
            path.write_bytes(piece)
        return path

    def keep(self, key: str, piece: Path) -> None:
        """Keep a copy of a finished piece, with its digest before it."""
        data = piece.read_bytes()
        self._objects.write(_key(key), sha256_of(data).encode() + data)


def _key(key: str) -> str:
    return f"pieces/{key[:2]}/{key[2:]}"
