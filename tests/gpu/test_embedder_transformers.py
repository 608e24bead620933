"""The open-weight embedder on a CUDA device: batches there give the rows of the processor."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_embedders import tiny_sentence_transformer, tiny_transformer

from models.embedder.embedder_transformers import EmbedderTransformers
from models.naming import EngineName
from models.protocols import Order

TEXTS = tuple(f"Report {number} says: {'the wall stays closed ' * (number % 7)}" for number in range(70))


def embedder(folder: Path, device: str) -> EmbedderTransformers:
    name = EngineName.parse(f"transformers:{folder}")
    return EmbedderTransformers.from_order(
        Order(name=name, weights=folder.parent / "store", engine=pytest.fail, device=device)
    )


@pytest.mark.gpu
@pytest.mark.parametrize("make", [tiny_transformer, tiny_sentence_transformer])
def test_a_gpu_gives_the_same_cosines_as_the_cpu_and_its_memory_back(tmp_path, make):
    folder = make(tmp_path / "embedder")
    engine = embedder(folder, "cuda")
    there, here = engine.embed(TEXTS), embedder(folder, "cpu").embed(TEXTS)
    assert np.abs(there @ there.T - here @ here.T).max() < 1e-3
    engine.release()
    before = torch.cuda.memory_allocated()
    engine.load()
    assert torch.cuda.memory_allocated() > before
    engine.release()
    assert torch.cuda.memory_allocated() == before
