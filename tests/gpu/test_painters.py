"""Painting and filming on a CUDA device: as on the CPU, in 16 bits, in batches, and memory given back."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_painters import tiny_flux, tiny_ltx, tiny_sd, tiny_sdxl, tiny_wan

from models.media import media_probe
from models.media.pictures import png_of
from models.metering import Meter, metered
from models.naming import EngineName
from models.protocols import ClipRequest, CoverRequest, Order, PaintRequest
from models.registry import build_engine

pytestmark = pytest.mark.gpu

STILLS = {"sd": tiny_sd, "sdxl": tiny_sdxl, "flux": tiny_flux}
FILMS = {"ltx": tiny_ltx, "wan": tiny_wan}


def quiet(done, total):
    pass


def engine_of(medium, folder, device="cuda:0", **options):
    told = {"steps": 2, "width": 64, "height": 64} | options
    name = EngineName(backend="diffusers", model=str(folder), options={k: str(v) for k, v in told.items()})
    return build_engine(medium, Order(name, Path("/dev/null/weights"), lambda _: None, device=device))


def ask(number, **more):
    return PaintRequest(**({"prompt": f"a red boat {number}", "seed": number, "width": 64, "height": 64} | more))


def pixels(picture):
    return np.asarray(Image.open(io.BytesIO(picture.data)).convert("RGB")).astype(int)


def held():
    import torch

    torch.cuda.synchronize()
    return torch.cuda.memory_allocated()


@pytest.mark.parametrize("kind", STILLS)
def test_a_gpu_paints_what_the_processor_paints(tmp_path, kind):
    folder = STILLS[kind](tmp_path / kind)
    there, here = (engine_of("illustrator", folder, device, dtype="float32") for device in ("cuda:0", "cpu"))
    requests = [ask(n) for n in range(3)]
    for one, other in zip(there.paint(requests, quiet), here.paint(requests, quiet), strict=True):
        assert np.abs(pixels(one) - pixels(other)).mean() < 2
    there.release()


@pytest.mark.parametrize("options", [{}, {"offload": "model"}, {"vae_tiling": "yes"}, {"dtype": "float16"}])
@pytest.mark.parametrize("kind", STILLS)
def test_every_way_to_lie_on_the_device_paints_in_every_mode_and_gives_the_memory_back(tmp_path, kind, options):
    before = held()
    engine = engine_of("illustrator", STILLS[kind](tmp_path / kind), **options)
    assert engine.device == "cuda:0"
    engine.load()
    picture, mask = png_of(Image.new("RGB", (64, 64), "red")), png_of(Image.new("RGB", (64, 64), "white"))
    for _ in range(2):
        for more in ({}, {"picture": picture}, {"picture": picture, "mask": mask}):
            made = engine.paint([ask(n, **more) for n in range(5)], quiet)
            assert [Image.open(io.BytesIO(each.data)).size for each in made] == [(64, 64)] * 5
    assert engine.paint([ask(1)], quiet)[0].data == engine.paint([ask(1)], quiet)[0].data
    engine.illustrate(CoverRequest(headline="Boats", width=120, height=63), seed=1)
    engine.release()
    assert held() == before


def test_what_a_batch_took_of_the_device_is_on_the_meter(tmp_path):
    engine, meter = engine_of("illustrator", tiny_sdxl(tmp_path / "sdxl")), Meter()
    with metered(meter):
        engine.paint([ask(n) for n in range(4)], quiet)
    assert meter.usage.images == 4
    assert meter.usage.device_s > 0
    assert meter.usage.peak_bytes > 1_000_000
    engine.release()


def test_a_device_that_is_full_paints_smaller_batches(tmp_path, caplog):
    import torch

    engine = engine_of("illustrator", tiny_sd(tmp_path / "sd"), width=1024, height=1024, batch=16)
    engine.load()
    requests = [ask(n, width=1024, height=1024) for n in range(16)]
    meter = Meter()
    with metered(meter):
        engine.paint(requests[:1], quiet)
    # Room for a few pictures of this size, and for sixteen of them not.
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(min(1.0, 4 * meter.usage.peak_bytes / total))
    try:
        torch.cuda.empty_cache()
        made = engine.paint(requests, quiet)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert len({each.data for each in made}) == 16
    assert "no room for a batch of 16" in caplog.text
    engine.release()


@pytest.mark.parametrize("options", [{}, {"offload": "model"}])
@pytest.mark.parametrize("kind", FILMS)
def test_films_are_made_on_the_device_and_the_memory_comes_back(tmp_path, kind, options):
    before = held()
    engine = engine_of("animator", FILMS[kind](tmp_path / kind), **options)
    request = ClipRequest(prompt="a red boat", width=64, height=64, seconds=0.5)
    clips = [engine.animate(request, tmp_path, quiet, seed=1).movie.read_bytes() for _ in range(2)]
    assert clips[0] == clips[1]
    assert media_probe.probe(next(tmp_path.glob("*.mp4"))).width == 64
    engine.release()
    assert held() == before
