"""The model hub: which files a model has at a commit, and each of them, byte for byte as the hub says it is.

Through huggingface_hub, which reads its own variables (HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE).
A file that was cut goes on where it stopped. Only what loading needs is fetched: safetensors and plain text, no pickle.
Knows nothing of engines or of how pulled weights are kept.
"""

import contextlib
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Final

from content.errors import (
    BadConfigurationError,
    CorruptAssetError,
    MissingEngineError,
    PressroomError,
    ThrottledError,
    UnreachableError,
)
from content.recipes import Value

PART: Final = ".part"

_KINDS = frozenset({".safetensors", ".json", ".txt", ".model", ".jinja", ".tiktoken", ".spm", ".bpe", ".vocab"})
_NOTICES = re.compile(r"(LICEN[CS]E|NOTICE|COPYING)\b.*", re.IGNORECASE)
_OTHER_RUNTIMES = frozenset({"onnx", "openvino", "coreml", "gguf", "original", "metal", "flax", "tf"})
_VARIANT = re.compile(r"\.(fp16|fp32|bf16|int8|fp8|non_ema|ema)(?=[.-])")


class HubFile(Value):
    """One file on the hub. `sha256` is known for large files; small ones have the id git gives them."""

    name: str
    size: int
    sha256: str = ""
    git_id: str = ""


class Listing(Value):
    """A model at one commit with the files that loading it needs. `licence` is its card's word, "" for none."""

    model: str
    commit: str
    licence: str
    files: tuple[HubFile, ...]

    @property
    def size(self) -> int:
        """Bytes to fetch, all in all."""
        return sum(file.size for file in self.files)


class Hub:
    """A client of one hub; it keeps nothing open between calls, and threads may share it."""

    def __init__(self, endpoint: str = "") -> None:
        self._endpoint = endpoint or None

    def look(self, model: str, revision: str = "") -> Listing:
        """Read what a model is at a revision, the newest by default.

        Raises MissingEngineError for a model or revision there is not, BadConfigurationError for one whose licence
        must be accepted on its page first and for one without safetensors, and the retryable errors of a network.
        """
        from huggingface_hub import HfApi

        with _told(model, revision):
            info = HfApi(endpoint=self._endpoint).model_info(
                model, revision=revision or None, files_metadata=True, timeout=30
            )
        every = [
            HubFile(
                name=sibling.rfilename,
                size=sibling.size or 0,
                sha256=sibling.lfs.sha256 if sibling.lfs else "",
                git_id="" if sibling.lfs else sibling.blob_id or "",
            )
            for sibling in info.siblings or ()
        ]
        files = needed(every)
        if not any(file.name.endswith(".safetensors") for file in files):
            raise BadConfigurationError(
                f"{model} has no safetensors at {revision or 'its newest revision'}, and Pressroom refuses pickle;"
                f" look for a revision that has them at {self._page(model)}"
            )
        return Listing(model=model, commit=str(info.sha), licence=_licence(info), files=files)

    def fetch(self, listing: Listing, file: HubFile, path: Path, progress: Callable[[int], None]) -> str:
        """Fetch one file to a path and give its sha256; `progress` is called with the bytes that came or were there.

        What came before a cut stays beside the path and is used the next time.
        Raises CorruptAssetError when the bytes are not what the hub lists, and what `look` raises.
        """
        from huggingface_hub import hf_hub_url
        from huggingface_hub.file_download import http_get
        from huggingface_hub.utils._headers import build_hf_headers
        from huggingface_hub.utils.tqdm import silent_tqdm

        part = path.with_name(path.name + PART)
        part.parent.mkdir(parents=True, exist_ok=True)
        url = hf_hub_url(listing.model, file.name, revision=listing.commit, endpoint=self._endpoint)
        with part.open("r+b" if part.exists() else "w+b") as raw, _told(listing.model, listing.commit):
            counted = _Counted(raw, file, progress)
            http_get(
                url,
                counted,  # type: ignore[arg-type]  # what it uses of a file: write, seek, tell, truncate
                resume_size=counted.tell(),
                headers=build_hf_headers(),
                expected_size=file.size,
                tqdm_class=silent_tqdm,
            )
        if not counted.matches():
            part.unlink()
            raise CorruptAssetError(
                f"{file.name} of {listing.model} did not arrive as the hub lists it"
                f" (sha256 {counted.sha256[:12]}…, {counted.tell()} bytes); it was thrown away, pull again"
            )
        part.replace(path)
        return counted.sha256

    def check(self, file: HubFile, path: Path, progress: Callable[[int], None]) -> str:
        """Give the sha256 of a file that is here already, "" when it is not the one the hub lists."""
        if not path.is_file() or path.stat().st_size != file.size:
            return ""
        with path.open("rb") as raw:
            counted = _Counted(raw, file, progress)
        if counted.matches():
            return counted.sha256
        progress(-file.size)
        return ""

    def _page(self, model: str) -> str:
        from huggingface_hub import constants

        return f"{self._endpoint or constants.ENDPOINT}/{model}"


class _Counted:
    """A file that hashes what is written to it, so that nothing has to be read twice; it begins with what is there."""

    def __init__(self, raw: Any, file: HubFile, progress: Callable[[int], None]) -> None:
        self._raw, self._file, self._progress, self._size = raw, file, progress, 0
        self._reset()
        while piece := raw.read(1 << 22):
            self._take(piece)
        if self._size > file.size:  # of another revision, or somebody else's
            self.seek(0)
            self.truncate()

    def write(self, piece: bytes) -> int:
        if self._size + len(piece) > self._file.size:
            raise CorruptAssetError(f"{self._file.name} is longer than the {self._file.size} bytes the hub lists")
        self._raw.write(piece)
        self._take(piece)
        return len(piece)

    def tell(self) -> int:
        return self._size

    def seek(self, place: int) -> int:
        """Go back to the start: a server that cannot go on sends everything again."""
        assert place == 0, "downloads begin at the start or go on at the end"
        self._progress(-self._size)
        self._reset()
        return int(self._raw.seek(0))

    def truncate(self) -> int:
        return int(self._raw.truncate())

    @property
    def sha256(self) -> str:
        return self._sha256.hexdigest()

    def matches(self) -> bool:
        if self._size != self._file.size:
            return False
        if self._file.sha256:
            return self.sha256 == self._file.sha256
        return not self._file.git_id or self._git.hexdigest() == self._file.git_id

    def _take(self, piece: bytes) -> None:
        self._sha256.update(piece)
        if not self._file.sha256:
            self._git.update(piece)
        self._size += len(piece)
        self._progress(len(piece))

    def _reset(self) -> None:
        self._size = 0
        self._sha256 = hashlib.sha256()
        # git's own id of a file; git chose SHA-1, and for small files the hub lists nothing better.
        self._git = hashlib.sha1(b"blob %d\0" % self._file.size, usedforsecurity=False)


def needed(files: Sequence[HubFile]) -> tuple[HubFile, ...]:
    """Choose the files that loading needs, small ones first.

    A pipeline's single-file twin at the root, weights in a second number format, and what other runtimes read stay out.
    """
    names = {file.name for file in files}
    pipeline = "model_index.json" in names
    chosen = []
    for file in files:
        path = PurePosixPath(file.name)
        hidden = any(part.startswith(".") for part in path.parts)  # which `..` is, too
        if hidden or path.is_absolute() or "\\" in file.name or set(path.parts[:-1]) & _OTHER_RUNTIMES:
            continue
        if path.suffix not in _KINDS and not _NOTICES.fullmatch(path.name):
            continue
        if path.suffix == ".safetensors":
            twin = pipeline and len(path.parts) == 1
            consolidated = path.name.startswith("consolidated") and "model.safetensors.index.json" in names
            if twin or consolidated:
                continue
        if _VARIANT.search(path.name) and _has_plain(path, names):
            continue
        chosen.append(file)
    return tuple(sorted(chosen, key=lambda file: (file.name.endswith(".safetensors"), file.size, file.name)))


def _has_plain(path: PurePosixPath, names: set[str]) -> bool:
    """Say whether the folder has the same weights without a variant in their name, whole or in pieces."""
    stem = _VARIANT.sub("", path.name).split(".")[0].split("-0")[0]
    folder = "" if str(path.parent) == "." else f"{path.parent}/"
    plain = re.compile(re.escape(folder + stem) + r"(-\d+-of-\d+)?\.safetensors")
    return any(plain.fullmatch(name) for name in names)


def _licence(info: Any) -> str:
    card = info.card_data
    told = card.get("license") if card else None
    if told in {None, "other", "unknown"} and card:
        told = card.get("license_name") or told
    if not told:
        told = next((tag.partition(":")[2] for tag in info.tags or () if tag.startswith("license:")), "")
    return " or ".join(map(str, told)) if isinstance(told, list) else str(told or "")


@contextlib.contextmanager
def _told(model: str, revision: str) -> Iterator[None]:
    """Tell the hub's errors in the house's words."""
    import httpx2

    try:
        yield
    except PressroomError:
        raise
    # OSError: the hub's answers, a disk that is full. ValueError, TypeError: an answer that is no listing.
    except (httpx2.HTTPError, OSError, ValueError, TypeError) as error:
        told = _house_error(model, revision, error)
    else:
        return
    raise told


def _house_error(model: str, revision: str, error: Exception) -> PressroomError:
    from huggingface_hub import constants, errors

    page, at, refused = f"{constants.ENDPOINT}/{model}", f" at {revision}" if revision else "", ""
    told = (str(error).strip().splitlines() or [type(error).__name__])[0]
    match error:
        case errors.GatedRepoError():
            refused = f"{model} is gated: accept its terms at {page} and set HF_TOKEN to a token of that account"
        case errors.RevisionNotFoundError():
            return MissingEngineError(f"{model} has no revision {revision!r}; look at {page}/commits/main")
        case errors.RepositoryNotFoundError() | errors.EntryNotFoundError():
            mend = f"check the name, or set HF_TOKEN when it is private ({page})"
            return MissingEngineError(f"the hub has no {model}{at}; {mend}")
        case errors.HFValidationError():
            refused = f"{model!r} is no model's name on the hub: {told}"
        case errors.HfHubHTTPError():
            return _http_error(model, error.response.status_code, page)
        case OSError() if error.errno is not None and not isinstance(error, ConnectionError):
            refused = f"{model}{at} cannot be kept: {error}; make room or mend its rights, or set PRESSROOM_WEIGHTS"
    if refused:
        return BadConfigurationError(refused)
    return UnreachableError(f"{model}{at} did not come through: {told}; what is here stays, pull again to go on")


def _http_error(model: str, status: int, page: str) -> PressroomError:
    if status == 429:
        return ThrottledError(f"the hub asks to slow down with {model}; pull again in a few minutes, or set HF_TOKEN")
    if status in {401, 403}:
        return BadConfigurationError(f"the hub refuses {model} ({status}): check HF_TOKEN, and the terms at {page}")
    return UnreachableError(f"the hub answers {status} for {model}; pull again later")
