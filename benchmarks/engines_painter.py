"""The painter's part of `benchmarks/engines.py`: pictures a second of `paint`, of the raw pipeline and one at a time.

All three have the same pipeline object paint the same prompts with the same seeds, in as many steps; its weights are
random, because speed does not depend on what weights know. The factory's path ends in encoded PNG files, the other two
in Pillow's pictures: what encoding costs is in the factory's figure only.
"""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch

from models.devices import best_dtype
from models.illustrator.diffusion import Setup
from models.illustrator.easel import Easel
from models.illustrator.illustrator_diffusers import IllustratorDiffusers
from models.protocols import PaintRequest
from models.quiet import quiet
from models.weights.weights import Weights

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

PICTURES: Final = 16
SIDES: Final = {"tiny": 64, "small": 256, "sdxl": 1024, "flux": 1024}
STEPS: Final = {"tiny": 4, "small": 4, "sdxl": 25, "flux": 4}
"""As many as these models are used with: Flux stands for its schnell weights."""

AIMS: Final = {"factory / raw engine": 0.95}


@dataclass
class Timed:
    """Pictures painted, and the seconds it took on the clock and on processors."""

    pictures: int
    wall_s: float
    cpu_s: float


def measure(
    *, device: str, rounds: int, shape: str = "", pictures: int = PICTURES, batch: int = 4, **_: Any
) -> dict[str, Any]:
    """Measure the three ways, each as the best of some rounds that take turns, for each shape that fits the device."""
    shapes = [shape] if shape in SIDES else ["sdxl", "flux"] if device.startswith("cuda") else ["small"]
    return {name: _measure(name, device, rounds, pictures, batch) for name in shapes}


def lines(found: dict[str, Any]) -> list[str]:
    """Tell what was measured."""
    told = []
    for name, one in found.items():
        told.append(
            f"painter: {name}, {one['parameters'] / 1e6:,.0f} M random weights in {one['dtype']};"
            f" {one['pictures']} pictures of {one['side']}×{one['side']}, {one['steps']} steps, {one['batch']} a batch"
        )
        told.append(f"  {'pictures a second':<28}{'of the clock':>14}{'of processors':>15}")
        on_processors = one["pictures_per_processor_second"]
        told += [
            f"  {way:<28}{rate:>14,.3f}{on_processors[way]:>15,.3f}" for way, rate in one["pictures_per_second"].items()
        ]
        on_processors = one["ratios"]["cpu"]
        for way, ratio in one["ratios"]["wall"].items():
            aim = f"   aim ≥ {AIMS[way]:g}" if way in AIMS else ""
            told.append(f"  {way:<28}{ratio:>14.2f}{on_processors[way]:>15.2f}{aim}")
    return told


def _measure(shape: str, device: str, rounds: int, pictures: int, batch: int) -> dict[str, Any]:
    side, steps = SIDES[shape], STEPS[shape]
    pipeline = made_up_pipeline(shape, device)
    engine = IllustratorDiffusers(
        Weights(f"random-{shape}", "0", Path(), 0), setup=Setup(steps=steps), device=device, batch=batch
    )
    engine._easel = Easel(pipeline, Setup(steps=steps), device, base=(side, side))  # noqa: SLF001
    requests = [
        PaintRequest(prompt=f"a boat in the harbour of the {number}th day", seed=number, width=side, height=side)
        for number in range(pictures)
    ]
    engine.paint(requests[:batch], _ignore)
    timed: dict[str, list[Timed]] = {"factory": [], "raw engine": [], "one at a time": []}
    for _ in range(rounds):
        stop = _clock(device)
        engine.paint(requests, _ignore)
        timed["factory"].append(stop(pictures))
        timed["raw engine"].append(_raw(pipeline, requests, steps, batch, device))
        alone = requests[: max(pictures // 4, 1)]  # a rate needs no more of them
        timed["one at a time"].append(_raw(pipeline, alone, steps, 1, device))
    engine.release()
    rates = {
        "wall": {name: max(each.pictures / each.wall_s for each in found) for name, found in timed.items()},
        "cpu": {name: max(each.pictures / each.cpu_s for each in found) for name, found in timed.items()},
    }
    parts = [part for part in pipeline.components.values() if isinstance(part, torch.nn.Module)]
    return {
        "parameters": sum(each.numel() for part in parts for each in part.parameters()),
        "dtype": str(pipeline.dtype).removeprefix("torch."),
        "pictures": pictures,
        "side": side,
        "steps": steps,
        "batch": batch,
        "pictures_per_second": rates["wall"],
        "pictures_per_processor_second": rates["cpu"],
        "ratios": {
            clock: {f"factory / {name}": rate["factory"] / rate[name] for name in ("one at a time", "raw engine")}
            for clock, rate in rates.items()
        },
    }


def _raw(pipeline: Any, requests: Sequence[PaintRequest], steps: int, batch: int, device: str) -> Timed:
    """Call the pipeline itself in a bare loop, `batch` prompts at a time."""
    side = requests[0].width
    more = {"max_sequence_length": 256} if hasattr(pipeline, "transformer") else {}
    with quiet(), torch.inference_mode():
        stop = _clock(device)
        for at in range(0, len(requests), batch):
            some = requests[at : at + batch]
            pipeline(
                prompt=[request.prompt for request in some],
                generator=[torch.Generator("cpu").manual_seed(request.seed) for request in some],
                num_inference_steps=steps,
                width=side,
                height=side,
                **more,
            )
        return stop(len(requests))


def _clock(device: str) -> Callable[[int], Timed]:
    """Start both clocks; what is given stops them when the device is done."""

    def settle() -> None:
        if device.startswith("cuda"):
            torch.cuda.synchronize(device)

    settle()
    wall, cpu = time.perf_counter(), time.process_time()

    def stop(pictures: int) -> Timed:
        settle()
        return Timed(pictures, time.perf_counter() - wall, time.process_time() - cpu)

    return stop


def _ignore(done: int, total: int) -> None:
    del done, total


# ---- what is made up -------------------------------------------------------------------------------------------------


def made_up_pipeline(shape: str, device: str) -> Any:
    """Make a pipeline of random weights where it will work, without a copy anywhere else."""
    import diffusers
    from tiny_texts import seeded

    # Schedulers keep their tables on the processor, in 32 bits.
    if shape == "flux":
        scheduler: Any = diffusers.FlowMatchEulerDiscreteScheduler(shift=1.0)
    else:
        scheduler = diffusers.EulerDiscreteScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1
        )
    before = torch.get_default_dtype()
    torch.set_default_dtype(best_dtype(device))
    try:
        with seeded(), torch.device(device):
            pipeline = _flux(scheduler) if shape == "flux" else _sdxl(shape, scheduler)
    finally:
        torch.set_default_dtype(before)
    pipeline.set_progress_bar_config(disable=True)
    pipeline.vae.enable_slicing()
    return pipeline


def _sdxl(shape: str, scheduler: Any) -> Any:
    import diffusers
    from tiny_texts import clip_tokenizer

    real = shape == "sdxl"
    wide, deep = (768, 1280) if real else (64, 64)
    channels = {"tiny": (32, 64, 64), "small": (64, 128, 256), "sdxl": (320, 640, 1280)}[shape]
    unet = diffusers.UNet2DConditionModel(
        sample_size=SIDES[shape] // 8,
        block_out_channels=channels,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        transformer_layers_per_block=(1, 2, 10 if real else 2),
        attention_head_dim=tuple(each // 64 for each in channels) if real else (2, 4, 4),
        use_linear_projection=True,
        cross_attention_dim=wide + deep,
        addition_embed_type="text_time",
        addition_time_embed_dim=256 if real else 8,
        projection_class_embeddings_input_dim=deep + 6 * (256 if real else 8),
    )
    return diffusers.StableDiffusionXLPipeline(
        vae=_vae(latents=4, real=real, scaling_factor=0.13025),
        text_encoder=_clip(wide, 12 if real else 2),
        text_encoder_2=_clip(deep, 32 if real else 2, projection=deep),
        tokenizer=clip_tokenizer(),
        tokenizer_2=clip_tokenizer(),
        unet=unet.eval(),
        scheduler=scheduler,
        add_watermarker=False,
    )


def _flux(scheduler: Any) -> Any:
    import diffusers
    import transformers
    from tiny_texts import clip_tokenizer, t5_tokenizer

    config = transformers.T5Config(
        vocab_size=32_128,
        d_model=4096,
        d_kv=64,
        d_ff=10_240,
        num_layers=24,
        num_heads=64,
        feed_forward_proj="gated-gelu",
    )
    return diffusers.FluxPipeline(
        scheduler=scheduler,
        vae=_vae(
            latents=16,
            real=True,
            scaling_factor=0.3611,
            shift_factor=0.1159,
            use_quant_conv=False,
            use_post_quant_conv=False,
        ),
        text_encoder=_clip(768, 12),
        tokenizer=clip_tokenizer(),
        text_encoder_2=transformers.T5EncoderModel(config).eval(),
        tokenizer_2=t5_tokenizer(512),
        transformer=diffusers.FluxTransformer2DModel(guidance_embeds=False).eval(),
    )


def _vae(*, latents: int, real: bool, **more: Any) -> Any:
    import diffusers

    return diffusers.AutoencoderKL(
        block_out_channels=(128, 256, 512, 512) if real else (32, 32, 64, 64),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=2 if real else 1,
        latent_channels=latents,
        **more,
    ).eval()


def _clip(width: int, layers: int, *, projection: int = 0) -> Any:
    import transformers

    config = transformers.CLIPTextConfig(
        hidden_size=width,
        intermediate_size=4 * width,
        num_attention_heads=max(width // 64, 1),
        num_hidden_layers=layers,
        projection_dim=projection or width,
        bos_token_id=49_406,
        eos_token_id=2,
    )
    kind = transformers.CLIPTextModelWithProjection if projection else transformers.CLIPTextModel
    return kind(config).eval()
