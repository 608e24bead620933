"""The life of every engine that judges with a model: held from `load` to `release`, asked by one thread at a time."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from content.errors import MissingEngineError
from content.recipes import EngineIdentity
from models.devices import gives_memory_back
from models.weights.model_setup import ModelSetup

M = TypeVar("M")


class JudgingModel(Generic[M]):
    """Reads a model's weights when it is loaded, lends it to one thread at a time, and forgets it."""

    def __init__(self, setup: ModelSetup, read: Callable[[], M]) -> None:
        """Take what the model is built from, and how it is read."""
        self._setup, self._read = setup, read
        self._lock = threading.Lock()
        self._held: M | None = None

    @property
    def identity(self) -> EngineIdentity:
        """The model, and what its answers mean."""
        raise NotImplementedError

    @property
    def device(self) -> str:
        """Where its weights go."""
        return self._setup.device

    @property
    def footprint(self) -> int:
        """About how many bytes it takes there."""
        return self._setup.footprint

    def load(self) -> None:
        """Read the weights; raise what `Weights.ready` raises, and BadConfigurationError for what cannot judge."""
        with self._lock:
            if self._held is None:
                self._held = self._read()

    def release(self) -> None:
        """Forget the weights and give the device's memory back."""
        with self._lock:
            self._held = None
        gives_memory_back(self._setup.device)

    @contextmanager
    def _turn(self) -> Iterator[M]:
        """Have the model to oneself; raise MissingEngineError when it was not loaded."""
        with self._lock:
            if self._held is None:
                raise MissingEngineError(f"{self.identity} was asked before it was loaded")
            yield self._held
