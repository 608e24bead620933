"""How an engine is named in the configuration: `BACKEND[:MODEL[@REVISION]][?option=value&…]`.

    extractive
    transformers:Qwen/Qwen3-4B-Instruct-2507@cdbee75f17c01a7cc42f958dc650907174af0554?dtype=bfloat16
    diffusers:./my-model?steps=28&guidance=3.5
    openai:llama3.1

A model is a name on the hub, a model of a server, or a folder (it starts with `/`, `./`, `../` or `~`).
Options are the engine's own; all of them are part of its identity and so of every recipe it works on.
"""

import re
from collections.abc import Collection
from pathlib import Path
from typing import Self, TypeVar

from pydantic import Field

from content.errors import BadConfigurationError
from content.recipes import Value

Option = TypeVar("Option", str, int, float, bool)

_NAME = re.compile(r"(?P<backend>[a-z0-9_-]+)(?::(?P<model>[^?]+))?(?:\?(?P<options>.*))?", re.DOTALL)
_YES_NO = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


class EngineName(Value):
    """A parsed name. `options` are still text; `option` reads one as what it should be."""

    backend: str
    model: str = ""
    revision: str = ""
    options: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a name; raise BadConfigurationError that says how names are written."""
        match = _NAME.fullmatch(text.strip())
        if match is None:
            raise BadConfigurationError(
                f"{text!r} names no engine; write BACKEND, BACKEND:MODEL@REVISION or BACKEND:MODEL?option=value"
            )
        model, revision = match["model"] or "", ""
        if not is_folder(model):
            model, _, revision = model.partition("@")
        options = {}
        for pair in filter(None, (match["options"] or "").split("&")):
            key, equals, value = pair.partition("=")
            if not equals or not key:
                raise BadConfigurationError(f"{text!r}: {pair!r} is no option; write option=value, joined by &")
            options[key] = value
        return cls(backend=match["backend"], model=model, revision=revision, options=options)

    def __str__(self) -> str:
        name = f"{self.backend}:{self.model}" if self.model else self.backend
        name = f"{name}@{self.revision}" if self.revision else name
        options = "&".join(f"{key}={value}" for key, value in self.options.items())
        return f"{name}?{options}" if options else name

    def option(self, key: str, default: Option) -> Option:
        """Read an option as the type of its default; raise BadConfigurationError when it is something else."""
        if key not in self.options:
            return default
        told = self.options[key]
        kind = type(default)
        try:
            return _YES_NO[told.lower()] if kind is bool else kind(told)
        except (KeyError, ValueError):
            wanted = {bool: "yes or no", int: "a whole number", float: "a number"}.get(kind, "text")
            raise BadConfigurationError(f"{self}: {key} must be {wanted}, not {told!r}") from None

    def allow(self, known: Collection[str]) -> None:
        """Raise BadConfigurationError when an option is set that the engine does not know."""
        if unknown := sorted(set(self.options) - set(known)):
            raise BadConfigurationError(
                f"{self}: there is no option {unknown[0]!r}; this engine knows {', '.join(sorted(known))}"
            )


def is_folder(model: str) -> bool:
    """Say whether a model is named by a folder instead of a name on the hub."""
    return model.startswith(("/", "./", "../", "~"))


def folder_of(model: str) -> Path:
    """Give the folder a model's name stands for."""
    return Path(model).expanduser().resolve()
