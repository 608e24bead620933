"""The seconds left are true of steady work, follow a change of speed, and are not told before anything is known."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.pace import MEMORY_S, Pace, told


def run(reports, total):
    """Give what was told after each report of (seconds, done)."""
    pace = Pace()
    return [pace.left_s(now, done, total) for now, done in reports]


def steady(start_s, seconds, speed, done=0, every=1.0):
    return [(start_s + n * every, done + round(n * every * speed)) for n in range(round(seconds / every) + 1)]


@given(
    start=st.floats(0, 1e6),
    kept=st.integers(0, 900),
    speed=st.integers(1, 60),
    every=st.sampled_from([0.25, 0.5, 1, 2, 7]),
)
def test_steady_work_is_told_exactly_however_much_was_kept_and_however_often_it_reports(start, kept, speed, every):
    total = kept + speed * 140
    found = run([(start + n * every, kept + n * every * speed) for n in range(int(140 / every) + 1)], total)
    left = [(140 - n * every, each) for n, each in enumerate(found) if each is not None]
    assert len(left) >= 100 / every
    for expected, each in left:
        assert each == pytest.approx(expected, rel=1e-3, abs=1e-6)


def test_nothing_is_told_before_two_seconds_or_three_percent():
    assert run([(0, 0), (1, 10), (1.9, 19)], 1000) == [None, None, None]
    assert run([(0, 0), (2, 20)], 1000)[-1] == pytest.approx(98)
    assert run([(0, 0), (1, 30)], 1000)[-1] == pytest.approx(970 / 30)
    assert run([(0, 500), (1, 514)], 1000)[-1] is None, "3 % of what was left to do, not of it all"
    assert run([(0, 500), (1, 515)], 1000)[-1] == pytest.approx(485 / 15)


def test_what_was_kept_is_no_speed():
    assert run([(0, 500), (4, 500)], 1000) == [None, None]
    assert run([(0, 500), (4, 520)], 1000)[-1] == pytest.approx(96)


def test_a_slow_start_is_forgotten():
    slow = steady(0, 20, speed=1)
    found = run(slow + steady(20, 30, speed=50, done=20)[1:], 5000)
    assert found[20] == pytest.approx(4980, rel=0.01)
    assert found[-1] == pytest.approx((5000 - 1520) / 50, rel=0.15)


def test_a_stall_makes_it_grow_and_it_recovers():
    before = steady(0, 20, speed=10)
    stalled = [(20 + n, 200) for n in range(1, 121)]
    after = steady(140, 40, speed=10, done=200)[1:]
    found = run(before + stalled + after, 1000)
    stall = found[20:141]
    assert all(later > earlier for earlier, later in pairwise(stall))
    assert stall[-1] < 24 * 3600, "still a number that can be read"
    assert found[-1] == pytest.approx(40, rel=0.1)


def test_a_burst_shortens_it_only_for_a_while():
    calm = steady(0, 30, speed=10)
    found = run([*calm, (30.5, 400), *steady(31, 30, speed=10, done=405)], 2000)
    assert 160 / 4 < found[31] < 160
    assert found[-1] == pytest.approx((2000 - 705) / 10, rel=0.1)


def test_work_that_ends_has_nothing_left():
    assert run([(0, 10)], 10) == [0]
    assert run([(5, 0), (5, 10)], 10)[-1] == 0
    assert run([(0, 0)], 0) == [0]


@given(st.lists(st.tuples(st.floats(-1, 30), st.integers(-3, 60)), max_size=40), st.integers(0, 300))
def test_it_is_never_negative_and_always_finite(steps, total):
    now, done, reports = 100.0, 0, []
    for seconds, work in steps:
        now, done = now + seconds, max(0, done + work)
        reports.append((now, done))
    for (_, done_then), left in zip(reports, run(reports, total), strict=True):
        assert left is None or 0 <= left < float("inf")
        assert (left == 0) == (done_then >= total) or left is None


def test_work_of_the_last_seconds_counts_most():
    change = steady(0, 60, speed=10) + steady(60, MEMORY_S, speed=40, done=600)[1:]
    left = run(change, 10_000)[-1]
    assert (10_000 - 1000) / 40 < left < (10_000 - 1000) / 20


@pytest.mark.parametrize(
    ("left_s", "words"),
    [
        (None, "1234/2025"),
        (0.0, "1234/2025"),
        (0.2, "1234/2025 · 1 s left"),
        (11.4, "1234/2025 · 12 s left"),
        (99.0, "1234/2025 · 99 s left"),
        (99.5, "1234/2025 · 2 min left"),
        (121.0, "1234/2025 · 3 min left"),
    ],
)
def test_it_is_told_in_seconds_then_in_minutes(left_s, words):
    assert told(1234, 2025, left_s) == words
