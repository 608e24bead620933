"""The animator: a prompt or a picture to a few seconds of film by a video diffusion pipeline with open weights.

One clip at a time, since a single one fills a device. A pipeline makes no more frames than it was trained for, so a
clip may be shorter than it was asked to be; its `duration_s` is what it is.
"""

import threading
from functools import cached_property
from pathlib import Path
from typing import Final, Self

from content.errors import BadConfigurationError, BadInputError
from content.recipes import EngineIdentity, digest_of, sha256_of
from models.animator.clip_files import encode_clip
from models.animator.moving_easel import MovingEasel
from models.devices import best_device, best_dtype, gives_memory_back
from models.illustrator.cover_prompt import plain_words
from models.illustrator.diffusion import OPTIONS, Setup, footprint_of, load_pipeline, measured, options_of
from models.media.pictures import open_picture
from models.metering import spend
from models.protocols import ClipRequest, Order, Progress, RenderedClip
from models.weights.weights import Weights, weights_of

VERSION: Final = 1
"""Raised with every change that alters a clip: it is part of every clip's recipe."""

NEGATIVE: Final = "worst quality, blurry, jittery, distorted, deformed, text, letters, watermark, logo"

_KNOWN: Final = (*OPTIONS, "negative", "width", "height", "fps", "frames")
_BYTES_A_PIXEL: Final = 100
"""What decoding takes for each pixel of each frame, about, at 16 bits a number."""
_LONGEST_PROMPT: Final = 600


class AnimatorDiffusers:
    """Makes clips with one pipeline. Holds its weights from `load` to `release`; threads take turns.

    `base` is the size (width, height) to paint at and `frames` the most in a clip, where not the pipeline's own.
    """

    def __init__(
        self,
        weights: Weights,
        *,
        setup: Setup | None = None,
        device: str = "",
        options: dict[str, str] | None = None,
        negative: str = "",
        base: tuple[int, int] = (0, 0),
        fps: int = 0,
        frames: int = 0,
    ) -> None:
        self._weights, self._setup, self._wanted_device = weights, setup or Setup(), device
        self._options, self._negative = dict(options or {}), negative or NEGATIVE
        self._base, self._fps, self._frames = base, fps, frames
        self._easel: MovingEasel | None = None
        self._loading, self._working = threading.Lock(), threading.Lock()

    @classmethod
    def from_order(cls, order: Order) -> Self:
        """Make the engine an order names; raise BadConfigurationError for options it does not know."""
        name = order.name
        name.allow(_KNOWN)
        base, fps, frames = (
            (name.option("width", 0), name.option("height", 0)),
            name.option("fps", 0),
            name.option("frames", 0),
        )
        if not 0 <= fps <= 60 or not 0 <= frames <= 1000 or any(side and not 16 <= side <= 4096 for side in base):
            raise BadConfigurationError(f"{name}: fps may be 1 to 60, frames 1 to 1000, width and height 16 to 4096")
        return cls(
            weights_of(order),
            setup=Setup.of(order),
            device=order.device,
            options=name.options,
            negative=name.option("negative", ""),
            base=base,
            fps=fps,
            frames=frames,
        )

    @property
    def identity(self) -> EngineIdentity:
        """The weights, those its options name, and every option."""
        return EngineIdentity(
            backend="diffusers",
            model=self._weights.model,
            revision=self._weights.revision,
            parameters={"version": VERSION, **options_of(self._options, lora=self._setup.lora)},
        )

    @cached_property
    def device(self) -> str:
        """The device its weights go to."""
        return best_device(self._wanted_device)

    @property
    def footprint(self) -> int:
        """About how many bytes of the device it takes: its parts, and what decoding one clip needs."""
        pixels = (self._base[0] or 832) * (self._base[1] or 480) * (self._frames or 81)
        at_work = pixels * _BYTES_A_PIXEL * best_dtype(self.device, self._setup.dtype).itemsize // 2
        return footprint_of(self._weights, self._setup, self.device) + at_work

    def load(self) -> None:
        """Take the pipeline into memory.

        Raises MissingEngineError, BadConfigurationError, CorruptAssetError or OutOfMemoryError.
        """
        with self._loading:
            if self._easel is None:
                pipeline = load_pipeline(self._weights, self._setup, self.device)
                self._easel = MovingEasel(
                    pipeline, self._setup, self.device, base=self._base, fps=self._fps, longest=self._frames
                )

    def release(self) -> None:
        """Forget the weights and give the device's memory back."""
        with self._loading:
            if self._easel:
                self._easel.close()
            self._easel = None
            gives_memory_back(self.device)

    def animate(self, request: ClipRequest, work: Path, progress: Progress, *, seed: int) -> RenderedClip:
        """Make one clip into `work`, exactly as large as asked for and about as long.

        Raises BadInputError for sides that are not even, a picture that cannot be read, and a start these weights
        cannot make; OutOfMemoryError when there is no room.
        """
        if request.width % 2 or request.height % 2:
            raise BadInputError(f"a clip's sides must be even, not {request.width}×{request.height}")
        picture = None if request.picture is None else open_picture(request.picture)
        easel = self._ready()
        easel.refuse(picture=picture is not None)
        total, frames = easel.steps + 1, easel.frames_for(request.seconds)
        progress(0, total)
        with self._working, measured(self.device) as bill:
            made = easel.paint(
                plain_words(request.prompt, _LONGEST_PROMPT) or "a quiet scene",
                self._negative,
                picture,
                size=easel.size_for(request.width, request.height),
                frames=frames,
                seed=seed,
                tell=lambda share: progress(min(easel.steps, round(share * easel.steps)), total),
            )
        spend(device_s=bill.seconds, peak_bytes=bill.peak_bytes)
        movie = work / f"clip-{_name(request, seed)}.mp4"
        encode_clip(made, movie, width=request.width, height=request.height, fps=easel.fps)
        progress(total, total)
        return RenderedClip(
            movie=movie,
            duration_s=len(made) / easel.fps,
            width=request.width,
            height=request.height,
            fps=easel.fps,
        )

    def _ready(self) -> MovingEasel:
        if self._easel is None:
            self.load()
        assert self._easel is not None
        return self._easel


def _name(request: ClipRequest, seed: int) -> str:
    told = request.model_dump(exclude={"picture"}) | {"picture": sha256_of(request.picture or b""), "seed": seed}
    return digest_of(told)[:16]
