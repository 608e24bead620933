"""Every architecture that paints stills, tiny and loaded as a user's weights are: the same story for each."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_adapters import tiny_lora
from tiny_painters import (
    tiny_flux,
    tiny_klein,
    tiny_kontext,
    tiny_lcm,
    tiny_qwen_image,
    tiny_sd,
    tiny_sdxl,
)

from content.errors import BadInputError
from models.media.pictures import png_of
from models.naming import EngineName
from models.protocols import CoverRequest, Illustrator, Order, PaintRequest
from models.registry import build_engine

KINDS = {
    "sd": tiny_sd,
    "sdxl": tiny_sdxl,
    "flux": tiny_flux,
    "lcm": tiny_lcm,
    "klein": tiny_klein,
    "qwen-image": tiny_qwen_image,
    "kontext": tiny_kontext,
}
BY_STRENGTH = ("sd", "sdxl", "flux", "lcm", "qwen-image")
BY_EYE = ("klein", "kontext")
BY_MASK = ("sd", "sdxl", "flux", "klein", "qwen-image", "kontext")


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
    return {name: build(root / name) for name, build in KINDS.items()}


def engine_of(folder, **options):
    told = {"steps": 2, "width": 64, "height": 64} | options
    name = EngineName(backend="diffusers", model=str(folder), options={k: str(v) for k, v in told.items()})
    return build_engine("illustrator", Order(name, Path("/dev/null/weights"), lambda _: None, device="cpu"))


@pytest.fixture(scope="module")
def engines(folders):
    made = {name: engine_of(folders[name]) for name in KINDS}
    for engine in made.values():
        engine.load()
    yield made
    for engine in made.values():
        engine.release()


def noise(width=90, height=70, level=60):
    return Image.fromarray(np.random.default_rng(level).integers(0, 255, (height, width, 3), dtype=np.uint8))


PICTURE, OTHER = png_of(noise()), png_of(noise(level=9))


def left_half():
    mask = Image.new("RGB", (90, 70))
    mask.paste("white", (0, 0, 45, 70))
    return png_of(mask)


def ask(number=0, **more):
    told = {"prompt": f"a {'very ' * number}red boat", "seed": number, "width": 64, "height": 64}
    return PaintRequest(**(told | more))


def one(engine, request):
    return engine.paint([request], quiet)[0]


def pixels(picture):
    return np.asarray(Image.open(io.BytesIO(picture.data)).convert("RGB")).astype(int)


def apart(one_picture, other):
    return np.abs(pixels(one_picture) - pixels(other)).max()


@pytest.mark.parametrize("kind", KINDS)
def test_n_asked_are_n_given_in_order_and_each_is_what_it_would_be_alone(engines, kind):
    engine = engines[kind]
    assert isinstance(engine, Illustrator)
    requests = [ask(3), ask(1, width=96), ask(2), ask(4, negative="blue"), ask(5), ask(6)]
    together = engine.paint(requests, quiet)
    for request, picture in zip(requests, together, strict=True):
        shown = Image.open(io.BytesIO(picture.data))
        assert (shown.format, shown.size) == ("PNG", (request.width, request.height)) == ("PNG", (picture.width, 64))
        assert apart(picture, one(engine, request)) <= 3
    assert apart(together[0], together[2]) > 20


@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_gives_same_bytes_and_another_seed_another_picture(engines, kind):
    engine = engines[kind]
    assert one(engine, ask(5)).data == one(engine, ask(5)).data
    assert apart(one(engine, ask(5)), one(engine, ask(5, seed=6))) > 20
    assert one(engine, ask(5, seed=2**63 + 5)).data == one(engine, ask(5)).data


@pytest.mark.parametrize("kind", KINDS)
def test_painting_leaves_the_global_random_numbers_alone(engines, kind):
    import torch

    before = torch.random.get_rng_state()
    one(engines[kind], ask(1))
    one(engines[kind], ask(1, picture=PICTURE))
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize("kind", BY_STRENGTH)
def test_strength_says_how_much_of_a_picture_is_forgotten(engines, kind):
    came_in = noise(64, 64, level=3)
    kept, little, much = (
        one(engines[kind], ask(1, picture=png_of(came_in), strength=strength)) for strength in (0.0, 0.01, 1.0)
    )
    assert (pixels(kept) == np.asarray(came_in)).all()
    assert apart(kept, little) > 0
    assert apart(much, little) > 10


@pytest.mark.parametrize("kind", BY_EYE)
def test_an_editing_pipeline_looks_at_pictures_as_they_are(engines, kind):
    engine = engines[kind]
    assert apart(one(engine, ask(1)), one(engine, ask(1, reference=PICTURE))) > 0
    for what in ("reference", "picture"):
        assert apart(one(engine, ask(1, **{what: OTHER})), one(engine, ask(1, **{what: PICTURE}))) > 0
    assert (pixels(one(engine, ask(1, picture=PICTURE, width=90, height=70, strength=0))) == np.asarray(noise())).all()


def test_only_some_look_at_a_picture_and_a_reference_at_once(engines):
    both = ask(1, picture=PICTURE, reference=OTHER)
    assert apart(one(engines["klein"], both), one(engines["klein"], ask(1, picture=PICTURE))) > 0
    with pytest.raises(BadInputError, match="at once"):
        one(engines["kontext"], both)


@pytest.mark.parametrize("kind", BY_MASK)
def test_outside_of_a_mask_not_one_pixel_changes(engines, kind):
    masked = ask(2, picture=PICTURE, mask=left_half(), width=90, height=70, strength=1.0)
    made, before = pixels(one(engines[kind], masked)), np.asarray(noise()).astype(int)
    assert (made[:, 45:] == before[:, 45:]).all()
    assert np.abs(made[:, :45] - before[:, :45]).mean() > 10


@pytest.mark.parametrize("kind", KINDS)
def test_a_cover_has_exactly_its_size(engines, kind):
    made = engines[kind].illustrate(CoverRequest(headline="Night ferry returns", width=300, height=157), seed=1)
    assert Image.open(io.BytesIO(made.data)).size == (300, 157)


@pytest.mark.parametrize("kind", KINDS)
def test_sixteen_bits_paint_in_every_mode(folders, kind):
    engine = engine_of(folders[kind], dtype="bfloat16")
    given = {"picture": PICTURE}
    wishes = [ask(1), ask(1, **given)] + ([ask(1, **given, mask=left_half())] if kind in BY_MASK else [])
    assert all(pixels(picture).std() > 1 for picture in engine.paint(wishes, quiet))


@pytest.mark.parametrize("kind", ["sdxl", "flux"])
def test_a_lora_changes_the_picture(engines, folders, tmp_path, kind):
    lora = tiny_lora(folders[kind], tmp_path / "lora")
    assert apart(one(engines[kind], ask(1)), one(engine_of(folders[kind], lora=lora), ask(1))) > 5


def test_guidance_by_the_negative_prompt_reaches_the_pipeline_that_has_it(engines, folders):
    plain = one(engines["qwen-image"], ask(1))
    assert apart(plain, one(engine_of(folders["qwen-image"], guidance=1), ask(1))) > 0
    assert apart(plain, one(engines["qwen-image"], ask(1, negative="blue"))) > 0
