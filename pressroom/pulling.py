"""Pulling weights from the hub into the store: licence and disk first, then every byte checked, then one rename.

A model is put together beside its place: a kill leaves what has come to the next pull, and nobody loads half of one.
Two pulls of one model wait for each other, in any process. Afterwards nothing needs the network.
"""

import datetime as dt
import shutil
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from content.errors import BadConfigurationError
from models.weights.catalogue import catalogue, pinned_revision
from models.weights.weight_store import (
    MANIFEST,
    UNPINNED,
    Manifest,
    StoredFile,
    exclusive,
    is_commit,
    lock,
    model_folder,
    read_manifest,
    state_of,
    working_folder,
    write_manifest,
)
from models.weights.weights import commit_of, refuse_code
from sources.hub import PART, Hub, HubFile, Listing

SIDE_BY_SIDE = 4
_SPARE = 256 * 2**20
"""A disk that a pull fills to the last byte helps nobody."""


class Watcher(Protocol):
    """Is told how far a pull is, from several threads."""

    def model(self, listing: Listing) -> None:
        """Hear that a model's files are coming."""
        ...

    def file(self, file: HubFile) -> AbstractContextManager[Callable[[int], None]]:
        """Give what is called with the bytes of a file as they come, or that were here."""
        ...


class Puller:
    """Pulls models into one store. Lives as long as one command."""

    def __init__(
        self,
        store: Path,
        hub: Hub,
        watcher: Watcher,
        *,
        accepted: Collection[str] = (),
        free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
    ) -> None:
        self._store, self._hub, self._watcher = store.expanduser(), hub, watcher
        self._accepted, self._free_bytes = {licence.lower() for licence in accepted}, free_bytes

    def pull(self, model: str, asked: str = "", *, again: bool = False) -> Manifest:
        """Have a model here, whole; `again` also reads what is here and fetches what is wrong with it.

        Without a revision it is the catalogue's, else the one it was locked to, else the newest, locked from now on.
        Raises BadConfigurationError for a licence nobody accepted, a disk without room, and models that are refused
        (pickle, code of their own); and whatever the hub raises.
        """
        commit = commit_of(self._store, model, asked)
        if not again and commit != UNPINNED and (manifest := self._whole(model, commit)):
            return manifest
        listing = self._hub.look(model, asked if commit == UNPINNED else commit)
        if not is_commit(listing.commit):
            raise BadConfigurationError(f"the hub names no commit for {model}, so it cannot be pinned")
        listing = listing.model_copy(
            update={"files": tuple(file for file in listing.files if Path(file.name).name != MANIFEST)}
        )
        self._check_licence(listing)
        folder = model_folder(self._store, model, listing.commit)
        with exclusive(folder):
            manifest = None if again else self._whole(model, listing.commit)
            if manifest is None:
                manifest = self._put_together(listing, asked, folder)
        if not is_commit(asked) and (asked or not pinned_revision(model)):
            lock(self._store, model, asked, listing.commit)
        return manifest

    def _whole(self, model: str, commit: str) -> Manifest | None:
        folder = model_folder(self._store, model, commit)
        return read_manifest(folder) if state_of(folder) == "pulled" else None

    def _check_licence(self, listing: Listing) -> None:
        known = catalogue().model(listing.model)
        licence = listing.licence or (known.licence if known else "") or "unknown"
        if catalogue().is_permissive(licence) or licence.lower() in self._accepted:
            return
        raise BadConfigurationError(
            f"{listing.model} comes under {licence!r}, which is not one of the free licences Pressroom knows;"
            f" read it on the model's page, and to accept it add: --accept-licence {licence!r}"
        )

    def _put_together(self, listing: Listing, asked: str, folder: Path) -> Manifest:
        work = working_folder(folder)
        if folder.exists():  # whole once; what is still right is kept
            shutil.rmtree(work, ignore_errors=True)
            folder.replace(work)
        work.mkdir(parents=True, exist_ok=True)
        self._check_disk(listing, work)
        self._watcher.model(listing)
        small = [file for file in listing.files if not file.name.endswith(".safetensors")]
        large = [file for file in listing.files if file.name.endswith(".safetensors")]
        stored = self._fetch(listing, small, work)
        refuse_code(work)  # before gigabytes come for nothing
        stored += self._fetch(listing, large, work)
        manifest = Manifest(
            model=listing.model,
            asked=asked,
            commit=listing.commit,
            licence=listing.licence,
            files=tuple(sorted(stored, key=lambda file: file.name)),
            pulled_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        )
        write_manifest(work, manifest)
        work.replace(folder)
        return manifest

    def _check_disk(self, listing: Listing, work: Path) -> None:
        here = sum(_here(work / file.name, file) for file in listing.files)
        missing, free = listing.size - here, self._free_bytes(work)
        if missing and missing + _SPARE > free:
            raise BadConfigurationError(
                f"{listing.model} needs {_gb(missing)} more on disk, and {work.parent} has {_gb(free)} free;"
                " make room, or set PRESSROOM_WEIGHTS to a folder on a larger disk"
            )

    def _fetch(self, listing: Listing, files: Sequence[HubFile], work: Path) -> list[StoredFile]:
        stop = threading.Event()

        def one(file: HubFile) -> StoredFile:
            path = work / file.name
            with self._watcher.file(file) as progress:

                def count(size: int) -> None:
                    if stop.is_set():
                        raise _StoppedError
                    progress(size)

                sha256 = self._hub.check(file, path, count) or self._hub.fetch(listing, file, path, count)
            return StoredFile(name=file.name, size=file.size, sha256=sha256)

        with _stopping(stop), ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            coming = [pool.submit(one, file) for file in files]
            try:
                done, _ = wait(coming, return_when=FIRST_EXCEPTION)
                for each in done:
                    each.result()
            except BaseException:
                stop.set()
                pool.shutdown(wait=True, cancel_futures=True)
                raise
            return [each.result() for each in coming]


class _StoppedError(Exception):
    """Another file failed, or the user had enough."""


@contextmanager
def _stopping(stop: threading.Event) -> Iterator[None]:
    try:
        yield
    finally:
        stop.set()


def _here(path: Path, file: HubFile) -> int:
    """Give how many bytes of a file came before."""
    part = path.with_name(path.name + PART)
    found = next((each.stat().st_size for each in (path, part) if each.is_file()), 0)
    return min(found, file.size)


def _gb(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.1f} MB"
