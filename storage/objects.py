"""What an object store is, and which one a URL means.

A store keeps byte strings under keys such as `sha256/ab/cdef…` and `results/…`.
Whatever it says it has written is there completely, and nobody ever sees half an object.
It knows nothing of what the bytes mean.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable
from urllib.parse import urlsplit
from urllib.request import url2pathname

from pydantic import AwareDatetime

from content.errors import BadConfigurationError, BadInputError, CorruptAssetError

CHUNK_BYTES = 1 << 20

# Letters that mean the same in a path, a URL and an S3 key. A leading dot is left to the folder store's own files.
_KEY = re.compile(r"[A-Za-z0-9_=@+~-][A-Za-z0-9._=@+~-]*(/[A-Za-z0-9_=@+~-][A-Za-z0-9._=@+~-]*)*")


class ObjectInfo(NamedTuple):
    """An object's key, size, and when it was last written."""

    key: str
    bytes: int
    modified: AwareDatetime


@runtime_checkable
class ObjectStore(Protocol):
    """Bytes by key. Safe to share between threads and processes; lives as long as the process that opened it.

    Every method raises UnreachableError, TimedOutError or ThrottledError when trying again may help,
    BadConfigurationError, naming the setting, when the store cannot be used as configured,
    and BadInputError for a key no store would take.
    """

    @property
    def url(self) -> str:
        """The URL that opens this store."""
        ...

    def put(self, ref_sha256: str, data: bytes | Path) -> int:
        """Keep bytes under the key of their hash unless they are there already, and give their number.

        Raises CorruptAssetError when they do not have that hash. A damaged object of that key is replaced.
        """
        ...

    def read(self, key: str) -> bytes:
        """Give an object's bytes. Raises MissingAssetError when there is none."""
        ...

    def write(self, key: str, data: bytes) -> None:
        """Write an object, replacing what was there; a reader sees the old one or the new one."""
        ...

    def info(self, key: str) -> ObjectInfo | None:
        """Give an object's size and age, or None when there is none."""
        ...

    def keys(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """List the objects whose key starts with `prefix`, in order of their keys."""
        ...

    def delete(self, key: str) -> None:
        """Remove an object; do nothing when there is none."""
        ...

    def local(self, key: str) -> AbstractContextManager[Path]:
        """Lend a file with an object's bytes, to be read only and only inside the context.

        Raises MissingAssetError when there is no such object.
        """
        ...

    def link_to(self, key: str, target: Path) -> None:
        """Make `target` a file with an object's bytes, all at once, sharing the disk space where possible.

        The file is to be replaced, never edited. Raises MissingAssetError when there is no such object.
        """
        ...

    def discard_partial(self, older_than: AwareDatetime) -> int:
        """Remove what writers that died before `older_than` left behind, and give how many things that were."""
        ...

    def check(self) -> None:
        """Write, read and delete a probe; raise the error that says why the store cannot be used."""
        ...


def open_object_store(url: str) -> ObjectStore:
    """Open the store that a URL names: `file:///folder` or `s3://bucket/prefix`.

    Nothing is contacted or created yet. Raises BadConfigurationError for any other URL.
    """
    parts = urlsplit(url)
    if parts.query or parts.fragment:
        raise BadConfigurationError(f"PRESSROOM_STORAGE_URL={url!r}: a storage URL has no ? and no #")
    if parts.scheme == "file":
        if parts.netloc not in {"", "localhost"} or len(parts.path) < 2:
            raise BadConfigurationError(
                f"PRESSROOM_STORAGE_URL={url!r} names no folder; write file:///absolute/path with three slashes"
            )
        from storage.objects_local import LocalObjectStore

        return LocalObjectStore(Path(url2pathname(parts.path)))
    if parts.scheme == "s3":
        if not parts.netloc or "@" in parts.netloc:
            raise BadConfigurationError(
                f"PRESSROOM_STORAGE_URL names no bucket (scheme {parts.scheme}); write s3://bucket/prefix"
                " and give credentials in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, never in the URL"
            )
        from storage.objects_s3 import S3ObjectStore

        try:
            return S3ObjectStore(parts.netloc, parts.path.strip("/"))
        except BadInputError as error:
            raise BadConfigurationError(f"PRESSROOM_STORAGE_URL={url!r}: of the prefix, {error}") from None
    raise BadConfigurationError(
        f"PRESSROOM_STORAGE_URL={url!r} is no object store; write file:///absolute/path or s3://bucket/prefix"
    )


def checked_key(key: str) -> str:
    """Give back a key that stays inside every store; raise BadInputError for one that might not."""
    if len(key) > 900 or not _KEY.fullmatch(key):
        raise BadInputError(
            f"{key[:80]!r} is not an object key; use letters, digits and ._=@+~- in parts joined by single slashes"
        )
    return key


def digest_of_file(path: Path) -> tuple[str, int]:
    """Give a file's sha256 (64 hex digits) and size without holding it in memory."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size


def mismatch(expected: str, found: str, where: str) -> CorruptAssetError:
    """Give the error for bytes that are not what their hash says."""
    return CorruptAssetError(
        f"the bytes of {where} have the sha256 {found[:12]}…, not {expected[:12]}…;"
        " run `pressroom verify` to see what else is damaged and how to mend it",
        expected=expected,
        found=found,
    )
