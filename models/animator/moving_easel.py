"""A loaded text-to-video or image-to-video pipeline in both ways its weights can start, and the rules of its sizes.

It knows LTX, Wan, CogVideoX and pipelines built like them, makes one clip a call and knows nothing of files or threads.
Lives from `load` to `release` of the engine that owns it.
"""

import inspect
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from content.errors import BadConfigurationError, BadInputError
from models.illustrator.diffusion import Setup, denoisers, let_go, place, sibling
from models.media.pictures import fitted
from models.quiet import quiet
from models.weights.weights import working

if TYPE_CHECKING:
    from PIL.Image import Image

_PACE: Final = {"LTX": 24, "Wan": 16, "CogVideoX": 8}
"""Frames a second its films were shown to it at, by the beginning of a pipeline's name."""

_FROM_PICTURE: Final = "ImageToVideoPipeline"


class MovingEasel:
    """Paints frames with one pipeline. `base` is the size (width, height) it was trained for, `longest` in frames."""

    def __init__(
        self,
        pipeline: Any,
        setup: Setup,
        device: str,
        *,
        base: tuple[int, int] = (0, 0),
        fps: int = 0,
        longest: int = 0,
    ) -> None:
        self._setup, self._device, self._own, self._last = setup, device, pipeline, pipeline
        self._from_text, self._from_picture = _ways(pipeline)
        defaults = inspect.signature(type(pipeline).__call__).parameters
        if "num_frames" not in defaults or (self._from_text is None and self._from_picture is None):
            raise BadConfigurationError(f"{type(pipeline).__name__} makes no films; choose a video model")
        network = denoisers(pipeline)[0].config
        across = _number(pipeline, "vae_spatial_compression_ratio", "vae_scale_factor_spatial", otherwise=8)
        patch = network.get("patch_size", 1)
        self._multiple = across * int(patch if isinstance(patch, int) else patch[-1])
        packed = _number(pipeline, "vae_temporal_compression_ratio", "vae_scale_factor_temporal", otherwise=4)
        # CogVideoX decodes two packs at a time and loses a frame where their number is even.
        self._frames_step = packed * (2 if type(pipeline.vae).__name__ == "AutoencoderKLCogVideoX" else 1)
        own_width = defaults["width"].default or network.get("sample_width", 90) * across
        own_height = defaults["height"].default or network.get("sample_height", 60) * across
        self.base = (base[0] or own_width, base[1] or own_height)
        # Positions that were learned have no values beyond the size they were learned for.
        self._fixed = bool(network.get("use_learned_positional_embeddings"))
        self._longest = longest or int(network.get("sample_frames") or defaults["num_frames"].default or 81)
        kind = type(pipeline).__name__
        self.fps = fps or next((pace for name, pace in _PACE.items() if kind.startswith(name)), 16)
        self.steps: int = setup.steps or int(defaults["num_inference_steps"].default)
        self._guidance = setup.guidance if setup.guidance >= 0 else defaults["guidance_scale"].default

    def frames_for(self, seconds: float) -> int:
        """Give how many frames a clip of about that length has: one more than a multiple of what the pipeline packs."""
        step = self._frames_step
        most = max(1, (self._longest - 1) // step)
        return min(max(1, round((seconds * self.fps - 1) / step)), most) * step + 1

    def size_for(self, width: int, height: int) -> tuple[int, int]:
        """Give the size to paint at: the same shape over at most the trained area, sides the pipeline can do."""
        if self._fixed:
            return self.base
        scale = min(1.0, math.sqrt(self.base[0] * self.base[1] / (width * height)))
        m = self._multiple
        return max(m, round(width * scale / m) * m), max(m, round(height * scale / m) * m)

    def refuse(self, *, picture: bool) -> None:
        """Raise BadInputError when these weights cannot start that way."""
        if picture and self._from_picture is None:
            raise BadInputError(
                f"the weights of {type(self._own).__name__} start from a prompt only, not from a picture"
            )
        if not picture and self._from_text is None:
            raise BadInputError(f"the weights of {type(self._own).__name__} start from a picture only; give one")

    def paint(
        self,
        prompt: str,
        negative: str,
        picture: "Image | None",
        *,
        size: tuple[int, int],
        frames: int,
        seed: int,
        tell: Callable[[float], None],
    ) -> list["Image"]:
        """Paint a clip's frames; raise OutOfMemoryError, or BadInputError for what the pipeline will not take."""
        import torch

        self.refuse(picture=picture is not None)
        pipeline: Any = self._from_text if picture is None else self._from_picture
        if self._setup.offload == "model" and pipeline is not self._last:
            place(pipeline, self._setup, self._device)
        self._last = pipeline

        def on_step(running: Any, step: int, _: Any, kept: dict[str, Any]) -> dict[str, Any]:
            tell((step + 1) / max(1, getattr(running, "num_timesteps", self.steps) or self.steps))
            return kept

        asked: dict[str, Any] = {
            "prompt": prompt,
            "negative_prompt": negative,
            "image": fitted(picture, *size) if picture else None,
            "width": size[0],
            "height": size[1],
            "num_frames": frames,
            "frame_rate": self.fps,
            "num_inference_steps": self.steps,
            "guidance_scale": self._guidance,
            "generator": torch.Generator("cpu").manual_seed(seed % 2**63),
            "output_type": "pil",
            "callback_on_step_end": on_step,
        }
        accepted = inspect.signature(type(pipeline).__call__).parameters
        with working("making a clip"), quiet(), torch.inference_mode():
            try:
                made = pipeline(**{name: value for name, value in asked.items() if name in accepted})
            except (ValueError, TypeError) as error:
                raise BadInputError(f"{type(pipeline).__name__} will not make this clip: {error}") from error
        return list(made.frames[0])

    def close(self) -> None:
        """Let the pipelines go."""
        let_go(*(each for each in (self._own, self._from_text, self._from_picture) if each is not None))
        self._own = self._from_text = self._from_picture = self._last = None


def _ways(pipeline: Any) -> tuple[Any | None, Any | None]:
    """Give the pipelines that start from text and from a picture, None for what the weights have no inputs for."""
    import diffusers

    kind, networks = type(pipeline), denoisers(pipeline)
    vae: Any = getattr(pipeline, "vae", None)
    if not networks or vae is None:
        return None, None
    stem = kind.__name__.removesuffix(_FROM_PICTURE).removesuffix("Pipeline")
    latents = vae.config.get("latent_channels") or vae.config.get("z_dim")
    # Weights that see a picture beside the noise have inputs for both; LTX and Wan 2.2 5B put it in the noise's place.
    sees_beside = networks[0].config.get("in_channels") != latents
    sees_within = stem == "LTX" or bool(pipeline.config.get("expand_timesteps"))

    def way(name: str) -> Any | None:
        wanted = getattr(diffusers, name, None)
        return pipeline if wanted is None or wanted is kind else sibling(pipeline, wanted)

    from_text = None if sees_beside else way(f"{stem}Pipeline")
    from_picture = way(f"{stem}{_FROM_PICTURE}") if sees_beside or sees_within else None
    return from_text, from_picture


def _number(pipeline: Any, *names: str, otherwise: int) -> int:
    return next((int(value) for name in names if (value := getattr(pipeline, name, None))), otherwise)
