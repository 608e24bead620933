"""The moderators on a CUDA device: what they say on the CPU, and the device's memory back afterwards."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_moderators import tiny_action_classifier, tiny_guard, tiny_picture_classifier, tiny_text_classifier

from content.values import ModerationRequest
from models.metering import Meter, metered
from models.naming import EngineName
from models.protocols import Order
from models.registry import build_engine

pytestmark = pytest.mark.gpu
TEXTS = [f"The harbour wall will stay closed until spring. {'Prices rose. ' * count}" for count in range(24)]


def loaded(medium, name, device):
    order = Order(name=EngineName.parse(name), weights=Path("/dev/null/weights"), engine=lambda _: None, device=device)
    engine = build_engine(medium, order)
    engine.load()
    return engine


@pytest.mark.parametrize("kind", ["guard", "classifier"])
def test_a_gpu_scores_texts_as_the_cpu_does(tmp_path, kind):
    folder = tiny_guard(tmp_path) if kind == "guard" else tiny_text_classifier(tmp_path)
    name = f"{kind}:{folder}?dtype=float32" + ("&family=qwen3guard" if kind == "guard" else "")
    there, here = (loaded("moderator", name, device).scores(TEXTS) for device in ("cuda", "cpu"))
    assert np.abs(there - here).max() < 1e-3


def test_a_gpu_names_the_same_categories(tmp_path):
    name = f"guard:{tiny_guard(tmp_path)}?family=qwen3guard&dtype=float32"
    there, here = (loaded("moderator", name, device) for device in ("cuda", "cpu"))
    shares = [each._answers.categories(each._family.asks[0], TEXTS[3], " Unsafe") for each in (there, here)]
    assert np.abs(shares[0] - shares[1]).max() < 1e-3


def test_a_gpu_sees_pictures_and_motion_as_the_cpu_does(tmp_path):
    grain = np.random.default_rng(0).integers(0, 256, (12, 40, 60, 3), dtype=np.uint8)
    frames = [Image.fromarray(frame) for frame in grain]
    nsfw, actions = tiny_picture_classifier(tmp_path / "p"), tiny_action_classifier(tmp_path / "a")
    there, here = (
        loaded("video_moderator", f"transformers:{actions}?frames={nsfw}&dtype=float32", device)._loaded
        for device in ("cuda", "cpu")
    )
    assert np.abs(there.pictures.scores(frames) - here.pictures.scores(frames)).max() < 1e-3
    windows = [frames[at : at + 4] for at in (0, 4, 8)]
    assert np.abs(there.actions.scores(windows) - here.actions.scores(windows)).max() < 1e-3


def test_memory_is_reported_and_comes_back(tmp_path):
    import torch

    torch.ones(1, device="cuda")
    before = torch.cuda.memory_allocated()
    engine = loaded("moderator", f"guard:{tiny_guard(tmp_path)}?family=qwen3guard", "cuda")
    held = torch.cuda.memory_allocated()
    with metered(meter := Meter()):
        engine.judge(ModerationRequest(sha256="c" * 64, modality="text", texts=tuple(TEXTS)))
    assert held > before
    assert held <= meter.usage.peak_bytes <= before + engine.footprint
    engine.release()
    assert torch.cuda.memory_allocated() <= before
