"""Thresholds for embedders nobody has measured."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.closeness import MINILM_BACKGROUND, closeness_of, told_closeness, unrelated
from content.clustering import CLOSENESS, Closeness
from content.errors import BadConfigurationError
from content.recipes import EngineIdentity
from models.embedder.embedder_minilm import EmbedderMinilm


def background(cosine: float) -> np.ndarray:
    """Give eight unit rows with the same cosine between any two."""
    rows = np.hstack([np.full((8, 1), np.sqrt(cosine)), np.eye(8) * np.sqrt(1 - cosine)])
    return rows.astype(np.float32)


def in_order(closeness: Closeness) -> bool:
    kept = 0 < closeness.apart < closeness.same_story < closeness.same_publisher < closeness.twins < 1
    return kept and closeness.akin <= closeness.remembered


@pytest.mark.parametrize("backend", sorted(CLOSENESS))
def test_measured_thresholds_are_kept(backend):
    assert closeness_of(EngineIdentity(backend=backend), background(0.5)) == CLOSENESS[backend]


def test_an_embedder_with_minilms_background_gets_minilms_thresholds():
    rows = EmbedderMinilm(device="cpu").embed(unrelated("en"))
    found = closeness_of(EngineIdentity(backend="transformers"), rows)
    for name, measured in vars(CLOSENESS["minilm"]).items():
        assert getattr(found, name) == pytest.approx(measured, abs=2e-3)


@given(st.floats(0, 0.999))
def test_thresholds_keep_their_order_over_any_background(cosine):
    found = closeness_of(EngineIdentity(backend="transformers"), background(cosine))
    assert in_order(found)
    assert found.same_story > min(cosine, 0.98)


def test_a_crowded_space_has_higher_thresholds():
    crowded = closeness_of(EngineIdentity(backend="transformers"), background(0.75))
    assert 0.88 < crowded.same_story < 0.93


@given(st.floats(0.3, 0.97))
def test_a_told_closeness_is_kept_and_the_others_go_with_it(told):
    identity = EngineIdentity(backend="transformers", parameters={"closeness": told})
    found = closeness_of(identity, background(0.9))
    assert found.same_story == pytest.approx(told, abs=1e-4)
    assert found == told_closeness(told)
    assert in_order(found)


@pytest.mark.parametrize("told", [0.0, 0.1, 1.0, -3.0])
def test_a_closeness_out_of_reason_is_refused(told):
    with pytest.raises(BadConfigurationError, match="closeness must be"):
        told_closeness(told)


def test_texts_without_anything_in_common_exist_for_both_languages():
    assert len(set(unrelated("en"))) == len(set(unrelated("zh-CN"))) == 8
    assert -0.2 < MINILM_BACKGROUND < 0.2
