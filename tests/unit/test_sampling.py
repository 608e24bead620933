"""How tokens are drawn: the right shares, from dice that belong to one answer alone."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.completer.sampling import CANDIDATES, _dice, choose, gumbel


def drawn(logits, *, seeds, temperature=1.0, top_p=1.0, position=0):
    rows = len(seeds)
    dice = torch.tensor([_dice(seed, position) for seed in seeds])
    scores = torch.as_tensor(logits, dtype=torch.float32).expand(rows, -1)
    return choose(scores, torch.full((rows,), temperature), torch.full((rows,), top_p), dice)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_tokens_are_drawn_in_the_shares_of_the_softmax(temperature):
    logits, draws = torch.tensor([2.0, 1.0, 0.0, -1.0, float("-inf")]), 20_000
    found = np.bincount(drawn(logits, seeds=range(draws), temperature=temperature).numpy(), minlength=5) / draws
    wanted = (logits / temperature).softmax(0).numpy()
    assert found[4] == 0
    # Four standard deviations of a share, so that one run in about ten thousand of other dice would fail.
    assert np.all(np.abs(found - wanted) <= 4 * np.sqrt(wanted * (1 - wanted) / draws))


def test_draws_at_different_positions_know_nothing_of_each_other():
    both = [drawn([0.0, 0.0], seeds=range(4000), position=position).double() for position in (7, 8)]
    assert abs(np.corrcoef(torch.stack(both).numpy())[0, 1]) < 0.06


def test_no_temperature_takes_the_likeliest():
    assert drawn([0.1, 0.3, 0.2], seeds=range(50), temperature=0.0).tolist() == [1] * 50


def test_top_p_keeps_the_fewest_likeliest_that_reach_it_and_their_equals():
    logits = np.log([0.5, 0.2, 0.2, 0.1])
    assert set(drawn(logits, seeds=range(500), top_p=0.5).tolist()) == {0}
    assert set(drawn(logits, seeds=range(500), top_p=0.6).tolist()) == {0, 1, 2}
    assert set(drawn(logits, seeds=range(500), top_p=1.0).tolist()) == {0, 1, 2, 3}


def test_of_a_large_vocabulary_only_the_likeliest_are_candidates():
    logits = torch.zeros(5000)
    logits[1000 : 1000 + CANDIDATES] = 0.5
    found = drawn(logits, seeds=range(300))
    assert found.min() >= 1000
    assert found.max() < 1000 + CANDIDATES


@given(st.integers(), st.integers(0, 10_000), st.integers(1, 6), st.randoms(use_true_random=False))
def test_a_draw_depends_on_no_other_row(seed, position, rows, random):
    logits = torch.tensor([[random.gauss(0, 1) for _ in range(40)] for _ in range(rows)])
    heat = torch.tensor([random.choice([0.0, 0.7, 1.3]) for _ in range(rows)])
    top_p = torch.tensor([random.choice([0.3, 0.9, 1.0]) for _ in range(rows)])
    dice = torch.tensor([_dice(seed + row, position) for row in range(rows)])
    together = choose(logits, heat, top_p, dice)
    alone = [choose(logits[[row]], heat[[row]], top_p[[row]], dice[[row]]) for row in range(rows)]
    assert together.tolist() == torch.cat(alone).tolist()


def test_noise_is_finite_and_the_same_everywhere():
    noise = gumbel(torch.tensor([_dice(1, 2)]), torch.arange(200_000).unsqueeze(0))
    assert torch.isfinite(noise).all()
    assert noise[0, :3].tolist() == pytest.approx([-1.1258, 1.1554, 3.9587], abs=1e-4)
