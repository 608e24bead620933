"""An edition on open weights, every medium: tiny models of real architectures, loaded as a user's weights are."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tiny_embedders import tiny_sentence_transformer
from tiny_moderators import tiny_action_classifier, tiny_guard, tiny_picture_classifier
from tiny_narrators import tiny_vits
from tiny_painters import tiny_ltx, tiny_sd
from tiny_writers import save_tiny_writer

from wiring.container import container

LENIENT = "hold=1&block=1"  # random weights judge at random: these let everything pass, and judge all the same


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Compute on one thread: tiny models gain nothing from two, which wait for each other on a busy machine."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One tiny model for every medium."""
    folder = tmp_path_factory.mktemp("weights")
    return {
        "completer": reading_far(save_tiny_writer(folder / "qwen3", "qwen3", seed=1)),
        "embedder": tiny_sentence_transformer(folder / "embedder"),
        "illustrator": tiny_sd(folder / "sd"),
        "animator": tiny_ltx(folder / "ltx"),
        "narrator": tiny_vits(folder / "vits"),
        "guard": tiny_guard(folder / "guard"),
        "pictures": tiny_picture_classifier(folder / "vit"),
        "actions": tiny_action_classifier(folder / "videomae"),
    }


def reading_far(writer: Path) -> Path:
    """Let a tiny writer read 16,384 tokens: its tokenizer makes four of what a real one makes one of."""
    for name, key in (("config.json", "max_position_embeddings"), ("tokenizer_config.json", "model_max_length")):
        told = json.loads((writer / name).read_text("utf-8"))
        (writer / name).write_text(json.dumps({**told, key: 16_384}), "utf-8")
    return writer


def engines(weights: dict[str, Path], judge: str = LENIENT) -> dict[str, str]:
    return {
        "completer": f"transformers:{weights['completer']}?batch=4",
        "writer": "generative",
        "embedder": f"transformers:{weights['embedder']}",
        "illustrator": f"diffusers:{weights['illustrator']}?steps=2",
        "animator": f"diffusers:{weights['animator']}?steps=1",
        "narrator": f"transformers:{weights['narrator']}",
        "moderator": f"rules + guard:{weights['guard']}?family=qwen3guard&{judge}",
        "picture_moderator": f"transformers:{weights['pictures']}?{judge}",
        "video_moderator": f"transformers:{weights['actions']}?frames={weights['pictures']}&{judge}",
        "assembler": "fake",
    }


def test_random_weights_end_published_or_held_and_never_crash(
    make: Callable[..., Any], weights: dict[str, Path], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PRESSROOM_ENGINES", json.dumps(engines(weights)))
    made = make(articles=3)

    assert made.state.name in {"Published", "Held", "Skipped"}, made.state.message
    drafting = [step for step in made.mine if step.step == "draft"]
    assert drafting
    assert all(article.reason for article in made.record.articles if article.status != "published")
    # What failed says why, and what it cost stands in its row all the same.
    assert [step.detail for step in drafting if step.outcome == "failed" and "BadAnswerError" not in step.detail] == []
    assert made.record.usage.tokens_out > 0


def test_everything_but_the_writing_on_open_weights_is_published(
    make: Callable[..., Any], weights: dict[str, Path], monkeypatch: pytest.MonkeyPatch
):
    # Vectors of random weights tell no two sentences apart, and this writer chooses by them.
    named = engines(weights) | {"writer": "extractive", "embedder": "minilm"}
    monkeypatch.setenv("PRESSROOM_ENGINES", json.dumps(named))
    made = make(articles=2)

    assert made.state.name == "Published", [article.reason for article in made.record.articles]
    house = container()
    backends = {step.step: step.engine.partition(":")[0] for step in made.mine}
    assert backends["narrate"] == "transformers"
    assert backends["moderate"] == "panel"
    clips = [step for step in made.mine if step.engine.startswith("diffusers:ltx")]
    assert len(clips) == 2
    covers = [article.cover for article in made.record.articles if article.status == "published"]
    assert all(cover.wide.bytes > 1000 for cover in covers)
    assert all(house.library.verdicts_for([made.record.video.movie.sha256]).values())
    moderators = {verdict.moderator.partition(":")[0] for verdict in made.record.verdicts}
    assert {"inherits", "panel"} < moderators
    used = made.record.usage
    assert used.images >= 2
    assert used.device_s > 0

    again = make(articles=2)
    assert again.outcomes["computed"] == 0


def test_a_guard_that_stops_everything_holds_the_edition(
    make: Callable[..., Any], weights: dict[str, Path], monkeypatch: pytest.MonkeyPatch
):
    strict = engines(weights, "hold=0.000001&block=1") | {"writer": "extractive", "embedder": "minilm"}
    del strict["animator"], strict["video_moderator"]
    monkeypatch.setenv("PRESSROOM_ENGINES", json.dumps(strict))
    made = make(articles=2)

    assert made.state.name == "Held"
    assert not (container().settings.site / "harbour-morning").exists()


def test_painted_pictures_that_nobody_can_look_at_are_held(
    make: Callable[..., Any], weights: dict[str, Path], monkeypatch: pytest.MonkeyPatch
):
    blind = {"illustrator": f"diffusers:{weights['illustrator']}?steps=1", "assembler": "fake"}
    monkeypatch.setenv("PRESSROOM_ENGINES", json.dumps(blind))
    made = make(articles=2)

    assert made.state.name == "Held"
    assert "gate.no_picture_moderator" in made.record.articles[0].reason
