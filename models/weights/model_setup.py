"""What every engine that judges with a model is built from: its weights, its label book, its device and its options.

Holds no weights. The options all of them know are `hold`, `block`, `labels` (a user's own label file), `dtype`,
`device` and `batch`; everything that is set becomes part of the identity.
"""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from content.errors import BadConfigurationError
from content.hazard_labels import LabelBook, label_book
from content.recipes import EngineIdentity
from models.devices import best_device, best_dtype
from models.naming import EngineName
from models.protocols import Order
from models.quiet import quiet
from models.weights.weights import Weights, loading, weights_of

if TYPE_CHECKING:
    import torch

OPTIONS = ("batch", "block", "device", "dtype", "hold", "labels")

_DTYPES = {"float32": 4, "bfloat16": 2, "float16": 2}
_AT_WORK = 512 * 2**20  # activations of a small batch, and what a device's library takes for itself

Auto = TypeVar("Auto")


@dataclass(frozen=True)
class ModelSetup:
    """One model and how it is to be used. `batch` is how many rows go through it at once."""

    name: EngineName
    weights: Weights
    book: LabelBook
    batch: int
    wanted_device: str

    @classmethod
    def from_order(cls, order: Order, *, batch: int, options: Collection[str] = ()) -> Self:
        """Read an order's options; `options` are those the engine knows besides.

        Raises BadConfigurationError for options that are unknown or make no sense.
        """
        name = order.name
        name.allow({*OPTIONS, *options})
        if (dtype := name.option("dtype", "float32")) not in _DTYPES:
            raise BadConfigurationError(f"{name}: dtype must be one of {', '.join(_DTYPES)}, not {dtype!r}")
        if (batch := name.option("batch", batch)) < 1:
            raise BadConfigurationError(f"{name}: batch must be 1 or more")
        return cls(name, weights_of(order), _book(name), batch, name.option("device", order.device))

    def identity(self, code: int, **parameters: str | float | bool) -> EngineIdentity:
        """Name the model, every option, the labels and limits, and the version of the code that judges."""
        told = {key: value for key, value in self.name.options.items() if key != "labels"}
        return EngineIdentity(
            backend=self.name.backend,
            model=self.weights.model,
            revision=self.weights.revision,
            parameters={**told, "code": code, "book": self.book.digest[:16], **parameters},
        )

    @property
    def device(self) -> str:
        """Where the weights go."""
        return best_device(self.wanted_device)

    @property
    def dtype(self) -> "torch.dtype":
        """How numbers are kept there."""
        return best_dtype(self.device, self.name.options.get("dtype", ""))

    @property
    def footprint(self) -> int:
        """About how many bytes the model takes: its files, in the number format it is loaded in, and room to work."""
        stored = _DTYPES.get(_stored_dtype(self.weights.folder), 4)
        return self.weights.bytes * self.dtype.itemsize // stored + _AT_WORK

    def read(self, reader: Callable[..., Auto], **how: Any) -> Auto:
        """Read one part of the model from its folder: no network, no pickle, no code of its own."""
        with quiet(), loading(str(self.name)):
            return reader(self.weights.ready(), local_files_only=True, trust_remote_code=False, **how)

    def read_model(self, auto: Any) -> Any:
        """Read the network itself, ready to judge on its device."""
        model = self.read(auto.from_pretrained, use_safetensors=True, dtype=self.dtype)
        with loading(str(self.name)):
            return model.eval().requires_grad_(requires_grad=False).to(self.device)


def labels_of(config: Any) -> tuple[str, ...]:
    """Give a classifier's labels in the order of its outputs."""
    return tuple(str(config.id2label[index]) for index in sorted(config.id2label))


def architectures(folder: Path) -> Sequence[str]:
    """Give the class names a model's configuration carries; none when there is no configuration."""
    found = _config(folder).get("architectures")
    return found if isinstance(found, list) else ()


def _book(name: EngineName) -> LabelBook:
    book = label_book()
    if file := name.options.get("labels"):
        path = Path(file).expanduser()
        try:
            book = book.with_own(path.read_text("utf-8"), str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise BadConfigurationError(f"{name}: the label file {path} cannot be read: {error}") from None
    limits = {key: name.option(key, 0.0) for key in ("hold", "block") if key in name.options}
    return book.with_limits(**limits) if limits else book


def _stored_dtype(folder: Path) -> str:
    config = _config(folder)
    return str(config.get("dtype") or config.get("torch_dtype") or "float32")


def _config(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
