"""The painting illustrator: covers and pictures by a diffusion pipeline with open weights, through diffusers.

A cover is painted once and cut to every format asked for; what threads ask for side by side is painted in batches.
A picture depends on its request and seed; who shared its batch changes no more than the last bits of its numbers.
A pipeline's own safety checker works where the weights bring one; the house's picture moderator judges in any case.
"""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Self

from content.errors import BadConfigurationError, BadInputError
from content.recipes import EngineIdentity
from models.batching import Batcher, Tell
from models.devices import best_device, best_dtype, gives_memory_back
from models.illustrator.captioner_transformers import CaptionerTransformers
from models.illustrator.cover_prompt import NEGATIVE, cover_alt, cover_prompt, plain_words
from models.illustrator.diffusion import (
    OPTIONS,
    Setup,
    footprint_of,
    load_pipeline,
    measured,
    options_of,
    other_weights,
)
from models.illustrator.easel import Easel, Job
from models.illustrator.ip_adapters import IpAdapter
from models.media.pictures import fitted, jpeg_of, open_picture, png_of, stretched
from models.metering import spend
from models.once import Once
from models.protocols import CoverRequest, Order, PaintRequest, Progress, RenderedPicture
from models.weights.weights import Weights, weights_of

if TYPE_CHECKING:
    from PIL.Image import Image

VERSION: Final = 1
"""Raised with every change that alters a picture: it is part of every picture's recipe."""

_KNOWN: Final = (*OPTIONS, "negative", "width", "height", "batch", "ip_adapter", "ip_scale", "captioner")
_BASES_KEPT: Final = 24
_ENCODERS: Final = 4
_BYTES_A_PIXEL: Final = 2_048
"""What decoding takes for each pixel of a picture, about, at 16 bits a number."""
_BYTES_A_PIXEL_MORE: Final = 512
"""What every picture of a batch adds while it is painted."""


@dataclass(frozen=True, eq=False)
class _Painted:
    picture: "Image"
    caption: str
    seconds: float = 0.0
    peak_bytes: int = 0


class IllustratorDiffusers:
    """Paints with one pipeline. Holds its weights from `load` to `release`; threads may call it side by side.

    `base` is the size (width, height) to paint at where it is not the pipeline's own, `batch` the most pictures a call.
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
        batch: int = 4,
        adapter: IpAdapter | None = None,
        captioner: Weights | None = None,
    ) -> None:
        self._weights, self._setup, self._wanted_device = weights, setup or Setup(), device
        self._options, self._negative, self._base, self._batch = dict(options or {}), negative, base, batch
        self._adapter, self._captioner_weights = adapter, captioner
        self._captioner: CaptionerTransformers | None = None
        self._easel: Easel | None = None
        self._batcher: Batcher[Job, _Painted] = self._new_batcher()
        self._bases: Once[_Painted] = Once(_BASES_KEPT)
        self._lock = threading.Lock()

    @classmethod
    def from_order(cls, order: Order) -> Self:
        """Make the engine an order names; raise BadConfigurationError for options it does not know."""
        name = order.name
        name.allow(_KNOWN)
        base, batch = (name.option("width", 0), name.option("height", 0)), name.option("batch", 4)
        if not 1 <= batch <= 64:
            raise BadConfigurationError(f"{name}: batch must be 1 to 64, not {batch}")
        if any(side and not 64 <= side <= 4096 for side in base):
            raise BadConfigurationError(f"{name}: width and height must be 64 to 4096")
        captioner = name.option("captioner", "")
        return cls(
            weights_of(order),
            setup=Setup.of(order),
            device=order.device,
            options=name.options,
            negative=name.option("negative", ""),
            base=base,
            batch=batch,
            adapter=IpAdapter.of(order),
            captioner=other_weights(order, captioner) if captioner else None,
        )

    @property
    def identity(self) -> EngineIdentity:
        """The weights, those its options name, and every option."""
        adapter = self._adapter
        others = {
            "lora": self._setup.lora,
            "ip_adapter": adapter.weights if adapter else None,
            "captioner": self._captioner_weights,
        }
        parameters = {"version": VERSION, **options_of(self._options, **others)}
        if adapter:
            parameters["ip_adapter_file"] = str(adapter.file)
        return EngineIdentity(
            backend="diffusers",
            model=self._weights.model,
            revision=self._weights.revision,
            parameters=parameters,
        )

    @cached_property
    def device(self) -> str:
        """The device its weights go to."""
        return best_device(self._wanted_device)

    @property
    def footprint(self) -> int:
        """About how many bytes of the device it takes: its parts, and what a batch at work needs."""
        width, height = self._base[0] or self._base[1] or 1024, self._base[1] or self._base[0] or 1024
        pixels = width * height * best_dtype(self.device, self._setup.dtype).itemsize // 2
        at_work = pixels * (_BYTES_A_PIXEL + _BYTES_A_PIXEL_MORE * self._batch)
        others = [self._adapter.weights.bytes] if self._adapter else []
        if self._captioner_weights:
            others.append(CaptionerTransformers(self._captioner_weights, self.device).footprint)
        return footprint_of(self._weights, self._setup, self.device) + at_work + sum(others)

    def load(self) -> None:
        """Take the pipeline, and the captioner where one is set, into memory.

        Raises MissingEngineError, BadConfigurationError, CorruptAssetError or OutOfMemoryError.
        """
        with self._lock:
            if self._easel is not None:
                return
            put_on = self._adapter.put_on if self._adapter else None
            pipeline = load_pipeline(self._weights, self._setup, self.device, dress=put_on)
            easel = Easel(
                pipeline,
                self._setup,
                self.device,
                base=self._base,
                adapter_scale=self._adapter.scale if self._adapter else None,
            )
            if self._captioner_weights:
                captioner = CaptionerTransformers(self._captioner_weights, self.device)
                captioner.load()
                self._captioner = captioner
            self._batcher, self._easel = self._new_batcher(), easel

    def release(self) -> None:
        """Forget weights and pictures, and give the device's memory back."""
        with self._lock:
            if self._easel:
                self._easel.close()
            if self._captioner:
                self._captioner.release()
            self._easel = self._captioner = None
            self._bases.forget()
            gives_memory_back(self.device)

    def illustrate(self, request: CoverRequest, *, seed: int) -> RenderedPicture:
        """Paint one cover, as a JPEG: formats of one cover are cut from one picture, which is painted once.

        Raises BadInputError for a quotation or a figure, whose words a painting model would misspell.
        """
        if request.kind != "cover":
            raise BadInputError(
                f"{self.identity.backend} paints covers and draws no words, so it cannot make a {request.kind}; "
                "ask the typographic illustrator, the backend for cards"
            )
        prompt, negative = cover_prompt(request), self._negative or NEGATIVE
        easel = self._ready()
        width, height = easel.cover_size()
        job = Job("text", prompt, negative, seed, width, height)
        base = self._bases.get((prompt, negative, seed), lambda: self._paint([job])[0])
        return RenderedPicture(
            data=jpeg_of(fitted(base.picture, request.width, request.height)),
            media_type="image/jpeg",
            width=request.width,
            height=request.height,
            alt=base.caption or cover_alt(request),
        )

    def paint(self, requests: Sequence[PaintRequest], progress: Progress) -> tuple[RenderedPicture, ...]:
        """Paint N pictures and give N PNG files, in order.

        Raises BadInputError, before anything is painted, for pictures that cannot be read and for what the pipeline
        cannot do; OutOfMemoryError when there is no room for a single picture; BadAnswerError when the weights' own
        safety checker withholds one.
        """
        easel = self._ready()
        total = len(requests) * easel.steps
        jobs = [_job_of(easel, request, request.negative or self._negative) for request in requests]
        progress(0, total)
        # A picture that nothing of is to be forgotten needs no painting.
        work = [job for job in jobs if not _keeps_all(job)]
        kept = len(jobs) - len(work)
        painted = iter(self._paint(work, lambda done: progress(round((kept + done) * easel.steps), total)))
        made = [None if _keeps_all(job) else next(painted) for job in jobs]
        # Encoding leaves Python to others, so that many pictures take about as long as one.
        with ThreadPoolExecutor(_ENCODERS) as threads:
            finished = tuple(threads.map(_finished, requests, jobs, made))
        progress(total, total)
        return finished

    def _paint(self, jobs: Sequence[Job], watch: Tell = lambda _: None) -> list[_Painted]:
        painted = self._batcher.put([(job.shape, job) for job in jobs], watch)
        for one in painted:
            spend(images=1, device_s=one.seconds, peak_bytes=one.peak_bytes)
        return painted

    def _run(self, jobs: Sequence[Job], tell: Tell) -> list[_Painted | Exception]:
        easel = self._ready()
        with measured(self.device) as bill:
            made = easel.paint(jobs, tell)
            shown = [picture for picture in made if not isinstance(picture, Exception)]
            captions = iter(self._captioner.describe(shown) if self._captioner else [""] * len(shown))
        share = bill.seconds / len(jobs)
        return [
            picture if isinstance(picture, Exception) else _Painted(picture, next(captions), share, bill.peak_bytes)
            for picture in made
        ]

    def _new_batcher(self) -> Batcher[Job, _Painted]:
        return Batcher(self._run, largest=self._batch, make_room=lambda: gives_memory_back(self.device))

    def _ready(self) -> Easel:
        if self._easel is None:
            self.load()
        assert self._easel is not None
        return self._easel


def _job_of(easel: Easel, request: PaintRequest, negative: str) -> Job:
    """Read a request's pictures and lay them out as the pipeline will see them."""
    mode = easel.mode_for(
        picture=request.picture is not None, mask=request.mask is not None, reference=request.reference is not None
    )
    width, height = easel.size_for(request.width, request.height)
    picture = mask = None
    if request.picture is not None:
        opened = open_picture(request.picture)
        picture = fitted(opened, request.width, request.height)
        if request.mask is not None:
            # A mask of another size is stretched over its picture, and cropped with it.
            over = stretched(open_picture(request.mask, what="the mask"), *opened.size)
            mask = fitted(over, request.width, request.height)
    return Job(
        mode=mode,
        prompt=request.prompt,
        negative=negative,
        seed=request.seed,
        width=width,
        height=height,
        strength=1.0 if picture is None else request.strength,
        picture=picture,
        mask=mask,
        reference=open_picture(request.reference, what="the reference") if request.reference is not None else None,
    )


def _finished(request: PaintRequest, job: Job, painted: _Painted | None) -> RenderedPicture:
    picture, caption = _laid_over(job, painted, request.width, request.height), painted.caption if painted else ""
    return RenderedPicture(
        data=png_of(picture),
        media_type="image/png",
        width=request.width,
        height=request.height,
        alt=caption or plain_words(request.prompt, 200),
    )


def _keeps_all(job: Job) -> bool:
    return job.picture is not None and job.strength == 0


def _laid_over(job: Job, painted: _Painted | None, width: int, height: int) -> "Image":
    """Bring what was painted to the size asked for; outside of a mask every pixel is the one that came in."""
    from PIL import Image

    if painted is None or job.picture is None:
        made = job.picture if painted is None else painted.picture
        assert made is not None
        return fitted(made, width, height)
    made = stretched(painted.picture, width, height)
    return Image.composite(made, job.picture, job.mask.convert("L")) if job.mask else made
