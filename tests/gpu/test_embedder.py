"""MiniLM on a CUDA device: the same story as on the CPU."""

import numpy as np
import pytest

from models.embedder.embedder_minilm import EmbedderMinilm

TEXTS = (
    "The harbour wall will stay closed until spring.",
    "Until spring, nobody may walk on the wall at the harbour.",
    "A bakery in the old town is now owned by its bakers. " * 60,
    "",
)


@pytest.mark.gpu
def test_a_gpu_gives_the_same_cosines_as_the_cpu():
    there, here = EmbedderMinilm(device="cuda").embed(TEXTS), EmbedderMinilm(device="cpu").embed(TEXTS)
    assert np.abs(there @ there.T - here @ here.T).max() < 1e-4
