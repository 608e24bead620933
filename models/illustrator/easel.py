"""A loaded still-picture pipeline in every mode its weights can do, over one set of weights.

It paints batches of equal shape, one call at a time (a pipeline keeps its step count and guidance in itself), and knows
nothing of files, threads or prompts' making. Lives from `load` to `release` of the engine that owns it.
"""

import inspect
import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from content.errors import BadAnswerError, BadConfigurationError, BadInputError
from models.illustrator.diffusion import Setup, denoisers, let_go, place, sibling
from models.media.pictures import stretched
from models.quiet import quiet
from models.weights.weights import working

if TYPE_CHECKING:
    from PIL.Image import Image

Mode = Literal["text", "repaint", "inpaint", "edit"]

_CALLED: Final[dict[Mode, str]] = {
    "text": "paint from a prompt",
    "repaint": "repaint a picture",
    "inpaint": "fill a mask",
    "edit": "edit pictures it is shown",
}
_SEVERAL_PICTURES: Final = ("Flux2Pipeline", "Flux2KleinPipeline", "QwenImageEditPlusPipeline")
"""Pipelines that read a list of pictures as several to look at; to others a list is a batch."""


@dataclass(frozen=True, eq=False)
class Job:
    """One picture to paint; `width`×`height` is what the pipeline is asked for.

    `picture` and `mask` are RGB of the same size, stretched to it and the result back; a `reference` has any size.
    """

    mode: Mode
    prompt: str
    negative: str
    seed: int
    width: int
    height: int
    strength: float = 1.0
    picture: "Image | None" = None
    mask: "Image | None" = None
    reference: "Image | None" = None

    @property
    def shape(self) -> Hashable:
        """What jobs of one batch have in common; a batch looks at one reference, and edits one picture."""
        alone = id(self) if self.mode == "edit" else id(self.reference)
        return self.mode, self.width, self.height, self.strength, bool(self.negative), alone


class Easel:
    """Paints with one pipeline in all its modes. `base` is the size (width, height) its weights were trained for."""

    def __init__(
        self,
        pipeline: Any,
        setup: Setup,
        device: str,
        *,
        base: tuple[int, int] = (0, 0),
        adapter_scale: float | None = None,
    ) -> None:
        self._setup, self._device, self._adapter_scale = setup, device, adapter_scale
        self._base_pipeline = pipeline
        self._modes = dict(_modes(pipeline))
        if not self._modes:
            raise BadConfigurationError(f"{type(pipeline).__name__} paints no pictures; choose an image model")
        self._last = pipeline
        side = _native_side(pipeline)
        self.base = (base[0] or base[1] or side, base[1] or base[0] or side)
        scale = int(getattr(pipeline, "vae_scale_factor", 8))
        # A UNet halves its latents three times; a transformer takes them in patches of two.
        self._multiple = scale * (8 if hasattr(pipeline, "unet") else 4)
        defaults = inspect.signature(type(pipeline).__call__).parameters
        self.steps: int = setup.steps or int(defaults["num_inference_steps"].default)
        self._own_guidance = {
            name: defaults[name].default for name in ("guidance_scale", "true_cfg_scale") if name in defaults
        }

    # ---- what is asked, as this pipeline can do it -------------------------------------------------------------------

    def mode_for(self, *, picture: bool, mask: bool, reference: bool) -> Mode:
        """Choose how to do what is asked; raise BadInputError, naming what this model can do, where it cannot."""
        if mask and not picture:
            raise BadInputError("a mask was given without the picture it belongs to")
        by_adapter = reference and self._adapter_scale is not None
        by_eye = reference and not by_adapter and "edit" in self._modes and not mask
        if reference and not (by_adapter or by_eye):
            raise self._cannot("keep the style of a reference picture")
        if by_eye and picture and type(self._modes["edit"]).__name__ not in _SEVERAL_PICTURES:
            raise self._cannot("look at a picture and a reference at once")
        if mask:
            wanted: Mode = "inpaint"
        elif by_eye or (picture and "repaint" not in self._modes):
            wanted = "edit"
        else:
            wanted = "repaint" if picture else "text"
        if wanted not in self._modes:
            raise self._cannot(_CALLED["repaint" if picture and not mask else wanted])
        return wanted

    def size_for(self, width: int, height: int) -> tuple[int, int]:
        """Give the size to paint at: the same shape, sides the pipeline can do, an area its weights can fill.

        From a quarter of the trained area to all of it; never smaller than asked for within that.
        """
        area, most = width * height, self.base[0] * self.base[1]
        scale = math.sqrt(min(max(area, most / 4), most) / area)
        m = self._multiple
        rounding: Callable[[float], int] = math.ceil if scale >= 1 else round
        return max(m, rounding(width * scale / m) * m), max(m, rounding(height * scale / m) * m)

    def cover_size(self) -> tuple[int, int]:
        """Give the size of a picture that covers of every shape are cut from: 7:4 over the trained area."""
        across = math.sqrt(self.base[0] * self.base[1] * 7 / 4)
        m = self._multiple
        return max(m, round(across / m) * m), max(m, round(across * 4 / 7 / m) * m)

    # ---- painting ----------------------------------------------------------------------------------------------------

    def paint(self, jobs: Sequence[Job], tell: Callable[[float], None]) -> list["Image | Exception"]:
        """Paint jobs of one shape in one call; a picture its own checker withheld comes back as BadAnswerError.

        Raises OutOfMemoryError, BadInputError for what the pipeline will not take.
        """
        import torch

        pipeline = self._modes[jobs[0].mode]
        if self._setup.offload == "model" and pipeline is not self._last:
            place(pipeline, self._setup, self._device)
        self._last = pipeline
        accepted = inspect.signature(type(pipeline).__call__).parameters
        asked = {name: value for name, value in self._arguments(pipeline, jobs, tell).items() if name in accepted}
        with working("painting"), quiet(), torch.inference_mode():
            try:
                made = pipeline(**asked)
            except (ValueError, TypeError) as error:
                raise BadInputError(f"{type(pipeline).__name__} will not paint this: {error}") from error
        withheld = getattr(made, "nsfw_content_detected", None) or [False] * len(jobs)
        return [
            _withheld(job) if stopped else picture.convert("RGB")
            for job, picture, stopped in zip(jobs, made.images, withheld, strict=True)
        ]

    def close(self) -> None:
        """Let the pipelines go."""
        let_go(self._base_pipeline, *self._modes.values())
        self._modes.clear()
        self._base_pipeline = self._last = None

    def _arguments(self, pipeline: Any, jobs: Sequence[Job], tell: Callable[[float], None]) -> dict[str, Any]:
        import torch

        first = jobs[0]

        def on_step(running: Any, step: int, _: Any, kept: dict[str, Any]) -> dict[str, Any]:
            tell((step + 1) / max(1, getattr(running, "num_timesteps", self.steps) or self.steps))
            return kept

        asked: dict[str, Any] = {
            "prompt": [job.prompt for job in jobs],
            "width": first.width,
            "height": first.height,
            "num_inference_steps": self.steps,
            "generator": [torch.Generator("cpu").manual_seed(job.seed % 2**63) for job in jobs],
            "output_type": "pil",
            # Kontext would choose another size near a megapixel; ours is one its weights can do.
            "max_area": first.width * first.height,
            "_auto_resize": False,
            "callback_on_step_end": on_step,
            **self._guided(jobs),
            **self._in_sight(first),
        }
        if first.mode in {"repaint", "inpaint"}:
            asked["image"] = [_at_size(job.picture, job) for job in jobs]
            asked["strength"] = max(first.strength, _one_step(self.steps))
        if first.mode == "inpaint":
            asked["mask_image"] = [_at_size(job.mask, job) for job in jobs]
        if first.mode == "edit":
            asked["prompt"], asked["image"] = first.prompt, _shown(first, type(pipeline).__name__)
            if asked.get("negative_prompt"):
                asked["negative_prompt"] = asked["negative_prompt"][0]
        if longest := _token_limit(pipeline):
            asked["max_sequence_length"] = longest
        return asked

    def _guided(self, jobs: Sequence[Job]) -> dict[str, Any]:
        """Give guidance and what to keep away from, under the names this pipeline has for them."""
        own = self._own_guidance
        by_negative = own.get("guidance_scale", 0) is None  # distilled guidance it was not trained with
        asked: dict[str, Any] = {name: value for name, value in own.items() if value is not None}
        if self._setup.guidance >= 0:
            asked["true_cfg_scale" if by_negative else "guidance_scale"] = self._setup.guidance
        if by_negative:
            asked["negative_prompt"] = [job.negative or " " for job in jobs]
        elif jobs[0].negative:
            asked["negative_prompt"] = [job.negative for job in jobs]
        return asked

    def _in_sight(self, job: Job) -> dict[str, Any]:
        """Give an adapter what it looks at; it wants something even where nothing is to be seen."""
        if self._adapter_scale is None:
            return {}
        from PIL import Image

        self._base_pipeline.set_ip_adapter_scale(self._adapter_scale if job.reference else 0.0)
        return {"ip_adapter_image": job.reference or Image.new("RGB", (224, 224))}

    def _cannot(self, what: str) -> BadInputError:
        can = [_CALLED[mode] for mode in self._modes]
        return BadInputError(f"{type(self._base_pipeline).__name__} cannot {what}; it can {', '.join(can)}")


def _modes(pipeline: Any) -> list[tuple[Mode, Any]]:
    """Find what a pipeline's weights can do, and the pipeline that does it."""
    import diffusers

    takes = inspect.signature(type(pipeline).__call__).parameters
    if "num_inference_steps" not in takes or "num_frames" in takes or not denoisers(pipeline):
        return []
    found: list[tuple[Mode, Any]] = []
    # A UNet for masks alone takes the mask and the masked picture beside the latents.
    masks_only = hasattr(pipeline, "unet") and pipeline.unet.config.in_channels != pipeline.vae.config.latent_channels
    sees = "image" in takes and "strength" not in takes
    if not masks_only and (not sees or takes["image"].default is None):
        automatic: Any = diffusers.AutoPipelineForText2Image
        if (base := _as(automatic, pipeline)) is not None:
            found.append(("text", pipeline if type(base) is type(pipeline) else base))
    if sees:
        found.append(("edit", pipeline))
    tries: tuple[tuple[Mode, Any, str], ...] = (
        ("repaint", diffusers.AutoPipelineForImage2Image, "Img2ImgPipeline"),
        ("inpaint", diffusers.AutoPipelineForInpainting, "InpaintPipeline"),
    )
    for mode, automatic, ending in tries:
        if mode == "repaint" and masks_only:
            continue
        made = _as(automatic, pipeline) or _by_name(pipeline, ending)
        if made is not None and "strength" in inspect.signature(type(made).__call__).parameters:
            found.append((mode, made))
    return found


def _as(automatic: Any, pipeline: Any) -> Any | None:
    try:
        made = automatic.from_pipe(pipeline)
    except ValueError:
        return None
    made.set_progress_bar_config(disable=True)
    return made


def _by_name(pipeline: Any, ending: str) -> Any | None:
    """Find a mode that diffusers has a class for, but no automatic one."""
    import diffusers

    kind = getattr(diffusers, type(pipeline).__name__.removesuffix("Pipeline") + ending, None)
    try:
        return sibling(pipeline, kind) if kind else None
    except ValueError:
        return None


def _native_side(pipeline: Any) -> int:
    network = denoisers(pipeline)[0]
    latents = getattr(pipeline, "default_sample_size", None) or getattr(network.config, "sample_size", None)
    scale = int(getattr(pipeline, "vae_scale_factor", 8))
    return int(latents) * scale if isinstance(latents, int) else 1024


def _token_limit(pipeline: Any) -> int:
    """Give how many tokens of a prompt count, where the weights were trained with fewer: 256 for Flux schnell."""
    guided: bool = denoisers(pipeline)[0].config.get("guidance_embeds", True)
    return 256 if hasattr(pipeline, "text_encoder_2") and not guided else 0


def _one_step(steps: int) -> float:
    """Give the strength that makes exactly one step of `steps`: some pipelines round down to none, others up to two."""
    strength = 1 / steps
    while steps * strength < 1:
        strength = math.nextafter(strength, 1)
    return strength


def _at_size(picture: "Image | None", job: Job) -> "Image":
    assert picture is not None
    return stretched(picture, job.width, job.height)


def _shown(job: Job, kind: str) -> Any:
    shown = [] if job.picture is None else [_at_size(job.picture, job)]
    shown += [] if job.reference is None else [job.reference]
    return shown if kind in _SEVERAL_PICTURES else shown[0]


def _withheld(job: Job) -> BadAnswerError:
    return BadAnswerError(
        f"the model's own safety checker withheld the picture of seed {job.seed}; another seed or prompt may pass"
    )
