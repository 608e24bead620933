"""Fixtures that every kind of test may use, and the house rule that no test touches the user's own state."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from wiring.container import Container, container, reset_container

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"

for name in [name for name in os.environ if name.startswith(("PRESSROOM_", "AWS_"))]:
    del os.environ[name]
os.environ["DO_NOT_TRACK"] = "1"
settings.register_profile("house", deadline=None)  # no test looks at the clock
settings.load_profile("house")
os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what this machine has no means for, and say why."""
    for item in items:
        if item.get_closest_marker("corpus") and not (SHARED / "corpus").is_dir():
            item.add_marker(pytest.mark.skip(reason="../shared/corpus is not here"))
        if item.get_closest_marker("gpu") and not _has_gpu():
            item.add_marker(pytest.mark.skip(reason="no CUDA device here"))


def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Container]:
    """A container of its own, with its state in a temporary folder and this checkout's newsletters."""
    monkeypatch.setenv("PRESSROOM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PRESSROOM_CONFIG", str(ROOT / "pressroom.toml"))
    monkeypatch.setenv("PRESSROOM_WEIGHTS", str(tmp_path / "weights"))
    reset_container()
    yield container()
    reset_container()
