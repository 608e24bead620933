"""Recipes: what a step is made of, as a digest that names its result.

A recipe is the step's name and version, the identity of the engine that does the work,
a variant (0, or the n-th deliberate redo) and the step's inputs.
Equal recipes give equal results on any machine, so the digest is the cache key.
"""

import hashlib
import json
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Value(BaseModel):
    """A small frozen value that may cross any border of the house."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class EngineIdentity(Value):
    """Who does the work: everything about an engine that can change its output."""

    backend: str
    model: str = ""
    revision: str = ""
    parameters: dict[str, str | int | float | bool] = Field(default_factory=dict)

    def __str__(self) -> str:
        name = f"{self.backend}:{self.model}" if self.model else self.backend
        return f"{name}@{self.revision}" if self.revision else name


class Recipe(Value):
    """One step's recipe. `inputs` is the sha256 of the canonical JSON of its inputs."""

    step: str
    version: int
    inputs: str
    engine: EngineIdentity | None = None
    variant: int = 0

    @property
    def digest(self) -> str:
        """The sha256 that names this recipe's result (64 hex digits)."""
        return digest_of(self)


def canonical_json(value: Any) -> bytes:
    """Give the one byte string for a JSON-able value or pydantic model: sorted keys, no spaces, UTF-8."""
    return json.dumps(
        value, default=_jsonable, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def digest_of(value: Any) -> str:
    """Give the sha256 of a value's canonical JSON (64 hex digits)."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def sha256_of(data: bytes) -> str:
    """Give the sha256 of a byte string (64 hex digits)."""
    return hashlib.sha256(data).hexdigest()


def _jsonable(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    raise TypeError(f"a recipe input must be JSON or a value type, not {type(value).__name__}")
