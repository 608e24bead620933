"""Where an engine's weights lie, which ones they are, whether they may be loaded, and what goes wrong when they are.

`weights_of` is cheap: it reads names, sizes and notes, and a user's own folder once for each change of it.
Nothing here reaches the network: `pressroom models pull` does, and everything afterwards works without it.
"""

import contextlib
import errno
import json
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from content.errors import (
    BadConfigurationError,
    CorruptAssetError,
    MissingEngineError,
    OutOfMemoryError,
    PressroomError,
    RetryableError,
)
from models.naming import folder_of, is_folder
from models.protocols import Order
from models.weights.catalogue import pinned_revision
from models.weights.weight_store import UNPINNED, fingerprint, is_commit, locked, model_folder, read_manifest

PICKLES: Final = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")

_NO_MEMORY = (
    "out of memory",
    "can't allocate memory",
    "cannot allocate memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
)
_NO_DEVICE = ("not compiled with CUDA", "NVIDIA driver", "No CUDA GPUs", "invalid device ordinal", "MPS backend")


@dataclass(frozen=True)
class Weights:
    """A model's weights on disk.

    `revision` is the commit, `unpinned` for a name nobody has pulled or pinned yet,
    or for a user's own folder the digest of what is in it (`missing` where there is none).
    """

    model: str
    revision: str
    folder: Path
    pull: str = ""

    @property
    def bytes(self) -> int:
        """The size of the safetensors files as they are now, 0 while they are missing."""
        return sum(path.stat().st_size for path in self.folder.rglob("*.safetensors")) if self.folder.is_dir() else 0

    def ready(self) -> Path:
        """Give the folder after checking that it is whole and safe to load.

        Raises MissingEngineError, naming the command that pulls the weights,
        BadConfigurationError for pickled weights and for models that bring code of their own.
        """
        if self.pull:
            self._whole()
        elif not self.folder.is_dir():
            raise MissingEngineError(f"there is no model in {self.folder}; name the folder that has its config.json")
        refuse_code(self.folder)
        for place in _places(self.folder):
            _no_pickle_alone(place)
        if not self.bytes:
            raise MissingEngineError(f"{self.folder} holds no weights; they are expected as *.safetensors")
        return self.folder

    @property
    def _asked(self) -> tuple[str, str]:
        model, _, revision = self.pull.partition("@")
        return model, revision

    def _whole(self) -> None:
        mend = f"run: pressroom models pull {self.pull}"
        manifest = read_manifest(self.folder)
        if manifest is None and self.revision == UNPINNED and locked(self.folder.parents[1], *self._asked):
            # A recipe must not say "unpinned" of weights that have a commit by now.
            raise MissingEngineError(f"{self.model} was pulled after this process looked for it; start it again")
        if manifest is None:
            raise MissingEngineError(f"the weights of {self.model} are not on this machine; {mend}")
        if cut := manifest.cut_in(self.folder):
            raise MissingEngineError(f"{self.folder / cut} is missing or cut; {mend}")


def weights_of(order: Order) -> Weights:
    """Find the weights an order names, without reading them.

    Raises BadConfigurationError for a name that cannot be one of the hub.
    """
    name = order.name
    if not name.model:
        raise BadConfigurationError(f"{str(name)!r} names no model; write {name.backend}:ORG/NAME or a folder")
    if is_folder(name.model):
        folder = folder_of(name.model)
        return Weights(folder.name, fingerprint(order.weights, folder), folder)
    revision = commit_of(order.weights, name.model, name.revision)
    folder = model_folder(order.weights, name.model, revision)
    pull = f"{name.model}@{name.revision}" if name.revision else name.model
    return Weights(name.model, revision, folder, pull)


def commit_of(store: Path, model: str, asked: str = "") -> str:
    """Give the commit a name on the hub stands for: told, pinned in the catalogue, or locked at its first pull."""
    if is_commit(asked):
        return asked
    return (asked == "" and pinned_revision(model)) or locked(store, model, asked) or UNPINNED


def refuse_code(folder: Path) -> None:
    """Raise BadConfigurationError when a model's configuration asks for code of its own."""
    for place in _places(folder):
        for path in place.glob("*config.json"):
            config = _json(path)
            if isinstance(config, dict) and config.get("auto_map"):
                raise _needs_code(str(path))
    modules, index = _json(folder / "modules.json"), _json(folder / "model_index.json")
    for module in modules if isinstance(modules, list) else ():
        if isinstance(module, dict) and not str(module.get("type", "")).startswith("sentence_transformers."):
            raise _needs_code(str(folder / "modules.json"))
    for name, entry in index.items() if isinstance(index, dict) else ():
        library = entry[0] if isinstance(entry, list) and entry else None
        if isinstance(library, str) and (name == "_class_name" or (folder / name / f"{library}.py").exists()):
            raise _needs_code(str(folder / "model_index.json"))


@contextlib.contextmanager
def loading(what: str) -> Iterator[None]:
    """Tell what goes wrong while a model is loaded in the house's errors."""
    try:
        yield
    except PressroomError:
        raise
    except (AssertionError, RuntimeError, OSError) as error:  # torch's own errors are RuntimeErrors
        told = _device_error(what, error) or _loading_error(what, error)
    except (ImportError, MemoryError, ValueError, KeyError, TypeError, AttributeError) as error:
        told = _loading_error(what, error)
    except Exception as error:
        if type(error).__name__ not in {"SafetensorError", "UnpicklingError"}:
            raise
        told = CorruptAssetError(f"{what} cannot be read: {_first_line(error)}; run: pressroom models verify")
    else:
        return
    raise told


@contextlib.contextmanager
def working(what: str) -> Iterator[None]:
    """Tell a device's errors at work in the house's words; anything else is a fault of ours and passes through."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        told = _device_error(what, error)
        if told is None:
            raise
        # What the failed work held hangs on its traceback; a caller who tries half as much needs that memory now.
        traceback.clear_frames(error.__traceback__)
    else:
        return
    raise told


def _loading_error(what: str, error: Exception) -> PressroomError:
    line, again = _first_line(error), "run: pressroom models verify"
    match error:
        case MemoryError():
            return OutOfMemoryError(f"this machine had no room for {what}: {line}")
        case ImportError():
            return MissingEngineError(f"{what} needs {error.name or 'a package'}, which is not installed: {line}")
        case OSError() if error.errno in {errno.EACCES, errno.EPERM}:
            return BadConfigurationError(f"{what} may not be read: {line}; mend the folder's permissions")
        case OSError():  # transformers and diffusers say so of files they miss
            return MissingEngineError(f"{what} is not whole: {line}; {again}")
        case json.JSONDecodeError():
            return CorruptAssetError(f"{what} has a file that is no JSON: {line}; {again}")
    code = "trust_remote_code" in str(error)
    return _needs_code(what) if code else BadConfigurationError(f"{what} cannot be loaded by this release: {line}")


def _device_error(what: str, error: BaseException) -> PressroomError | None:
    told, line = str(error), _first_line(error)
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return OutOfMemoryError(f"the device had no room for {what}: {line}")
    if any(sign.lower() in told.lower() for sign in _NO_MEMORY):
        return OutOfMemoryError(f"the device had no room for {what}: {line}")
    if any(sign in told for sign in _NO_DEVICE):
        return MissingEngineError(f"{what} was asked for on a device this machine lacks: {line}; set PRESSROOM_DEVICE")
    if type(error).__name__ == "AcceleratorError" or "CUDA error" in told:
        return RetryableError(f"the device failed under {what}: {line}; a new process can go on")
    return None


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


def _places(folder: Path) -> list[Path]:
    """Give the folder, and those in it that a pipeline or a sentence-transformers model loads its parts from."""
    index, modules = _json(folder / "model_index.json"), _json(folder / "modules.json")
    names = [name for name, entry in index.items() if isinstance(entry, list)] if isinstance(index, dict) else []
    if isinstance(modules, list):
        names += [str(module.get("path", "")) for module in modules if isinstance(module, dict)]
    return [folder, *(folder / name for name in names if name and (folder / name).is_dir())]


def _no_pickle_alone(place: Path) -> None:
    files = [path for path in place.iterdir() if path.is_file()]
    if any(path.suffix == ".safetensors" for path in files):
        return
    if pickled := sorted(path.name for path in files if path.suffix in PICKLES):
        raise BadConfigurationError(
            f"{place} has its weights as {pickled[0]} only, and Pressroom refuses pickle: loading one can run anything;"
            " use a revision with *.safetensors"
        )


def _needs_code(what: str) -> BadConfigurationError:
    return BadConfigurationError(
        f"{what} needs remote code, and Pressroom runs none;"
        " use a model whose architecture transformers or diffusers brings"
    )


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
