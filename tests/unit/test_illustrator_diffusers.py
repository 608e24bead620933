"""The painting illustrator on tiny weights loaded as a user's are; tests/integration has every architecture."""

import gc
import io
import shutil
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_adapters import tiny_blip, tiny_captioner, tiny_ip_adapter, tiny_lora
from tiny_painters import tiny_flux, tiny_ltx, tiny_sd

from content.errors import BadAnswerError, BadConfigurationError, BadInputError, MissingEngineError, OutOfMemoryError
from models.media.pictures import png_of
from models.metering import Meter, metered
from models.naming import EngineName
from models.protocols import CoverRequest, Order, PaintRequest
from models.registry import build_engine

KINDS = {"sd": tiny_sd, "flux": tiny_flux}


def quiet(done, total):
    pass


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("weights")
    made = {name: build(root / name) for name, build in KINDS.items()}
    return made | {
        "lora": tiny_lora(made["sd"], root / "lora"),
        "adapter": tiny_ip_adapter(made["sd"], root / "adapter"),
        "captioner": tiny_blip(root / "captioner"),
        "git": tiny_captioner(root / "git"),
    }


def engine_of(folder, **options):
    told = {"steps": 2, "width": 64, "height": 64} | options
    name = EngineName(backend="diffusers", model=str(folder), options={k: str(v) for k, v in told.items()})
    return build_engine("illustrator", Order(name, Path("/dev/null/weights"), lambda _: None, device="cpu"))


@pytest.fixture(scope="module")
def engines(folders):
    """One loaded engine for each kind, for tests that leave it as it was."""
    made = {name: engine_of(folders[name]) for name in KINDS}
    for engine in made.values():
        engine.load()
    yield made
    for engine in made.values():
        engine.release()


def noise(width=90, height=70, level=60):
    rng = np.random.default_rng(level)
    return Image.fromarray(rng.integers(0, 255, (height, width, 3), dtype=np.uint8))


PICTURE = png_of(noise())


def left_half(width=90, height=70):
    mask = Image.new("RGB", (width, height))
    mask.paste("white", (0, 0, width // 2, height))
    return png_of(mask)


def ask(number=0, **more):
    return PaintRequest(
        **({"prompt": f"a red boat at dawn {number}", "seed": number, "width": 64, "height": 64} | more)
    )


def one(engine, request):
    return engine.paint([request], quiet)[0]


def pixels(picture):
    return np.asarray(Image.open(io.BytesIO(picture.data)).convert("RGB")).astype(int)


def apart(one_picture, other):
    return np.abs(pixels(one_picture) - pixels(other)).max()


# ---- painting --------------------------------------------------------------------------------------------------------


def test_the_same_weights_loaded_again_give_the_same_bytes(engines, folders):
    again = engine_of(folders["sd"])
    assert again.identity == engines["sd"].identity
    assert one(again, ask(5)).data == one(engines["sd"], ask(5)).data


@pytest.mark.parametrize("size", [(70, 66), (65, 127), (300, 64), (64, 301), (101, 103)])
@pytest.mark.parametrize("kind", ["sd", "flux"])
def test_any_size_is_exact(engines, kind, size):
    width, height = size
    for more in ({}, {"picture": PICTURE}):
        made = one(engines[kind], ask(1, width=width, height=height, **more))
        assert Image.open(io.BytesIO(made.data)).size == (made.width, made.height) == size


def test_sizes_beyond_what_the_weights_were_trained_for_are_painted_at_it(engines):
    easel = engines["sd"]._easel
    for asked in ((1920, 1080), (1080, 1080), (4096, 64), (64, 64), (1200, 630)):
        width, height = easel.size_for(*asked)
        assert width % 16 == height % 16 == 0
        assert width * height <= 64 * 64 * 1.6 or height == 16
    assert easel.size_for(64, 64) == (64, 64)


def test_nothing_asked_is_nothing_given(engines):
    assert engines["sd"].paint([], quiet) == ()


def test_progress_goes_up_to_a_total_that_stays(engines):
    seen = []
    engines["sd"].paint([ask(n) for n in range(6)], lambda done, total: seen.append((done, total)))
    assert {total for _, total in seen} == {12}
    assert seen == sorted(seen)
    assert (seen[0][0], seen[-1][0]) == (0, 12)
    assert len({done for done, _ in seen}) > 3


def test_what_was_used_is_on_the_meter_of_the_thread_that_asked(engines):
    meter = Meter()
    with metered(meter):
        engines["sd"].paint([ask(n) for n in range(3)], quiet)
    assert meter.usage.images == 3
    assert meter.usage.device_s > 0


# ---- pictures that come in -------------------------------------------------------------------------------------------


def test_a_mask_of_another_size_lies_over_its_whole_picture(engines):
    coarse = ask(2, picture=PICTURE, mask=left_half(18, 14), width=90, height=70, strength=1.0)
    made, before = pixels(one(engines["sd"], coarse)), np.asarray(noise()).astype(int)
    assert (made[:, 60:] == before[:, 60:]).all()
    assert np.abs(made[:, :30] - before[:, :30]).mean() > 10


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"reference": PICTURE}, "it can paint from a prompt, repaint a picture, fill a mask"),
        ({"mask": PICTURE}, "without the picture"),
        ({"picture": b"\x89PNG\r\n\x1a\n what"}, "no readable picture"),
        ({"picture": PICTURE[:200]}, "no readable picture"),
        ({"picture": PICTURE, "mask": b""}, "the mask"),
    ],
)
def test_what_cannot_be_done_is_bad_input_before_anything_is_painted(engines, more, said):
    seen = []
    with pytest.raises(BadInputError, match=said):
        engines["sd"].paint([ask(1), ask(2, **more)], lambda *told: seen.append(told))
    assert not seen


# ---- memory ----------------------------------------------------------------------------------------------------------


def small_device(monkeypatch, engine, room):
    """Let the engine's pipeline run out of memory for more than `room` pictures; give the batches it was asked for."""
    import torch

    pipeline, batches = engine._easel._modes["text"], []
    real = type(pipeline).__call__

    class Small(type(pipeline)):
        __doc__ = None

        def __call__(self, *, prompt, **more):
            batches.append(len(prompt))
            if len(prompt) > room:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
            return real(self, prompt=prompt, **more)

    Small.__call__.__signature__ = __import__("inspect").signature(real)
    monkeypatch.setattr(pipeline, "__class__", Small)
    return batches


def test_a_batch_the_device_has_no_room_for_is_halved(monkeypatch, folders, caplog):
    engine = engine_of(folders["sd"], batch=8)
    alone = [one(engine, ask(n)) for n in range(8)]
    batches = small_device(monkeypatch, engine, room=2)
    made = engine.paint([ask(n) for n in range(8)], quiet)
    assert batches == [8, 4, 2, 2, 4, 2, 2]
    assert "batch of 8" in caplog.text
    assert max(map(apart, alone, made)) <= 2


def test_no_room_for_one_picture_is_out_of_memory_and_says_for_what(monkeypatch, folders):
    engine = engine_of(folders["sd"])
    engine.load()
    with monkeypatch.context() as patch:
        small_device(patch, engine, room=0)
        with pytest.raises(OutOfMemoryError, match="no room for painting"):
            one(engine, ask(1))
    assert one(engine, ask(1)).data


@pytest.mark.parametrize("options", [{}, {"lora": "lora"}, {"ip_adapter": "adapter"}, {"captioner": "captioner"}])
def test_release_gives_the_weights_back_and_load_brings_them_again(folders, options):
    told = {key: folders[name] for key, name in options.items()}
    engine = engine_of(folders["sd"], **told)
    engine.load()
    first = one(engine, ask(4))
    one(engine, ask(4, picture=PICTURE, mask=left_half()))
    parts = [weakref.ref(engine._easel._base_pipeline), weakref.ref(engine._easel._base_pipeline.unet)]
    if engine._captioner:
        parts.append(weakref.ref(engine._captioner._model))
    engine.release()
    gc.collect()
    assert [part() for part in parts] == [None] * len(parts)
    engine.release()
    engine.load()
    assert one(engine, ask(4)).data == first.data


def test_threads_that_load_side_by_side_load_once(monkeypatch, folders):
    from models.illustrator import illustrator_diffusers

    real, loads = illustrator_diffusers.load_pipeline, []
    monkeypatch.setattr(illustrator_diffusers, "load_pipeline", lambda *a, **k: (loads.append(1), real(*a, **k))[1])
    engine = engine_of(folders["sd"])
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: engine.load(), range(4)))
    assert len(loads) == 1


# ---- covers ----------------------------------------------------------------------------------------------------------


def cover(headline="Night ferry returns after nine years", **more):
    return CoverRequest(**({"headline": headline, "width": 600, "height": 315, "style": "woodcut"} | more))


def counted(monkeypatch, engine):
    """Note how many pictures each call of the easel paints."""
    easel, calls = engine._easel, []
    real = easel.paint
    monkeypatch.setattr(easel, "paint", lambda jobs, tell: (calls.append(len(jobs)), real(jobs, tell))[1])
    return calls


def test_the_formats_of_a_cover_are_cut_from_one_picture(monkeypatch, folders):
    engine = engine_of(folders["sd"])
    engine.load()
    calls = counted(monkeypatch, engine)
    sizes = ((1200, 630), (1080, 1080), (1920, 1080))
    made = [engine.illustrate(cover(width=w, height=h), seed=3) for w, h in sizes]
    assert calls == [1]
    for picture, size in zip(made, sizes, strict=True):
        shown = Image.open(io.BytesIO(picture.data))
        assert (shown.format, shown.size, picture.media_type) == ("JPEG", size, "image/jpeg")
        assert picture.alt == "Illustration for “Night ferry returns after nine years”"
    assert engine.illustrate(cover(), seed=3).data == engine_of(folders["sd"]).illustrate(cover(), seed=3).data
    assert engine.illustrate(cover(), seed=4).data != engine.illustrate(cover(), seed=3).data


def test_covers_of_many_threads_are_painted_once_each_and_in_batches(monkeypatch, folders):
    engine = engine_of(folders["sd"], batch=4)
    engine.load()
    calls = counted(monkeypatch, engine)
    ready = threading.Barrier(12)

    def draw(number):
        ready.wait(10)
        return engine.illustrate(cover(f"Ferry {'abcd'[number % 4]}"), seed=1).data

    with ThreadPoolExecutor(12) as threads:
        drawn = list(threads.map(draw, range(12)))
    assert sum(calls) == 4
    assert len(set(drawn)) == 4
    assert all(drawn[number] == drawn[number % 4] for number in range(12))


# ---- what a name can ask for -----------------------------------------------------------------------------------------


def test_a_lora_changes_the_picture_as_much_as_its_scale_says(engines, folders):
    plain = one(engines["sd"], ask(1))
    full, none = (one(engine_of(folders["sd"], lora=folders["lora"], lora_scale=scale), ask(1)) for scale in (1.0, 0.0))
    assert apart(plain, full) > 5
    assert apart(plain, none) <= 1


def test_a_lora_for_another_model_is_refused(engines, folders):
    with pytest.raises(BadConfigurationError, match="LoRA"):
        engine_of(folders["flux"], lora=folders["lora"]).load()


def test_an_adapter_keeps_a_references_style_and_nothing_without_one(engines, folders):
    engine = engine_of(folders["sd"], ip_adapter=folders["adapter"])
    plain, styled, other = (
        one(engine, ask(1, **more)) for more in ({}, {"reference": PICTURE}, {"reference": png_of(noise(level=9))})
    )
    assert apart(plain, one(engines["sd"], ask(1))) <= 1
    assert apart(plain, styled) > 2
    assert apart(styled, other) > 0
    assert apart(one(engine, ask(1, picture=PICTURE)), one(engine, ask(1, picture=PICTURE, reference=PICTURE))) > 0


@pytest.mark.parametrize("captioner", ["captioner", "git"])
def test_a_captioner_writes_the_alternative_text(folders, captioner):
    engine = engine_of(folders["sd"], captioner=folders[captioner])
    told = [picture.alt for picture in engine.paint([ask(1), ask(2)], quiet)]
    assert all(0 < len(alt) <= 200 and not any(map(str.isdigit, alt)) for alt in told)
    assert told[0] == one(engine, ask(1)).alt != "a red boat at dawn"
    assert engine.illustrate(cover(), seed=1).alt == engine.illustrate(cover(width=300), seed=1).alt


def test_without_a_captioner_the_alternative_text_is_the_prompt_in_plain_words(engines):
    assert one(engines["sd"], ask(prompt="a <b>boat</b> https://evil.example 7")).alt == "a boat"


def test_every_option_is_part_of_the_identity(folders):
    base = engine_of(folders["sd"]).identity
    options = {
        "steps": 3,
        "guidance": 2.5,
        "negative": "blue",
        "width": 96,
        "height": 96,
        "dtype": "float32",
        "batch": 2,
        "offload": "none",
        "vae_tiling": "yes",
        "compile": "no",
        "scheduler": "EulerDiscrete",
        "lora_scale": 0.5,
        "lora": folders["lora"],
        "ip_adapter": folders["adapter"],
        "captioner": folders["captioner"],
    }
    assert all(engine_of(folders["sd"], **{key: value}).identity != base for key, value in options.items())
    for key in ("lora", "ip_adapter", "captioner"):
        assert str(folders["sd"].parent) not in str(engine_of(folders["sd"], **{key: options[key]}).identity.parameters)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"stepz": 3}, "no option 'stepz'"),
        ({"steps": "many"}, "whole number"),
        ({"steps": -1}, "1 to 1000"),
        ({"batch": 0}, "batch must be"),
        ({"width": 10}, "64 to 4096"),
        ({"dtype": "int3"}, "bfloat16"),
        ({"offload": "disk"}, "none or model"),
        ({"guidance": "nan"}, "numbers"),
        ({"ip_adapter": "org/name"}, "FILE.safetensors"),
    ],
)
def test_options_that_make_no_sense_are_refused_at_once(folders, options, said):
    with pytest.raises(BadConfigurationError, match=said):
        engine_of(folders["sd"], **options)


def test_guidance_steps_scheduler_and_negative_reach_the_pipeline(folders, engines):
    plain = one(engines["sd"], ask(1))
    for options in ({"steps": 3}, {"guidance": 1.5}, {"scheduler": "EulerAncestralDiscrete"}, {"negative": "red boat"}):
        assert apart(plain, one(engine_of(folders["sd"], **options), ask(1))) > 0
    with pytest.raises(BadConfigurationError, match=r"use one of .*DDIMScheduler"):
        engine_of(folders["sd"], scheduler="Nonsense").load()


def test_an_ancestral_scheduler_draws_its_noise_from_the_pictures_own_seed(folders):
    engine = engine_of(folders["sd"], scheduler="EulerAncestralDiscrete")
    together = engine.paint([ask(1), ask(2), ask(3)], quiet)
    assert max(apart(picture, one(engine, ask(n))) for n, picture in enumerate(together, start=1)) <= 2


# ---- weights ---------------------------------------------------------------------------------------------------------


def test_weights_that_are_not_there_name_what_is_missing(tmp_path):
    engine = engine_of(tmp_path / "nowhere")
    assert engine.footprint > 0
    with pytest.raises(MissingEngineError):
        engine.load()


def test_pickled_weights_are_refused(tmp_path):
    folder = tiny_sd(tmp_path / "pickled", safetensors=False)
    with pytest.raises(BadConfigurationError, match="pickle"):
        engine_of(folder).load()


def test_one_pickled_part_is_enough_to_refuse(folders, tmp_path):
    import torch

    folder = shutil.copytree(folders["sd"], tmp_path / "mixed")
    (folder / "vae" / "diffusion_pytorch_model.safetensors").unlink()
    torch.save({}, folder / "vae" / "diffusion_pytorch_model.bin")
    with pytest.raises(BadConfigurationError, match="pickle"):
        engine_of(folder).load()


def test_half_precision_files_are_found_and_counted(folders, tmp_path):
    import diffusers
    import torch

    half = diffusers.DiffusionPipeline.from_pretrained(folders["sd"], dtype=torch.float16)
    half.save_pretrained(tmp_path / "half", variant="fp16")
    engine, whole = engine_of(tmp_path / "half"), engine_of(folders["sd"])
    assert abs(engine.footprint - whole.footprint) < 100_000
    assert apart(one(engine, ask(1)), one(whole, ask(1))) < 30


def test_a_checker_that_came_with_the_weights_works_and_one_that_is_missing_does_not_stop_them(engines, tmp_path):
    checked = tiny_sd(tmp_path / "checked", checker=True)
    engine = engine_of(checked)
    assert one(engine, ask(1)).data == one(engines["sd"], ask(1)).data
    engine._easel._base_pipeline.safety_checker.concept_embeds_weights.data.fill_(-2.0)  # now it objects to everything
    with pytest.raises(BadAnswerError, match="safety checker withheld the picture of seed 1"):
        one(engine, ask(1))
    engine.release()
    shutil.rmtree(checked / "safety_checker")
    assert one(engine_of(checked), ask(1)).data == one(engines["sd"], ask(1)).data


def test_a_video_model_is_no_illustrator(tmp_path):
    with pytest.raises(BadConfigurationError, match="paints no pictures"):
        engine_of(tiny_ltx(tmp_path / "ltx")).load()


def test_moving_weights_off_a_processor_is_refused(folders):
    with pytest.raises(BadConfigurationError, match="offload=model"):
        engine_of(folders["sd"], offload="model").load()


@pytest.mark.parametrize("kind", ["quote", "figure"])
def test_what_needs_letters_is_refused_before_anything_is_loaded(kind, folders):
    with pytest.raises(BadInputError, match=f"cannot make a {kind}"):
        engine_of(folders["sd"]).illustrate(CoverRequest(kind=kind, headline="62%", width=64, height=64), seed=1)
