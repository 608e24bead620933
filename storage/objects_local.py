"""Objects as files in a folder: one machine, or several that share a file system.

A file appears under its key when all its bytes are on the disk: written and synced in `.incoming/`, then renamed.
Files named by their hash are read-only, since the published site may share them as hard links.
"""

import datetime as dt
import errno
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from content.errors import (
    BadConfigurationError,
    MissingAssetError,
    PressroomError,
    TimedOutError,
    UnreachableError,
)
from content.values import object_key
from storage.objects import CHUNK_BYTES, ObjectInfo, checked_key, digest_of_file, mismatch

_INCOMING = ".incoming"
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NOT_ALLOWED = {errno.EACCES, errno.EPERM, errno.EROFS}
_NO_FOLDER = {errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EEXIST, errno.EISDIR}
_NO_HARD_LINK = {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS, errno.EACCES}


class LocalObjectStore:
    """A folder of objects; the folder is made on the first write."""

    def __init__(self, root: Path) -> None:
        self._root = Path(os.path.abspath(root))  # noqa: PTH100 -- not resolved: a link to another disk stays a link

    @property
    def url(self) -> str:
        """The `file://` URL of the folder."""
        return self._root.as_uri()

    def put(self, ref_sha256: str, data: bytes | Path) -> int:
        """Keep bytes under the key of their hash unless they are there already, and give their number."""
        path = self._path(object_key(ref_sha256))
        with _mapped(path):
            size = self._intact(path, ref_sha256)
            if size is None:
                return self._commit(path, data, expected=ref_sha256, mode=0o444)
            _check_offered(data, ref_sha256)
            return size

    def read(self, key: str) -> bytes:
        """Give an object's bytes."""
        path = self._path(key)
        with _mapped(path), _missing(key, self.url):
            return path.read_bytes()

    def write(self, key: str, data: bytes) -> None:
        """Write an object, replacing what was there."""
        path = self._path(key)
        with _mapped(path):
            self._commit(path, data)

    def info(self, key: str) -> ObjectInfo | None:
        """Give an object's size and age, or None when there is none."""
        path = self._path(key)
        with _mapped(path):
            try:
                status = path.stat()
            except (FileNotFoundError, NotADirectoryError):
                return None
            return ObjectInfo(key, status.st_size, _when(status.st_mtime)) if path.is_file() else None

    def keys(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """List the objects whose key starts with `prefix`, in order of their keys."""
        with _mapped(self._root):
            yield from _walk(self._root, "", prefix)

    def delete(self, key: str) -> None:
        """Remove an object; do nothing when there is none."""
        path = self._path(key)
        with _mapped(path), suppress(FileNotFoundError, NotADirectoryError):
            path.unlink()

    @contextmanager
    def local(self, key: str) -> Iterator[Path]:
        """Lend the object's own file."""
        if self.info(key) is None:
            raise _gone(key, self.url)
        yield self._path(key)

    def link_to(self, key: str, target: Path) -> None:
        """Make `target` a hard link to the object, or a copy where the file systems differ."""
        source, beside = self._path(key), target.with_name(f".{target.name[:100]}.{uuid.uuid4().hex}")
        with _mapped(target), _missing(key, self.url, source):
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                try:
                    os.link(source, beside)
                except OSError as error:
                    if error.errno not in _NO_HARD_LINK:
                        raise
                    shutil.copyfile(source, beside)
                    _sync(beside)
                beside.replace(target)
            finally:
                # Renaming one hard link of a file onto another is a successful nothing: the first name stays.
                beside.unlink(missing_ok=True)

    def discard_partial(self, older_than: dt.datetime) -> int:
        """Remove files that writers left in `.incoming/` before `older_than`."""
        removed = 0
        with _mapped(self._root), suppress(FileNotFoundError):
            for entry in sorted((self._root / _INCOMING).iterdir()):
                with suppress(FileNotFoundError):
                    if _when(entry.stat().st_mtime) < older_than:
                        entry.unlink()
                        removed += 1
        return removed

    def check(self) -> None:
        """Write, read and delete a probe."""
        key, data = f"probe/{uuid.uuid4().hex}", os.urandom(64)
        self.write(key, data)
        try:
            if self.read(key) != data:
                raise BadConfigurationError(
                    f"the folder {self._root} does not give back what is written to it;"
                    " check its file system or point PRESSROOM_STORAGE_URL elsewhere"
                )
        finally:
            self.delete(key)

    def _path(self, key: str) -> Path:
        return self._root / checked_key(key)

    def _intact(self, path: Path, sha256: str) -> int | None:
        """Give the size of an object whose bytes are right, marking it as just used; None when it must be written."""
        try:
            # The sweep spares what is young: an orphan that is wanted again has to count as young again.
            os.utime(path)
            digest, size = digest_of_file(path)
        except (FileNotFoundError, IsADirectoryError):
            return None
        return size if digest == sha256 else None

    def _commit(self, path: Path, data: bytes | Path, *, expected: str = "", mode: int = 0o644) -> int:
        incoming = self._root / _INCOMING / uuid.uuid4().hex
        for folder in (incoming.parent, path.parent):
            _make_folder(folder)
        digest, size = hashlib.sha256(), 0
        try:
            with incoming.open("xb") as file:
                for chunk in _chunks(data):
                    digest.update(chunk)
                    size += len(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            if expected and digest.hexdigest() != expected:
                raise mismatch(expected, digest.hexdigest(), _named(data))
            incoming.chmod(mode)
            incoming.replace(path)
            _sync(path.parent)
        finally:
            incoming.unlink(missing_ok=True)
        return size


def _chunks(data: bytes | Path) -> Iterator[bytes]:
    if isinstance(data, bytes):
        yield data
        return
    with data.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _check_offered(data: bytes | Path, sha256: str) -> None:
    found = hashlib.sha256(data).hexdigest() if isinstance(data, bytes) else digest_of_file(data)[0]
    if found != sha256:
        raise mismatch(sha256, found, _named(data))


def _named(data: bytes | Path) -> str:
    return str(data) if isinstance(data, Path) else "what was to be kept"


def _walk(folder: Path, under: str, prefix: str) -> Iterator[ObjectInfo]:
    """Give a folder's objects in order of their keys: a folder sorts as if its name ended in a slash."""
    try:
        entries = sorted(os.scandir(folder), key=lambda e: e.name + "/" * e.is_dir())
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        key = under + entry.name
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            if f"{key}/".startswith(prefix) or prefix.startswith(f"{key}/"):
                yield from _walk(folder / entry.name, f"{key}/", prefix)
        elif key.startswith(prefix):
            with suppress(FileNotFoundError):
                status = entry.stat()
                yield ObjectInfo(key, status.st_size, _when(status.st_mtime))


def _make_folder(folder: Path) -> None:
    """Make a folder and its parents, each entered durably into its own parent."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync(folder.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _when(timestamp: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(timestamp, dt.UTC)


def _gone(key: str, url: str) -> MissingAssetError:
    return MissingAssetError(
        f"there is no object {key} in {url}; run `pressroom verify` to see which edition needs it and how to mend it",
        key=key,
    )


@contextmanager
def _missing(key: str, url: str, source: Path | None = None) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        if source is not None and source.is_file():
            raise
        raise _gone(key, url) from None


@contextmanager
def _mapped(path: Path) -> Iterator[None]:
    """Turn what an operating system says into what a user can do about it."""
    try:
        yield
    except PressroomError:
        raise
    except OSError as error:
        what = f"the object folder could not be used at {error.filename or path}: {error.strerror or error}"
        if error.errno in _NO_ROOM:
            message = f"{what}; free some space, or point PRESSROOM_STORAGE_URL at another disk"
            raise BadConfigurationError(message) from error
        if error.errno in _NOT_ALLOWED:
            message = f"{what}; give this user the right to write there, or change PRESSROOM_STORAGE_URL"
            raise BadConfigurationError(message) from error
        if error.errno in _NO_FOLDER:
            raise BadConfigurationError(f"{what}; PRESSROOM_STORAGE_URL has to name a folder") from error
        if error.errno == errno.ETIMEDOUT:
            raise TimedOutError(f"{what}; is the network file system up?") from error
        raise UnreachableError(f"{what}; is the disk or network file system healthy?") from error
