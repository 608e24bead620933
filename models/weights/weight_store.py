"""The folder of pulled weights: `ORG--NAME/COMMIT/` for each model, and which commit an unpinned name was locked to.

    weights/
    ├── Qwen--Qwen3-4B-Instruct-2507/
    │   └── cdbee75f…/            the model's files as they are on the hub, and pressroom.json, written last
    ├── locks.json                name, as asked for → commit
    └── fingerprints.json         folder of a user's own → content digest, so that identities stay cheap

Knows files only: who fetches them is `sources/hub.py`. Every write is a rename, so readers never see half a file.
"""

import contextlib
import hashlib
import json
import os
import re
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import ValidationError

from content.errors import BadConfigurationError
from content.recipes import Value, digest_of

MANIFEST: Final = "pressroom.json"
UNPINNED: Final = "unpinned"
MISSING: Final = "missing"

_COMMIT = re.compile(r"[0-9a-f]{40}")
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(?:/[A-Za-z0-9][\w.-]{0,95})?")


class StoredFile(Value):
    """One file of a pulled model: its path below the folder, written with slashes."""

    name: str
    size: int
    sha256: str


class Manifest(Value):
    """What was pulled. It is written last, so a folder that has one was whole once."""

    model: str
    asked: str
    commit: str
    licence: str
    files: tuple[StoredFile, ...]
    pulled_at: str

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(file.size for file in self.files)

    def cut_in(self, folder: Path) -> str:
        """Give the first file that is missing or of another size; "" when the folder is whole."""
        for file in self.files:
            path = folder / file.name
            if not path.is_file() or path.stat().st_size != file.size:
                return file.name
        return ""

    def faults_in(self, folder: Path, progress: Callable[[int], None]) -> Iterator[str]:
        """Read every byte, and name what is not as it was pulled."""
        for file in self.files:
            path = folder / file.name
            if not path.is_file():
                yield f"{file.name} is missing"
            elif path.stat().st_size != file.size:
                yield f"{file.name} has {path.stat().st_size} bytes, not {file.size}"
            elif (found := sha256_of_file(path, progress)) != file.sha256:
                yield f"{file.name} has sha256 {found[:12]}…, not {file.sha256[:12]}…"


def is_commit(revision: str) -> bool:
    """Say whether a revision names one commit for ever."""
    return bool(_COMMIT.fullmatch(revision))


def model_folder(store: Path, model: str, commit: str) -> Path:
    """Give the folder of a model at a commit; raise BadConfigurationError for what is no name on the hub."""
    if not _HUB_NAME.fullmatch(model) or ".." in model or "--" in model:
        raise BadConfigurationError(
            f"{model!r} is no model's name; write ORG/NAME as on the hub, or a folder as ./NAME"
        )
    return store.expanduser() / model.replace("/", "--") / commit


def working_folder(folder: Path) -> Path:
    """Give where a model is put together before it is whole; it stays after a kill, so that pulling can go on."""
    return folder.with_name(f".pulling-{folder.name}")


def state_of(folder: Path) -> Literal["pulled", "partial", "missing"]:
    """Say how much of a model is here, by names and sizes."""
    manifest = read_manifest(folder)
    if manifest and not manifest.cut_in(folder):
        return "pulled"
    return "partial" if folder.is_dir() or working_folder(folder).is_dir() else "missing"


def pulled_in(store: Path) -> Iterator[tuple[Path, Manifest]]:
    """Go through everything that was pulled, by name."""
    for path in sorted(store.expanduser().glob(f"[!.]*/[!.]*/{MANIFEST}")):
        if manifest := read_manifest(path.parent):
            yield path.parent, manifest


def read_manifest(folder: Path) -> Manifest | None:
    """Give what was pulled into a folder; None where nothing whole was."""
    try:
        return Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except (OSError, ValidationError):
        return None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Declare a folder whole."""
    _write(folder / MANIFEST, manifest.model_dump(mode="json"))


def locked(store: Path, model: str, asked: str) -> str:
    """Give the commit a name was locked to at its first pull; "" when it never was."""
    commit = _read(store.expanduser() / "locks.json").get(_lock_name(model, asked), "")
    return commit if isinstance(commit, str) and is_commit(commit) else ""


def lock(store: Path, model: str, asked: str, commit: str) -> None:
    """Tie a name to a commit, so that everybody after the first pull means the same weights."""
    path = store.expanduser() / "locks.json"
    with exclusive(path):
        _write(path, {**_read(path), _lock_name(model, asked): commit})


def fingerprint(store: Path, folder: Path, progress: Callable[[int], None] = lambda _: None) -> str:
    """Give the digest (40 hex digits) of a folder's names and contents, MISSING where there is none.

    Contents are read again only when a size or a time has changed; the note of that is best effort.
    """
    listing = {name: _mark(path) for name, path in files_in(folder)}
    if not listing:
        return MISSING
    seen, notes = digest_of(listing), store.expanduser() / "fingerprints.json"
    known = _read(notes).get(str(folder))
    if isinstance(known, dict) and known.get("seen") == seen and known.get("digest"):
        return str(known["digest"])
    digest = digest_of({name: sha256_of_file(path, progress) for name, path in files_in(folder)})[:40]
    with contextlib.suppress(OSError), exclusive(notes):  # a store that cannot be written only costs the next reading
        _write(notes, {**_read(notes), str(folder): {"seen": seen, "digest": digest}})
    return digest


def files_in(folder: Path) -> Iterator[tuple[str, Path]]:
    """Go through a folder's files by name, hidden ones left out; links are followed to files, not to folders."""
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(root, name)
            if not name.startswith(".") and name != MANIFEST and path.is_file():
                yield path.relative_to(folder).as_posix(), path


def sha256_of_file(path: Path, progress: Callable[[int], None] = lambda _: None) -> str:
    """Hash a file in pieces; `progress` is called with the bytes of each."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 22):
            digest.update(piece)
            progress(len(piece))
    return digest.hexdigest()


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock beside a path, against other threads and processes; a process that dies lets go of it."""
    from filelock import FileLock

    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f".{path.name}.lock")):
        yield


def _lock_name(model: str, asked: str) -> str:
    return f"{model}@{asked}" if asked else model


def _mark(path: Path) -> list[int]:
    found: os.stat_result = path.stat()
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, stat.S_IFMT(found.st_mode)]


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def _write(path: Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=".writing-", delete=False) as file:
        json.dump(document, file, indent=1, sort_keys=True, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    try:
        Path(file.name).replace(path)
    except OSError:
        Path(file.name).unlink(missing_ok=True)
        raise
