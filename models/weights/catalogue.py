"""The catalogue of open weights, `catalogue.toml`: which models, in which profile, and which profile fits a machine.

The file comes with the package, so a fault in it is ours and breaks a test, not a user's run.
"""

import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from pydantic import Field

from content.recipes import Value
from models.naming import EngineName, is_folder

BEST: Final = "open"
"""The profile that stands for the largest of the others that fits."""

COMPANIONS: Final = ("aligner", "captioner", "frames", "ip_adapter", "lora", "vocoder")
"""Options that name a second model."""


class CataloguedModel(Value):
    """One model. `purpose` finishes the sentence "it …"; languages are in plain words, "" where there are none."""

    name: str
    revision: str = Field(pattern=r"([0-9a-f]{40})?")
    licence: str
    disk_gb: float = Field(gt=0)
    purpose: str
    languages: str
    why: str


class CataloguedEngine(Value):
    """An engine's configured name, and the 2^30 bytes it takes at work."""

    name: str
    gb: float = Field(ge=0)


class MemoryClass(Value):
    """A profile for one kind of machine, by medium."""

    machine: str
    device: str
    engines: dict[str, CataloguedEngine]

    @property
    def largest(self) -> float:
        """What the largest engine takes, in 2^30 bytes: engines are loaded one at a time."""
        return max(engine.gb for engine in self.engines.values())

    @property
    def names(self) -> dict[str, str]:
        """The engines' names by medium."""
        return {medium: engine.name for medium, engine in self.engines.items()}


class Catalogue(Value):
    """The whole file; profiles go from the smallest machine to the largest."""

    permissive: tuple[str, ...]
    models: tuple[CataloguedModel, ...]
    profiles: dict[str, MemoryClass]

    def model(self, name: str) -> CataloguedModel | None:
        """Find a model by its name on the hub."""
        return next((model for model in self.models if model.name == name), None)

    def is_permissive(self, licence: str) -> bool:
        """Say whether a licence needs nobody's consent."""
        return licence.lower() in self.permissive


@cache
def catalogue() -> Catalogue:
    """Read the catalogue, once."""
    text = files("models.weights").joinpath("catalogue.toml").read_text("utf-8")
    return Catalogue.model_validate(tomllib.loads(text))


def open_profiles(base: Mapping[str, str] | None = None) -> Mapping[str, Mapping[str, str]]:
    """Give the `open` profiles by name, each over a base of engines for what it does not name.

    `open` itself looks at the machine when it is first read, not before.
    """
    fixed = {name: {**(base or {}), **profile.names} for name, profile in catalogue().profiles.items()}
    return {BEST: _BestProfile(fixed), **fixed}


def pinned_revision(model: str) -> str:
    """Give the commit the catalogue pins a model to; "" where it pins none."""
    found = catalogue().model(model)
    return found.revision if found else ""


def best_profile(device: str = "", gigabytes: float = 0.0) -> str:
    """Give the largest profile whose every engine fits the device; without a GPU that is the one for processors."""
    profiles = catalogue().profiles
    fitting = [
        name for name, profile in profiles.items() if fits(profile.largest, device, gigabytes, kind=profile.device)
    ]
    return fitting[-1] if fitting else next(iter(profiles))


def fits(gigabytes: float, device: str = "", limit: float = 0.0, *, kind: str = "") -> bool:
    """Say whether an engine that takes so many 2^30 bytes fits the device, and the device is of a kind."""
    found, budget = _device_and_budget(device, limit)
    return found.startswith(kind) and gigabytes * 2**30 <= budget


def weights_named_by(name: str) -> Iterator[tuple[str, str]]:
    """Go through the models on the hub that an engine's name stands for, as (model, revision asked for).

    A panel names several engines, and some engines have companions: a captioner, an aligner.
    """
    for each in name.split(" + "):
        engine = EngineName.parse(each)
        if engine.backend == "openai":
            continue
        companions = [_without_file(engine.options[key]) for key in COMPANIONS if engine.options.get(key)]
        for found in [engine, *(EngineName.parse(f"{engine.backend}:{companion}") for companion in companions)]:
            if found.model and not is_folder(found.model):
                yield found.model, found.revision


def _without_file(model: str) -> str:
    """Give ORG/NAME of ORG/NAME/FILE.safetensors."""
    return "/".join(model.split("/")[:2]) if model.endswith(".safetensors") and not is_folder(model) else model


class _BestProfile(Mapping[str, str]):
    """The best of the profiles, chosen when somebody looks into it."""

    def __init__(self, profiles: Mapping[str, Mapping[str, str]]) -> None:
        self._profiles = profiles

    def __getitem__(self, medium: str) -> str:
        return self._profiles[best_profile()][medium]

    def __iter__(self) -> Iterator[str]:
        return iter(self._profiles[best_profile()])

    def __len__(self) -> int:
        return len(self._profiles[best_profile()])


@cache
def _device_and_budget(device: str, gigabytes: float) -> tuple[str, int]:
    from models.devices import best_device, budgets

    # Without a driver there is no need to spend the second that torch takes to say so.
    found = best_device(device) if device or _may_have_a_gpu() else "cpu"
    limits = budgets(found, gigabytes)
    return found, limits.get(found, limits["cpu"])


def _may_have_a_gpu() -> bool:
    doors = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")
    return sys.platform != "linux" or any(Path(door).exists() for door in doors)
