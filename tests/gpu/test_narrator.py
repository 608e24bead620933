"""The open-weight narrator on a CUDA device: the same promises as on the processor, and the memory comes back."""

import itertools
from pathlib import Path

import pytest
import torch
from tiny_narrators import tiny_aligner, tiny_speecht5, tiny_vibevoice, tiny_vits

from content.spoken import spoken_tokens
from content.values import Script, Segment
from models.metering import Meter, metered
from models.naming import EngineName
from models.narrator.narrator_transformers import NarratorTransformers
from models.protocols import Order

TOLD = Script(
    language="en", segments=(Segment(kind="title", text="It is 7. Go on!"), Segment(kind="story", text="The end."))
)
MAKERS = {"vits": tiny_vits, "speecht5": tiny_speecht5, "vibevoice": tiny_vibevoice}


def narrator(folder: Path, options: str = "") -> NarratorTransformers:
    name = EngineName.parse(f"transformers:{folder}?{options}")
    return NarratorTransformers.from_order(
        Order(name=name, weights=folder.parent / "store", engine=pytest.fail, device="cuda")
    )


@pytest.mark.gpu
@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_every_word_is_heard_in_time_and_the_same_seed_gives_the_same_bytes(tmp_path, kind):
    aligner = tiny_aligner(tmp_path / "aligner")
    engine = narrator(MAKERS[kind](tmp_path / kind), f"dtype=float32&aligner={aligner}")
    processor, device = torch.get_rng_state(), torch.cuda.get_rng_state()
    meter = Meter()
    with metered(meter):
        narration = engine.narrate(TOLD, seed=1)
    assert engine.narrate(TOLD, seed=1) == narration
    assert torch.equal(torch.get_rng_state(), processor)
    assert torch.equal(torch.cuda.get_rng_state(), device)
    assert [word.text for word in narration.words] == [
        token.text for segment in TOLD.segments for token in spoken_tokens(segment.text, "en")
    ]
    times = [at for word in narration.words for at in (word.start_s, word.end_s)]
    assert all(one <= other for one, other in itertools.pairwise(times))
    assert times[-1] <= narration.duration_s
    assert meter.usage.peak_bytes > 0


@pytest.mark.gpu
def test_released_the_memory_comes_back(tmp_path):
    engine = narrator(tiny_vits(tmp_path / "vits"))
    engine.narrate(TOLD, seed=1)  # what CUDA's libraries take at first use stays
    engine.release()
    before = torch.cuda.memory_allocated()
    engine.load()
    assert torch.cuda.memory_allocated() > before
    engine.release()
    assert torch.cuda.memory_allocated() == before
