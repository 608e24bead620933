"""Diffusion pipelines as a user's folder gives them: loaded once, set up as the engine's name asks, and let go.

Safetensors from the local folder only, through diffusers' own classes. What stands here is the same for stills and
films; what a pipeline is asked to do stands in `easel.py` and `animator_diffusers.py`.
"""

import contextlib
import json
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from content.errors import BadConfigurationError
from models.devices import best_dtype
from models.naming import EngineName
from models.protocols import Order
from models.quiet import quiet
from models.weights.weights import Weights, loading, weights_of

OPTIONS: Final = ("steps", "guidance", "dtype", "offload", "vae_tiling", "compile", "scheduler", "lora", "lora_scale")
"""What every diffusion engine may be told in its name."""

_DTYPES: Final[Mapping[str, int]] = {"bfloat16": 2, "float16": 2, "float32": 4}
_STORED: Final[Mapping[str, float]] = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1, "U8": 1}
_ADAPTER: Final = "house"


@dataclass(frozen=True)
class Setup:
    """How a pipeline is set up. Guidance under 0 and 0 steps mean the pipeline's own."""

    steps: int = 0
    guidance: float = -1.0
    dtype: str = ""
    offload: str = "none"
    vae_tiling: bool = False
    compile: bool = False
    scheduler: str = ""
    lora: Weights | None = None
    lora_scale: float = 1.0

    @classmethod
    def of(cls, order: Order) -> "Setup":
        """Read an engine's name; raise BadConfigurationError for values that make no sense."""
        name = order.name
        lora = name.option("lora", "")
        setup = cls(
            steps=name.option("steps", 0),
            guidance=name.option("guidance", -1.0),
            dtype=name.option("dtype", ""),
            offload=name.option("offload", "none"),
            vae_tiling=name.option("vae_tiling", False),
            compile=name.option("compile", False),
            scheduler=name.option("scheduler", ""),
            lora=other_weights(order, lora) if lora else None,
            lora_scale=name.option("lora_scale", 1.0),
        )
        for key, known in (("dtype", ("", *_DTYPES)), ("offload", ("none", "model"))):
            if getattr(setup, key) not in known:
                choices = " or ".join(filter(None, known))
                raise BadConfigurationError(f"{name}: {key} must be {choices}, not {getattr(setup, key)!r}")
        if not 0 <= setup.steps <= 1000:
            raise BadConfigurationError(f"{name}: steps must be 1 to 1000, not {setup.steps}")
        if not math.isfinite(setup.guidance) or not math.isfinite(setup.lora_scale):
            raise BadConfigurationError(f"{name}: guidance and lora_scale must be numbers")
        return setup


def other_weights(order: Order, model: str) -> Weights:
    """Find weights that an option of an engine's name names, as `ORG/NAME@REVISION` or a folder."""
    return weights_of(replace(order, name=EngineName.parse(f"{order.name.backend}:{model}")))


def options_of(options: Mapping[str, str], **others: Weights | None) -> dict[str, str]:
    """Give an engine's options for its identity: weights they name by name and revision, not by where they lie."""
    named = {key: f"{weights.model}@{weights.revision}" for key, weights in others.items() if weights}
    return {**options, **named}


def load_pipeline(weights: Weights, setup: Setup, device: str, *, dress: Callable[[Any], None] | None = None) -> Any:
    """Take a pipeline into memory and onto its device; `dress` adds to it on the way.

    Raises MissingEngineError, BadConfigurationError or CorruptAssetError as `models/weights/weights.py` says,
    BadConfigurationError for a scheduler or LoRA that does not fit, OutOfMemoryError where there is no room.
    """
    folder = weights.ready()
    lora = _lora_file(setup.lora) if setup.lora else None
    with loading(f"{weights.model}@{weights.revision[:12]}"), quiet():
        pipeline = _read(folder, best_dtype(device, setup.dtype))
        pipeline.set_progress_bar_config(disable=True)
        if setup.scheduler:
            pipeline.scheduler = _scheduler(pipeline.scheduler, setup.scheduler)
        if lora:
            _put_on(pipeline, lora, setup.lora_scale)
        if dress:
            dress(pipeline)
        vae: Any = getattr(pipeline, "vae", None)
        if hasattr(vae, "enable_slicing"):
            vae.enable_slicing()  # one picture decoded at a time: as fast, and a batch needs no more room than one
        if setup.vae_tiling and hasattr(vae, "enable_tiling"):
            vae.enable_tiling()
        place(pipeline, setup, device)
        if setup.compile:
            for part in denoisers(pipeline):
                part.compile()
    return pipeline


def place(pipeline: Any, setup: Setup, device: str) -> None:
    """Put a pipeline on its device, or have its parts come there one at a time."""
    if setup.offload != "model":
        pipeline.to(device)
    elif device == "cpu":
        raise BadConfigurationError("offload=model moves weights off an accelerator, and this engine runs on cpu")
    else:
        pipeline.enable_model_cpu_offload(device=device)


def sibling(pipeline: Any, kind: type[Any]) -> Any:
    """Give another pipeline class over the same parts; raise ValueError where parts are missing for it."""
    import inspect

    # The class's own `from_pipe` would cast every shared part to float32.
    told = inspect.signature(kind.__init__).parameters
    parts: dict[str, Any] = {name: part for name, part in pipeline.components.items() if name in told}
    parts |= {name: value for name, value in pipeline.config.items() if name in told and name not in parts}
    wanted = [n for n, p in told.items() if n != "self" and p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
    optional = {*kind._optional_components}  # noqa: SLF001 - where diffusers keeps it
    if missing := sorted({*wanted} - {*parts} - optional):
        raise ValueError(f"{kind.__name__} also needs {missing[0]}")
    made = kind(**{name: None for name in wanted if name in optional}, **parts)
    made.set_progress_bar_config(disable=True)
    return made


def let_go(*pipelines: Any) -> None:
    """Take apart what keeps pipelines' weights alive after their owner forgot them."""
    for pipeline in pipelines:
        if getattr(pipeline, "_all_hooks", None):
            pipeline.remove_all_hooks()


def denoisers(pipeline: Any) -> list[Any]:
    """Give the networks that run at every step."""
    names = ("unet", "transformer", "transformer_2")
    return [part for name in names if (part := getattr(pipeline, name, None)) is not None]


# ---- what a pipeline takes -------------------------------------------------------------------------------------------


def footprint_of(weights: Weights, setup: Setup, device: str) -> int:
    """Give about how many bytes of a device the parts of a pipeline take, from the headers of their files."""
    parts = _part_bytes(weights.folder, weights.bytes, best_dtype(device, setup.dtype).itemsize)
    return max(parts.values(), default=0) if setup.offload == "model" else sum(parts.values())


@dataclass
class Bill:
    """What a piece of work took of a device."""

    seconds: float = 0.0
    peak_bytes: int = 0


@contextlib.contextmanager
def measured(device: str) -> Iterator[Bill]:
    """Measure the block's time on a device, and the most memory it held there."""
    bill, cuda = Bill(), None
    if device.startswith("cuda"):
        import torch

        cuda = torch.cuda
        cuda.reset_peak_memory_stats(device)
    began = time.perf_counter()
    try:
        yield bill
    finally:
        if cuda:
            cuda.synchronize(device)
            bill.peak_bytes = cuda.max_memory_allocated(device)
        bill.seconds = time.perf_counter() - began


# ---- inside ----------------------------------------------------------------------------------------------------------


def _read(folder: Path, dtype: Any) -> Any:
    import diffusers
    import torch

    index = json.loads((folder / "model_index.json").read_bytes())
    # Wan's autoencoder loses colours in 16 bits.
    exact = {"default": dtype, "vae": torch.float32} if "AutoencoderKLWan" in index.get("vae", ()) else dtype
    options: dict[str, Any] = {"dtype": exact, "use_safetensors": True, "local_files_only": True}
    if _only_half(folder):
        options["variant"] = "fp16"
    if "safety_checker" in index and not (folder / "safety_checker").is_dir():
        options |= {"safety_checker": None, "requires_safety_checker": False}
    automatic: Any = diffusers.AutoPipelineForText2Image
    as_named: Any = diffusers.DiffusionPipeline
    try:
        return automatic.from_pretrained(folder, **options)
    except ValueError as error:
        # Pipelines that only edit, only fill masks or make films are under no text-to-image name.
        if "AutoPipeline can't find a pipeline" not in str(error):
            raise
        return as_named.from_pretrained(folder, **options)


def _files(part: Path) -> list[Path]:
    every = sorted(part.glob("*.safetensors"))
    return [path for path in every if ".fp16." not in path.name] or every


def _only_half(folder: Path) -> bool:
    parts = [files for part in folder.iterdir() if part.is_dir() and (files := _files(part))]
    return bool(parts) and all(".fp16." in path.name for files in parts for path in files)


def _scheduler(current: Any, wanted: str) -> Any:
    known = {kind.__name__: kind for kind in (type(current), *current.compatibles)}
    for name in (wanted, f"{wanted}Scheduler"):
        if name in known:
            return known[name].from_config(current.config)
    raise BadConfigurationError(f"scheduler={wanted} does not fit this model; use one of {', '.join(sorted(known))}")


def _lora_file(weights: Weights) -> Path:
    folder = weights.ready()
    files = sorted(folder.glob("*.safetensors"))
    if len(files) != 1:
        raise BadConfigurationError(f"{folder} holds {len(files)} *.safetensors; a LoRA's folder has one")
    return files[0]


def _put_on(pipeline: Any, lora: Path, scale: float) -> None:
    """Work a LoRA into the weights themselves, so that it costs nothing at a step."""
    if not hasattr(pipeline, "load_lora_weights"):
        raise BadConfigurationError(f"{type(pipeline).__name__} takes no LoRA; leave out lora=")
    pipeline.load_lora_weights(
        str(lora.parent), weight_name=lora.name, adapter_name=_ADAPTER, local_files_only=True, use_safetensors=True
    )
    fitting = pipeline.get_list_adapters()
    if not fitting:
        raise BadConfigurationError(f"the LoRA in {lora.parent} fits no layer of this model; it is for another one")
    pipeline.fuse_lora(components=list(fitting), lora_scale=scale, adapter_names=[_ADAPTER])
    pipeline.unload_lora_weights()


@lru_cache(maxsize=32)
def _part_bytes(folder: Path, size: int, itemsize: int) -> Mapping[str, int]:
    """Give each part's bytes once loaded with numbers of `itemsize`; `size` tells a folder from its later self."""
    if not size:
        return {}
    parts = {part.name: _files(part) for part in folder.iterdir() if part.is_dir()}
    return {
        name: round(sum(path.stat().st_size * itemsize / _stored_itemsize(path) for path in files))
        for name, files in parts.items()
        if files
    }


def _stored_itemsize(path: Path) -> float:
    """Give how many bytes a number takes in a safetensors file, told by the first one in its header."""
    try:
        with path.open("rb") as file:
            header = json.loads(file.read(min(int.from_bytes(file.read(8), "little"), 100_000_000)))
        kinds = [entry["dtype"] for name, entry in header.items() if name != "__metadata__"]
    except (OSError, ValueError, KeyError, TypeError):
        return 2.0
    return _STORED.get(kinds[0], 2.0) if kinds else 2.0
